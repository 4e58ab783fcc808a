"""The event stream (P§6): a connection is sent what its subscription is owed, until it is idle or superseded.

There is no queue in memory: a notification is looked up when it can be sent, and settled when its bytes are written.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from operator_emulator.core.partners import streams
from operator_emulator.core.partners.notices import PartnerPayload
from operator_emulator.core.partners.streams import Connection, ConnectionState
from operator_emulator.core.world.model import Event, Notification
from operator_emulator.portal import frames, wire
from operator_emulator.portal.context import base_of, caller_of, portal_of
from operator_emulator.portal.errors import gateway_says, problem
from operator_emulator.web.connection import connection_of
from operator_emulator.web.context import context_of, engine_of
from operator_emulator.web.json import encode
from operator_emulator.web.openapi import problems
from operator_emulator.web.respond import Answer, answer

# How long a stream waits after a change of the world before it looks, so that it looks once for a burst of changes.
# The platform itself looks once a second.
BATCH_DELAY: Final = 0.02
MINUTES: Final = 10**6  # the longest that a client can ask for


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """The query parameters of a stream (P§6.3); 0 means no limit."""

    media_type: str
    headers: bool
    number: int
    octets: int


# --------------------------------------------------------------------------------------------- endpoints


async def open_stream(request: Request) -> Response:
    """GET /horizon/sse/v1/{eventType}/{subscriptionId}"""
    if request.method == "HEAD":
        return await claim_stream(request)
    query, after = request.query_params, request.headers.get("last-event-id")
    asked = query.get("includeHttpHeaders")
    minutes = read_limit(request, "maxMinutes")
    options = StreamOptions(
        media_type=frames.media_type(request.headers.get("accept", "")),
        headers=after is not None or (asked is not None and wire.values.read_boolean("includeHttpHeaders", asked)),
        number=read_limit(request, "maxNumber"),
        octets=read_limit(request, "maxBytes"),
    )
    connection = await engine_of(request).write(
        streams.connect,
        caller_of(request),
        *path_of(request),
        after=after,
        lasts=timedelta(minutes=min(minutes, MINUTES)) if minutes else None,
    )
    return EventStream(request, connection, options)


def read_limit(request: Request, name: str) -> int:
    """A limit, read as Java's int; a negative one is no limit, like 0."""
    return max(0, wire.values.read_count(request.query_params, name, 0, least=-(2**31 - 1)))


async def claim_stream(request: Request) -> Response:
    """HEAD of a subscription: checks and claims it like GET, which ends the present connection.

    That it answers at once and takes no event is assumed.
    """
    await engine_of(request).write(streams.connect, caller_of(request), *path_of(request))
    media_type = frames.media_type(request.headers.get("accept", ""))
    return Answer(200, b"", headers_of(media_type))


async def terminate_stream(request: Request) -> Response:
    """POST /horizon/sse/v1/{eventType}/{subscriptionId}/terminate"""
    await engine_of(request).write(streams.terminate, caller_of(request), *path_of(request))
    return answer(request)


def path_of(request: Request) -> tuple[str, str]:
    return request.path_params["eventType"], request.path_params["subscriptionId"]


def headers_of(media_type: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", media_type.encode()),
        (b"cache-control", b"no-cache"),
        (b"x-accel-buffering", b"no"),
    ]


# --------------------------------------------------------------------------------------------- the connection


class EventStream(Response):
    """One connection, from its opening to its end.

    The status line is sent with the first event, so that a stream without events can answer 504 (P§6.4).
    """

    def __init__(self, request: Request, connection: Connection, options: StreamOptions) -> None:
        self._request = request
        self._engine = engine_of(request)
        self._policy = portal_of(request).policy
        self._base = base_of(request)
        self._connection = connection
        self._options = options
        self._begun = False
        self._sent = 0
        self._octets = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(disconnected(receive))
        connection = connection_of(scope)
        self._closing = asyncio.Event() if connection is None else connection.closing
        try:
            with self._engine.streaming(self._connection.subscription):
                if self._policy.stream_commit == "immediate":
                    await self._begin(send)
                ended = await self._follow(send, gone)
            if gone.done():
                return
            if ended is ConnectionState.IDLE and not self._begun:
                await self._idle()(scope, receive, send)
                return
            await self._begin(send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            await asyncio.wait((gone,))

    async def _follow(self, send: Send, gone: asyncio.Task[None]) -> ConnectionState:
        """Send what is owed and wait for more; return why it ends, CURRENT if the client hung up or the server stops.

        A client that does not read blocks its own ``send`` and nothing else.
        """
        while not gone.done() and not self._closing.is_set():
            heard = self._engine.store.bell.listen()  # before looking, or a change in between would be missed
            state = await self._engine.read(streams.state, self._connection)
            if state.connection is not ConnectionState.CURRENT:
                return state.connection
            if not state.owed:
                await wait_for(heard, gone, self._closing, state.wait)
            for notification, event in state.owed:
                await self._begin(send)
                frame = await self._frame(notification, event)
                await send({"type": "http.response.body", "body": frame, "more_body": True})
                await asyncio.sleep(0)  # lets a disconnect be noticed first
                if gone.done():
                    break
                connection = await self._engine.write(streams.delivered, self._connection, notification.id)
                if connection is None:
                    return ConnectionState.SUPERSEDED
                self._connection = connection
                self._sent += 1
                self._octets += len(frame)
                if self._satisfied():
                    return ConnectionState.SPENT
        return ConnectionState.CURRENT

    def _satisfied(self) -> bool:
        """Whether the client has got as much as it asked for."""
        enough = 0 < self._options.number <= self._sent
        return enough or 0 < self._options.octets <= self._octets

    async def _begin(self, send: Send) -> None:
        if not self._begun:
            self._begun = True
            headers = headers_of(self._options.media_type)
            await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _frame(self, notification: Notification, event: Event) -> bytes:
        """One event as bytes, checked against its description; the journal notes what a synthetic one breaks."""
        offset = None
        if self._options.headers:
            offset = await self._engine.read(streams.offset_of, notification.id)
        shown = wire.events.show_event(event, self._base, self._policy, offset)
        events = portal_of(self._request).events
        if isinstance(event.payload, PartnerPayload) and event.payload.overrides:
            findings = tuple(problems(events.components["Event"], shown))
        else:
            findings = events.findings("Event", shown)
        exchange = context_of(self._request).exchange
        if exchange is not None:
            exchange.findings.extend(f"event {finding}" for finding in findings)
        return frames.frame(encode(shown), self._options.media_type)

    def _idle(self) -> Response:
        """The 504 of a stream without events, by the stream server or the gateway: which one is unknown (P§6.4)."""
        if self._policy.stream_idle_504 == "kong":
            return gateway_says(self._request, 504, "The upstream server is timing out")
        return problem(self._request, HTTPStatus.GATEWAY_TIMEOUT)


async def disconnected(receive: Receive) -> None:
    """Return when the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def wait_for(
    heard: asyncio.Event, gone: asyncio.Task[None], closing: asyncio.Event, seconds: float | None
) -> None:
    """Wait for a change, the end of the client or the server, or at most so many real seconds."""
    change, end = asyncio.ensure_future(heard.wait()), asyncio.ensure_future(closing.wait())
    try:
        await asyncio.wait((change, end, gone), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if change.done():
            await asyncio.sleep(BATCH_DELAY)
    finally:
        change.cancel()
        end.cancel()
