"""serve: start the emulator."""

import logging
import sys
from typing import Any

import click

from operator_emulator.cli.options import with_settings
from operator_emulator.settings import Settings


@click.command()
@with_settings
def serve(**options: Any) -> None:
    """Start the emulator."""
    from operator_emulator.app import create_app
    from operator_emulator.cli.listening import open_listeners
    from operator_emulator.cli.running import run
    from operator_emulator.fixtures import FixtureError
    from operator_emulator.portal.keys import KeyUnusable
    from operator_emulator.store import StoreFailure

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
    try:
        app = create_app(settings)
    except (FixtureError, StoreFailure, KeyUnusable) as error:
        raise click.ClickException(str(error)) from None
    run(app, settings, listeners, addresses, continued=not app.engine.store.fresh)
