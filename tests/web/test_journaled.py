"""Writing down what goes over HTTP: here, of answers that come in pieces."""

import asyncio
from datetime import UTC, datetime

from starlette.types import Message, Receive, Scope, Send

from operator_emulator.core.world.model import Clock, Origin
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import World
from operator_emulator.runtime.engine import Engine
from operator_emulator.runtime.journal import Journal
from operator_emulator.runtime.sender import Message as Outbound
from operator_emulator.runtime.sender import Reply, Sender
from operator_emulator.store import open_store
from operator_emulator.web.journaled import Journaled

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def plant(world: World) -> None:
    world.clocks.put(Clock(NOW, NOW, 0))
    world.origins.put(Origin(7, NOW))


async def nobody(message: Outbound) -> Reply:
    raise AssertionError(message)


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
        sender = Sender(nobody, {}, journal, Policy(), lambda: NOW)
        emulator = Engine(open_store(None, Policy()), sender, plant, lambda: NOW)
        await emulator.start()
        scope: Scope = {"type": "http", "method": "GET", "path": "/s", "query_string": b"", "headers": [(b"a", b"b")]}
        await Journaled(surface, journal, emulator)(scope, receive, send)
        await emulator.stop()

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
