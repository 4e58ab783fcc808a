"""Waiting until something is so, that nobody needs a sleep."""

import asyncio
import contextlib
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.clock import read_instant
from operator_emulator.control.context import journal_of
from operator_emulator.control.watch import CALLBACKS, MESSAGES, ExchangeWatch, IsNew, RowWatch, Watch
from operator_emulator.control.wire.reading import check, read_object
from operator_emulator.runtime.journal import Pattern
from operator_emulator.web.context import engine_of
from operator_emulator.web.long import answer_list

SHOWN_MAX: Final = 1000  # of what matches, the newest, in an answer

# What each kind is held against, by the names of the description, and shown as; and when it began.
KINDS: Final = {"exchanges": "ExchangeMatch", "callbacks": "CallbackPattern", "messages": "MessagePattern"}
COMPONENTS: Final = {"exchanges": "Exchange", "callbacks": "Callback", "messages": "ShortMessage"}
BEGINNINGS: Final = {"exchanges": "at", "callbacks": "created", "messages": "submitted"}


async def wait(request: Request) -> Response:
    """200 as soon as enough matches; 408 when the time is over. Manual time is over at once."""
    body = await read_object(request)
    kind, match, count, since = body["for"], body.get("match", {}), body.get("count", 1), body.get("since", 0)
    check(request, KINDS[kind], match, "match")
    engine, is_new = engine_of(request), newer_than(since, kind)
    watch: Watch
    if kind == "exchanges":
        watch = ExchangeWatch(journal_of(request), Pattern(**match), is_new)
    else:
        first = since if isinstance(since, int) else 0
        watch = RowWatch(engine, CALLBACKS if kind == "callbacks" else MESSAGES, match, first, is_new)
    try:
        heard = watch.bell.listen()
        await watch.look()  # wholly, however short the time is
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(body.get("timeout", 10)):
                while len(watch.found) < count and await engine.read(lambda world: world.clock.rate):
                    await heard.wait()
                    heard = watch.bell.listen()
                    await watch.look()
        return await show(request, kind, watch, count)
    finally:
        watch.leave()


async def show(request: Request, kind: str, watch: Watch, count: int) -> Response:
    found = len(watch.found)
    newest = [watch.found[id] for id in sorted(watch.found)[-SHOWN_MAX:]]
    others = {"count": found}
    if found >= count:
        return await answer_list(request, "matched", newest, lambda shown: shown, COMPONENTS[kind], others)
    error = {"error": f"{found} {kind} match, not {count}"}
    return await answer_list(request, "matched", newest, lambda shown: shown, COMPONENTS[kind], others, error, 408)


def newer_than(since: int | str, kind: str) -> IsNew:
    """Whether something has a greater id, or began at this instant or later. Raises Malformed."""
    if isinstance(since, int):
        return lambda shown: bool(shown["id"] > since)
    instant = read_instant("since", since)
    return lambda shown: read_instant(BEGINNINGS[kind], shown[BEGINNINGS[kind]]) >= instant
