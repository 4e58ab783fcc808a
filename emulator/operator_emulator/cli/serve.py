"""serve: start the emulator."""

import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from operator_emulator.cli.options import PREFIX, with_settings
from operator_emulator.settings import Settings

if TYPE_CHECKING:
    from operator_emulator.app import App
    from operator_emulator.interception.hosts import Addresses


@click.command()
@with_settings()
@click.option("--json", "as_json", is_flag=True, envvar=f"{PREFIX}_JSON", help="Print JSON lines instead of text.")
@click.option(
    "--ready-file",
    envvar=f"{PREFIX}_READY_FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write as JSON as soon as the emulator is ready, and to remove when it stops.",
)
@click.option(
    "--log-requests/--no-log-requests",
    default=None,
    envvar=f"{PREFIX}_LOG_REQUESTS",
    help="Print every request and callback.  [default: on a terminal]",
)
def serve(as_json: bool, ready_file: Path | None, log_requests: bool | None, **options: Any) -> None:
    """Start the emulator."""
    from operator_emulator.cli.announcing import Announcer, file_for
    from operator_emulator.cli.listening import open_listeners
    from operator_emulator.cli.running import run

    try:
        settings = Settings(**options)
    except ValueError as error:  # click accepts nan, which is in no range
        raise click.UsageError(str(error)) from None
    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    listeners, addresses = open_listeners(settings)
    settings = with_ports(settings, addresses)
    app = app_of(settings)
    announcer = Announcer(
        settings,
        addresses,
        continued=not app.engine.store.fresh,
        as_json=as_json,
        ready_file=ready_file,
        log_requests=sys.stdout.isatty() if log_requests is None else log_requests,
    )
    with file_for(ready_file):
        run(app, settings.log_level, listeners, announcer)


def app_of(settings: Settings) -> "App":
    """The emulator, not yet started. Raises ClickException."""
    from operator_emulator.app import create_app
    from operator_emulator.fixtures import FixtureError
    from operator_emulator.portal.keys import KeyUnusable
    from operator_emulator.store import StoreFailure

    try:
        return create_app(settings)
    except (FixtureError, StoreFailure, KeyUnusable) as error:
        raise click.ClickException(str(error)) from None


def with_ports(settings: Settings, addresses: "Addresses") -> Settings:
    """The settings with the ports that were free, where one had been left open."""
    urls = {"port": addresses.http, "tls_port": addresses.https, "proxy_port": addresses.proxy}
    ports: dict[str, Any] = {name: urlsplit(url).port for name, url in urls.items() if url is not None}
    return replace(settings, **ports)
