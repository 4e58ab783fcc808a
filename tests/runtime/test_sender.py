"""Sending over real HTTP, on a loopback socket, to customers that behave and that do not."""

import asyncio
import errno
import re
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import aiohttp
import pytest
from msgspec.structs import replace

from operator_emulator.core.world.model import (
    PUT_OFF,
    Event,
    EventType,
    Notification,
    Outcome,
    Outgoing,
    Subscription,
    Try,
    Way,
)
from operator_emulator.core.world.policy import Policy
from operator_emulator.runtime.journal import Journal
from operator_emulator.runtime.problems import problem_of
from operator_emulator.runtime.sender import AiohttpTransport, OutboundRequest, Reply, Sender, Unreachable

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def saying(response: bytes) -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(response)

    return answer


def send(answer: Answer, *, timeout: float = 5.0, method: str = "POST") -> Reply:
    """Send one message to a server that answers so."""

    async def story() -> Reply:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await answer(reader, writer)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        headers = (("Content-Type", "application/json"),)
        try:
            async with AiohttpTransport(timeout) as transport:
                return await transport(OutboundRequest(method, f"http://127.0.0.1:{port}/sms?x=1", headers, b'{"a":1}'))
        finally:
            server.close()

    return asyncio.run(asyncio.wait_for(story(), 30))


def test_a_message_arrives_as_it_is() -> None:
    """Method, path with query, headers, and the body octet for octet."""
    seen: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.extend((head, await reader.readexactly(7)))
        writer.write(b"HTTP/1.1 202 Accepted\r\nX-Custom: y\r\nContent-Length: 2\r\n\r\nok")

    reply = send(answer, method="PATCH")
    assert seen[0].startswith(b"PATCH /sms?x=1 HTTP/1.1\r\n")
    assert b"Content-Type: application/json\r\n" in seen[0]
    assert seen[1] == b'{"a":1}'
    assert (reply.status, reply.body) == (202, b"ok")
    assert ("X-Custom", "y") in reply.headers


