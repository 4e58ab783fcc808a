"""Server: an emulator in a thread of this process, with an event loop of its own.

Requests reach it in two ways. ``url`` is real HTTP, for any client; reading it for the first time opens a free port of
loopback. ``transport.InProcess`` carries requests of httpx to the same app without a socket.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, Self, TypeVar

import uvicorn
from starlette.types import Message

from operator_emulator.app import App
from operator_emulator.serving import Listener, configure
from operator_emulator.serving import Server as HttpServer

T = TypeVar("T")


class NotStarted(Exception):
    """The emulator could not start; the message says why."""


class Server(contextlib.AbstractContextManager["Server"]):
    """Runs from ``start`` to ``stop``. *make* builds the app; ``start`` raises what it raises."""

    def __init__(self, make: Callable[[], App]) -> None:
        self._make = make
        self._url: str | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Return when the emulator is ready. Raises NotStarted."""
        self.app = self._make()
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run_loop, args=(ready,), name="operator-emulator", daemon=True)
        self._thread.start()
        ready.result()

    def stop(self) -> None:
        """Return when the emulator has shut down, perhaps long ago."""
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the emulator's loop, and wait for its result here."""
        return self.submit(work).result()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine in the emulator's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    @property
    def url(self) -> str:
        """Its address on loopback. The first access opens the port."""
        if self._url is None:
            opened = socket.socket()
            opened.bind(("127.0.0.1", 0))
            self.listen([Listener(opened)])
            self._url = f"http://127.0.0.1:{opened.getsockname()[1]}"
        return self._url

    def listen(self, listeners: Sequence[Listener]) -> None:
        """Listen on these, too."""
        self.run(self._listen(listeners))

    def _run_loop(self, ready: "Future[None]") -> None:
        with asyncio.Runner(loop_factory=configured(self.app).get_loop_factory()) as runner:
            runner.run(self._live(ready))

    async def _live(self, ready: "Future[None]") -> None:
        """Run the app's lifespan from start-up to shut-down."""
        self.loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._listening: list[tuple[HttpServer, asyncio.Task[None]]] = []
        to_app: asyncio.Queue[Message] = asyncio.Queue()
        from_app: asyncio.Queue[Message] = asyncio.Queue()
        lifespan = asyncio.ensure_future(
            self.app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, to_app.get, from_app.put)
        )
        to_app.put_nowait({"type": "lifespan.startup"})
        answer = await from_app.get()
        if answer["type"] != "lifespan.startup.complete":
            await asyncio.wait({lifespan})
            ready.set_exception(NotStarted(str(lifespan.exception() or answer.get("message", ""))))
            return
        ready.set_result(None)
        await self._stopping.wait()
        for server, serving in self._listening:
            server.should_exit = True
            await serving
        to_app.put_nowait({"type": "lifespan.shutdown"})
        await lifespan

    async def _listen(self, listeners: Sequence[Listener]) -> None:
        server = HttpServer(configured(self.app), listeners)
        self._listening.append((server, asyncio.ensure_future(server.serve())))
        await server.ready.wait()


def configured(app: App) -> uvicorn.Config:
    """As ``serve`` has it, but without its lifespan, which is that of the thread."""
    return configure(app, lifespan="off", timeout_graceful_shutdown=1)
