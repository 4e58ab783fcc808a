"""Writing down what goes over HTTP: here, of answers that come in pieces."""

import asyncio

from starlette.types import Message, Receive, Scope, Send

from operator_emulator.runtime.journal import Journal
from operator_emulator.web.context import RequestContext
from operator_emulator.web.journaled import Journaled
from tests.web.conftest import running_engine


def listen_to(*pieces: bytes) -> tuple[Journal, list[list[str]]]:
    """The journal of a stream of *pieces*, and how it read after each of them."""
    journal, read = Journal(), []

    async def surface(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            read.append([one.response_text for one in journal])
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        pass

    async def main() -> None:
        async with running_engine() as engine:
            scope: Scope = {
                "type": "http",
                "method": "GET",
                "path": "/s",
                "query_string": b"",
                "headers": [(b"a", b"b")],
                "context": RequestContext(engine=engine),
            }
            await Journaled(surface, journal)(scope, receive, send)

    asyncio.run(main())
    return journal, read


def test_a_stream_is_written_down_while_it_goes_on() -> None:
    """Nobody need wait for its end to see what went down it; in the end it is there once."""
    journal, read = listen_to(b"one", b" two", b" three")
    assert read == [["one"], ["one two"], ["one two three"]]
    (exchange,) = journal
    assert (exchange.status, exchange.request_headers) == (200, [("a", "b")])
    assert exchange.milliseconds > 0


def test_a_stream_without_anything_is_written_down_at_its_end() -> None:
    """With its status."""
    journal, _ = listen_to()
    (exchange,) = journal
    assert (exchange.status, exchange.response_text) == (200, "")
