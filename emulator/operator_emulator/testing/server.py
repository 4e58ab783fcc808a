"""Server: an emulator in a thread of this process, with an event loop of its own.

Requests reach it by two ways. ``url`` is real HTTP, for any client: whoever asks for it first opens a free port of
loopback. ``transport.InProcess`` carries requests of httpx to the same app and back without a socket.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Self, TypeVar

import uvicorn
from starlette.types import Message

from operator_emulator.app import App
from operator_emulator.serving import Protocol

T = TypeVar("T")


class NotStarted(Exception):
    """The emulator's world could not be made; the message says why."""


class Server(contextlib.AbstractContextManager["Server"]):
    """Runs from ``start`` to ``stop``. *make* builds the app; what it raises, ``start`` raises."""

    def __init__(self, make: Callable[[], App]) -> None:
        self._make = make
        self._url: str | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when it is ready. Raises NotStarted."""
        self.app = self._make()
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._turn, args=(ready,), name="operator-emulator", daemon=True)
        self._thread.start()
        ready.result()

    def stop(self) -> None:
        """Returns when all of it is over."""
        self.loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do this in the emulator's loop, and wait for it here."""
        return self.submit(work).result()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Do this in the emulator's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    @property
    def url(self) -> str:
        """Where it answers over HTTP, on loopback; from the first time that somebody asks."""
        if self._url is None:
            self._url = self.run(self._listen())
        return self._url

    def _turn(self, ready: "Future[None]") -> None:
        with asyncio.Runner(loop_factory=configured(self.app).get_loop_factory()) as runner:
            runner.run(self._live(ready))

    async def _live(self, ready: "Future[None]") -> None:
        self.loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._doors: list[tuple[Web, asyncio.Task[None]]] = []
        said: asyncio.Queue[Message] = asyncio.Queue()
        heard: asyncio.Queue[Message] = asyncio.Queue()
        life = asyncio.ensure_future(
            self.app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, said.get, heard.put)
        )
        said.put_nowait({"type": "lifespan.startup"})
        answer = await heard.get()
        if answer["type"] != "lifespan.startup.complete":
            await asyncio.wait({life})
            ready.set_exception(NotStarted(str(life.exception() or answer.get("message", ""))))
            return
        ready.set_result(None)
        await self._over.wait()
        for web, serving in self._doors:
            web.should_exit = True
            await serving
        said.put_nowait({"type": "lifespan.shutdown"})
        await life

    async def _listen(self) -> str:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        web = Web(self.app)
        self._doors.append((web, asyncio.ensure_future(web.serve([listener]))))
        await web.ready.wait()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


class Web(uvicorn.Server):
    """uvicorn that tells when it listens."""

    def __init__(self, app: App) -> None:
        super().__init__(configured(app))
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def configured(app: App) -> uvicorn.Config:
    """As ``serve`` has it, but logging is the business of whoever tests, and the app's life is that of the thread."""
    return uvicorn.Config(
        app,
        http=Protocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
