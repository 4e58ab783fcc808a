"""Waiting until something is so, that nobody needs a sleep."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.callbacks import callbacks
from operator_emulator.control.clock import read_instant
from operator_emulator.control.context import journal_of
from operator_emulator.control.messages import messages
from operator_emulator.control.wire.journal import show_exchange
from operator_emulator.control.wire.reading import check, read_object
from operator_emulator.runtime.journal import Pattern
from operator_emulator.web.context import engine_of
from operator_emulator.web.respond import answer

Shown = list[dict[str, Any]]


async def wait(request: Request) -> Response:
    """200 as soon as enough matches, with all that does; 408 when the time is over. Manual time is over at once."""
    body = await read_object(request)
    kind, match, count = body["for"], body.get("match", {}), body.get("count", 1)
    check(request, KINDS[kind], match, "match")
    is_new = newer_than(body.get("since", 0), kind)
    emulator = engine_of(request)
    look: Callable[[], Awaitable[Shown]]
    if kind == "exchanges":
        journal, pattern = journal_of(request), Pattern(**match)
        bell = journal.bell

        async def look() -> Shown:
            return [show_exchange(exchange) for exchange in journal.matching(pattern)]

    else:
        bell, view = emulator.store.bell, callbacks if kind == "callbacks" else messages

        async def look() -> Shown:
            return await emulator.read(view, match)

    found: Shown = []
    try:
        async with asyncio.timeout(body.get("timeout", 10)):
            while True:
                heard = bell.listen()
                found = [one for one in await look() if is_new(one)]
                if len(found) >= count:
                    return answer(request, {"count": len(found), "matched": found})
                if not await emulator.read(lambda world: world.clock.rate):
                    break
                await heard.wait()
    except TimeoutError:
        pass
    error = f"{len(found)} {kind} match, not {count}"
    return answer(request, {"error": error, "count": len(found), "matched": found}, status=408)


def newer_than(since: int | str, kind: str) -> Callable[[dict[str, Any]], bool]:
    """Whether something has a greater id, or began at this instant or later. Raises Malformed."""
    if isinstance(since, int):
        return lambda shown: bool(shown["id"] > since)
    instant = read_instant("since", since)
    return lambda shown: read_instant(BEGINNINGS[kind], shown[BEGINNINGS[kind]]) >= instant


BEGINNINGS = {"exchanges": "at", "callbacks": "created", "messages": "submitted"}

# What each kind is held against, by the names of the description.
KINDS = {"exchanges": "ExchangeMatch", "callbacks": "CallbackPattern", "messages": "MessagePattern"}
