"""HttpFaults: rate limits and HTTP faults, as a step of the router between admission and endpoint.

A fault is chosen before the request is carried out. It may answer in place of the endpoint, and it may spoil the bytes
of whatever answer there is.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from operator_emulator.core.customers import access
from operator_emulator.core.tester import faults, rate_limits
from operator_emulator.core.tester.model import FaultPoint, RateLimit, Strike
from operator_emulator.core.world.errors import ExpiredToken, InvalidToken
from operator_emulator.core.world.world import World
from operator_emulator.web.context import RequestContext, context_of
from operator_emulator.web.json import encode
from operator_emulator.web.respond import JSON_TYPE

MARK: Final = b"x-emulator-fault"
CHUNK_INTERVAL: Final = 0.1  # real seconds between two pieces of a slow answer

# The server's own way to reset a connection, where it has one; see serving.py.
CONNECTION: Final = "emulator.connection"

Sleep = Callable[[float], Awaitable[None]]
CarryOut = Callable[[], Awaitable[Response]]


class HttpFaults:
    """*published* are the rate limits that the operator publishes for this surface. *sleep* is handed in by tests."""

    def __init__(self, published: Sequence[RateLimit] = (), sleep: Sleep = asyncio.sleep) -> None:
        self._published = published
        self._sleep = sleep
        self._any = False
        self._changed: asyncio.Event | None = None

    async def strike(self, request: Request) -> "HttpStrike | None":
        """The fault that strikes a request. Raises HTTPException 429 if a rate limit is used up."""
        context = context_of(request)
        engine = context.engine
        if self._changed is None or self._changed.is_set():  # the answer can only change when the world changes
            self._changed = engine.store.bell.listen()
            self._any = await engine.read(has_faults_or_limits, self._published)
        if not self._any:
            return None
        scope = request.scope
        organisation = None if context.caller is None else context.caller.organisation
        address = "" if request.client is None else request.client.host
        wait = await engine.write(rate_limits.allow, self._published, scope["path"], organisation, address)
        if wait is not None:
            context.struck = True
            raise HTTPException(429, "Too Many Requests", {"Retry-After": str(wait)})
        strike: Strike | None = await engine.write(
            faults.strike,
            FaultPoint.HTTP,
            method=scope["method"],
            path=(scope["path"], path_and_query(scope)),
            operation=None if context.operation is None else context.operation.id,
            organisation=organisation,
            headers=dict(request.headers),
            token=context.caller is not None,
        )
        if strike is None:
            return None
        context.struck = True
        if context.exchange is not None:
            context.exchange.fault = strike.fault.name
        return HttpStrike(strike, self._sleep)


def has_faults_or_limits(world: World, published: Sequence[RateLimit]) -> bool:
    return faults.any_at(world, FaultPoint.HTTP) or bool(rate_limits.current(world, published))


def path_and_query(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    return f"{scope['path']}?{query}" if query else scope["path"]


class HttpStrike:
    """A fault that strikes one request."""

    def __init__(self, strike: Strike, sleep: Sleep) -> None:
        self._strike = strike
        self._sleep = sleep

    async def respond(self, request: Request, carry_out: CarryOut) -> Response:
        """The answer to the request: the fault's own, or that of *carry_out*. Raises what the surface words."""
        effect = self._strike.fault.effect
        if self._strike.delay:
            await self._sleep(self._strike.delay)
        if effect.get("reset") == "before":
            return Reset(self._sleep)
        if "token" in effect:
            await end_token(context_of(request), effect["token"])
        if "body" in effect:
            return canned_response(effect)
        if "status" in effect:
            raise HTTPException(effect["status"], None, effect.get("headers"))
        return await carry_out()

    def spoiled(self, response: Response) -> Response:
        return Spoiled(response, self._strike, self._sleep)


async def end_token(context: RequestContext, how: str) -> None:
    """Really revoke the token, or let it expire, so that only a new one helps. Raises the refusal that says so."""
    await context.engine.write(access.end_token, context.token, expired=how == "expired")
    raise (ExpiredToken if how == "expired" else InvalidToken)(context.token)


def canned_response(effect: Mapping[str, Any]) -> Response:
    """The answer that a fault gives: a text as it is, all else as JSON."""
    body = effect["body"]
    text = body.encode() if isinstance(body, str) else encode(body)
    headers = {"content-type": JSON_TYPE, **{name.lower(): value for name, value in effect.get("headers", {}).items()}}
    return Response(text, effect.get("status", 200), headers)


# --------------------------------------------------------------------------------------------- the bytes of an answer


class ConnectionGone(Exception):
    """The connection is to be reset."""


class Reset(Response):
    """Reset the connection instead of answering."""

    def __init__(self, sleep: Sleep) -> None:
        self._sleep = sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Without a server underneath there is no connection: then ConnectionResetError says so."""
        connection = scope.get("extensions", {}).get(CONNECTION)
        if connection is None:
            raise ConnectionResetError("a fault has reset the connection")
        await self._sleep(0)  # what was sent goes out first
        connection["reset"]()
        while (await receive())["type"] != "http.disconnect":
            pass


class Spoiled(Response):
    """An answer that a fault spoils on its way."""

    def __init__(self, response: Response, strike: Strike, sleep: Sleep) -> None:
        self._response = response
        self._strike = strike
        self._sleep = sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._response(scope, receive, FaultySend(self._strike, send, self._sleep).send)
        except ConnectionGone:
            await Reset(self._sleep)(scope, receive, send)


class FaultySend:
    """The ``send`` of one answer: does to its bytes what the fault wants done."""

    def __init__(self, strike: Strike, send: Send, sleep: Sleep) -> None:
        self._strike = strike
        self._send = send
        self._sleep = sleep
        self._start: MutableMapping[str, Any] = {}
        self._over = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            # Kept back until the body is there, whose length it tells.
            self._start = {**message, "headers": marked(message.get("headers", ()), self._strike)}
        elif not self._over:
            await self._body(self._strike.fault.effect, message.get("body", b""), message.get("more_body", False))

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
