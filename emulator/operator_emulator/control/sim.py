"""What the operator's own portal shows of one SIM and lets its user do with it: events, usage, an SMS, a top-up."""

from datetime import timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.control.context import control_of
from operator_emulator.control.wire.messages import show_message
from operator_emulator.control.wire.reading import read_object, read_query
from operator_emulator.control.wire.sims import show_sim
from operator_emulator.control.wire.values import show_time
from operator_emulator.core.customers import ownership, quotas, sims
from operator_emulator.core.customers.model import OCTETS_PER_MB, Caller, SimChange, SimState
from operator_emulator.core.network import smsc
from operator_emulator.core.network.model import SmsDraft
from operator_emulator.core.world import events
from operator_emulator.core.world.errors import Malformed, PartnersSim
from operator_emulator.core.world.model import DAY, Event, EventType
from operator_emulator.core.world.world import Before, Since, World
from operator_emulator.fixtures.plant.event_payloads import network_and_payload
from operator_emulator.fixtures.read.consistency import wrong_event
from operator_emulator.fixtures.read.entries import EventEntry
from operator_emulator.web.context import engine_of
from operator_emulator.web.respond import answer

USER: Final = "control plane"  # who acts, where a verb wants to know
LARGEST: Final = 2**63 - 1


def owner_of(world: World, iccid: str) -> Caller:
    """The organisation of a SIM as a caller. Raises UnknownSim, and PartnersSim for a SIM of the portal alone."""
    sim = ownership.existing(world, iccid)
    if sim.organisation is None:
        raise PartnersSim(iccid)
    return Caller(USER, sim.organisation)


async def change(request: Request) -> Response:
    body = await read_object(request)
    state = body.get("state")
    change = SimChange(
        label=body.get("label"),
        imei_lock=body.get("imei_lock"),
        enabled=None if state is None else state == SimState.ACTIVATED,
    )

    def verb(world: World, iccid: str) -> dict[str, Any]:
        return show_sim(sims.change(world, owner_of(world, iccid), iccid, change))

    return answer(request, await engine_of(request).write(verb, request.path_params["iccid"]))


async def send_mt(request: Request) -> Response:
    body = await read_object(request)
    draft = SmsDraft(
        payload=body["payload"],
        source_address=body.get("source_address", ""),
        dcs=body.get("dcs", 0),
        udh=body.get("udh", ""),
    )

    def verb(world: World, iccid: str) -> dict[str, Any]:
        return show_message(smsc.submit(world, owner_of(world, iccid), iccid, draft))

    return answer(request, await engine_of(request).write(verb, request.path_params["iccid"]), status=201)


async def reset_connection(request: Request) -> Response:
    def verb(world: World, iccid: str) -> dict[str, Any]:
        sims.reset(world, owner_of(world, iccid), iccid)
        return show_sim(ownership.existing(world, iccid))

    return answer(request, await engine_of(request).write(verb, request.path_params["iccid"]))


async def top_up(request: Request) -> Response:
    """Paid and added at once, whatever the organisation's way of payment."""

    def verb(world: World, iccid: str) -> dict[str, Any]:
        owner_of(world, iccid)
        policy, sim = world.policy, ownership.existing(world, iccid)
        return show_sim(quotas.top_up(world, sim, policy.topup_data_mb, policy.topup_sms))

    return answer(request, await engine_of(request).write(verb, request.path_params["iccid"]))


async def make_event(request: Request) -> Response:
    """An event by hand, with the keys of a fixture. Nothing else changes."""
    body = await read_object(request)
    entry = EventEntry(type=EventType(body["type"]), operator=body.get("operator"), data=body.get("data", {}))
    for path, _, problem in wrong_event((), entry):
        raise Malformed(".".join(map(str, path)), problem)
    describe = control_of(request).describe

    def verb(world: World, iccid: str) -> dict[str, Any]:
        owner_of(world, iccid)
        sim = ownership.existing(world, iccid)
        network, payload = network_and_payload(world, sim, entry, world.now)
        return show_event(events.record(world, entry.type, sim, network=network, payload=payload), describe)

    return answer(request, await engine_of(request).write(verb, request.path_params["iccid"]), status=201)


# --------------------------------------------------------------------------------------------- looking


async def list_events(request: Request) -> Response:
    """The newest first, in the words of the operator."""
    query = read_query(request)
    limit, before = query.get("limit", 50), query.get("before", LARGEST)
    describe = control_of(request).describe

    def view(world: World, iccid: str) -> list[dict[str, Any]]:
        sim = ownership.existing(world, iccid)
        rows = world.events.find(iccid=sim.iccid, id=Before(before - 1), order="-id", limit=limit)
        return [show_event(row, describe) for row in rows]

    found = await engine_of(request).read(view, request.path_params["iccid"])
    return answer(request, {"events": found, "next": found[-1]["id"] if len(found) == limit else None})


def show_event(event: Event, describe: Any) -> dict[str, Any]:
    severity, description = describe(event)
    return {
        "id": event.id,
        "at": show_time(event.at),
        "type": event.type,
        "severity": severity,
        "description": description,
        "sms": event.sms,
    }


async def list_usage(request: Request) -> Response:
    """The last days, oldest first, those without use, too."""
    days = read_query(request).get("days", 14)

    def view(world: World, iccid: str) -> list[dict[str, Any]]:
        sim = ownership.existing(world, iccid)
        first = world.now.date() - (days - 1) * DAY
        used = {row.day: row for row in world.usage.find(iccid=sim.iccid, day=Since(str(first)))}
        shown = []
        for day in (str(first + timedelta(days=number)) for number in range(days)):
            row = used.get(day)
            shown.append(
                {
                    "date": day,
                    "volume_tx": row.octets_tx / OCTETS_PER_MB if row else 0.0,
                    "volume_rx": row.octets_rx / OCTETS_PER_MB if row else 0.0,
                    "sms_mt": row.sms_mt if row else 0,
                    "sms_mo": row.sms_mo if row else 0,
                }
            )
        return shown

    return answer(request, {"days": await engine_of(request).read(view, request.path_params["iccid"])})
