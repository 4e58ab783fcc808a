"""Running the emulator in the foreground, until it is stopped."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator, Sequence

import click
import uvicorn

from operator_emulator.app import App
from operator_emulator.cli.greeting import greeting
from operator_emulator.serving import configure
from operator_emulator.settings import Settings


def run(app: App, settings: Settings, listeners: Sequence[socket.socket], *, continued: bool) -> None:
    """Serve until SIGINT or SIGTERM, then stop cleanly."""
    config = configure(app, log_level=settings.log_level, lifespan="on", date_header=True, timeout_graceful_shutdown=5)

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            """As uvicorn's own, but does not raise the signal again: to be stopped is no failure."""
            before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
            yield
            for number, handler in before.items():
                signal.signal(number, handler)

    server = Server(config)

    async def serve_and_greet() -> None:
        serving = asyncio.ensure_future(server.serve(sockets=list(listeners)))
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        if server.started:
            logins = [
                (surface.logins.title, await app.engine.read(surface.logins.view))
                for surface in app.surfaces
                if surface.logins is not None
            ]
            port = listeners[0].getsockname()[1]
            click.echo(greeting(app.surfaces, logins, settings, port, continued=continued))
        await serving

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve_and_greet())
    if not server.started:
        raise click.ClickException("the emulator did not start; the log says why")
