"""The endpoint about the events of a SIM (V§9)."""

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.core.customers import ownership
from operator_emulator.core.customers.model import Caller, Organisation, Sim
from operator_emulator.core.world.model import Event
from operator_emulator.core.world.world import World
from operator_emulator.management.context import caller_of, dialect_of
from operator_emulator.management.paging import read_page
from operator_emulator.management.sms import page_of_events
from operator_emulator.management.v2.sms import total_headers
from operator_emulator.management.v2.wire.events import listed_types, show_event
from operator_emulator.web.context import engine_of
from operator_emulator.web.receive import noting
from operator_emulator.web.respond import answer


async def list_events(request: Request) -> Response:
    """GET /v2/sims/{iccid}/events"""
    policy = dialect_of(request).policy
    page = read_page(request.query_params, 10, 1000, policy, noting(request))
    found, total, sim, organisation = await engine_of(request).read(
        page_with_owner, caller_of(request), request.path_params["iccid"], offset=page.offset, limit=page.size
    )
    shown = [show_event(event, sim, organisation, policy) for event in found]
    return answer(request, shown, headers=total_headers(page, total, policy))


def page_with_owner(
    world: World, caller: Caller, iccid: str, *, offset: int, limit: int
) -> tuple[list[Event], int, Sim, Organisation]:
    """Events of a SIM, how many there are, and whose they are. Raises UnknownSim."""
    sim = ownership.owned(world, caller, iccid)
    organisation = world.organisations.get(caller.organisation)
    assert organisation is not None, "a caller has an organisation"
    types = listed_types(world.policy)
    found, total = page_of_events(world, caller, sim.iccid, types, offset=offset, limit=limit)
    return found, total, sim, organisation
