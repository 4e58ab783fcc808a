"""Faults on the bytes of an answer, and those that take real time: here with a sleep that only counts."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from operator_emulator.core.tester import faults
from operator_emulator.runtime.engine import Engine
from operator_emulator.web.connection import EXTENSION, Connection
from operator_emulator.web.context import RequestContext
from operator_emulator.web.faults import HttpFaults
from tests.web.conftest import running_engine

BODY = b"0123456789"


class Pieces(Response):
    """An answer whose body comes in pieces."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = str(sum(map(len, self._pieces))).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        for number, piece in enumerate(self._pieces, 1):
            await send({"type": "http.response.body", "body": piece, "more_body": number < len(self._pieces)})


class Line:
    """One connection: an endpoint that answers *bodies* and a fault that strikes, and all that goes over it."""

    def __init__(self, bodies: Sequence[bytes] = (BODY,), *, abortable: bool = True) -> None:
        self.sent: list[Message] = []
        self.slept: list[float] = []
        self.aborted = 0
        self.raw: list[bytes] = []  # octets that went past the server
        self.heard: list[Message] = [{"type": "http.request", "body": b""}, {"type": "http.disconnect"}]
        self._bodies = bodies
        self._abortable = abortable

    @property
    def pieces(self) -> list[bytes]:
        return [message["body"] for message in self.sent if message["type"] == "http.response.body"]

    @property
    def complete(self) -> bool:
        return bool(self.sent) and not self.sent[-1].get("more_body", False)

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    def play(self, effect: dict[str, Any], times: int = 1) -> "Line":
        """Ask *times* times while a fault with *effect* is active."""

        async def main() -> None:
            async with running_engine() as engine:
                await engine.write(faults.add, {"name": "it", "point": "http", "effect": effect})
                for _ in range(times):
                    await self._ask(engine)

        asyncio.run(main())
        return self

    async def _ask(self, engine: Engine) -> None:
        """As a Router does."""
        connection = Connection(self.raw.append, self._abort, asyncio.Event())
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "query_string": b"",
            "headers": [],
            "context": RequestContext(engine=engine),
            "extensions": {EXTENSION: connection} if self._abortable else {},
        }
        request = Request(scope, self._receive, self._send)
        strike = await HttpFaults(sleep=self._sleep).strike(request)
        assert strike is not None
        response = strike.spoiled(request, await strike.respond(request, self._carry_out))
        await response(scope, self._receive, self._send)

    async def _carry_out(self) -> Response:
        return Pieces(self._bodies)

    async def _sleep(self, seconds: float) -> None:
        if seconds:
            self.slept.append(seconds)

    def _abort(self) -> None:
        self.aborted += 1

    async def _receive(self) -> Message:
        return self.heard.pop(0)

    async def _send(self, message: Message) -> None:
        self.sent.append(message)


def test_an_answer_is_delayed() -> None:
    """By a fixed number of real seconds, and otherwise whole."""
    line = Line().play({"delay": 2.5})
    assert (line.slept, line.pieces, line.complete) == ([2.5], [BODY], True)
    assert line.headers == {b"content-length": b"10", b"x-emulator-fault": b"it"}


def test_delays_are_drawn_evenly() -> None:
    """Between the two, and each time another."""
    slept = Line().play({"delay": {"uniform": [3, 1]}}, times=50).slept
    assert all(1 <= seconds <= 3 for seconds in slept)
    assert len(set(slept)) == 50
    assert 1.7 < sum(slept) / 50 < 2.3


def test_delays_are_drawn_lognormally() -> None:
    """Half of them below the median, few far above it, none above ten minutes."""
    slept = Line().play({"delay": {"lognormal": {"median": 1, "sigma": 0.5}}}, times=100).slept
    assert 35 <= sum(seconds < 1 for seconds in slept) <= 65
    assert 1.5 < max(slept) < 10
    assert max(Line().play({"delay": {"lognormal": {"median": 600, "sigma": 5}}}, times=20).slept) == 600


def test_an_answer_drips() -> None:
    """Ten times a second a piece, so that it makes so many octets in a second."""
    line = Line().play({"rate": 30})
    assert line.pieces == [b"012", b"345", b"678", b"9"]
    assert (line.slept, line.complete) == ([0.1] * 3, True)


def test_an_empty_answer_has_nothing_to_drip() -> None:
    """But comes to its end."""
    line = Line([b""]).play({"rate": 30})
    assert (line.pieces, line.slept, line.complete) == ([b""], [], True)


def test_a_stream_goes_on_when_it_drips() -> None:
    """Each of its pieces by itself."""
    line = Line([b"0123", b"45"]).play({"rate": 30})
    assert (line.pieces, line.complete) == ([b"012", b"3", b"45"], True)


@pytest.mark.parametrize(("how", "body"), [("empty", b""), ("truncated", b"01234"), ("malformed", b"0123456789}]")])
def test_a_body_is_spoiled(how: str, body: bytes) -> None:
    """It arrives whole by its length, and is wrong."""
    line = Line().play({"mangle": how})
    assert (line.pieces, line.complete) == ([body], True)
    assert line.headers[b"content-length"] == str(len(body)).encode()


def test_a_spoiled_stream_ends() -> None:
    """What comes after its first piece is dropped."""
    line = Line([b"0123", b"45"]).play({"mangle": "truncated"})
    assert (line.pieces, line.complete) == ([b"01"], True)


def test_headers_are_replaced() -> None:
    """By name, in any case."""
    line = Line().play({"headers": {"Content-Length": "10", "X-A": "1"}, "content_type": "text/html"})
    assert line.headers == {
        b"content-length": b"10",
        b"x-a": b"1",
        b"content-type": b"text/html",
        b"x-emulator-fault": b"it",
    }


def test_a_reset_before_sends_nothing() -> None:
    """The server's own abort is used."""
    line = Line().play({"reset": "before"})
    assert (line.sent, line.aborted) == ([], 1)


def test_a_reset_in_the_middle_sends_half() -> None:
    """Status and half of the body, then nothing."""
    line = Line().play({"reset": "middle"})
    assert (line.pieces, line.complete, line.aborted) == ([b"01234"], False, 1)


def test_a_reset_after_sends_nothing() -> None:
    """The request was carried out, and nobody hears of it."""
    line = Line().play({"reset": "after"})
    assert (line.sent, line.raw, line.aborted) == ([], [], 1)


@pytest.mark.parametrize(
    ("bodies", "when"), [((BODY,), "head"), ((b"",), "head"), ((b"",), "middle"), ((b"0",), "middle")]
)
def test_a_reset_in_the_head_sends_half_of_it(bodies: tuple[bytes, ...], when: str) -> None:
    """An answer whose body has no middle is cut there, too."""
    line = Line(bodies).play({"reset": when})
    assert (line.sent, line.aborted) == ([], 1)
    (half,) = line.raw
    assert half.startswith(b"HTTP/1.1 200 \r\ncontent-l")
    assert b"\r\n\r\n" not in half


def test_a_fault_without_an_effect_leaves_the_answer_alone() -> None:
    """Its octets are few enough to go out at once, and its type is what the fault wants."""
    line = Line().play({"rate": 1000, "mangle": "none"})
    assert (line.pieces, line.complete) == ([BODY], True)
    assert line.headers == {b"content-length": b"10"}


def test_without_a_server_a_reset_is_an_error() -> None:
    """In process there is no connection to reset; the caller gets what a socket would give it."""
    with pytest.raises(ConnectionResetError):
        Line(abortable=False).play({"reset": "before"})
