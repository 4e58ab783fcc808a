"""Between the JSON of the control plane and the nouns.

The description is the judge of every request here: unlike the operator's, this API takes nothing that it
does not describe, so a misspelt field is a 400 and never a silent no.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request

from operator_emulator.core.customers import quotas
from operator_emulator.core.customers.model import OCTETS_PER_MB, Organisation, Quota, Sim
from operator_emulator.core.network import rats
from operator_emulator.core.network.inbox import Received
from operator_emulator.core.network.model import Device, Network, Sms
from operator_emulator.core.tester.model import Behaviour, Fault, RateLimit
from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.model import Job, Notification, Subscription, Way
from operator_emulator.core.world.world import World
from operator_emulator.runtime.journal import Exchange
from operator_emulator.store import Snapshot
from operator_emulator.web.context import operation_of
from operator_emulator.web.openapi import sentence
from operator_emulator.web.receive import has_body, read_json, typed

LARGEST: Final = 2**63 - 1  # what a table holds


# --------------------------------------------------------------------------------------------- in


async def read_object(request: Request, may_halve: Collection[str] = ()) -> dict[str, Any]:
    """The JSON body, as described; ``{}`` if there is none and none is required.

    Raises Malformed with the field, UnsupportedMediaType, TooLarge.
    """
    operation = operation_of(request)
    assert operation.body is not None, "the description says what the body is"
    if not operation.body_required and not has_body(request):
        return {}
    value = await read_json(request, may_halve)
    for error in operation.body.iter_errors(value):
        raise Malformed(*place_and_problem(error))
    body: dict[str, Any] = plain(value)
    return body


def plain(value: Any, place: str = "") -> Any:
    """The same JSON with an int for each whole number: a schema takes 4.0 for an integer, the nouns do not.

    Raises Malformed for integers of more than 64 bits, which no table could hold.
    """
    if isinstance(value, dict):
        return {name: plain(one, join(place, name)) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one, f"{place}[{index}]") for index, one in enumerate(value)]
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST:
        return int(value)
    if isinstance(value, int) and abs(value) > LARGEST:
        raise Malformed(place, "is too large")
    return value


def check(request: Request, component: str, value: Any, field: str) -> None:
    """Hold part of a body against a schema of the description by its name. Raises Malformed."""
    operation = operation_of(request)
    for error in operation.document.components[component].iter_errors(value):
        inner, problem = place_and_problem(error)
        raise Malformed(join(field, inner), problem)


def read_query(request: Request) -> dict[str, Any]:
    """The query parameters, typed as described. Raises Malformed for any that is not."""
    operation = operation_of(request)
    found: dict[str, Any] = {}
    for name, text in request.query_params.multi_items():
        parameter = operation.query.get(name)
        if parameter is None:
            raise Malformed(name, "is not a parameter of this operation")
        if name in found:
            raise Malformed(name, "is given twice")
        value = typed(text, parameter.type)
        for error in parameter.validator.iter_errors(value):
            raise Malformed(name, place_and_problem(error)[1])
        found[name] = plain(value, name)
    return found


def place_and_problem(error: Any) -> tuple[str, str]:
    """Where a value breaks the description, as field.field[index], and why."""
    path = dotted(error.instance_path)
    match error.kind.name:
        case "required":
            return join(path, error.kind.property), "is required"
        case "additionalProperties":
            return join(path, error.kind.unexpected[0]), "is not a known field"
        case "pattern":
            return path, f"must look like {error.kind.pattern}"
    return path, sentence(error)


def dotted(path: Iterable[str | int]) -> str:
    text = ""
    for part in path:
        text = f"{text}[{part}]" if isinstance(part, int) else join(text, part)
    return text


def join(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name


def read_imei(text: str | None) -> str | None:
    """An IMEISV of 16 digits; of an IMEI the first 14 count, and the software version is 01 (3GPP TS 23.003)."""
    return text if text is None or len(text) == 16 else text[:14] + "01"


@dataclass(frozen=True, slots=True)
class Count:
    """How many are expected: from *low* to *high*, or without an upper end."""

    low: int
    high: int | None

    def __contains__(self, number: int) -> bool:
        return self.low <= number and (self.high is None or number <= self.high)

    def __str__(self) -> str:
        if self.high is None:
            return f"{self.low} or more"
        return str(self.low) if self.low == self.high else f"{self.low} to {self.high}"


def read_count(body: Mapping[str, Any]) -> Count:
    """``count`` exactly, or ``min`` and ``max``, or at least one. Raises Malformed."""
    if "count" in body:
        for name in ("min", "max"):
            if name in body:
                raise Malformed(name, "cannot be given together with count")
        return Count(body["count"], body["count"])
    low, high = body.get("min", 0 if "max" in body else 1), body.get("max")
    if high is not None and high < low:
        raise Malformed("max", "is less than min")
    return Count(low, high)


def read_id(text: str) -> int:
    """A number in a path; whatever else stands there is the id of nothing, which 0 is."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def octets(megabytes: float) -> int:
    return round(megabytes * OCTETS_PER_MB)


# --------------------------------------------------------------------------------------------- out


def show_time(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def show_maybe(instant: datetime | None) -> str | None:
    return None if instant is None else show_time(instant)


def show_clock(world: World) -> dict[str, Any]:
    clock = world.clock
    return {
        "now": show_time(world.now),
        "mode": "real" if clock.rate else "manual",
        "speed": clock.rate,
        "jobs": world.jobs.count(),
    }


def show_sim(sim: Sim) -> dict[str, Any]:
    return {
        "iccid": sim.iccid,
        "organisation": sim.organisation,
        "core": sim.core,
        "label": sim.label,
        "state": sim.state,
        "imsi": sim.imsi,
        "msisdn": sim.msisdn,
        "ip_address": sim.ip_address,
        "imei": sim.imei,
        "imei_lock": sim.imei_lock,
        "delivered": show_maybe(sim.delivered),
        "activated": show_maybe(sim.activated),
        "expires": show_maybe(sim.expires),
        "message_waiting": sim.message_waiting,
        "data_quota": show_quota(sim.data_quota, OCTETS_PER_MB),
        "sms_quota": show_quota(sim.sms_quota, 1),
        "device": show_device(sim.device),
    }


def show_quota(quota: Quota | None, unit: int) -> dict[str, Any] | None:
    """Megabytes of data, or messages."""
    if quota is None:
        return None
    return {"left": quota.volume / unit, "total": quota.total / unit}


def show_device(device: Device) -> dict[str, Any]:
    pdp = device.pdp
    return {
        "status": device.status,
        "imei": device.imei,
        "rat": rats.NAMES[device.rat],
        "operator": None if device.network is None else show_network(device.network),
        "lac": device.cell_lac,
        "cell": device.cell_id,
        "attached": show_maybe(device.attached),
        "session": None
        if pdp is None
        else {
            "id": pdp.id,
            "opened": show_time(pdp.opened),
            "volume_tx": pdp.octets_tx / OCTETS_PER_MB,
            "volume_rx": pdp.octets_rx / OCTETS_PER_MB,
        },
    }


def show_network(network: Network) -> dict[str, Any]:
    return {
        "id": network.id,
        "name": network.name,
        "country": network.country,
        "mcc": network.mcc,
        "mnc": network.mnc,
    }


def show_exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "id": exchange.id,
        "direction": exchange.direction,
        "method": exchange.method,
        "path": exchange.path,
        "operation": exchange.operation,
        "organisation": exchange.organisation,
        "at": show_time(exchange.at),
        "real": show_time(exchange.real),
        "milliseconds": round(exchange.milliseconds, 3),
        "request": {"headers": show_headers(exchange.request_headers), "body": exchange.request_text},
        "status": exchange.status,
        "response": {"headers": show_headers(exchange.response_headers), "body": exchange.response_text},
        "problem": exchange.problem,
        "findings": exchange.findings,
        "fault": exchange.fault,
        "callback": exchange.callback,
    }


