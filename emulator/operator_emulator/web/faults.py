"""HttpFaults: let rate limits and HTTP faults strike.

It stands inside the journal, which keeps what the client really saw, and around a surface. What must know who is
asking, and for what, the Router calls back before the endpoint runs (``scope["hinder"]``): refusing, delaying,
answering something else. What spoils an answer is done here, on its bytes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from operator_emulator.core.customers import access
from operator_emulator.core.tester import faults, rate_limits
from operator_emulator.core.tester.model import FaultPoint, Strike
from operator_emulator.core.world.errors import ExpiredToken, InvalidToken
from operator_emulator.core.world.world import World
from operator_emulator.runtime.engine import Engine
from operator_emulator.web.bearer import engine_of, token_text
from operator_emulator.web.openapi import JSON_TYPE, Operation, encode
from operator_emulator.web.router import ShortCircuit

MARK: Final = b"x-emulator-fault"
CHUNK_INTERVAL: Final = 0.1  # real seconds between two pieces of a slow answer

# The server's own way to reset a connection, where it has one; see serving.py.
CONNECTION: Final = "emulator.connection"

Sleep = Callable[[float], Awaitable[None]]


class HttpFaults:
    """ASGI middleware. *sleep* is handed in by tests."""

    def __init__(self, app: ASGIApp, sleep: Sleep = asyncio.sleep) -> None:
        self._app = app
        self._sleep = sleep
        self._hindered = False
        self._changed: asyncio.Event | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._changed is None or self._changed.is_set():  # whether something hinders, only a change can change
            emulator: Engine = scope["engine"]
            self._changed = emulator.store.bell.listen()
            self._hindered = await emulator.read(has_faults_or_limits)
        if not self._hindered:
            await self._app(scope, receive, send)
            return
        scope["hinder"] = self._hinder
        spoiled = FaultySend(scope, receive, send, self._sleep)
        try:
            await self._app(scope, receive, spoiled.send)
        except ConnectionGone:
            await spoiled.abort()

    async def _hinder(self, request: Request, operation: Operation | None) -> None:
        """Refuse, delay or answer in the endpoint's stead. Raises what a Router understands."""
        scope = request.scope
        caller = scope.get("caller")
        organisation = None if caller is None else caller.organisation
        address = "" if request.client is None else request.client.host
        wait = await engine_of(request).write(rate_limits.take, scope["path"], organisation, address)
        if wait is not None:
            scope["struck"] = None
            raise HTTPException(429, "Too Many Requests", {"Retry-After": str(wait)})
        strike: Strike | None = await engine_of(request).write(
            faults.strike,
            FaultPoint.HTTP,
            method=scope["method"],
            path=(scope["path"], path_and_query(scope)),
            operation=None if operation is None else operation.id,
            organisation=organisation,
            headers=dict(request.headers),
            token=caller is not None,
        )
        if strike is None:
            return
        scope["struck"] = strike
        exchange = scope.get("exchange")
        if exchange is not None:
            exchange.fault = strike.fault.name
        if strike.delay:
            await self._sleep(strike.delay)
        effect = strike.fault.effect
        if effect.get("reset") == "before":
            raise ConnectionGone
        if "token" in effect:
            await take_token(request, effect["token"])
        if "body" in effect:
            raise ShortCircuit(given(effect))
        if "status" in effect:
            raise HTTPException(effect["status"], None, effect.get("headers"))


def has_faults_or_limits(world: World) -> bool:
    return faults.armed(world, FaultPoint.HTTP) or bool(rate_limits.current(world))


def path_and_query(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    return f"{scope['path']}?{query}" if query else scope["path"]


async def take_token(request: Request, how: str) -> None:
    """The token is really revoked or expired, so that only a new one helps. Raises the refusal that says so."""
    text = token_text(request)
    await engine_of(request).write(access.end_token, text, expired=how == "expired")
    raise (ExpiredToken if how == "expired" else InvalidToken)(text)


def given(effect: Mapping[str, Any]) -> Response:
    """The answer that a fault gives: a text as it is, all else as JSON."""
    body = effect["body"]
    text = body.encode() if isinstance(body, str) else encode(body)
    headers = {"content-type": JSON_TYPE, **{name.lower(): value for name, value in effect.get("headers", {}).items()}}
    return Response(text, effect.get("status", 200), headers)


class ConnectionGone(Exception):
    """The connection is to be reset."""


class FaultySend:
    """The ``send`` of one request: does to the bytes of its answer what the fault wants done."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, sleep: Sleep) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._sleep = sleep
        self._start: MutableMapping[str, Any] = {}
        self._over = False

    async def send(self, message: Message) -> None:
        strike: Strike | None = self._scope.get("struck")
        if strike is None:
            await self._send(message)
        elif message["type"] == "http.response.start":
            # Kept back until the body is there, whose length it tells.
            self._start = {**message, "headers": marked(message.get("headers", ()), strike)}
        elif not self._over:
            await self._body(strike.fault.effect, message.get("body", b""), message.get("more_body", False))

    async def _body(self, effect: Mapping[str, Any], body: bytes, more: bool) -> None:
        mangled = mangle(effect.get("mangle"), body)
        if mangled != body:
            more = False  # of a stream, the first piece is all that comes
            self._tell_length(len(mangled))
        if self._start:
            await self._send(self._start)
            self._start = {}
        if effect.get("reset") == "middle":
            await self._send({"type": "http.response.body", "body": mangled[: len(mangled) // 2], "more_body": True})
            raise ConnectionGone
        pieces = sliced(mangled, effect.get("rate"))
        for number, piece in enumerate(pieces, 1):
            if number > 1:
                await self._sleep(CHUNK_INTERVAL)
            last = number == len(pieces) and not more
            await self._send({"type": "http.response.body", "body": piece, "more_body": not last})
        self._over = not more

    def _tell_length(self, length: int) -> None:
        if self._start:
            others = [(name, value) for name, value in self._start["headers"] if name.lower() != b"content-length"]
            self._start["headers"] = [*others, (b"content-length", str(length).encode())]

    async def abort(self) -> None:
        """Reset the connection. Without a server underneath there is none: then ConnectionResetError says so."""
        connection = self._scope.get("extensions", {}).get(CONNECTION)
        if connection is None:
            raise ConnectionResetError("a fault has reset the connection")
        await self._sleep(0)  # what was sent goes out first
        connection["reset"]()
        while (await self._receive())["type"] != "http.disconnect":
            pass


def marked(headers: Any, strike: Strike) -> list[tuple[bytes, bytes]]:
    """The headers of an answer, with the fault's name and what else it changes."""
    effect = strike.fault.effect
    changed = {name.lower().encode(): value.encode("latin-1") for name, value in effect.get("headers", {}).items()}
    if "content_type" in effect:
        changed[b"content-type"] = effect["content_type"].encode("latin-1")
    changed[MARK] = strike.fault.name.encode("latin-1", "replace")
    return [(name, value) for name, value in headers if name.lower() not in changed] + list(changed.items())


def mangle(how: str | None, body: bytes) -> bytes:
    """A body that arrives whole and is wrong: empty, cut in half, or JSON with something after its end."""
    match how:
        case "empty":
            return b""
        case "truncated":
            return body[: len(body) // 2]
        case "malformed":
            return body + b"}]"
    return body


def sliced(body: bytes, rate: float | None) -> list[bytes]:
    """The body in pieces, of which one goes out every CHUNK_INTERVAL seconds: so many octets in a second."""
    if rate is None or not body:
        return [body]
    size = max(1, round(rate * CHUNK_INTERVAL))
    return [body[start : start + size] for start in range(0, len(body), size)]
