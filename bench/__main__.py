"""Both tables of docs/performance.md, in some minutes: ``python -m bench``."""

from bench.compare import compare
from bench.worlds import measure_worlds

if __name__ == "__main__":
    compare()
    print()
    measure_worlds()