def show_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By lower-case name; a header that was repeated is joined with commas."""
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def show_fault(fault: Fault) -> dict[str, Any]:
    return {
        "id": fault.id,
        "name": fault.name,
        "point": fault.point,
        "match": fault.match,
        "effect": fault.effect,
        "probability": fault.probability,
        "times": fault.times,
        "considered": fault.considered,
        "struck": fault.struck,
    }


def show_limits(limits: Sequence[RateLimit]) -> dict[str, Any]:
    return {
        "limits": [
            {
                "name": limit.name,
                "path": limit.path,
                "per": limit.per,
                "requests": limit.requests,
                "seconds": limit.seconds,
            }
            for limit in limits
        ]
    }


def show_callback(world: World, notification: Notification, subscription: Subscription) -> dict[str, Any]:
    event = world.events.get(notification.event)
    return {
        "id": notification.id,
        "organisation": notification.organisation,
        "url": subscription.url,
        "event": None if event is None else event.type,
        "iccid": None if event is None else event.iccid,
        "sms": None if event is None else event.sms,
        "created": show_time(notification.created),
        "deadline": show_time(notification.deadline),
        "fate": notification.fate,
        "tries": [
            {
                "at": show_time(one.at),
                "status": None if one.outcome is None else one.outcome.status,
                "problem": None if one.outcome is None else one.outcome.problem,
            }
            for one in notification.tries
        ],
        "next_try": show_maybe(notification.next_try),
        "finished": show_maybe(notification.finished),
    }


def show_message(sms: Sms) -> dict[str, Any]:
    return {
        "id": sms.id,
        "iccid": sms.iccid,
        "organisation": sms.organisation,
        "direction": sms.direction.name,
        "status": sms.status.name,
        "payload": sms.payload,
        "source_address": sms.source_address,
        "dest_address": sms.dest_address,
        "dcs": sms.dcs,
        "udh": sms.udh,
        "submitted": show_time(sms.submitted),
        "expires": show_time(sms.expires),
        "attempted": show_maybe(sms.attempted),
        "next_attempt": show_maybe(sms.next_attempt),
        "finished": show_maybe(sms.finished),
        "cause": sms.cause,
    }


def show_job(job: Job) -> dict[str, Any]:
    return {"id": job.id, "due": show_time(job.due), "kind": job.kind, "about": job.about}


def show_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "name": snapshot.name,
        "saved": show_time(snapshot.saved),
        "now": show_time(snapshot.now),
        "sims": snapshot.sims,
        "octets": snapshot.octets,
    }


def show_organisation(world: World, organisation: Organisation) -> dict[str, Any]:
    pushed = [one.url for one in world.subscriptions.find(organisation=organisation.id) if one.way is Way.FORWARDER]
    return {
        "id": organisation.id,
        "name": organisation.name,
        "parent": organisation.parent,
        "forwarder": pushed[0] if pushed else None,
        "seed": organisation.seed,
        "sim_count": world.sims.count(organisation=organisation.id),
        "limits": {name: limit.amount for name, limit in quotas.limits_of(organisation).items()},
    }


def show_received(received: Received) -> dict[str, Any]:
    return {
        "at": show_time(received.at),
        "source_address": received.source_address,
        "dcs": received.dcs,
        "text": received.text,
        "octets": received.octets,
        "parts": received.parts,
        "missing": received.missing,
    }


def show_behaviour(behaviour: Behaviour) -> dict[str, Any]:
    replies, leaves, uses = behaviour.auto_reply, behaviour.goes_offline, behaviour.uses_data
    return {
        "auto_reply": None if replies is None else {"payload": replies.payload, "seconds": replies.seconds},
        "goes_offline": None if leaves is None else {"seconds": leaves.seconds, "away": leaves.away},
        "uses_data": None
        if uses is None
        else {
            "seconds": uses.seconds,
            "volume_tx": uses.octets_tx / OCTETS_PER_MB,
            "volume_rx": uses.octets_rx / OCTETS_PER_MB,
        },
        "acknowledges_after": behaviour.acknowledges_after,
    }
