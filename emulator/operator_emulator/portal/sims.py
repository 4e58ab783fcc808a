"""Endpoints that show partners and SIMs, and those that change one SIM at once (P§3.2, 3.3)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.core.customers import quotas
from operator_emulator.core.customers.model import DailyUsage, Sim
from operator_emulator.core.network import device, smsc
from operator_emulator.core.network.model import Sms, SmsDraft
from operator_emulator.core.partners import contracts, partners, pools, portal_rate_limits, sessions
from operator_emulator.core.partners.action_model import Failure, Reason
from operator_emulator.core.partners.model import IDENTIFIED, ApiUsage, Contract, DataSession, PartnerCaller, Pool
from operator_emulator.core.partners.portal_rate_limits import CallClass
from operator_emulator.core.world.errors import ActionRefused, NotBooked
from operator_emulator.core.world.world import Prefix, World
from operator_emulator.portal import wire
from operator_emulator.portal.context import caller_of, portal_of
from operator_emulator.portal.errors import JSON
from operator_emulator.portal.refusals import Gone
from operator_emulator.portal.wire.values import Json, instant
from operator_emulator.web.context import engine_of
from operator_emulator.web.respond import answer

P = ParamSpec("P")
T = TypeVar("T")


def partner_of(request: Request) -> str:
    partner: str = request.path_params["partnerID"]
    return wire.values.read_partner("partnerID", partner)


async def named(request: Request) -> tuple[dict[str, str], Json]:
    """The identifier of the SIM, an ICCID in the path or any identifier in the body, and the body."""
    if "iccid" in request.path_params:
        return {"iccid": wire.values.read_value("iccid", "iccid", request.path_params["iccid"])}, {}
    body = await wire.values.read_object(request)
    return wire.values.read_identifier(body), body


async def counted(
    request: Request,
    kind: CallClass,
    view: Callable[Concatenate[World, PartnerCaller, str, P], T],
    *args: P.args,
    **kw: P.kwargs,
) -> T:
    """The result of *view*, if the rate limit of its class allows one more SIM (P§7)."""
    caller, partner = caller_of(request), partner_of(request)

    def verb(world: World) -> T:
        portal_rate_limits.count(world, partner, kind, 1)
        return view(world, caller, partner, *args, **kw)

    return await engine_of(request).write(verb)


# --------------------------------------------------------------------------------------------- the partner


async def show_partner(request: Request) -> Response:
    """GET /partners/{partnerID}"""
    partner, counts = await engine_of(request).read(partners.state_counts, caller_of(request), partner_of(request))
    return answer(request, wire.partners.show_partner(partner, counts), media_type=JSON)


async def list_sims(request: Request) -> Response:
    """GET /sims"""
    query = request.query_params
    page, size = wire.values.read_page(query)
    identifier, state = wire.sims.read_sim_filter(query)
    rows, total = await engine_of(request).read(
        summaries,
        caller_of(request),
        partner_of(request),
        offset=page * size,
        limit=size,
        identifier=identifier,
        state=state,
    )
    shown = [wire.sims.show_sim_summary(*row) for row in rows]
    return answer(request, wire.values.show_page("sims", shown, page, size, total), media_type=JSON)


def summaries(
    world: World, /, caller: PartnerCaller, partner: str, **asked: Any
) -> tuple[list[tuple[Contract, Sim, DailyUsage]], int]:
    rows, total = partners.page(world, caller, partner, **asked)
    return [(contract, sim, quotas.month_to_date(world, sim.iccid)) for contract, sim in rows], total


async def show_pools(request: Request) -> Response:
    """GET /pools/usage"""
    rows, now = await engine_of(request).read(
        lambda world: (pools_of(world, caller_of(request), partner_of(request)), world.now)
    )
    return answer(request, {"pools": [wire.partners.show_pool(*row, now) for row in rows]}, media_type=JSON)


def pools_of(world: World, caller: PartnerCaller, partner: str) -> list[tuple[Pool, float, float]]:
    """The pools that the partner's SIMs share; they belong to its main partner."""
    partners.scope(world, caller, partner)
    found = world.pools.find(partner=partners.main_of(world, partner), order="position")
    return [(pool, pools.used_of(world, pool), pools.percent_of(world, pool)) for pool in found]


async def show_api_usage(request: Request) -> Response:
    """GET /apiusage, deprecated"""
    require_deprecated(request)
    partner = partner_of(request)
    rows, now = await engine_of(request).read(
        lambda world: (api_usage_of(world, caller_of(request), partner), world.now)
    )
    return answer(request, wire.partners.show_api_usage(partner, rows, now), media_type=JSON)


def api_usage_of(world: World, caller: PartnerCaller, partner: str) -> list[ApiUsage]:
    partners.scope(world, caller, partner)
    return world.api_usage.find(partner=partner, id=Prefix(f"{partner} {world.now:%Y-%m} "), order="id")


def require_deprecated(request: Request) -> None:
    """Raises Gone if deprecated methods are switched off."""
    if portal_of(request).policy.deprecated_methods == "gone":
        raise Gone


async def order_sims(request: Request) -> Response:
    """POST /orders"""
    material, quantity, address, override = wire.partners.read_order(await wire.values.read_object(request))
    order = await engine_of(request).write(
        contracts.order,
        caller_of(request),
        partner_of(request),
        material,
        quantity,
        address,
        override_minimum=override,
    )
    return answer(request, wire.partners.show_order(order), status=201, media_type=JSON)


