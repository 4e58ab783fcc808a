"""Running the emulator in the foreground, until it is stopped."""

import asyncio
import gc
from collections.abc import Sequence

import click

from operator_emulator.app import App
from operator_emulator.cli.announcing import Announcer
from operator_emulator.serving import Listener, Server, configure


def run(app: App, log_level: str, listeners: Sequence[Listener], announcer: Announcer) -> None:
    """Serve until SIGINT or SIGTERM, then stop cleanly."""
    config = configure(app, log_level=log_level, lifespan="on", date_header=True, timeout_graceful_shutdown=5)
    server = Server(config, listeners)

    async def serve_and_tell() -> None:
        serving = asyncio.ensure_future(server.serve())
        await server.ready.wait()
        gc.freeze()  # what was loaded until now stays; searching it for cycles takes 15 ms each time
        if server.started:
            logins = [
                (surface.logins.title, await app.engine.read(surface.logins.view))
                for surface in app.surfaces
                if surface.logins is not None
            ]
            announcer.say_ready(app.surfaces, logins)
        following = asyncio.ensure_future(announcer.follow(app.journal))
        await serving
        following.cancel()

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve_and_tell())
    if not server.started:
        raise click.ClickException("the emulator could not start; see the log above")
