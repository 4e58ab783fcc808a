"""Sender: one push to one customer endpoint, with what came of it.

The transport is a function that is handed in: ``aiohttp_transport`` when served, the test's own in tests.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from operator_emulator.core.world.model import PUT_OFF, Outcome, Push, Way
from operator_emulator.core.world.policy import Policy
from operator_emulator.runtime import redaction
from operator_emulator.runtime.journal import BODY_LIMIT, Exchange, Journal
from operator_emulator.runtime.problems import problem_of

if TYPE_CHECKING:
    import aiohttp


@dataclass(frozen=True, slots=True)
class OutboundRequest:
    """An HTTP request that we make. *findings* say where its body breaks our own contract."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    operation: str = ""
    findings: tuple[str, ...] = ()
    timeout: float | None = None  # seconds at the socket, if not as usual


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Unreachable(Exception):
    """No response came: refused, timed out, no such host, no such URL. The message says which."""


# What a fault at a callback may pretend, and how it reads.
AT_ONCE: Final = 2**20  # octets of a body that are written in one go; aiohttp warns of more
PROBLEMS: Final = MappingProxyType({"refused": "connection refused", "timeout": "no answer in time"})

Transport = Callable[[OutboundRequest], Awaitable[Reply]]
Renderer = Callable[[Any], OutboundRequest | Awaitable[OutboundRequest]]  # of the pushes of one way


class Queue:
    """The sends to one receiver: so many at a time, the others wait."""

    def __init__(self, connections: int) -> None:
        self.places = asyncio.Semaphore(connections)
        self.length = 0  # under way or waiting


class Sender:
    """Renders, sends with bounded concurrency, journals. What happens at the customer's is an outcome, never an error.

    Each receiver has connections of its own, and so many sends may wait for them: a slow one delays no other.
    """

    def __init__(
        self,
        transport: Transport,
        renderers: Mapping[Way, Renderer],
        journal: Journal,
        policy: Policy,
        now: Callable[[], datetime],
    ) -> None:
        self._transport = transport
        self._renderers = renderers
        self._journal = journal
        self._policy = policy
        self._now = now
        self._queues: dict[str, Queue] = {}  # of receivers to which something is being sent

    @property
    def waiting(self) -> int:
        """Sends that are under way or wait for a connection."""
        return sum(queue.length for queue in self._queues.values())

    async def __call__(self, push: Push) -> Outcome:
        """Send one push."""
        key = push.receiver
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = Queue(self._policy.forwarder_connections)
        if queue.length >= self._policy.forwarder_waiting:
            return PUT_OFF
        queue.length += 1
        try:
            async with queue.places:
                message = await self._render(push)
                if push.strike is not None and "twice" in push.strike.fault.effect:
                    await self._exchange(push, message)
                return await self._exchange(push, message)
        finally:
            queue.length -= 1
            if not queue.length:
                del self._queues[key]

    async def _render(self, push: Push) -> OutboundRequest:
        rendered = self._renderers[push.way](push)
        return rendered if isinstance(rendered, OutboundRequest) else await rendered

    async def _exchange(self, push: Push, message: OutboundRequest) -> Outcome:
        exchange = Exchange(
            direction="outbound",
            method=message.method,
            path=redaction.target(message.url),
            at=push.at,
            real=self._now(),
            operation=message.operation,
            organisation=push.organisation,
            callback=push.callback,
            raw_request_headers=raw(message.headers),
            request_body=message.body,
            findings=list(message.findings),
        )
        began = time.perf_counter()
        try:
            reply = await self._reply(push, message, exchange)
        except Unreachable as unreachable:
            exchange.problem = str(unreachable)
            return Outcome(None, exchange.problem)
        except asyncio.CancelledError:
            exchange.problem = "given up: the world was replaced, or the emulator stopped"
            raise
        else:
            exchange.status = reply.status
            exchange.raw_response_headers = raw(reply.headers)
            exchange.response_body = reply.body[:BODY_LIMIT]
            return Outcome(reply.status)
        finally:
            exchange.milliseconds = (time.perf_counter() - began) * 1000
            self._journal.add(exchange)

    async def _reply(self, push: Push, message: OutboundRequest, exchange: Exchange) -> Reply:
        """The customer's reply, or what a fault says in its place. Raises Unreachable."""
        if push.strike is None:
            return await self._transport(message)
        effect = push.strike.fault.effect
        exchange.fault = push.strike.fault.name
        reply = None
        if effect.get("phase") == "after" or not effect.keys() & {"status", "problem"}:
            reply = await self._transport(message)
        if "status" in effect:
            reply = Reply(effect["status"])
        if "problem" in effect:
            raise Unreachable(PROBLEMS[effect["problem"]])
        assert reply is not None, "what does not pretend an answer calls the endpoint"
        return reply


def raw(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in headers]


class AiohttpTransport(AbstractAsyncContextManager["AiohttpTransport"]):
    """Real HTTP: keep-alive, a time-out, no redirects (D§10.1: a 3xx is a failure), no proxy from the environment.

    Some customers close a kept connection without a word, and only the next request on it finds out. Such a request
    is repeated once, on a new connection.

    aiohttp is imported at the first send: it is a fifth of the time to start, and many a test sends nothing.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._sessions: dict[bool, aiohttp.ClientSession] = {}  # by whether connections are kept

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for session in self._sessions.values():
            await session.close()

    async def __call__(self, request: OutboundRequest) -> Reply:
        import aiohttp

        timeout = self._timeout if request.timeout is None else request.timeout
        connection = Connection()
        try:
            try:
                return await self._exchange(request, connection, timeout, keep=True)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                if not connection.kept:
                    raise
            return await self._exchange(request, connection, timeout, keep=False)
        except TimeoutError:
            raise Unreachable(f"no answer within {timeout:g} s") from None
        except (aiohttp.ClientError, ValueError, OSError) as error:
            raise Unreachable(problem_of(error)) from None

    async def _exchange(
        self, request: OutboundRequest, connection: "Connection", seconds: float, *, keep: bool
    ) -> Reply:
        import aiohttp

        session = self._sessions.get(keep) or self._open(keep)
        async with session.request(
            request.method,
            request.url,
            data=request.body if len(request.body) <= AT_ONCE else BytesIO(request.body),
            headers=dict(request.headers),
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=seconds),
            trace_request_ctx=connection,
        ) as response:
            body = await response.content.read(BODY_LIMIT)
            return Reply(response.status, tuple(response.headers.items()), body)

    def _open(self, keep: bool) -> "aiohttp.ClientSession":
        import aiohttp

        tracing = aiohttp.TraceConfig()
        tracing.on_connection_reuseconn.append(note_reuse)
        self._sessions[keep] = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=not keep),  # the sender bounds it
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[tracing],
        )
        return self._sessions[keep]


@dataclass(slots=True)
class Connection:
    """What is known of the connection that a request took: *kept* from an earlier one, or new."""

    kept: bool = False


async def note_reuse(session: Any, context: Any, parameters: Any) -> None:
    context.trace_request_ctx.kept = True
