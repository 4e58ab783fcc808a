"""Endpoints of SIM actions and SIM transfers (P§3.3, 4)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.core.partners import actions, partners, portal_rate_limits, sim_transfers
from operator_emulator.core.partners.action_model import (
    Action,
    ActionKind,
    ActionStatus,
    AnyParameters,
    SimTransfer,
)
from operator_emulator.core.partners.actions import SimRequest
from operator_emulator.core.partners.model import Partner, PartnerCaller
from operator_emulator.core.partners.portal_rate_limits import CallClass
from operator_emulator.core.world.clock import LAST_INSTANT
from operator_emulator.core.world.world import Between, World
from operator_emulator.portal import wire
from operator_emulator.portal.context import base_of, caller_of
from operator_emulator.portal.errors import JSON
from operator_emulator.portal.sims import partner_of
from operator_emulator.web.context import engine_of
from operator_emulator.web.openapi import Endpoint
from operator_emulator.web.respond import answer

# --------------------------------------------------------------------------------------------- actions


def starts(kind: ActionKind) -> Endpoint:
    """The endpoint POST /sims/actions/<kind>."""

    async def start(request: Request) -> Response:
        requests, parameters, begins = wire.actions.read_action(kind, await wire.values.read_object(request))
        action = await engine_of(request).write(
            counted, caller_of(request), partner_of(request), kind, requests, parameters, begins
        )
        return answered(request, action, status=202)

    return start


def counted(
    world: World,
    caller: PartnerCaller,
    partner: str,
    kind: ActionKind,
    requests: Sequence[SimRequest],
    parameters: AnyParameters | None,
    begins: datetime | None,
) -> Action:
    """Start an action if the rate limit allows so many SIMs (P§7); if not, nothing is started."""
    action = actions.start(world, caller, partner, kind, requests, parameters, begins)
    portal_rate_limits.count(world, partner, CallClass.ACTIONS, len(requests))
    return action


def answered(request: Request, action: Action, status: int = 200) -> Response:
    shown = wire.actions.show_action(action, partner_of(request), base_of(request))
    return answer(request, shown, status=status, media_type=JSON)


async def list_actions(request: Request) -> Response:
    """GET /sims/actions"""
    query = request.query_params
    page, size = wire.values.read_page(query)
    start, end = wire.values.read_span(query)
    conditions: dict[str, Any] = {}
    if query.get("status"):
        conditions["status"] = wire.values.read_choice("status", query["status"], ActionStatus)
    if start is not None or end is not None:
        conditions["created"] = Between(start or wire.values.FIRST_INSTANT, end or LAST_INSTANT)
    rows, total = await engine_of(request).read(
        actions.page, caller_of(request), partner_of(request), offset=page * size, limit=size, **conditions
    )
    shown = [wire.actions.show_action_summary(action) for action in rows]
    return answer(request, wire.values.show_page("actions", shown, page, size, total), media_type=JSON)


async def show_action(request: Request) -> Response:
    """GET /sims/actions/{signupId}"""
    signup = request.path_params["signupId"]
    return answered(
        request, await engine_of(request).read(actions.show, caller_of(request), partner_of(request), signup)
    )


async def cancel_action(request: Request) -> Response:
    """DELETE /sims/actions/{signupId}"""
    signup = request.path_params["signupId"]
    return answered(
        request, await engine_of(request).write(actions.cancel, caller_of(request), partner_of(request), signup)
    )


# --------------------------------------------------------------------------------------------- transfers


async def create_transfer(request: Request) -> Response:
    """POST /sims/actions/simtransfer"""
    body = await wire.values.read_object(request)
    receiver = wire.values.read_partner("receivingPartnerID", body.get("receivingPartnerID"))
    comment = None if body.get("comment") is None else wire.values.read_text("comment", body["comment"])
    _, action = await engine_of(request).write(
        sim_transfers.create, caller_of(request), partner_of(request), receiver, wire.actions.read_sims(body), comment
    )
    return answered(request, action, status=202)


async def show_transfer(request: Request) -> Response:
    """GET /sims/actions/simtransfer/{transactionId}"""
    shown = await engine_of(request).read(
        sides, sim_transfers.show, caller_of(request), partner_of(request), request.path_params["transactionId"]
    )
    return answer(request, wire.actions.show_transfer(*shown), media_type=JSON)


async def update_transfer(request: Request) -> Response:
    """PATCH /sims/actions/simtransfer/{transactionId}; the decision is in the body or in the query"""
    empty = request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers
    body = {} if empty else await wire.values.read_object(request)
    decision, subunit = wire.actions.read_decision(body, request.query_params)
    shown = await engine_of(request).write(
        sides,
        sim_transfers.decide,
        caller_of(request),
        partner_of(request),
        request.path_params["transactionId"],
        decision,
        subunit,
    )
    return answer(request, wire.actions.show_transfer(*shown), media_type=JSON)


def sides(world: World, verb: Any, *args: Any) -> tuple[SimTransfer, Partner, Partner]:
    """The transfer that *verb* returns, with its two partners."""
    transfer: SimTransfer = verb(world, *args)
    return transfer, partners.named(world, transfer.sender), partners.named(world, transfer.receiver)
