"""Running the emulator in the foreground, until it is stopped."""

import asyncio
from collections.abc import Sequence

import click

from operator_emulator.app import App
from operator_emulator.cli.greeting import greeting
from operator_emulator.interception.hosts import Addresses
from operator_emulator.serving import Listener, Server, configure
from operator_emulator.settings import Settings


def run(app: App, settings: Settings, listeners: Sequence[Listener], addresses: Addresses, *, continued: bool) -> None:
    """Serve until SIGINT or SIGTERM, then stop cleanly."""
    config = configure(app, log_level=settings.log_level, lifespan="on", date_header=True, timeout_graceful_shutdown=5)
    server = Server(config, listeners)

    async def serve_and_greet() -> None:
        serving = asyncio.ensure_future(server.serve())
        await server.ready.wait()
        if server.started:
            logins = [
                (surface.logins.title, await app.engine.read(surface.logins.view))
                for surface in app.surfaces
                if surface.logins is not None
            ]
            click.echo(greeting(app.surfaces, logins, settings, addresses, continued=continued))
        await serving

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve_and_greet())
    if not server.started:
        raise click.ClickException("the emulator could not start; see the log above")
