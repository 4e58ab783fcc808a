"""wait: wait until an emulator is ready."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import click

from operator_emulator.cli.command import connection_options
from operator_emulator.cli.output import print_json

INTERVAL: Final = 0.05  # seconds between two looks


@click.command()
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The --ready-file of serve, which contains the URL.",
)
@click.option("--timeout", type=click.FloatRange(0), default=30.0, show_default=True, help="Seconds to wait.")
@connection_options
def wait(url: str, control_token: str | None, as_json: bool, ready_file: Path | None, timeout: float) -> None:
    """Wait until an emulator is ready, then print its URL. Exits with code 1 if it is not ready in time."""
    where = str(ready_file or url)
    look = (lambda: read(ready_file)) if ready_file is not None else (lambda: ask(url, control_token))
    ready = until(look, timeout)
    if ready is None:
        raise click.ClickException(f"no emulator is ready at {where} after {timeout:g} s")
    print_json(ready) if as_json else click.echo(ready["url"])


def until(look: Callable[[], dict[str, Any] | None], timeout: float) -> dict[str, Any] | None:
    """The first result of *look* within *timeout* seconds, or None."""
    from operator_emulator.runtime.engine import real_now

    end = real_now() + timedelta(seconds=timeout)
    while (found := look()) is None and real_now() < end:
        threading.Event().wait(INTERVAL)
    return found


def read(path: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def ask(url: str, token: str | None) -> dict[str, Any] | None:
    from operator_emulator.client import EmulatorClient, EmulatorError, Unreachable

    try:
        with EmulatorClient(url, token=token) as emulator:
            return {"url": emulator.url, **emulator.health()}
    except (EmulatorError, Unreachable):
        return None
