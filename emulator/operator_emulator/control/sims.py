"""Looking at all SIM cards at once, whoever owns them."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.wire import read_query, show_sim
from operator_emulator.core.tester.matching import within
from operator_emulator.core.world.world import World
from operator_emulator.web.context import engine_of
from operator_emulator.web.respond import answer


async def list_sims(request: Request) -> Response:
    query = read_query(request)
    limit = query.pop("limit", None)
    found = await engine_of(request).read(sims, query, limit)
    return answer(request, {"sims": found})


def sims(world: World, match: Mapping[str, Any], limit: int | None) -> list[dict[str, Any]]:
    """SIMs as far as they match, in the order of their organisations and within one as they were planted."""
    rest = dict(match)
    asked = {name: rest.pop(name) for name in ("organisation", "state") if name in rest}
    if "status" in rest:
        rest["device"] = {"status": rest.pop("status")}
    if not rest:
        return [show_sim(sim) for sim in world.sims.find(order="organisation,position", limit=limit, **asked)]
    shown = map(show_sim, world.sims.find(order="organisation,position", **asked))
    return [sim for sim in shown if within(rest, sim)][:limit]
