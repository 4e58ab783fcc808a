"""How long a tester waits: reset, snapshot, restore, a new organisation; ``python -m bench.tester``.

One emulator for each size of world, over HTTP on loopback, manual clock, in memory. Prints medians in milliseconds.
"""

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FIXTURE = """
version: 1
organisations:
  - id: 4321
    name: Bench
    users: [{{username: demo, password: demo, role: api}}]
    generate: {{sims: {sims}, seed: 7}}
"""


class Emulator:
    """A served process, and one connection to its control plane."""

    def __init__(self, fixture: Path) -> None:
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "operator_emulator", "serve", "--port", "0", "--clock", "manual"),
                *("--fixture", str(fixture), "--log-level", "warning"),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = next(line for line in self.process.stdout if "Control plane" in line)
        host = line.split("//")[1].split("/")[0]
        self._connection = http.client.HTTPConnection(host, timeout=600)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body)
        self._connection.request(method, f"/_emulator{path}", content, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text) if text else None

    def stop(self) -> None:
        self._connection.close()
        self.process.terminate()
        self.process.wait(30)


def median(times: int, what: Callable[[], object], after: Callable[[], object] = lambda: None) -> float:
    """Milliseconds of *what*, the median of so many runs; *after* is not timed."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        what()
        taken.append((time.perf_counter() - began) * 1000)
        after()
    return statistics.median(taken)


def measure(sims: int, times: int, folder: Path) -> tuple[float, float, float, float]:
    fixture = folder / f"{sims}.yaml"
    fixture.write_text(FIXTURE.format(sims=sims), encoding="utf-8")
    emulator = Emulator(fixture)
    try:
        made: list[int] = []

        def create() -> None:
            made.append(emulator.call("POST", "/organisations", {"sims": 3})["id"])

        def remove() -> None:
            emulator.call("DELETE", f"/organisations/{made.pop()}")

        reset = median(times if sims <= 1000 else max(1, times // 20), lambda: emulator.call("POST", "/reset"))
        save = median(times, lambda: emulator.call("PUT", "/snapshots/bench", {}))
        restore = median(times, lambda: emulator.call("POST", "/snapshots/bench/restore"))
        return reset, save, restore, median(times, create, remove)
    finally:
        emulator.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100, help="runs of each; resets of 100,000 SIMs a twentieth")
    parser.add_argument("--sims", type=int, nargs="*", default=[25, 1000, 100_000])
    given = parser.parse_args()
    print(f"ms, median of {given.times}")
    print(f"{'SIMs':>8} {'reset':>10} {'snapshot':>10} {'restore':>10} {'organisation':>13}")
    with tempfile.TemporaryDirectory() as folder:
        for sims in given.sims:
            reset, save, restore, organisation = measure(sims, given.times, Path(folder))
            print(f"{sims:>8} {reset:>10.2f} {save:>10.2f} {restore:>10.2f} {organisation:>13.2f}", flush=True)


if __name__ == "__main__":
    main()
