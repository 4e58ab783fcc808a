"""operator-emulator: the command line, put together.

Exit codes: 0; 1 for what was refused or failed; 2 for wrong usage; ``run`` has that of its command, 126 if it cannot be
run, and 127 if there is none.
"""

import sys

import click

from operator_emulator.cli.ca import ca
from operator_emulator.cli.clock import clock
from operator_emulator.cli.data_streams import data_streams
from operator_emulator.cli.env import env
from operator_emulator.cli.faults import faults
from operator_emulator.cli.fixture import fixture
from operator_emulator.cli.journal import journal
from operator_emulator.cli.listen import listen
from operator_emulator.cli.messages import callbacks, sms
from operator_emulator.cli.migration import migration
from operator_emulator.cli.options import PREFIX
from operator_emulator.cli.run import run
from operator_emulator.cli.serve import serve
from operator_emulator.cli.sims import sim
from operator_emulator.cli.token import token
from operator_emulator.cli.trigger import trigger
from operator_emulator.cli.wait import wait
from operator_emulator.cli.watch import watch
from operator_emulator.cli.world import reset, snapshot


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": PREFIX, "max_content_width": 100}
)
@click.version_option(package_name="operator-emulator", prog_name="operator-emulator")
def main() -> None:
    """A stateful local emulator of the customer APIs of mobile IoT operators."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a terminal may lack a character


for one in (
    serve,
    wait,
    listen,
    trigger,
    run,
    env,
    ca,
    token,
    sim,
    sms,
    callbacks,
    data_streams,
    clock,
    faults,
    journal,
    migration,
    watch,
    reset,
    snapshot,
    fixture,
):
    main.add_command(one)
