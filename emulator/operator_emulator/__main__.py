"""``python -m operator_emulator``."""

from operator_emulator.cli import main

main()
