"""What went over HTTP, both ways: list it, ask whether it happened, forget it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.context import journal_of
from operator_emulator.control.wire.journal import read_count, show_exchange
from operator_emulator.control.wire.reading import read_object, read_query
from operator_emulator.runtime.journal import Exchange, Pattern
from operator_emulator.runtime.turns import in_turns
from operator_emulator.web.long import answer_list
from operator_emulator.web.respond import answer

NEAREST = 3  # exchanges that almost match, in the refusal of ``verify``


async def list_exchanges(request: Request) -> Response:
    query = read_query(request)
    limit = query.pop("limit", None)
    journal, pattern = journal_of(request), Pattern(**query)
    others = {"last": journal.last, "let_go": journal.let_go}
    found: list[Exchange] = []
    async for exchange in in_turns(reversed(tuple(journal))):
        if not pattern.differences(exchange):
            found.append(exchange)
            if len(found) == limit:
                break
    return await answer_list(request, "exchanges", reversed(found), show_exchange, "Exchange", others)


async def empty(request: Request) -> Response:
    journal_of(request).forget()
    return answer(request, status=204)


async def verify(request: Request) -> Response:
    """200 if as many exchanges match as were expected; otherwise 409, with what comes closest."""
    body = await read_object(request)
    expected = read_count(body)
    pattern = Pattern(**body["match"])
    found: list[Exchange] = []
    missed: list[tuple[Exchange, list[str]]] = []
    async for exchange in in_turns(journal_of(request)):
        if differences := pattern.differences(exchange):
            missed.append((exchange, differences))
        else:
            found.append(exchange)
    if len(found) in expected:
        return await answer_list(request, "exchanges", found, show_exchange, "Exchange", {"count": len(found)})
    missed.sort(key=lambda miss: (len(miss[1]), -miss[0].id))  # fewest differences first, then newest
    near_misses: list[dict[str, Any]] = [
        {"differences": why, "exchange": show_exchange(exchange)} for exchange, why in missed[:NEAREST]
    ]
    error = f"{len(found)} exchanges match, not {expected}"
    return answer(request, {"error": error, "count": len(found), "near_misses": near_misses}, status=409)
