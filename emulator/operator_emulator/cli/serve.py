"""serve: start the emulator."""

import logging
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from operator_emulator.cli.options import with_settings
from operator_emulator.settings import Settings

if TYPE_CHECKING:
    from operator_emulator.app import App
    from operator_emulator.interception.hosts import Addresses


@click.command()
@with_settings()
def serve(**options: Any) -> None:
    """Start the emulator."""
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
    run(app, settings, listeners, addresses, continued=not app.engine.store.fresh)


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
