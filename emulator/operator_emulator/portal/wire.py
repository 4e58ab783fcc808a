"""read_… and show_…: between the JSON of the portal and the nouns.

Requests are read strictly where the portal would have to guess: which SIM, which decision, which date. Keys that it
does not know are ignored. Answers have every key, null where there is nothing (P§3, shapes assumed).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from math import ceil
from types import MappingProxyType
from typing import Any, Final

from starlette.requests import Request

from operator_emulator.core.customers.model import OCTETS_PER_MB, DailyUsage, Sim
from operator_emulator.core.network.model import AddressType, DeviceStatus, Direction, Rat, Sms, SmsDraft, SmsStatus
from operator_emulator.core.network.tpdu import Dcs, septets
from operator_emulator.core.partners.actions import PROFILE_PARAMETERS, SimRequest
from operator_emulator.core.partners.model import (
    IDENTIFIED,
    Action,
    ActionItem,
    ActionKind,
    ActionStatus,
    ApiUsage,
    Contract,
    ContractState,
    DataSession,
    Partner,
    PartnerOrder,
    Pool,
    PoolType,
    Restriction,
    SimTransfer,
)
from operator_emulator.core.partners.partners import IDENTIFIERS
from operator_emulator.core.partners.sim_transfers import Decision, Notice
from operator_emulator.core.world.calendar import add_months, midnight_of
from operator_emulator.core.world.clock import LAST_INSTANT
from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.model import DAY, Event, EventType
from operator_emulator.core.world.policy import Policy
from operator_emulator.portal.errors import WrongType, instant
from operator_emulator.web.openapi import read_json

Json = dict[str, Any]
FIRST_INSTANT: Final = datetime.min.replace(tzinfo=UTC)
Span = tuple[datetime | None, datetime | None]

# --------------------------------------------------------------------------------------------- instants


def maybe(moment: datetime | None) -> str | None:
    return None if moment is None else instant(moment)


def read_moment(name: str, text: Any, *, to: bool = False) -> datetime:
    """A plain day or an instant; without a zone it is UTC. *to*: the end of the day. Raises WrongType."""
    plain = isinstance(text, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise WrongType(name, str(text), "date") from None
    if moment >= LAST_INSTANT:
        raise WrongType(name, str(text), "date")
    return moment + DAY - timedelta(milliseconds=1) if to and plain else moment


def read_span(given: Mapping[str, Any]) -> Span:
    """``dateFrom`` and ``dateTo``, each optional. Raises WrongType and Malformed."""
    start = read_moment("dateFrom", given["dateFrom"]) if given.get("dateFrom") else None
    end = read_moment("dateTo", given["dateTo"], to=True) if given.get("dateTo") else None
    if start is not None and end is not None and start > end:
        raise Malformed("dateFrom", "must not be after dateTo")
    return start, end


# --------------------------------------------------------------------------------------------- reading: queries


def read_count(query: Mapping[str, str], name: str, default: int, least: int = 0, most: int = 2**31 - 1) -> int:
    """A whole number, as Java's int. Raises WrongType and Malformed."""
    text = query.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[+-]?[0-9]{1,10}", text) or abs(int(text)) > 2**31 - 1:
        raise WrongType(name, text, "int")
    if int(text) < least:
        raise Malformed(name, f"must be greater than or equal to {least}")
    if int(text) > most:
        raise Malformed(name, f"must be less than or equal to {most}")
    return int(text)


# What Spring takes for a boolean.
BOOLEANS: Final = MappingProxyType(
    {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}
)


def read_boolean(name: str, value: Any) -> bool:
    """Of a query or of a body. Raises WrongType."""
    known = BOOLEANS.get(str(value).lower())
    if known is None:
        raise WrongType(name, str(value), "boolean")
    return known


def read_page(query: Mapping[str, str]) -> tuple[int, int]:
    """Which page, from 0, and its size."""
    return read_count(query, "page", 0), read_count(query, "size", 100, 1, 1000)


