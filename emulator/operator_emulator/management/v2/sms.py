"""Endpoints about messages (V§8)."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.core.customers.model import Caller
from operator_emulator.core.network import smsc
from operator_emulator.core.network.model import Sms, SmsDraft, SmsStatus
from operator_emulator.core.world.errors import UnknownSms
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import World
from operator_emulator.management.context import caller_of, dialect_of
from operator_emulator.management.links import address_of
from operator_emulator.management.paging import Page, page_headers, read_page
from operator_emulator.management.sms import sms_id
from operator_emulator.management.v2.sims import require_enabled
from operator_emulator.management.v2.wire.sms import show_sms as show
from operator_emulator.management.wire.sms import read_sms_draft
from operator_emulator.web.context import engine_of
from operator_emulator.web.receive import noting, read_json
from operator_emulator.web.respond import answer

LISTED = tuple(status for status in SmsStatus if status is not SmsStatus.CANCELED)


async def send_sms(request: Request) -> Response:
    """POST /v2/sims/{iccid}/sms"""
    draft = read_sms_draft(await read_json(request), noting(request))
    sms = await engine_of(request).write(submit, caller_of(request), request.path_params["iccid"], draft)
    headers = {"Location": address_of(request, f"/sims/{sms.iccid}/sms/{sms.id}")}
    sent = headers if dialect_of(request).policy.v2_sms_location else None
    return answer(request, {"id": str(sms.id)}, status=201, headers=sent)


def submit(world: World, caller: Caller, iccid: str, draft: SmsDraft) -> Sms:
    require_enabled(world, caller, iccid)
    return smsc.submit(world, caller, iccid, draft)


async def list_sms(request: Request) -> Response:
    """GET /v2/sims/{iccid}/sms"""
    policy = dialect_of(request).policy
    page = read_page(request.query_params, 20, 1000, policy, noting(request), size="per_page")
    found, total = await engine_of(request).read(
        smsc.page,
        caller_of(request),
        request.path_params["iccid"],
        offset=page.offset,
        limit=page.size,
        statuses=LISTED if policy.v2_canceled_sms == "hide" else None,
    )
    return answer(request, [show(sms) for sms in found], headers=total_headers(page, total, policy))


def total_headers(page: Page, total: int, policy: Policy) -> Mapping[str, str] | None:
    """The four headers, where none are published (V§4.2)."""
    return page_headers(page, total) if policy.v2_paging_headers else None


async def show_sms(request: Request) -> Response:
    """GET /v2/sims/{iccid}/sms/{id}"""
    sms = await engine_of(request).read(shown, caller_of(request), request.path_params["iccid"], sms_id(request))
    return answer(request, show(sms))


def shown(world: World, caller: Caller, iccid: str, id: int) -> Sms:
    """A message. Version 2 has no status for a canceled one (V§8). Raises UnknownSim and UnknownSms."""
    sms = smsc.show(world, caller, iccid, id)
    if sms.status is SmsStatus.CANCELED and world.policy.v2_canceled_sms == "hide":
        raise UnknownSms(str(id))
    return sms


async def cancel_sms(request: Request) -> Response:
    """DELETE /v2/sims/{iccid}/sms/{id}"""
    id = sms_id(request)
    await engine_of(request).write(cancel, caller_of(request), request.path_params["iccid"], id)
    return answer(request, {"id": str(id)})


def cancel(world: World, caller: Caller, iccid: str, id: int) -> None:
    shown(world, caller, iccid, id)
    smsc.cancel(world, caller, iccid, id)
