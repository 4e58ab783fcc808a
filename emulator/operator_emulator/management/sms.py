"""Endpoints for messages and events of a SIM (D§9, 11)."""

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.core.customers.model import Caller
from operator_emulator.core.customers.ownership import owned
from operator_emulator.core.network import smsc
from operator_emulator.core.world import events
from operator_emulator.core.world.errors import UnknownSms
from operator_emulator.core.world.model import Event, EventType
from operator_emulator.core.world.world import Since, World
from operator_emulator.management import events as sentences
from operator_emulator.management.context import caller_of, dialect_of
from operator_emulator.management.links import address_of
from operator_emulator.management.paging import page_headers, pages, read_page, read_sort
from operator_emulator.management.wire import sms as wire
from operator_emulator.management.wire.values import read_id
from operator_emulator.web.context import engine_of
from operator_emulator.web.receive import noting, read_json
from operator_emulator.web.respond import answer

SMS_KEYS = {
    "id": "id",
    "status": "status",
    "submit_date": "submitted",
    "delivery_date": "submitted",
}
EVENT_KEYS = {"timestamp": "at", "id": "id", "event_type": "type"}


async def list_sms(request: Request) -> Response:
    """GET /v1/sims/{iccid}/sms"""
    policy = dialect_of(request).policy
    query = request.query_params
    note = noting(request)
    page = read_page(query, 10, 100, policy, note)
    found, total = await engine_of(request).read(
        smsc.page,
        caller_of(request),
        request.path_params["iccid"],
        offset=page.offset,
        limit=page.size,
        order=read_sort(query, SMS_KEYS, policy, note),
    )
    shown = [wire.show_sms(sms, policy) for sms in found]
    return answer(request, shown, headers=page_headers(page, total))


async def send_sms(request: Request) -> Response:
    """POST /v1/sims/{iccid}/sms"""
    iccid = request.path_params["iccid"]
    draft = wire.read_sms_draft(await read_json(request), noting(request))
    sms = await engine_of(request).write(smsc.submit, caller_of(request), iccid, draft)
    location = address_of(request, f"/sims/{sms.iccid}/sms/{sms.id}")
    return answer(request, status=201, headers={"Location": location})


async def show_sms(request: Request) -> Response:
    """GET /v1/sims/{iccid}/sms/{id}"""
    sms = await engine_of(request).read(smsc.show, caller_of(request), request.path_params["iccid"], sms_id(request))
    return answer(request, wire.show_sms(sms, dialect_of(request).policy))


async def cancel_sms(request: Request) -> Response:
    """DELETE /v1/sims/{iccid}/sms/{id}"""
    try:
        await engine_of(request).write(smsc.cancel, caller_of(request), request.path_params["iccid"], sms_id(request))
    except UnknownSms:
        if dialect_of(request).edition.cancel_unknown_sms == 404:
            raise
    return answer(request)


def sms_id(request: Request) -> int:
    text = request.path_params["id"]
    number = read_id("id", text)
    if number is None:
        raise UnknownSms(text)
    return number


# --------------------------------------------------------------------------------------------- events


async def list_events(request: Request) -> Response:
    """GET /v1/sims/{iccid}/events"""
    dialect = dialect_of(request)
    query = request.query_params
    note = noting(request)
    page = read_page(query, 10, 1000, dialect.policy, note)
    found, total = await engine_of(request).read(
        page_of_events,
        caller_of(request),
        request.path_params["iccid"],
        sentences.shown_types(dialect.policy),
        offset=page.offset,
        limit=page.size,
        order=read_sort(query, EVENT_KEYS, dialect.policy, note),
    )
    shown = {
        "events": [sentences.show_event(event, dialect.edition) for event in found],
        "totalEvents": total,
        "totalPages": pages(page, total),
    }
    return answer(request, shown, headers=page_headers(page, total))


def page_of_events(
    world: World,
    caller: Caller,
    iccid: str,
    types: tuple[EventType, ...],
    *,
    offset: int,
    limit: int,
    order: str = "",
) -> tuple[list[Event], int]:
    """The events of a SIM of these *types*, newest first, and how many in all. Raises UnknownSim."""
    wanted = {
        "iccid": owned(world, caller, iccid).iccid,
        "type": types,
        "at": Since(events.horizon(world)),
    }
    found = world.events.find(order=order or "-at", offset=offset, limit=limit, **wanted)
    return found, world.events.count(**wanted)