# --------------------------------------------------------------------------------------------- showing one SIM


async def show_sim(request: Request) -> Response:
    """GET /sims/{iccid}, POST /sims/details"""
    identifier, _ = await named(request)
    return answer(
        request, wire.sims.show_sim(*await counted(request, CallClass.DETAILS, details, identifier)), media_type=JSON
    )


def details(
    world: World, caller: PartnerCaller, partner: str, identifier: Mapping[str, str]
) -> tuple[Contract, Sim, DailyUsage]:
    contract, sim = partners.show(world, caller, partner, identifier)
    return contract, sim, quotas.month_to_date(world, sim.iccid)


async def show_session(request: Request) -> Response:
    """GET /sims/{iccid}/session, POST /sims/session; ``parallelSessions`` changes the shape, and must be booked"""
    identifier, body = await named(request)
    asked = request.query_params.get("parallelSessions", body.get("parallelSessions", False))
    parallel = wire.values.read_boolean("parallelSessions", asked)
    sim, session = await counted(request, CallClass.HISTORY, session_of, identifier, parallel=parallel)
    show = wire.sims.show_parallel_sessions if parallel else wire.sims.show_session
    return answer(request, show(sim.iccid, session), media_type=JSON)


def session_of(
    world: World, caller: PartnerCaller, partner: str, identifier: Mapping[str, str], *, parallel: bool
) -> tuple[Sim, DataSession | None]:
    contract, sim = partners.show(world, caller, partner, identifier)
    if parallel and not partners.books(world, partner, "parallelSessions"):
        raise NotBooked("parallelSessions")
    return sim, sessions.current(world, contract, sim)


async def show_session_history(request: Request) -> Response:
    """GET /sims/{iccid}/sessionhistory, POST /sims/sessionhistory"""
    identifier, body = await named(request)
    span = wire.values.read_span({**body, **request.query_params})
    found = await counted(request, CallClass.HISTORY, session_history, identifier, span)
    return answer(request, wire.sims.show_session_history(*found), media_type=JSON)


def session_history(
    world: World, caller: PartnerCaller, partner: str, identifier: Mapping[str, str], span: wire.values.Span
) -> tuple[str, DataSession | None, list[DataSession]]:
    contract, sim = partners.show(world, caller, partner, identifier)
    running = sessions.current(world, contract, sim)
    if running is not None and not sessions.within(world, running.opened, *span):
        running = None
    return sim.iccid, running, sessions.history(world, sim, *span)


async def show_sms_history(request: Request) -> Response:
    """GET /sims/{iccid}/smshistory and its alias /sims/{iccid}/sms, POST /sims/smshistory"""
    identifier, body = await named(request)
    span = wire.values.read_span({**body, **request.query_params})
    found = await counted(request, CallClass.HISTORY, sms_history, identifier, span)
    return answer(request, wire.sims.show_sms_history(found), media_type=JSON)


def sms_history(
    world: World, caller: PartnerCaller, partner: str, identifier: Mapping[str, str], span: wire.values.Span
) -> list[Sms]:
    _, sim = partners.show(world, caller, partner, identifier)
    return sessions.messages(world, sim, *span)


async def check_hlr(request: Request) -> Response:
    """POST /sims/{iccid}/hlr/check, POST /sims/hlr/check; deprecated"""
    require_deprecated(request)
    identifier, _ = await named(request)
    row = await engine_of(request).read(partners.show, caller_of(request), partner_of(request), identifier)
    return answer(request, wire.sims.show_hlr(*row), media_type=JSON)


# --------------------------------------------------------------------------------------------- changing one SIM


async def reset_hlr(request: Request) -> Response:
    """POST /sims/{iccid}/hlr/reset, POST /sims/hlr/reset"""
    identifier, _ = await named(request)
    iccid, now = await engine_of(request).write(reset, caller_of(request), partner_of(request), identifier)
    return answer(request, {"iccid": iccid, "resetAt": instant(now)}, media_type=JSON)


def reset(world: World, caller: PartnerCaller, partner: str, identifier: Mapping[str, str]) -> tuple[str, datetime]:
    """Delete the SIM's location from the HLR; the device attaches again by itself (D§7.4)."""
    partners.scope(world, caller, partner, changes=True)
    _, sim = partners.show(world, caller, partner, identifier)
    device.reset(world, sim)
    return sim.iccid, world.now


async def send_message(request: Request) -> Response:
    """POST /sims/{iccid}/sms, POST /sims/sms"""
    if "iccid" in request.path_params:
        identifier, body = (await named(request))[0], await wire.values.read_object(request)
    else:
        identifier, body = await named(request)
    draft = wire.sims.read_message(body)
    sms = await engine_of(request).write(send, caller_of(request), partner_of(request), identifier, draft)
    return answer(request, wire.sims.show_sent(sms), status=202, media_type=JSON)


def send(world: World, caller: PartnerCaller, partner: str, identifier: Mapping[str, str], draft: SmsDraft) -> Sms:
    """Submit a message to the same SMSC as the management API does."""
    partners.scope(world, caller, partner, changes=True)
    contract, sim = partners.show(world, caller, partner, identifier)
    if contract.state not in IDENTIFIED:
        raise ActionRefused(Failure(Reason.WRONG_STATE, contract.state))
    return smsc.accept(world, sim, draft)
