"""What went over HTTP, both ways: list it, ask whether it happened, forget it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.context import journal_of
from operator_emulator.control.wire.journal import read_count, show_exchange
from operator_emulator.control.wire.reading import read_object, read_query
from operator_emulator.runtime.journal import Pattern
from operator_emulator.web.respond import answer


async def list_exchanges(request: Request) -> Response:
    query = read_query(request)
    limit = query.pop("limit", None)
    journal = journal_of(request)
    found = journal.matching(Pattern(**query))
    if limit is not None:
        found = found[-limit:]
    shown = [show_exchange(exchange) for exchange in found]
    return answer(request, {"exchanges": shown, "last": journal.last, "let_go": journal.let_go})


async def empty(request: Request) -> Response:
    journal_of(request).forget()
    return answer(request, status=204)


async def verify(request: Request) -> Response:
    """200 if as many exchanges match as were expected; otherwise 409, with what comes closest."""
    body = await read_object(request)
    expected = read_count(body)
    pattern, journal = Pattern(**body["match"]), journal_of(request)
    found = journal.matching(pattern)
    if len(found) in expected:
        exchanges = [show_exchange(exchange) for exchange in found]
        return answer(request, {"count": len(found), "exchanges": exchanges})
    near_misses: list[dict[str, Any]] = [
        {"differences": why, "exchange": show_exchange(exchange)} for exchange, why in journal.nearest(pattern)
    ]
    error = f"{len(found)} exchanges match, not {expected}"
    return answer(request, {"error": error, "count": len(found), "near_misses": near_misses}, status=409)
