"""operator-emulator: the command line."""

from operator_emulator.cli.main import main as main
