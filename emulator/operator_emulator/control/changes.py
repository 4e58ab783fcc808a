"""GET /changes: what changes in the world, as it changes, over server-sent events.

A frame names tables and keys, never values: whoever shows a row asks for it. Frames are gathered for a moment, so a
burst of changes costs a follower little.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from operator_emulator.control.context import journal_of
from operator_emulator.runtime.journal import Journal
from operator_emulator.store.feed import Feed, shown
from operator_emulator.web.connection import connection_of
from operator_emulator.web.context import engine_of
from operator_emulator.web.json import encode

GATHER: Final = 0.1  # seconds that changes are gathered for one frame
KEEP_ALIVE: Final = 15.0  # seconds after which an idle stream says that it is alive

HEADERS: Final = [
    (b"content-type", b"text/event-stream;charset=UTF-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would hold frames back
]


async def follow_changes(request: Request) -> Response:
    engine = engine_of(request)
    return ChangeStream(engine.store.feed, engine.store.bell.listen, journal_of(request), request)


class ChangeStream(Response):
    """One follower. It begins where ``Last-Event-ID`` says, and with ``lost`` if that is no longer known."""

    def __init__(self, feed: Feed, listen: Any, journal: Journal, request: Request) -> None:
        self._feed = feed
        self._listen = listen
        self._journal = journal
        self._after = request.headers.get("last-event-id", "")
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._send = send
        connection = connection_of(scope)
        closing = asyncio.Event() if connection is None else connection.closing
        over = [asyncio.ensure_future(disconnected(receive)), asyncio.ensure_future(closing.wait())]
        self._feed.follow()
        try:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await self._begin()
            while not any(one.done() for one in over):
                await self._wait(over)
                await self._tell()
            if not over[0].done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._feed.leave()
            for one in over:
                one.cancel()

    async def _begin(self) -> None:
        self._exchanges = self._journal.last
        self._generation, self._number = self._feed.generation, self._feed.last
        generation, _, number = self._after.partition("-")
        if not self._after:
            await self._frame("change", {})
        elif generation == str(self._generation) and number.isascii() and number.isdigit() and len(number) < 19:
            self._number = int(number)
            await self._tell()
        else:
            await self._frame("lost", {})

    async def _wait(self, over: Sequence["asyncio.Future[Any]"]) -> None:
        """Until something changes or the stream is over; an idle stream says now and then that it is alive."""
        changed = [
            asyncio.ensure_future(self._listen().wait()),
            asyncio.ensure_future(self._journal.bell.listen().wait()),
        ]
        try:
            if self._is_behind():
                return
            done, _ = await asyncio.wait((*changed, *over), timeout=KEEP_ALIVE, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                await self._write(b": idle\n\n")
            elif any(one in done for one in changed):
                await asyncio.wait(over, timeout=GATHER, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in changed:
                one.cancel()

    def _is_behind(self) -> bool:
        feed = self._feed
        return (self._generation, self._number) != (feed.generation, feed.last) or self._exchanges != self._journal.last

    async def _tell(self) -> None:
        changes = self._feed.since(self._number) if self._generation == self._feed.generation else None
        self._generation, self._number = self._feed.generation, self._feed.last
        if changes is None:
            await self._frame("lost", {})
        elif changes:
            await self._frame("change", shown(changes))
        if self._exchanges != self._journal.last:
            self._exchanges = self._journal.last
            await self._frame("exchange", {"last": self._exchanges})

    async def _frame(self, event: str, data: dict[str, Any]) -> None:
        head = f"id: {self._generation}-{self._number}\nevent: {event}\ndata: "
        await self._write(head.encode() + encode(data) + b"\n\n")

    async def _write(self, octets: bytes) -> None:
        await self._send({"type": "http.response.body", "body": octets, "more_body": True})


async def disconnected(receive: Receive) -> None:
    """Return when the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass
