"""Endpoints for volumes: daily usage, quotas, and monthly limits of an organisation (D§8.3, 8.4, 12.1)."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.core.customers import quotas
from operator_emulator.core.customers.model import Caller, Quota, Service
from operator_emulator.core.customers.ownership import owned
from operator_emulator.core.world.errors import NoQuota
from operator_emulator.core.world.world import World
from operator_emulator.management.context import caller_of, dialect_of
from operator_emulator.management.wire import usage as wire
from operator_emulator.web.context import engine_of
from operator_emulator.web.receive import noting, read_json
from operator_emulator.web.respond import answer


async def show_usage(request: Request) -> Response:
    """GET /v1/sims/{iccid}/usage"""
    start, end = wire.read_window(request.query_params, noting(request))
    days = await engine_of(request).read(quotas.usage, caller_of(request), request.path_params["iccid"], start, end)
    return answer(request, wire.show_usage(days, dialect_of(request).policy))


async def show_data_quota(request: Request) -> Response:
    """GET /v1/sims/{iccid}/quota/data"""
    return await show_quota(request, Service.DATA)


async def show_sms_quota(request: Request) -> Response:
    """GET /v1/sims/{iccid}/quota/sms"""
    return await show_quota(request, Service.SMS)


async def show_quota(request: Request, service: Service) -> Response:
    quota, expires = await engine_of(request).read(quota_of, caller_of(request), request.path_params["iccid"], service)
    policy = dialect_of(request).policy
    return answer(request, wire.show_quota(quota, expires, policy, data=service is Service.DATA))


def quota_of(world: World, caller: Caller, iccid: str, service: Service) -> tuple[Quota, datetime | None]:
    """A SIM's quota and the end of its life. Raises UnknownSim, and NoQuota (D§8.4)."""
    sim = owned(world, caller, iccid)
    quota = sim.data_quota if service is Service.DATA else sim.sms_quota
    if quota is None:
        raise NoQuota(sim.iccid, service.value)
    return quota, sim.expires


# --------------------------------------------------------------------------------------------- limits


async def show_limits(request: Request) -> Response:
    """GET /v1/sims/limits"""
    limits = await engine_of(request).read(quotas.limits, caller_of(request))
    return answer(request, wire.show_limits(limits))


async def set_limits(request: Request) -> Response:
    """POST /v1/sims/limits"""
    limits = wire.read_limits(await read_json(request))
    await engine_of(request).write(quotas.set_limits, caller_of(request), **limits)
    return answer(request, status=201)


async def list_limits(request: Request) -> Response:
    """GET /v1/sims/{service}/limits. The published schema has the limits in force, not the selectable ones (C14)."""
    selectable = quotas.selectable(request.path_params["service"])
    if dialect_of(request).policy.selectable_limits_as_spec:
        limits = await engine_of(request).read(quotas.limits, caller_of(request))
        return answer(request, wire.show_limits({**quotas.UNLIMITED, **limits}))
    return answer(request, wire.show_selectable(selectable.values()))
