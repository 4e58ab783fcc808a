"""InProcess: a transport for httpx and httpx2, for their synchronous and their asynchronous clients alike.

A request runs in the emulator's own event loop, whatever thread or loop the client runs in, so two requests never
overlap within a transaction. The client's loop must be asyncio's.
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
        pending = PendingRequest(self._server, request, request.read())
        return pending.response(pending.begin().result())

    async def handle_async_request(self, request: Any) -> Any:
        pending = PendingRequest(self._server, request, await request.aread())
        return pending.response(await asyncio.wrap_future(pending.begin()))

    # Clients open and close their transport. This one has nothing to open or close, and many clients share it.

    def close(self) -> None: ...

    async def aclose(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...


class PendingRequest:
    """A request on its way. Its coroutines run in the emulator's loop."""

    def __init__(self, server: Server, request: Any, body: bytes) -> None:
        self._server = server
        self._request = request
        self._library = import_module(type(request).__module__.partition(".")[0])
        self._timeout = request.extensions.get("timeout", {}).get("read")
        self._call = AppCall(server.app, scope_of(request), body)

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
        """The next message of the app. Raises what the client's library would raise, or the app's own exception."""
        try:
            async with asyncio.timeout(self._timeout):
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
    """The class of a response's body, derived from those of *library* (httpx or httpx2)."""

    class Body(library.SyncByteStream, library.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, pending: PendingRequest) -> None:
            self._pending = pending

        def __iter__(self) -> Iterator[bytes]:
            return self._pending.pieces()

        def __aiter__(self) -> AsyncIterator[bytes]:
            return self._pending.apieces()

        def close(self) -> None:
            self._pending.hang_up()

        async def aclose(self) -> None:
            self._pending.hang_up()

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


class AppCall:
    """One ASGI call of the app. All of it happens in the emulator's loop."""

    def __init__(self, app: ASGIApp, scope: Scope, body: bytes) -> None:
        self._app = app
        self._scope = scope
        self._to_app: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        self._task: asyncio.Task[None] | None = None

    async def next(self) -> Message:
        """The next message of the app. After the last one, the app has returned. Raises what the app raises."""
        if self._task is None:
            self._hung_up = asyncio.Event()
            self._from_app: asyncio.Queue[Message | Exception] = asyncio.Queue()
            self._task = asyncio.ensure_future(self._run())
        message = await self._from_app.get()
        if isinstance(message, Exception):
            raise message
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            await self._task
        return message

    def hang_up(self) -> None:
        """Tell the app that the client has disconnected."""
        self._hung_up.set()

    async def _run(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._from_app.put)
        except Exception as error:
            self._from_app.put_nowait(error)

    async def _receive(self) -> Message:
        if self._to_app:
            return self._to_app.pop()
        await self._hung_up.wait()
        return {"type": "http.disconnect"}