def test_a_redirect_is_not_followed() -> None:
    """A 3xx is an answer like any other, and counts as a failure (D§10.1)."""
    reply = send(saying(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"))
    assert reply.status == 302


def test_a_customer_that_hangs_is_given_up() -> None:
    """The time-out says how long was waited."""

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(7)
        await reader.read()

    with pytest.raises(Unreachable, match=r"no answer within 0\.05 s"):
        send(hang, timeout=0.05)


@pytest.mark.parametrize(
    ("response", "says"),
    [
        (b"", "the connection was closed without an answer"),
        (b"garbage\r\n\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 2", "the connection was closed without an answer"),
    ],
)
def test_a_customer_that_answers_nonsense_is_unreachable(response: bytes, says: str) -> None:
    """A closed connection, no HTTP at all, an answer that is cut off."""
    with pytest.raises(Unreachable, match=f"^{says}$"):
        send(saying(response))


def test_an_endless_answer_is_read_as_far_as_it_is_kept() -> None:
    """A customer cannot fill our memory."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 1_000_000)
        await reader.read()

    assert len(send(answer).body) <= 64 * 1024


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:1/", "connection refused"),
        ("http://no-such-host.invalid/", "there is no host no-such-host.invalid"),
        ("no url at all", "the URL is not valid"),
        ("http://", "the URL is not valid"),
        ("ftp://127.0.0.1/", "the URL is not valid"),
        ("http://a..b/", "the URL is not valid"),
        ("http://[/", "the URL is not valid"),
    ],
)
def test_a_url_that_leads_nowhere_is_unreachable(url: str, says: str) -> None:
    """A refused connection and a URL that is none end the same way, each in words of ours."""

    async def story() -> None:
        async with AiohttpTransport(5.0) as transport:
            await transport(OutboundRequest("POST", url, (), b""))

    with pytest.raises(Unreachable, match=f"^{says}"):
        asyncio.run(story())


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ssl.SSLCertVerificationError("self-signed"), "the certificate is not trusted"),
        (ssl.SSLError("wrong version number"), r"no TLS connection; is it an https endpoint\?"),
        (aiohttp.ClientPayloadError(), "the answer broke off"),
        (OSError(errno.ENETUNREACH, "x"), "no route to the host"),
        (OSError(errno.EIO, "input/output error"), r"no answer: \[Errno 5\] input/output error"),
        (OSError(), "no answer: OSError"),
    ],
)
def test_a_problem_is_described_in_plain_words(error: Exception, says: str) -> None:
    """Instead of the name of a class; what nobody has foreseen is quoted."""
    assert re.fullmatch(says, problem_of(error))


def outgoing() -> Outgoing:
    subscription = Subscription(
        id="forwarder-1", organisation=1, way=Way.FORWARDER, wants=(), url="http://customer.test"
    )
    event = Event(id=1, at=NOW, type=EventType.SMS_DELIVERED, organisation=1)
    notification = Notification(
        id=1, event=1, subscription="forwarder-1", organisation=1, created=NOW, deadline=NOW, tries=(Try(NOW),)
    )
    return Outgoing(notification, subscription, event, None, None)


def sender(transport: Callable[[OutboundRequest], Awaitable[Reply]], journal: Journal) -> Sender:
    def render(one: Outgoing) -> OutboundRequest:
        headers = (("Authorization", "Basic c2VjcmV0"),)
        return OutboundRequest("PATCH", one.subscription.url, headers, b'{"id":1}', "deliveryReport", ("body: is odd",))

    return Sender(transport, {Way.FORWARDER: render}, journal, Policy(), lambda: NOW)


def push(one: Sender) -> Outcome:
    async def story() -> Outcome:
        return await one(outgoing())

    return asyncio.run(story())


def test_an_exchange_with_a_customer_is_journaled() -> None:
    """Both ways, with what breaks the contract, without secrets."""

    async def customer(message: OutboundRequest) -> Reply:
        return Reply(503, (("Retry-After", "5"),), b"later")

    journal = Journal()
    assert push(sender(customer, journal)) == Outcome(503)
    [exchange] = journal
    assert (exchange.direction, exchange.method, exchange.status) == ("outbound", "PATCH", 503)
    assert exchange.operation == "deliveryReport"
    assert exchange.request_headers == [("authorization", "***")]
    assert exchange.response_headers == [("retry-after", "5")]
    assert (exchange.request_text, exchange.response_text) == ('{"id":1}', "later")
    assert exchange.findings == ["body: is odd"]


def test_no_answer_is_an_outcome_too() -> None:
    """The sender never raises: what came of it is written down."""

    async def customer(message: OutboundRequest) -> Reply:
        raise Unreachable("nobody there")

    journal = Journal()
    assert push(sender(customer, journal)) == Outcome(None, "nobody there")
    assert [one.problem for one in journal] == ["nobody there"]


def send_many(*lives: list[bytes]) -> tuple[list[int], int]:
    """Send as many messages, one after the other, as answers are listed, to a server whose connections live so.

    Each connection gives the answers of its list, and is then closed when the next request is there. Answer the
    statuses and how many requests arrived.
    """
    arrived = 0
    lists = iter(lives)

    async def story() -> list[int]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal arrived
            for response in [*next(lists), b""]:
                try:
                    await reader.readuntil(b"\r\n\r\n")
                    await reader.readexactly(2)
                except asyncio.IncompleteReadError:
                    break
                arrived += 1
                writer.write(response)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        try:
            async with AiohttpTransport(5.0) as transport:
                request = OutboundRequest("POST", url, (), b"{}")
                return [(await transport(request)).status for _ in range(sum(map(len, lives)))]
        finally:
            server.close()

    return asyncio.run(asyncio.wait_for(story(), 30)), arrived


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def test_connections_are_kept() -> None:
    """One after the other on the same."""
    assert send_many([OK, OK, OK]) == ([200, 200, 200], 3)


def test_a_kept_connection_that_was_dead_is_no_failure() -> None:
    """The request is repeated once, on a new connection."""
    assert send_many([OK], [OK]) == ([200, 200], 3)


def test_a_new_connection_that_dies_is_a_failure() -> None:
    """The customer may have taken the message; it is tried again when its time comes, not at once."""
    with pytest.raises(Unreachable):
        send_many([OK], [], [OK])


def test_a_subscription_has_a_queue_of_its_own() -> None:
    """When it is full, others are still sent to."""

    async def story() -> None:
        gate = asyncio.Event()

        async def customer(message: OutboundRequest) -> Reply:
            if "customer" in message.url:
                await gate.wait()
            return Reply(200)

        policy = Policy(forwarder_waiting=3, forwarder_connections=1)
        one = Sender(
            customer,
            {Way.FORWARDER: lambda it: OutboundRequest("POST", it.subscription.url, (), b"")},
            Journal(),
            policy,
            lambda: NOW,
        )
        other = replace(outgoing(), subscription=replace(outgoing().subscription, id="other", url="http://other.test"))
        waiting = [asyncio.create_task(one(outgoing())) for _ in range(4)]
        assert await waiting[3] == PUT_OFF
        assert await one(other) == Outcome(200)
        assert one.waiting == 3
        gate.set()
        assert [await task for task in waiting[:3]] == [Outcome(200)] * 3
        assert one.waiting == 0

    asyncio.run(asyncio.wait_for(story(), 30))


def test_a_send_that_is_cancelled_is_written_down_as_such() -> None:
    """The customer may have seen it."""

    async def story(journal: Journal) -> None:
        async def customer(message: OutboundRequest) -> Reply:
            await asyncio.Event().wait()
            return Reply(200)

        task = asyncio.create_task(sender(customer, journal)(outgoing()))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    journal = Journal()
    asyncio.run(story(journal))
    assert [one.problem for one in journal] == ["given up: the world was replaced, or the emulator stopped"]
