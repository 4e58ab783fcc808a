"""Spoiled: an answer whose bytes a fault spoils on their way to the client."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from operator_emulator.core.tester import faults
from operator_emulator.core.tester.model import Fault
from operator_emulator.web.connection import connection_of
from operator_emulator.web.context import RequestContext, context_of

MARK: Final = b"x-emulator-fault"
CHUNK_INTERVAL: Final = 0.1  # real seconds between two pieces of a slow answer
BODILESS: Final = frozenset({204, 205, 304})  # statuses of answers that have no body (RFC 9110)

Header = tuple[bytes, bytes]
Headers = Iterable[Header]
Sleep = Callable[[float], Awaitable[None]]


class ConnectionGone(Exception):
    """The connection is to be reset, after *octets* went out that no server would send."""

    def __init__(self, octets: bytes = b"") -> None:
        self.octets = octets


class Reset(Response):
    """Reset the connection instead of answering, or in the middle of it."""

    def __init__(self, sleep: Sleep, octets: bytes = b"") -> None:
        self._sleep = sleep
        self._octets = octets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Without a server underneath there is no connection: then ConnectionResetError says so."""
        context: RequestContext = scope["context"]
        if context.exchange is not None:
            context.exchange.problem = "a fault reset the connection"
        connection = connection_of(scope)
        if connection is None:
            raise ConnectionResetError("a fault has reset the connection")
        if self._octets:
            connection.write(self._octets)
        await self._sleep(0)  # what was sent goes out first
        connection.reset()
        while (await receive())["type"] != "http.disconnect":
            pass


class Spoiled(Response):
    """An answer that a fault spoils. A fault that finds nothing to spoil is not counted, unless the client has *seen*
    something of it before.
    """

    def __init__(self, request: Request, response: Response, fault: Fault, *, seen: bool, sleep: Sleep) -> None:
        self._context = context_of(request)
        self._bodiless = request.method == "HEAD"
        self._response = response
        self._fault = fault
        self._seen = seen
        self._sleep = sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = FaultySend(
            self._fault, send, self._sleep, spare=self._spare, seen=self._seen, bodiless=self._bodiless
        )
        try:
            await self._response(scope, receive, sending.send)
        except ConnectionGone as gone:
            await Reset(self._sleep, gone.octets)(scope, receive, send)

    async def _spare(self) -> None:
        await self._context.engine.write(faults.spare, self._fault.id)
        if self._context.exchange is not None:
            self._context.exchange.fault = None


class FaultySend:
    """The ``send`` of one answer: does to its bytes what the fault wants done.

    The head is kept back until the first of the body is there: only then is it known what the fault can spoil.
    """

    def __init__(
        self,
        fault: Fault,
        send: Send,
        sleep: Sleep,
        *,
        spare: Callable[[], Awaitable[None]],
        seen: bool,
        bodiless: bool,
    ) -> None:
        self._effect = fault.effect
        self._mark = (MARK, fault.name.encode("latin-1", "replace"))
        self._send = send
        self._sleep = sleep
        self._spare = spare
        self._seen = seen
        self._bodiless = bodiless
        self._start: Message | None = None
        self._over = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif not self._over:
            body, more = message.get("body", b""), message.get("more_body", False)
            if self._start is not None:
                start, self._start = self._start, None
                body, more = await self._begin(start, body, more)
            await self._continue(body, more)

    async def _begin(self, start: Message, body: bytes, more: bool) -> tuple[bytes, bool]:
        """Send the head, and say what there is to send of the body."""
        effect, head = self._effect, list(start.get("headers", ()))
        spoiled = self._spoil(start["status"], body)
        headers = with_headers(head, effect)
        changed = spoiled != body or sorted(headers) != sorted(head) or self._drips(spoiled, more)
        if not (changed or self._seen or "reset" in effect):
            self._effect = {}
            await self._spare()
            await self._send(start)
            return body, more
        headers.append(self._mark)
        if spoiled != body:
            more = False  # of a stream, the first piece is all that comes
            headers = with_length(headers, len(spoiled))
        start = {**start, "headers": headers}
        whole = self._bodiless or len(spoiled) < 2  # there is no middle of the body
        match effect.get("reset"):
            case "after":
                raise ConnectionGone
            case "head":
                raise ConnectionGone(half_of_head(start))
            case "middle" if whole:
                raise ConnectionGone(half_of_head(start))
        await self._send(start)
        return spoiled, more

    def _spoil(self, status: int, body: bytes) -> bytes:
        if status in BODILESS:
            return b""  # a fault may choose such a status for an answer with a body
        return body if self._bodiless else mangled(self._effect.get("mangle"), body)

    def _drips(self, body: bytes, more: bool) -> bool:
        rate = self._effect.get("rate")
        return rate is not None and not self._bodiless and (more or len(sliced(body, rate)) > 1)

    async def _continue(self, body: bytes, more: bool) -> None:
        if self._effect.get("reset") == "middle":
            await self._send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            raise ConnectionGone
        pieces = sliced(body, self._effect.get("rate"))
        for number, piece in enumerate(pieces, 1):
            if number > 1:
                await self._sleep(CHUNK_INTERVAL)
            last = number == len(pieces) and not more
            await self._send({"type": "http.response.body", "body": piece, "more_body": not last})
        self._over = not more


def with_headers(headers: Headers, effect: Mapping[str, Any]) -> list[Header]:
    """The headers of an answer, with what the fault changes of them."""
    changed = {name.lower().encode(): value.encode("latin-1") for name, value in effect.get("headers", {}).items()}
    if "content_type" in effect:
        changed[b"content-type"] = effect["content_type"].encode("latin-1")
    return [(name, value) for name, value in headers if name.lower() not in changed] + list(changed.items())


def with_length(headers: Iterable[Header], length: int) -> list[Header]:
    others = [(name, value) for name, value in headers if name.lower() != b"content-length"]
    return [*others, (b"content-length", str(length).encode())]


def half_of_head(start: Message) -> bytes:
    """The first half of what a server would send before the body."""
    lines = [f"HTTP/1.1 {start['status']} ".encode(), *(name + b": " + value for name, value in start["headers"])]
    head = b"\r\n".join(lines)
    return head[: len(head) // 2]


def mangled(how: str | None, body: bytes) -> bytes:
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
