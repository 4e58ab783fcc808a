"""run: run a command whose requests to the operator's own address reach the emulator."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Final

import click

from operator_emulator.cli.command import TOKEN, URL, connect
from operator_emulator.cli.env import addresses_of, environment_for
from operator_emulator.cli.options import with_settings
from operator_emulator.interception.hosts import Addresses
from operator_emulator.settings import Settings

OURS: Final = (
    "host",
    "port",
    "tls_port",
    "proxy_port",
    "tls_cert",
    "tls_key",
)  # flags of serve that make no sense here
CANNOT_RUN, NOT_FOUND, SIGNALLED = 126, 127, 128  # exit codes as shells have them


@click.command(context_settings={"allow_interspersed_args": False})
@click.option("--url", envvar=URL, help="URL of a running emulator to use instead of starting one.")
@with_settings(without=OURS, log_level="warning")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(url: str | None, command: tuple[str, ...], **options: Any) -> None:
    """Run COMMAND so that its requests to the operator reach an emulator.

    Starts an emulator for the command, with the flags of serve, unless --url or OPERATOR_EMULATOR_URL names a running
    one. Exits with the exit code of the command.

    Example: operator-emulator run -- python client.py
    """
    try:
        settings = Settings(port=0, tls_port=0, proxy_port=0, **options)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    with running_at(url, settings) if url else started(settings) as addresses:
        variables = environment_for(addresses, settings.ca_dir)
        status = execute(command, {**os.environ, **variables})
    raise SystemExit(status)


@contextlib.contextmanager
def running_at(url: str, settings: Settings) -> Iterator[Addresses]:
    with connect(url, settings.control_token or os.environ.get(TOKEN)) as emulator:
        yield addresses_of(emulator)


@contextlib.contextmanager
def started(settings: Settings) -> Iterator[Addresses]:
    """An emulator in a thread of this process. Raises ClickException."""
    import logging

    from operator_emulator.cli.listening import open_listeners
    from operator_emulator.cli.serve import app_of
    from operator_emulator.testing.server import Server

    logging.basicConfig(level=settings.log_level.upper(), format="operator-emulator: %(levelname)s %(message)s")
    listeners, addresses = open_listeners(settings)
    with Server(lambda: app_of(settings)) as server:
        server.listen(listeners)
        yield addresses


def execute(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """The exit status of a command, as a shell tells it."""
    program = shutil.which(command[0])
    if program is None:
        is_there = Path(command[0]).exists() and os.path.dirname(command[0])
        click.echo(f"operator-emulator: {command[0]}: {'cannot be run' if is_there else 'command not found'}", err=True)
        return CANNOT_RUN if is_there else NOT_FOUND
    with passing_signals() as process_of:
        try:
            process = subprocess.Popen([program, *command[1:]], env=environment)
        except OSError as error:
            click.echo(f"operator-emulator: {command[0]}: {error.strerror}", err=True)
            return CANNOT_RUN
        process_of.append(process)
        status = process.wait()
    return SIGNALLED - status if status < 0 else status


@contextlib.contextmanager
def passing_signals() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Let the command decide what a signal means: Ctrl-C reaches it from the terminal, a SIGTERM from us."""
    running: list[subprocess.Popen[bytes]] = []

    def leave(_: int, __: FrameType | None) -> None:
        """The command has got it, too."""

    def pass_on(number: int, _: FrameType | None) -> None:
        for process in running:
            process.send_signal(number)

    handlers = {signal.SIGINT: leave, signal.SIGTERM: pass_on}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield running
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
