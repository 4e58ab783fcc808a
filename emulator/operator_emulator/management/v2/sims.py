"""Endpoints about SIM cards that differ from version 1's: reset, quotas, status (V§4.1, 6, 7)."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.core.customers import ownership, quotas, sims
from operator_emulator.core.customers.model import Caller, Quota, Service, Sim, SimState
from operator_emulator.core.world.errors import NoQuota, SimDisabled
from operator_emulator.core.world.world import World
from operator_emulator.management.context import caller_of, dialect_of
from operator_emulator.management.v2.wire.quotas import show_quota
from operator_emulator.management.v2.wire.status import show_status as show_connectivity
from operator_emulator.web.context import engine_of
from operator_emulator.web.respond import answer


def require_enabled(world: World, caller: Caller, iccid: str) -> None:
    """Raises SimDisabled, unless ``policy.v2_disabled_sim`` takes what cannot reach the device; UnknownSim."""
    sim = ownership.owned(world, caller, iccid)
    if sim.state is SimState.SUSPENDED and world.policy.v2_disabled_sim == "conflict":
        raise SimDisabled(sim.iccid)


async def reset_sim(request: Request) -> Response:
    """POST /v2/sims/{iccid}/reset"""
    await engine_of(request).write(reset, caller_of(request), request.path_params["iccid"])
    return answer(request, status=201)


def reset(world: World, caller: Caller, iccid: str) -> None:
    require_enabled(world, caller, iccid)
    sims.reset(world, caller, iccid)


async def show_status(request: Request) -> Response:
    """GET /v2/sims/{iccid}/status"""
    sim, blocked = await engine_of(request).read(whereabouts, caller_of(request), request.path_params["iccid"])
    return answer(request, show_connectivity(sim, blocked=blocked))


def whereabouts(world: World, caller: Caller, iccid: str) -> tuple[Sim, bool]:
    """A SIM, and whether its monthly limit keeps it from data. Raises UnknownSim."""
    sim = ownership.owned(world, caller, iccid)
    return sim, quotas.data_limit_reached(world, sim)


async def show_data_quota(request: Request) -> Response:
    """GET /v2/sims/{iccid}/quota/data"""
    return await show(request, Service.DATA)


async def show_sms_quota(request: Request) -> Response:
    """GET /v2/sims/{iccid}/quota/sms"""
    return await show(request, Service.SMS)


async def show(request: Request, service: Service) -> Response:
    sim, quota, now = await engine_of(request).read(quota_of, caller_of(request), request.path_params["iccid"], service)
    expired = sim.state is SimState.EXPIRED or (sim.expires is not None and sim.expires <= now)
    policy = dialect_of(request).policy
    return answer(request, show_quota(sim.iccid, service, quota, policy, expires=sim.expires, expired=expired))


def quota_of(world: World, caller: Caller, iccid: str, service: Service) -> tuple[Sim, Quota, datetime]:
    """A SIM and its quota, and when it was looked at. Raises UnknownSim and NoQuota."""
    sim = ownership.owned(world, caller, iccid)
    quota = sim.data_quota if service is Service.DATA else sim.sms_quota
    if quota is None:
        raise NoQuota(sim.iccid, service.value)
    return sim, quota, world.now