def read_sim_filter(query: Mapping[str, str]) -> tuple[dict[str, str], ContractState | None]:
    """The identifiers and the state that a list of SIMs is searched by."""
    identifiers = {kind: read_value(kind, kind, query[kind]) for kind in IDENTIFIERS if query.get(kind)}
    return identifiers, read_choice("status", query["status"], ContractState) if query.get("status") else None


def read_choice(name: str, value: Any, choices: Callable[[Any], Any]) -> Any:
    """A member of an enumeration. Raises Malformed."""
    try:
        return choices(value)
    except ValueError:
        raise Malformed(name, f"must be one of {', '.join(choices)}") from None  # type: ignore[arg-type]


# --------------------------------------------------------------------------------------------- reading: which SIM

SHAPES: Final = MappingProxyType(
    {
        "iccid": re.compile("[0-9]{1,22}"),
        "euiccid": re.compile("[0-9]{1,32}"),
        "imsi": re.compile("[0-9]{1,15}"),
        "imei": re.compile("[0-9]{14,16}"),
        "msisdn": re.compile(r"\+?[0-9]{1,15}"),
    }
)


async def read_object(request: Request) -> Json:
    """The JSON body, which must be an object."""
    body = await read_json(request)
    if not isinstance(body, dict):
        raise Malformed("body", "must be an object")
    return body


def read_value(kind: str, field: str, value: Any) -> str:
    """An identifier: digits, no more is asked of it (published samples fail check digits and lengths, P§9)."""
    if not isinstance(value, str) or not SHAPES[kind].fullmatch(value):
        raise Malformed(field, f"must match {SHAPES[kind].pattern}")
    return value.removeprefix("+")


def read_identifier(body: Mapping[str, Any], field: str = "", *, but: str = "") -> dict[str, str]:
    """The one identifier that names a SIM; *but* that one, which is a parameter here. Raises Malformed."""
    given = {kind: body[kind] for kind in IDENTIFIERS if kind != but and body.get(kind) is not None}
    if len(given) != 1:
        names = ", ".join(kind for kind in IDENTIFIERS if kind != but)
        raise Malformed(field or "identifier", f"must be exactly one of {names}")
    kind, value = next(iter(given.items()))
    return {kind: read_value(kind, f"{field}.{kind}" if field else kind, value)}


def read_sims(body: Mapping[str, Any], *, binds: bool = False) -> list[SimRequest]:
    """The SIMs of an action; with *binds* each has the eUICCID that it is to be bound to."""
    sims = body.get("sims")
    if not isinstance(sims, list):
        raise Malformed("sims", "must not be null")
    asked = []
    for index, one in enumerate(sims):
        field = f"sims[{index}]"
        if not isinstance(one, dict):
            raise Malformed(field, "must be an object")
        named = read_identifier(one, field, but="euiccid" if binds else "")
        parameters = {"euiccid": read_value("euiccid", f"{field}.euiccid", one.get("euiccid"))} if binds else {}
        asked.append(SimRequest(named, parameters))
    return asked


# --------------------------------------------------------------------------------------------- reading: actions


def read_number(name: str, value: Any) -> int:
    """An id of the price list or of a profile: a whole number, perhaps as text."""
    if isinstance(value, str) and re.fullmatch("[0-9]{1,15}", value):
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**15:
        raise Malformed(name, "must be a number")
    return value


def read_text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Malformed(name, "must not be blank")
    return value


