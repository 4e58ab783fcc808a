"""The customer's endpoint in a test's hands: what it keeps, answers and complains about, at both of its doors."""

import asyncio
import http.client
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from operator_emulator.runtime.sender import OutboundRequest, Unreachable
from operator_emulator.testing.callback_server import CallbackServer
from operator_emulator.testing.customer import Customer, ReceivedRequest

Send = Callable[..., tuple[int, bytes]]


@pytest.fixture(params=["http", "function"])
def server(request: pytest.FixtureRequest) -> Iterator[CallbackServer]:
    server = CallbackServer(socket=request.param == "http")
    yield server
    server.close()


@pytest.fixture
def customer(server: CallbackServer) -> Customer:
    return server.add_customer()


@pytest.fixture
def send(server: CallbackServer) -> Iterator[Send]:
    """Send something to a URL of the server, by the door that it has; the answer is status and body."""
    connections: dict[str, http.client.HTTPConnection] = {}

    def push(url: str, body: bytes = b"{}", method: str = "POST") -> tuple[int, bytes]:
        if "customer.test" in url:
            message = OutboundRequest(method, url, (("Content-Type", "application/json"),), body)
            reply = asyncio.run(server.deliver(message))
            return reply.status, reply.body
        parts = urlsplit(url)
        connection = connections.setdefault(parts.netloc, http.client.HTTPConnection(parts.netloc, timeout=10))
        connection.request(method, url.partition(parts.netloc)[2], body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()

    yield push
    for connection in connections.values():
        connection.close()


def test_it_keeps_what_it_receives_and_answers_200(customer: Customer, send: Send) -> None:
    """Method, path, headers and body, oldest first."""
    assert send(customer.url, b'{"payload": "hello"}') == (200, b"")
    send(customer.url + "?attempt=2", b"\xff", method="PATCH")
    first, second = customer.received
    assert (first.method, first.json, first.headers["content-type"]) == (
        "POST",
        {"payload": "hello"},
        "application/json",
    )
    assert (second.method, second.path.partition("?")[2], second.text) == ("PATCH", "attempt=2", "\\xff")


def test_it_answers_as_it_is_told(customer: Customer, send: Send) -> None:
    """First what was told for so many times, in that order; then what was told without a number."""
    customer.answer_with(503).answer_with(500, times=2).answer_with(201, times=1, json={"taken": True})
    answers = [send(customer.url) for _ in range(5)]
    assert answers == [(500, b""), (500, b""), (201, b'{"taken": true}'), (503, b""), (503, b"")]


def test_an_answer_may_have_no_body(customer: Customer, send: Send) -> None:
    """204 is a success without a body, whatever was told."""
    customer.answer_with(204, headers={"X-Seen": "yes"})
    assert send(customer.url)[0] == 204
    assert send(customer.url)[0] == 204  # on the same connection: nothing was left over


@pytest.mark.parametrize(("status", "times"), [(100, 1), (99, None), (600, None), (200, 0)])
def test_nonsense_is_refused(customer: Customer, status: int, times: int | None) -> None:
    """What ends no request is no answer, and never is not a number of times."""
    with pytest.raises(ValueError, match=r"status|times"):
        customer.answer_with(status, times=times)


def test_customers_do_not_see_each_other(server: CallbackServer, send: Send) -> None:
    """Each has a path of its own; what comes for one that is gone is nobody's."""
    one, other = server.add_customer(), server.add_customer()
    send(one.url)
    server.remove(one)
    assert send(one.url)[0] == 404
    assert (len(one.received), other.received) == (1, [])


def test_what_was_expected_is_handed_back(customer: Customer, send: Send) -> None:
    """Objects may have more members than asked for; texts are patterns; the path may be one."""
    send(customer.url, b'{"payload": "temperature=21.5", "id": 7}')
    send(customer.url, b'{"status": {"id": 4}}', method="PATCH")
    assert customer.expect_one("PATCH").json == {"status": {"id": 4}}
    assert customer.expect_one(json={"payload": "temperature=*"}).json["id"] == 7
    assert customer.expect(2, path="/*/sms") == customer.received
    customer.expect_none("PUT")
    customer.clear()
    customer.expect_none()


@pytest.mark.parametrize(
    ("expected", "says"),
    [
        ({"method": "PATCH"}, "method is POST, not PATCH"),
        ({"path": "/elsewhere"}, "not /elsewhere"),
        ({"json": {"payload": "bye"}}, 'payload is "hello", not "bye"'),
        ({"json": {"source": {"name": "x"}}}, "source is missing"),
        ({"json": {"endpoint": {"id": 2}}}, "endpoint.id is 1, not 2"),
        ({"json": [1]}, "the body is {"),
    ],
)
def test_a_failed_expectation_says_what_came_and_why_not(
    customer: Customer, send: Send, expected: dict[str, Any], says: str
) -> None:
    """The message of the assertion is enough to see what is wrong."""
    send(customer.url, b'{"payload": "hello", "endpoint": {"id": 1}}')
    with pytest.raises(AssertionError) as failure:
        customer.expect_one(**expected)
    assert "expected 1 of" in str(failure.value)
    assert says in str(failure.value)
    assert '{"payload": "hello"' in str(failure.value)


def test_too_many_are_as_wrong_as_too_few(customer: Customer, send: Send) -> None:
    """Exactly one means one: the message shows them all."""
    send(customer.url)
    send(customer.url)
    with pytest.raises(AssertionError, match=r"expected 1 of requests, got 2(.|\n)*this one matches"):
        customer.expect_one()


def test_what_is_no_json_matches_no_json(customer: Customer, send: Send) -> None:
    """A long body is cut in the message."""
    send(customer.url, b"x" * 1000)
    with pytest.raises(AssertionError, match=r"x…\n +the body is not JSON"):
        customer.expect_one(json={})


def test_nothing_at_all_has_a_hint(customer: Customer) -> None:
    """The first thing that one forgets is to let time pass."""
    with pytest.raises(AssertionError, match=r"no request was received .*clock\.advance"):
        customer.expect_one("POST", path="/*", json={})


def test_in_real_time_one_waits(server: CallbackServer, customer: Customer) -> None:
    """It returns as soon as enough has come, and complains when the time is over."""
    callback = ReceivedRequest("POST", urlsplit(customer.url).path, {}, b'{"payload": "late"}')
    waiting = threading.Timer(0, lambda: server.respond(callback))
    waiting.start()
    assert customer.wait_for(json={"payload": "late"}) == [callback]
    waiting.join()
    with pytest.raises(AssertionError, match="expected 2 or more of requests, got 1"):
        customer.wait_for(count=2, timeout=0)


def test_a_block_expects_what_comes_from_its_beginning_on(customer: Customer, send: Send) -> None:
    """Requests before it do not count, and those in it do, even if earlier ones are forgotten meanwhile."""
    send(customer.url, b'{"payload": "early"}')
    with customer.expecting("POST") as came:
        customer.clear()
        send(customer.url, b'{"payload": "late"}')
    assert [request.json["payload"] for request in came] == ["late"]
    with (
        pytest.raises(AssertionError, match="expected 1 or more of POST, got 0"),
        customer.expecting("POST", timeout=0),
    ):
        pass
    with pytest.raises(ZeroDivisionError), customer.expecting("POST"):
        raise ZeroDivisionError


def test_without_sockets_nobody_else_is_reached() -> None:
    """A webhook on a real address would need one."""
    message = OutboundRequest("POST", "http://127.0.0.1:9099/sms", (), b"")
    with pytest.raises(Unreachable, match="without sockets"):
        asyncio.run(CallbackServer(socket=False).deliver(message))
