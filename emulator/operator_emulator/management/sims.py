"""Endpoints for SIMs: list, show, change, status, reset, transfer (D§7, 8.1, 8.2, 12.5)."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.core.customers import sims
from operator_emulator.core.customers.model import Caller, Sim
from operator_emulator.core.customers.ownership import owned
from operator_emulator.core.world.errors import UnknownSim
from operator_emulator.core.world.world import World
from operator_emulator.management.context import caller_of, dialect_of, sim_json_of
from operator_emulator.management.paging import page_headers, read_page, read_q, read_sort
from operator_emulator.management.wire import sims as wire
from operator_emulator.management.wire import status as status_wire
from operator_emulator.management.wire.values import read_boolean
from operator_emulator.web.context import engine_of
from operator_emulator.web.receive import noting, read_json
from operator_emulator.web.respond import answer

SORT_KEYS = {"imei": "imei", "ip_address": "ip_address"}
FILTERS = frozenset(SORT_KEYS)
SHOWN = 10  # ICCIDs in a sentence


def sim_now(world: World, caller: Caller, iccid: str) -> tuple[Sim, datetime]:
    """A SIM and the present instant."""
    return owned(world, caller, iccid), world.now


async def list_sims(request: Request) -> Response:
    """GET /v1/sims"""
    dialect = dialect_of(request)
    query = request.query_params
    note = noting(request)
    page = read_page(query, 10, 100, dialect.policy, note)
    found, total = await engine_of(request).read(
        sims.page,
        caller_of(request),
        offset=page.offset,
        limit=page.size,
        order=read_sort(query, SORT_KEYS, dialect.policy, note),
        **read_q(query, FILTERS, dialect.policy, note),
    )
    headers = page_headers(page, total)
    kept = sim_json_of(request)
    texts = [text for sim in found if (text := kept.json(sim.iccid, sim)) is not None]
    if len(texts) < len(found):
        return answer(request, [wire.show_sim(sim, dialect) for sim in found], headers=headers)
    return answer(request, body=b"[" + b",".join(texts) + b"]", headers=headers)


async def show_sim(request: Request) -> Response:
    """GET /v1/sims/{iccid}"""
    dialect = dialect_of(request)
    try:
        sim = await engine_of(request).read(owned, caller_of(request), request.path_params["iccid"])
    except UnknownSim:
        if dialect.policy.unknown_sim == "empty":  # recorded in 2021 (D§3.2, C4)
            return answer(request)
        raise
    if not dialect.policy.legacy_single_status:  # otherwise it looks like an entry of the list
        text = sim_json_of(request).json(sim.iccid, sim)
        if text is not None:
            return answer(request, body=text)
    return answer(request, wire.show_sim(sim, dialect, alone=True))


async def change_sim(request: Request) -> Response:
    """PUT /v1/sims/{iccid}"""
    change = wire.read_change(await read_json(request))
    await engine_of(request).write(sims.change, caller_of(request), request.path_params["iccid"], change)
    return answer(request)


async def change_sims(request: Request) -> Response:
    """POST /v1/sims"""
    changes = wire.read_changes(await read_json(request))
    skipped = await engine_of(request).read(sims.skipped, caller_of(request), changes)
    if skipped:
        noting(request)("iccid", f"{len(skipped)} are unknown, and skipped: {', '.join(skipped[:SHOWN])}")
    await engine_of(request).write(sims.submit_batch, caller_of(request), changes)
    return answer(request, status=201)


async def show_status(request: Request) -> Response:
    """GET /v1/sims/{iccid}/status"""
    sim, now = await engine_of(request).read(sim_now, caller_of(request), request.path_params["iccid"])
    return answer(request, status_wire.show_status(sim, now, dialect_of(request).policy))


async def show_connectivity(request: Request) -> Response:
    """GET /v1/sims/{iccid}/connectivity_info"""
    sim, now = await engine_of(request).read(sim_now, caller_of(request), request.path_params["iccid"])
    subscriber = read_boolean(request.query_params, "subscriber")
    ussd = read_boolean(request.query_params, "ussd")
    shown = status_wire.show_connectivity(
        sim, now, dialect_of(request).policy, subscriber=subscriber is not False, ussd=bool(ussd)
    )
    return answer(request, shown)


async def reset_sim(request: Request) -> Response:
    """POST /v1/sims/{iccid}/reset"""
    await engine_of(request).write(sims.reset, caller_of(request), request.path_params["iccid"])
    return answer(request, status=201)


async def transfer_sims(request: Request) -> Response:
    """POST /v1/sims/simTransfer"""
    target, iccids, ranges = wire.read_transfer(await read_json(request))
    await engine_of(request).write(sims.transfer, caller_of(request), target=target, iccids=iccids, ranges=ranges)
    return answer(request, status=201)
