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
Renderer = Callable[[Any], OutboundRequest]  # of the pushes of one way


class Sender:
    """Renders, sends with bounded concurrency, journals. Never raises: an outcome always comes back."""

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
        self._places: dict[str, asyncio.Semaphore] = {}
        self.waiting = 0  # sends under way or waiting for a connection

    async def __call__(self, push: Push) -> Outcome:
        """Send one push. A receiver has so many connections, so a slow one holds up nobody else."""
        if self.waiting >= self._policy.forwarder_waiting:
            return PUT_OFF
        message = self._renderers[push.way](push)
        places = self._places.setdefault(push.receiver, asyncio.Semaphore(self._policy.forwarder_connections))
        self.waiting += 1
        try:
            async with places:
                if push.strike is not None and "twice" in push.strike.fault.effect:
                    await self._exchange(push, message)
                return await self._exchange(push, message)
        finally:
            self.waiting -= 1

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

    aiohttp is imported at the first send: it is a fifth of the time to start, and many a test sends nothing.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    def _open(self) -> "aiohttp.ClientSession":
        import aiohttp

        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),  # the sender bounds it, for each subscription
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self._session

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def __call__(self, message: OutboundRequest) -> Reply:
        import aiohttp

        session = self._session or self._open()
        timeout = self._timeout if message.timeout is None else message.timeout
        try:
            async with session.request(
                message.method,
                message.url,
                data=message.body if len(message.body) <= AT_ONCE else BytesIO(message.body),
                headers=dict(message.headers),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout),
            ) as response:
                body = await response.content.read(BODY_LIMIT)
                return Reply(response.status, tuple(response.headers.items()), body)
        except TimeoutError:
            raise Unreachable(f"no answer within {timeout:g} s") from None
        except (aiohttp.ClientError, ValueError, OSError) as error:
            raise Unreachable(problem_of(error)) from None
