"""InProcess: a transport for httpx and httpx2, for their synchronous and their asynchronous clients alike.

A request runs in the emulator's own loop, so it never meets another one half done, whatever thread or event loop the
client is in. Only asyncio's loops: others cannot wait for what happens in a thread of asyncio.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from functools import cache
from importlib import import_module
from typing import Any, Self

from starlette.types import ASGIApp, Message, Scope

from operator_emulator.testing.server import Server


class InProcess:
    """Hand it to ``httpx.Client(transport=...)`` or ``httpx.AsyncClient(transport=...)``, with any base URL.

    As over a socket, a fault that resets the connection is the client's ReadError, and its read time-out holds.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    def handle_request(self, request: Any) -> Any:
        asking = Asking(self._server, request, request.read())
        return asking.response(asking.begin().result())

    async def handle_async_request(self, request: Any) -> Any:
        asking = Asking(self._server, request, await request.aread())
        return asking.response(await asyncio.wrap_future(asking.begin()))

    # Clients open and close their transport. This one is nothing to be opened, and belongs to many.

    def close(self) -> None: ...

    async def aclose(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...


class Asking:
    """One request and its response. What is awaited here is awaited in the emulator's loop."""

    def __init__(self, server: Server, request: Any, body: bytes) -> None:
        self._server = server
        self._request = request
        self._library = import_module(type(request).__module__.partition(".")[0])
        self._patience = request.extensions.get("timeout", {}).get("read")
        self._call = Call(server.app, scope_of(request), body)

    def begin(self) -> Future[Message]:
        return self._server.submit(self._next())

    def response(self, start: Message) -> Any:
        return self._library.Response(
            start["status"],
            headers=start.get("headers", ()),
            stream=body_class(self._library)(self),
            request=self._request,
        )

    async def _next(self) -> Message:
        """The next message. Raises what the client's library raises over a socket, or the app's own exception."""
        try:
            async with asyncio.timeout(self._patience):
                return await self._call.next()
        except TimeoutError:
            self._call.hang_up()
            raise self._library.ReadTimeout("no answer in time", request=self._request) from None
        except OSError as error:
            raise self._library.ReadError(str(error), request=self._request) from None

    def pieces(self) -> Iterator[bytes]:
        while True:
            message = self._server.run(self._next())
            yield message.get("body", b"")
            if not message.get("more_body", False):
                return

    async def apieces(self) -> AsyncIterator[bytes]:
        while True:
            message = await asyncio.wrap_future(self._server.submit(self._next()))
            yield message.get("body", b"")
            if not message.get("more_body", False):
                return

    def hang_up(self) -> None:
        self._server.loop.call_soon_threadsafe(self._call.hang_up)


@cache
def body_class(library: Any) -> Any:
    """The body of a response, as *library* (httpx or httpx2) wants it: of its own classes."""

    class Body(library.SyncByteStream, library.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, asking: Asking) -> None:
            self._asking = asking

        def __iter__(self) -> Iterator[bytes]:
            return self._asking.pieces()

        def __aiter__(self) -> AsyncIterator[bytes]:
            return self._asking.apieces()

        def close(self) -> None:
            self._asking.hang_up()

        async def aclose(self) -> None:
            self._asking.hang_up()

    return Body


def scope_of(request: Any) -> Scope:
    url = request.url
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.partition(b"?")[0],
        "query_string": url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "server": (url.host, url.port),
        "client": None,
    }


class Call:
    """One ASGI call. All of it happens in the emulator's loop."""

    def __init__(self, app: ASGIApp, scope: Scope, body: bytes) -> None:
        self._app = app
        self._scope = scope
        self._asked: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        self._task: asyncio.Task[None] | None = None

    async def next(self) -> Message:
        """The next message of the app; after the last one it has done all it had to do. Raises what the app raises."""
        if self._task is None:
            self._gone = asyncio.Event()
            self._told: asyncio.Queue[Message | Exception] = asyncio.Queue()
            self._task = asyncio.ensure_future(self._run())
        message = await self._told.get()
        if isinstance(message, Exception):
            raise message
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            await self._task
        return message

    def hang_up(self) -> None:
        """The client listens no more."""
        self._gone.set()

    async def _run(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._told.put)
        except Exception as error:
            self._told.put_nowait(error)

    async def _receive(self) -> Message:
        if self._asked:
            return self._asked.pop()
        await self._gone.wait()
        return {"type": "http.disconnect"}