def read_partner(name: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch("[0-9]{6}", value):
        raise Malformed(name, "must match [0-9]{6}")
    return value


def read_profiles(given: Any) -> Json:
    """Profiles by their parameters, and static addresses; null takes a profile away."""
    if not isinstance(given, dict):
        raise Malformed("profiles", "must be an object")
    read: Json = {
        name: None if given[name] is None else read_number(name, given[name])
        for name in PROFILE_PARAMETERS
        if name in given
    }
    pairs = given.get("staticIpsPerApn")
    if pairs is not None:
        if not isinstance(pairs, list) or not all(isinstance(pair, dict) for pair in pairs):
            raise Malformed("staticIpsPerApn", "must be a list of objects")
        read["staticIpsPerApn"] = [
            {name: read_text(f"staticIpsPerApn[{n}].{name}", pair.get(name)) for name in ("apnName", "staticIp")}
            for n, pair in enumerate(pairs)
        ]
    return read


def read_activation(body: Json) -> Json:
    read: Json = {}
    if body.get("tariffID") is not None:
        read["tariffID"] = read_number("tariffID", body["tariffID"])
    if body.get("productive") is not None:
        read["productive"] = read_boolean("productive", body["productive"])
    if body.get("profiles") is not None:
        read["profiles"] = read_profiles(body["profiles"])
    return read


def read_modified_profiles(body: Json) -> Json:
    read = read_profiles(body)
    if not read:
        raise Malformed("profiles", "must name at least one profile or address")
    return read


def read_remarks(body: Json) -> Json:
    given = body.get("remarks")
    if not isinstance(given, dict):
        raise Malformed("remarks", "must not be null")
    known = {name: given[name] for name in ("remark1", "remark2", "remark3") if name in given}
    if not all(text is None or isinstance(text, str) for text in known.values()):
        raise Malformed("remarks", "must be texts")
    return {"remarks": known}


def read_restriction(body: Json) -> Json:
    wanted = read_choice("restrictionStatus", body.get("restrictionStatus"), Restriction)
    if wanted is Restriction.NONE:
        raise Malformed("restrictionStatus", f"must be one of {Restriction.SPEED}, {Restriction.DATA}")
    return {"restrictionStatus": wanted.value}


def read_option_change(body: Json) -> Json:
    if not isinstance(body.get("attributes"), dict):
        raise Malformed("attributes", "must not be null")
    return read_option(body) | {"attributes": body["attributes"]}


def read_binding(body: Json) -> Json:
    operation = body.get("operation", "BIND")
    if operation not in ("BIND", "UNBIND"):
        raise Malformed("operation", "must be one of BIND, UNBIND")
    return {"operation": operation}


def read_option(body: Json) -> Json:
    """Of an option, by a number or a text."""
    option = body.get("optionID")
    if isinstance(option, int) and not isinstance(option, bool):
        option = str(option)
    return {"optionID": read_text("optionID", option)}


# What each action takes besides its SIMs; the others take nothing.
PARAMETERS: Final[Mapping[ActionKind, Callable[[Json], Json]]] = MappingProxyType(
    {
        ActionKind.ACTIVATION: read_activation,
        ActionKind.RESTRICT: read_restriction,
        ActionKind.UNRESTRICT: lambda body: (
            {} if body.get("apnName") is None else {"apnName": read_text("apnName", body["apnName"])}
        ),
        ActionKind.MOVE: lambda body: {"targetPartnerID": read_partner("targetPartnerID", body.get("targetPartnerID"))},
        ActionKind.CHANGE_TARIFF: lambda body: {"tariffID": read_number("tariffID", body.get("tariffID"))},
        ActionKind.CHANGE_OPTION: read_option_change,
        ActionKind.BOOK_OPTION: read_option,
        ActionKind.TERMINATE_OPTION: read_option,
        ActionKind.MODIFY_PROFILES: read_modified_profiles,
        ActionKind.MODIFY_REMARKS: read_remarks,
        ActionKind.BIND_EUICCID: read_binding,
    }
)
DATES: Final = MappingProxyType({ActionKind.TERMINATION: "terminationDate", ActionKind.CHANGE_TARIFF: "validFrom"})


def read_action(kind: ActionKind, body: Json) -> tuple[list[SimRequest], Json, datetime | None]:
    """SIMs, parameters, and when it is to begin if not at once."""
    parameters = PARAMETERS[kind](body) if kind in PARAMETERS else {}
    binds = parameters.get("operation") == "BIND"
    date = DATES.get(kind, "")
    begins = read_moment(date, body[date]) if body.get(date) else None
    return read_sims(body, binds=binds), parameters, begins


def read_decision(body: Json, query: Mapping[str, str]) -> tuple[Decision, str | None]:
    """What becomes of a transfer, and into which subunit: in the body, in the query, or alike in both (P§3.3)."""
    decision = read_once("action", body, query)
    subunit = read_once("subunitPartnerID", body, query)
    chosen: Decision = read_choice("action", decision, Decision)
    return chosen, None if subunit is None else read_partner("subunitPartnerID", subunit)


def read_once(name: str, body: Json, query: Mapping[str, str]) -> Any:
    given = [value for value in (body.get(name), query.get(name)) if value is not None]
    if len(given) == 2 and given[0] != given[1]:
        raise Malformed(name, "is given twice, and differently")
    return given[0] if given else None


def read_message(body: Json) -> SmsDraft:
    """One short message: in the GSM alphabet if that has all of its characters, else in UCS-2."""
    text = read_text("message", body.get("message"))
    sender = body.get("sender")
    if sender is not None and not (isinstance(sender, str) and 1 <= len(sender) <= 15):
        raise Malformed("sender", "size must be between 1 and 15")
    count = septets(text)
    if (count is None and len(text.encode("utf-16-be", "surrogatepass")) > 140) or (count is not None and count > 160):
        raise Malformed("message", "does not fit into one short message")
    kind = AddressType.INTERNATIONAL if sender is None or sender.isdecimal() else AddressType.ALPHANUMERIC
    return SmsDraft(
        payload=text,
        source_address=sender or "",
        source_address_type=kind,
        dcs=int(Dcs.UCS2 if count is None else Dcs.GSM7),
    )


def read_order(body: Json) -> tuple[str, int, dict[str, str], bool]:
    """Material, quantity, address, and whether to go below the minimum order quantity."""
    quantity = body.get("quantity")
    if not isinstance(quantity, int) or isinstance(quantity, bool):
        raise Malformed("quantity", "must be a number")
    if quantity < 1:
        raise Malformed("quantity", "must be greater than or equal to 1")
    address = body.get("deliveryAddress") or {}
    if not isinstance(address, dict) or not all(isinstance(text, str) for text in address.values()):
        raise Malformed("deliveryAddress", "must be an object of texts")
    override = read_boolean("overrideMoq", body.get("overrideMoq", False))
    return read_text("materialID", body.get("materialID")), quantity, address, override


# --------------------------------------------------------------------------------------------- showing: partners, SIMs


def show_partner(partner: Partner, counts: Mapping[ContractState, int]) -> Json:
    return {
        "partnerID": partner.id,
        "name": partner.name,
        "simCounts": {state.value: count for state, count in counts.items()},
        "total": sum(counts.values()),
    }


def show_page(name: str, rows: list[Json], page: int, size: int, total: int) -> Json:
    return {name: rows, "page": page, "size": size, "totalElements": total}


def identities(contract: Contract, sim: Sim) -> Json:
    """What identifies the SIM, as far as its state shows it (P§4.1)."""
    shown = contract.state in IDENTIFIED
    return {
        "iccid": sim.iccid,
        "euiccid": contract.euiccid,
        "imsi": sim.imsi if shown else None,
        "msisdn": sim.msisdn if shown else None,
        "imei": sim.imei if shown else None,
    }


def show_sim_summary(contract: Contract, sim: Sim, usage: DailyUsage) -> Json:
    shown = identities(contract, sim)
    del shown["imei"]
    megabytes = (usage.octets_tx + usage.octets_rx) / OCTETS_PER_MB
    return shown | {"status": contract.state, "dataUsage": {"volume": megabytes, "unit": "MB"}}


def show_sim(contract: Contract, sim: Sim, usage: DailyUsage) -> Json:
    """P§3.4. *usage* is that of the present month, which is taken for the period (assumed)."""
    in_use = contract.state not in (ContractState.ORDERED, ContractState.INACTIVE)
    return identities(contract, sim) | {
        "partnerID": contract.partner,
        "simType": contract.sim_type,
        "status": contract.state,
        "productive": contract.binding_start is not None,
        "activationDate": maybe(contract.activated),
        "bindingPeriod": show_binding(contract),
        "activationCode": contract.activation_code,
        "eidProfileStatus": contract.eid_profile_status,
        "tariff": ({"offeringID": contract.offering_id, "offeringName": contract.offering_name} if in_use else None),
        "options": [{"optionID": id, "attributes": option.attributes} for id, option in contract.options.items()],
        "profiles": show_profiles(contract),
        "remarks": dict(contract.remarks),
        "restrictionStatus": contract.restriction,
        "limitStatus": contract.limit_status,
        "fraudStatus": contract.fraud_status,
        "simAggregatedData": {
            "dataVolume": usage.octets_tx + usage.octets_rx,
            "smsMo": usage.sms_mo,
            "smsMt": usage.sms_mt,
            "voiceSeconds": 0,
            "periodStart": f"{usage.day}-01T00:00:00.000Z",
        },
    }


def show_binding(contract: Contract) -> Json | None:
    if contract.binding_start is None or contract.binding_end is None:
        return None
    last = contract.binding_end - DAY
    return {"start": str(contract.binding_start.date()), "end": str(last.date())}


def show_profiles(contract: Contract) -> Json:
    shown: Json = {
        parameter: int(contract.profiles[kind])
        for parameter, kind in PROFILE_PARAMETERS.items()
        if kind in contract.profiles
    }
    if contract.static_ips:
        shown["staticIpsPerApn"] = [
            {"apnName": apn, "staticIp": address} for apn, address in contract.static_ips.items()
        ]
    return shown


# --------------------------------------------------------------------------------------------- showing: sessions, SMS

RATS: Final = MappingProxyType(
    {
        Rat.GERAN_2G: "2G",
        Rat.UTRAN_3G: "3G",
        Rat.HSPA_PLUS: "HSPA+",
        Rat.LTE: "LTE",
        Rat.CAT_M: "CAT-M",
        Rat.NB_IOT: "NB-IoT",
    }
)

OFFLINE: Final = MappingProxyType(
    {
        "sessionStatus": "OFFLINE",
        "apnName": None,
        "ipAddress": None,
        "ratType": None,
        "network": None,
        "sessionStart": None,
        "volumeUpload": None,
        "volumeDownload": None,
        "volumeRounded": None,
        "restrictionReason": None,
    }
)


def show_session_record(session: DataSession, *, online: bool) -> Json:
    return {
        "sessionStatus": "ONLINE" if online else "OFFLINE",
        "apnName": session.apn,
        "ipAddress": session.ip_address,
        "ratType": RATS[Rat(session.rat)],
        "network": session.network,
        "sessionStart": instant(session.opened),
        "volumeUpload": session.octets_tx,
        "volumeDownload": session.octets_rx,
        "volumeRounded": ceil((session.octets_tx + session.octets_rx) / 1024),
        "restrictionReason": session.reason,
    }


def show_session(iccid: str, session: DataSession | None) -> Json:
    record = dict(OFFLINE) if session is None else show_session_record(session, online=True)
    return {"iccid": iccid, **record}


def show_parallel_sessions(iccid: str, session: DataSession | None) -> Json:
    """Another shape; a device here has one session at most."""
    return {"iccid": iccid, "sessions": [] if session is None else [show_session_record(session, online=True)]}


def show_session_history(iccid: str, running: DataSession | None, past: Iterable[DataSession]) -> Json:
    shown = [] if running is None else [show_session_record(running, online=True) | {"sessionEnd": None}]
    shown += [show_session_record(one, online=False) | {"sessionEnd": instant(one.closed)} for one in past]
    return {"iccid": iccid, "sessions": shown}


SMS_STATUS: Final = MappingProxyType({status: status.name for status in SmsStatus} | {SmsStatus.CANCELED: "CANCELLED"})


def show_sms_history(messages: Iterable[Sms]) -> Json:
    return {
        "smsHistory": [
            {
                "direction": sms.direction.name,
                "timestamp": instant(sms.submitted),
                "source": sms.source_address if sms.direction is Direction.MT else sms.msisdn,
                "destination": sms.msisdn if sms.direction is Direction.MT else sms.dest_address,
                "status": SMS_STATUS[sms.status],
            }
            for sms in messages
        ]
    }


def show_sent(sms: Sms) -> Json:
    return {
        "messageId": str(sms.id),
        "iccid": sms.iccid,
        "status": SMS_STATUS[sms.status],
        "submittedAt": instant(sms.submitted),
    }


def show_hlr(contract: Contract, sim: Sim) -> Json:
    device = sim.device
    attached = device.status is not DeviceStatus.OFFLINE
    shown = identities(contract, sim)
    del shown["euiccid"]
    return shown | {
        "attached": attached,
        "network": device.network.name if attached and device.network is not None else None,
        "ratType": RATS[device.rat] if attached else None,
        "locationUpdatedAt": maybe(device.attached),
        "gprsLocationUpdatedAt": maybe(device.attached_gprs),
    }


# --------------------------------------------------------------------------------------------- showing: actions


def action_link(base: str, partner: str, signup: str) -> Json:
    href = f"{base}/partners/{partner}/sims/actions/{signup}"
    return {"rel": "actions", "href": href, "type": "GET", "name": "get action status"}


def transfer_address(base: str, partner: str, transaction: str) -> str:
    return f"{base}/partners/{partner}/sims/actions/simtransfer/{transaction}"


def transfer_link(base: str, partner: str, transaction: str) -> Json:
    href = transfer_address(base, partner, transaction)
    return {"rel": "sims", "href": href, "type": "GET", "name": "get SIM transfer details"}


def show_action(action: Action, partner: str, base: str) -> Json:
    """P§4.3, with a link to the cancellation as long as that is possible (3.6.1)."""
    link = action_link(base, partner, action.id)
    links = [link]
    if action.transfer is not None:
        links.append(transfer_link(base, partner, action.transfer))
    elif action.status is ActionStatus.PENDING:
        links.append(link | {"rel": "cancel", "type": "DELETE", "name": "cancel action"})
    transfer = {} if action.transfer is None else {"transactionId": action.transfer}
    return {
        "signupId": action.id,
        **transfer,
        "action": action.kind,
        "status": action.status,
        "createdAt": instant(action.created),
        "finishedAt": maybe(action.finished),
        "sims": [show_item(item, action) for item in action.items],
        "links": links,
    }


def show_item(item: ActionItem, action: Action) -> Json:
    """A SIM by its ICCID and by the identifier that the request used. Until it is done, it is as far as the action."""
    status = item.status if item.status.final else action.status
    return {**{"iccid": item.iccid}, **named(item), "status": status, "error": item.error}


def named(item: ActionItem) -> Json:
    return {kind: value for kind, value in item.named.items() if kind != "iccid"}


def show_action_summary(action: Action) -> Json:
    return {
        "signupId": action.id,
        "action": action.kind,
        "status": action.status,
        "createdAt": instant(action.created),
        "simCount": len(action.items),
    }


def show_transfer(transfer: SimTransfer, sender: Partner, receiver: Partner) -> Json:
    """P§4.5, as both sides see it."""
    return {
        "transactionId": transfer.id,
        "signupId": transfer.signup,
        "status": transfer.status,
        "sendingPartner": {"partnerID": sender.id, "name": sender.name},
        "receivingPartner": {"partnerID": receiver.id, "name": receiver.name},
        "subunitPartnerID": transfer.subunit,
        "comment": transfer.comment,
        "sims": [{"iccid": iccid} for iccid in transfer.iccids],
        "createdAt": instant(transfer.created),
        "updatedAt": instant(transfer.updated),
    }


# --------------------------------------------------------------------------------------------- showing: the rest

POOL_UNITS: Final = MappingProxyType({PoolType.DATA: "MB", PoolType.VOICE: "SECONDS", PoolType.SMS: "MESSAGES"})


def period(now: datetime) -> Json:
    """The calendar month, which is taken for the period (assumed)."""
    start = midnight_of(now.replace(day=1))
    return {"periodStart": instant(start), "periodEnd": instant(add_months(start, 1))}


def show_pool(pool: Pool, used: float, percent: float, now: datetime) -> Json:
    return {
        "poolName": pool.name,
        "offeringName": pool.offering_name,
        "offeringID": pool.offering_id,
        "type": pool.type,
        "size": pool.size,
        "used": used,
        "unit": POOL_UNITS[pool.type],
        "usedPercent": round(percent, 2),
        **period(now),
    }


def show_order(order: PartnerOrder) -> Json:
    return {
        "orderID": order.id,
        "status": "IN_PROGRESS" if order.delivered is None else "COMPLETED",
        "materialID": order.material,
        "quantity": order.quantity,
        "createdAt": instant(order.ordered),
    }


def show_api_usage(partner: str, rows: Iterable[ApiUsage], now: datetime) -> Json:
    methods = [{"name": row.method, "requests": row.calls} for row in rows]
    return {"partnerID": partner, **period(now), "methods": methods}


# --------------------------------------------------------------------------------------------- showing: events

FIRST_EVENT: Final = 706409461  # P§9

# Type and source of each event (P§5.1).
ENVELOPES: Final = MappingProxyType(
    {
        EventType.SIM_ACTION_DONE: ("simaction.v1", "/v1/partners/simaction"),
        EventType.SIM_TRANSFER_NOTICE: ("simaction.v1", "/v1/partners/simaction"),
        EventType.PROFILE_NOTICE: ("profilenotification.v1", "/notification/limit"),
        EventType.POOL_LIMIT_NOTICE: ("poollimitnotification.v1", "/notification/poollimit"),
        EventType.COST_LIMIT_NOTICE: ("costlimitnotification.v1", "/notification/costlimit"),
    }
)


def show_event(event: Event, base: str, policy: Policy, offset: str | None = None) -> Json:
    """The CloudEvent, its keys in the published order (P§5.1). *offset*: with the headers of its message.

    The id is the smallest UUID that the platform takes, with a number of its own: not the signup id.
    """
    type, source = ENVELOPES[event.type]
    shown = {
        "time": instant(event.at),
        "id": f"00000000-0000-1000-a000-{FIRST_EVENT + event.data['number'] - 1:012}",
        "source": source,
        "specversion": "1.0",
        "type": type,
        "datacontenttype": "application/json",
        "data": merged(show_data(event, base, policy), event.data.get("given") or {}),
    }
    return shown if offset is None else shown | {"httpHeaders": {"x-pubsub-offset-id": [offset]}}


def merged(value: Json, given: Mapping[str, Any]) -> Json:
    """*value* with what was given by hand put over it, object by object."""
    over = {
        name: merged(value[name], one) if isinstance(one, dict) and isinstance(value.get(name), dict) else one
        for name, one in given.items()
    }
    return {**value, **over}


def show_data(event: Event, base: str, policy: Policy) -> Json:
    data, partner = event.data, str(event.partner)
    if event.type is EventType.SIM_ACTION_DONE:
        signup = data["signup"]
        return {
            "partnerID": partner,
            "signupID": signup,
            "message": f"Action with signup ID {signup} is done.",
            "actionLink": action_link(base, partner, signup),
        }
    if event.type is EventType.SIM_TRANSFER_NOTICE:
        return show_transfer_notice(data, partner, base)
    if event.type is EventType.PROFILE_NOTICE:
        return show_profile_notice(event, policy)
    if event.type is EventType.POOL_LIMIT_NOTICE:
        notice = {
            "poolName": data["pool"],
            "offeringName": data["offering_name"],
            "offeringID": data["offering_id"],
            "typeOfThreshold": data["threshold"],
            "limit": float(data["limit"]),  # 50.0 stays 50.0
            "date": instant(event.at),
        }
        return {"partnerID": partner, "poolLimitNotification": notice}
    limit = data["limit"]
    notice = {
        "iccid": event.iccid,
        "euiccid": data["euiccid"],
        "imsi": event.imsi,
        "msisdn": data["msisdn"],
        "offeringName": data["offering_name"],
        "offeringID": data["offering_id"],
        "typeOfThreshold": data["threshold"],
        "limit": int(limit) if limit == int(limit) else limit,  # as it was configured: 25
        "date": instant(event.at),
        "profileName": data["profile_name"],
        "profileID": data["profile_id"],
    }
    shown = {name: value for name, value in notice.items() if value is not None}
    return {"partnerID": partner, "costLimitNotification": shown}


TRANSFER_MESSAGES: Final = MappingProxyType(
    {
        Notice.REQUESTED: (
            "You have received a request from '{sender}' to add SIM cards to your inventory. "
            "Please follow the link to accept or reject them."
        ),
        Notice.REJECTED: "'{receiver}' has rejected your SIM Transfer request.",
        Notice.CANCELLED: "'{sender}' has cancelled the request to transfer SIM cards.",
        Notice.COMPLETED: "The SIM Transfer between '{sender}' and '{receiver}' has been completed.",
    }
)


def show_transfer_notice(data: Json, partner: str, base: str) -> Json:
    """One of the four notices; only the first has links (P§5.2)."""
    notice = Notice(data["notice"])
    message = TRANSFER_MESSAGES[notice].format(sender=data["sender"], receiver=data["receiver"])
    shown = {"partnerID": partner, "signupID": data["signup"], "transactionID": data["transaction"], "message": message}
    if notice is not Notice.REQUESTED:
        return shown
    details = transfer_link(base, partner, data["transaction"])
    decide = details | {"type": "PATCH", "name": "update SIM transfer"}
    links = {"accept": decide | {"rel": "accept"}, "reject": decide | {"rel": "reject"}, "sims": details}
    return shown | {"actionLinks": links}


def show_profile_notice(event: Event, policy: Policy) -> Json:
    data = event.data
    spellings = {
        "published": ("restrictionStatus:",),
        "clean": ("restrictionStatus",),
        "both": ("restrictionStatus:", "restrictionStatus"),
    }[policy.restriction_key]
    note = (
        f"Reached: {data['barring_type']} {data['level']} Allowed ({data['unit']}): {data['allowed']} "
        f"Detected ({data['unit']}): {data['detected']}"
    )
    status = {
        "barring": data["barring"],
        "barringType": data["barring_type"],
        "barringLevel": data["level"],
        "allowed": data["allowed"],
        "detected": data["detected"],
        "note": note,
    }
    if data["apn"] is not None:
        status["apn"] = {"apnName": data["apn"], "restrictionStatus": data["apn_restriction"]}
    return {
        "partnerID": event.partner,
        "sim": {"iccid": event.iccid, **dict.fromkeys(spellings, data["restriction"])},
        "profileStatus": status,
    }
