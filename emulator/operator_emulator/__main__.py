"""``python -m emulator``."""

from operator_emulator.cli.serve import main

main()
