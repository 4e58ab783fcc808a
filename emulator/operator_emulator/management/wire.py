"""read_… and show_…: between the JSON of this API and the nouns.

Reading is as forgiving as the operator: unknown fields are ignored, numbers may come as strings and the other way
round, ``""`` and ``null`` mean "not given" (D§7.2, 9.2). Showing leaves out what is empty and keeps the recorded
order of keys (D§6, 7.1).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final

from operator_emulator.core.customers.model import (
    OCTETS_PER_MB,
    Charge,
    DailyUsage,
    Order,
    OrderLine,
    OrderType,
    Product,
    Quota,
    Sim,
    SimChange,
    SimState,
    SupportCase,
)
from operator_emulator.core.customers.quotas import Limit
from operator_emulator.core.network import networks, numbering
from operator_emulator.core.network.model import (
    AddressType,
    DeviceStatus,
    Direction,
    Network,
    PdpContext,
    Rat,
    Sms,
    SmsDraft,
    SmsStatus,
)
from operator_emulator.core.world.clock import LAST_INSTANT
from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.policy import Policy
from operator_emulator.management.editions import Dialect

# --------------------------------------------------------------------------------------------- instants (D§6)


def stamp(instant: datetime) -> str:
    """2018-08-15T09:53:17.000+0000: whole seconds, as every recorded date of SIMs, messages and events has."""
    return instant.isoformat()[:19] + ".000+0000"


def precise(instant: datetime) -> str:
    """2021-11-14T19:12:43.315+0000"""
    return instant.isoformat(timespec="milliseconds")[:23] + "+0000"


def spaced(instant: datetime) -> str:
    """2018-08-17 16:46:48"""
    return instant.isoformat(" ")[:19]


def zulu(instant: datetime) -> str:
    """2015-10-05T13:56:59.000Z"""
    return instant.isoformat()[:19] + ".000Z"


def read_instant(field: str, text: str) -> datetime:
    """ISO 8601 with Z, +0000, +00:00 or no zone at all, which is UTC. Raises Malformed."""
    try:
        instant = datetime.fromisoformat(text.strip())
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed(field, "must be a date and time in ISO 8601") from None
    if instant >= LAST_INSTANT:
        raise Malformed(field, f"is beyond the year {LAST_INSTANT.year}")
    return instant


# --------------------------------------------------------------------------------------------- reading, in general

LARGEST_ID: Final = 2**63 - 1


def read_object(body: Any, field: str = "") -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Malformed(field, "must be an object")
    return body


def read_list(body: Any, field: str = "") -> list[Any]:
    if not isinstance(body, list):
        raise Malformed(field, "must be a list")
    return body


def read_text(body: Mapping[str, Any], field: str) -> str | None:
    """A string, or a number as one; absent and null are None."""
    value = body.get(field)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise Malformed(field, "must be a string")


def read_number(body: Mapping[str, Any], field: str) -> int | None:
    """A whole number, or a string that is one; absent, null and "" are None."""
    value = body.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        digits = value.strip().removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) < 20:
            value = int(value)
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > LARGEST_ID:
        raise Malformed(field, "must be a whole number")
    return value


BOOLEANS: Final[Mapping[str, bool]] = {"true": True, "1": True, "false": False, "0": False}


def read_boolean(body: Mapping[str, Any], field: str) -> bool | None:
    """true or false; also 1, 0 and their strings, which old clients send (D§5). Absent, null and "" are None."""
    value = body.get(field)
    if value is None or value == "":
        return None
    try:
        return BOOLEANS[str(value).strip().lower()]
    except KeyError:
        raise Malformed(field, "must be true or false") from None


def read_iccids(values: Any, field: str) -> tuple[str, ...]:
    """A list of ICCIDs, each a string or a number."""
    read = []
    for value in read_list(values, field):
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise Malformed(field, "must hold ICCIDs")
        read.append(str(value))
    return tuple(read)


def read_id(field: str, text: str) -> int | None:
    """A number in a path. Malformed if it is none; None if it is larger than any that we give."""
    if not (text.isascii() and text.isdigit()):
        raise Malformed(field, "must be a number")
    return int(text) if len(text) < 19 else None


# --------------------------------------------------------------------------------------------- reading, by noun

ENABLED: Final[Mapping[str, bool]] = {"Enabled": True, "Activated": True, "Disabled": False}


def read_change(body: Any) -> SimChange:
    """What a PUT asks for; every field may be missing (D§7.2)."""
    values = read_object(body)
    status = read_text(values, "status")
    if status and status not in ENABLED:
        raise Malformed("status", "must be Enabled or Disabled")
    return SimChange(
        iccid=read_text(values, "iccid"),
        label=read_text(values, "label"),
        imei_lock=read_boolean(values, "imei_lock"),
        enabled=ENABLED[status] if status else None,
    )


def read_changes(body: Any) -> tuple[SimChange, ...]:
    return tuple(read_change(one) for one in read_list(body))


def read_sms_draft(body: Any) -> SmsDraft:
    """An MT message. A header that is not hexadecimal is dropped: clients copy Swagger's "string" (D§9.2)."""
    values = read_object(body)
    payload = read_text(values, "payload")
    if not payload:
        raise Malformed("payload", "is missing")
    expires = read_text(values, "expiry_date")
    return SmsDraft(
        payload=payload,
        source_address=read_text(values, "source_address") or "",
        source_address_type=read_address_type(values.get("source_address_type")),
        dcs=read_number(values, "dcs") or 0,
        udh=read_udh(read_text(values, "udh") or ""),
        expires=read_instant("expiry_date", expires) if expires and expires.strip() else None,
    )


def read_address_type(value: Any) -> AddressType:
    if value is None or value == "":
        return AddressType.NATIONAL
    number = read_number(read_object(value, "source_address_type"), "id")
    if number is None:
        return AddressType.NATIONAL
    try:
        return AddressType(number)
    except ValueError:
        raise Malformed("source_address_type", "must be 145, 161 or 208") from None


def read_udh(text: str) -> str:
    """Pairs of hexadecimal digits, or nothing."""
    text = text.strip()
    hexadecimal = len(text) % 2 == 0 and all(digit in "0123456789abcdefABCDEF" for digit in text)
    return text if hexadecimal else ""


def read_window(query: Mapping[str, str]) -> tuple[date | None, date | None]:
    """The days that usage is asked for. What is no date makes an empty window, no error (D§8.3)."""
    try:
        return read_day(query, "start_dt"), read_day(query, "end_dt")
    except ValueError:
        return date.max, date.min


def read_day(query: Mapping[str, str], name: str) -> date | None:
    """A day; absent, and the "None" of a careless client, are None. Raises ValueError."""
    text = query.get(name, "").strip()
    return None if text in ("", "None", "null") else date.fromisoformat(text[:10])


def read_transfer(body: Any) -> tuple[int | None, tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Where SIMs go (None: back to the master), single ICCIDs, and ranges of them (D§12.5)."""
    values = read_object(body)
    ranges = []
    for one in read_list(values.get("iccid_ranges") or [], "iccid_ranges"):
        ends = read_object(one, "iccid_ranges")
        ranges.append((read_required(ends, "from"), read_required(ends, "to")))
    return (
        read_number(values, "target_organisation"),
        read_iccids(values.get("iccids") or [], "iccids"),
        tuple(ranges),
    )


def read_extension(body: Any) -> tuple[tuple[str, ...], int | None]:
    """Which SIMs, and what product they become."""
    values = read_object(body)
    return read_iccids(values.get("iccids"), "iccids"), read_number(values, "productId")


def read_auto_topup(body: Any) -> tuple[tuple[str, ...], bool]:
    values = read_object(body)
    enabled = read_boolean(values, "enabled")
    if enabled is None:
        raise Malformed("enabled", "is missing")
    return read_iccids(values.get("iccids"), "iccids"), enabled


def read_limits(body: Any) -> dict[str, int | None]:
    """The limit ids to set, by service; None leaves one as it is (D§12.1)."""
    values = read_object(body)
    return {
        "data": read_number(values, "dataLimitId"),
        "sms_mt": read_number(values, "smsMtLimitId"),
        "sms_mo": read_number(values, "smsMoLimitId"),
    }


def read_case(body: Any) -> dict[str, str]:
    """A support case; all four fields are needed (assumed, D§13)."""
    values = read_object(body)
    return {
        "sender": read_required(values, "senderName"),
        "reply_to": read_required(values, "replyToMail"),
        "subject": read_required(values, "subject"),
        "text": read_required(values, "text"),
    }


ADDRESS: Final = (
    "salutation",
    "first_name",
    "last_name",
    "company",
    "street",
    "address_line2",
    "house_number",
    "zip",
    "city",
    "country",
    "phone",
)


def read_order(body: Any) -> tuple[tuple[OrderLine, ...], dict[str, str], str | None]:
    """What to order, where to send it, and the customer's own reference."""
    values = read_object(body)
    lines = []
    for one in read_list(values.get("products"), "products"):
        line = read_object(one, "products")
        product, quantity = read_number(line, "productId"), read_number(line, "quantity")
        if product is None or quantity is None:
            raise Malformed("products", "needs a productId and a quantity in each entry")
        lines.append(OrderLine(product, quantity))
    given = values.get("delivery_address")
    sent_to = {} if given is None or given == "" else read_object(given, "delivery_address")
    address = {name: text for name in ADDRESS if (text := read_text(sent_to, name))}
    if address.get("salutation", "1") not in ("1", "2"):
        raise Malformed("salutation", "must be 1 or 2")
    return tuple(lines), address, read_text(values, "customer_reference") or None


def read_required(values: Mapping[str, Any], field: str) -> str:
    text = read_text(values, field)
    if not text or not text.strip():
        raise Malformed(field, "is missing")
    return text


# --------------------------------------------------------------------------------------------- SIMs

QUOTA_STATUS: Final = ("More than 20% available", "Less than 20% available", "No volume available")

with_luhn = lru_cache(maxsize=4096)(numbering.iccid_with_luhn)


def show_sim(sim: Sim, dialect: Dialect, *, alone: bool = False) -> dict[str, Any]:
    """A SIM; *alone* is the GET of a single one, which said Activated in 2021 (D§7.1, C7)."""
    edition, policy = dialect.edition, dialect.policy
    shown: dict[str, Any] = {"iccid": sim.iccid}
    if edition.sim_luhn:
        shown["iccid_with_luhn"] = with_luhn(sim.iccid)
    shown["imsi"] = sim.imsi
    if edition.sim_imsis:
        if sim.imsi_2:
            shown["imsi_2"] = sim.imsi_2
        shown["current_imsi"] = sim.imsi
    shown["msisdn"] = sim.msisdn
    if sim.imei:
        shown["imei"] = sim.imei
    shown["imei_lock"] = sim.imei_lock
    if sim.state is SimState.SUSPENDED or sim.state is SimState.EXPIRED:
        shown["status"] = "Disabled"
    else:
        shown["status"] = "Activated" if alone and policy.legacy_single_status else "Enabled"
    if sim.activated is not None:
        shown["activation_date"] = stamp(sim.activated)
    shown["ip_address"] = sim.ip_address
    if sim.data_quota is not None:
        shown["current_quota"] = megabytes(sim.data_quota.total)
        shown["quota_status"] = show_quota_status(sim.data_quota, policy)
    if sim.sms_quota is not None and edition.sim_sms_quota:
        shown["current_quota_SMS"] = sim.sms_quota.total
        shown["quota_status_SMS"] = show_quota_status(sim.sms_quota, policy)
    if sim.label:
        shown["label"] = sim.label
    return shown


def show_quota_status(quota: Quota, policy: Policy) -> dict[str, Any]:
    """Level 0, 1 or 2, with the dates of what has happened (D§7.1)."""
    if quota.volume <= 0:
        level = 2
    elif quota.volume * 100 < quota.total * policy.threshold_percentage:
        level = 1
    else:
        return {"id": 0, "description": QUOTA_STATUS[0]}
    shown = {"id": level, "description": QUOTA_STATUS[level]}
    if quota.threshold_reached is not None:
        shown["threshold_reached_date"] = stamp(quota.threshold_reached)
    if level == 2 and quota.exceeded is not None:
        shown["quota_exceeded_date"] = stamp(quota.exceeded)
    return shown


def megabytes(octets: int) -> int | float:
    """A whole number where it is one: 500, not 500.0 (D§6)."""
    whole, rest = divmod(octets, OCTETS_PER_MB)
    return octets / OCTETS_PER_MB if rest else whole


def show_quota(quota: Quota, expires: datetime | None, policy: Policy, *, data: bool) -> dict[str, Any]:
    """What is left of a volume, and what was bought (D§8.4)."""
    when = zulu if policy.date_style == "spec" else spaced
    amount = megabytes if data else int
    shown: dict[str, Any] = {"volume": amount(quota.volume), "total_volume": amount(quota.total)}
    if expires is not None:
        shown["expiry_date"] = when(expires)
    if data:
        shown["peak_throughput"] = policy.peak_throughput
    shown["last_volume_added"] = amount(quota.last_added)
    shown["last_status_change_date"] = when(quota.changed)
    shown["threshold_percentage"] = policy.threshold_percentage
    return shown


# --------------------------------------------------------------------------------------------- where it is (D§8)

# The published names; the operator's own table of technologies says HSPA+, LTE and CAT-M.
RAT_WORDS: Final[Mapping[Rat, str]] = {
    Rat.UTRAN_3G: "3G",
    Rat.GERAN_2G: "2G",
    Rat.HSPA_PLUS: "3G",
    Rat.LTE: "4G",
    Rat.NB_IOT: "NB-IoT",
    Rat.CAT_M: "4G",
}
CIRCUIT: Final = frozenset({Rat.UTRAN_3G, Rat.GERAN_2G, Rat.HSPA_PLUS})  # a look-up finds these only (D§8.2)

# The operator's inner numbers, of which only the shapes are published (D§15): here a base, plus the card's serial.
ENDPOINT: Final = 8_765_400
SIM: Final = 901_000
IMSI: Final = 161_000
GATEWAY: Final = ("203.0.113.5", "203.0.113.6")  # from TEST-NET-3: control plane, data plane


def inner_id(base: int, iccid: str) -> int:
    return base + int(numbering.without_luhn(iccid)[-8:])


def endpoint_id(iccid: str) -> int:
    """The inner number of what holds the SIM (D§10.2)."""
    return inner_id(ENDPOINT, iccid)


def show_status(sim: Sim, now: datetime) -> dict[str, Any]:
    """Registers and session. Every value is a string but the two ids in "operator" (D§8.1)."""
    device = sim.device
    shown: dict[str, Any] = {"status": device.status.value}
    if device.network is not None:
        shown["location"] = show_location(sim, device.network)
        if device.pdp is not None:
            shown["pdp_context"] = show_pdp_context(sim, device.network, device.pdp, now)
    there = device.status is not DeviceStatus.OFFLINE
    services = (("GSM", device.attached), ("GPRS", device.attached_gprs))
    shown["services"] = [name for name, since in services if there and since is not None]
    return shown


def show_location(sim: Sim, network: Network) -> dict[str, Any]:
    device = sim.device
    shown: dict[str, Any] = {"iccid": sim.iccid, "imsi": sim.imsi}
    if device.attached is not None:
        shown["last_updated"] = spaced(device.attached)
    if device.attached_gprs is not None:
        shown["last_updated_gprs"] = spaced(device.attached_gprs)
        shown |= {"sgsn_number": networks.sgsn(network), "sgsn_number_np": "1"}
    if device.attached is not None:
        shown |= {
            "vlr_number": networks.vlr(network),
            "vlr_number_np": "1",
            "msc": networks.msc(network),
            "msc_number_np": "1",
        }
    shown |= {
        "operator_id": str(network.id),
        "operator": {
            "id": network.id,
            "name": network.name,
            "country": {"id": network.country_id, "name": network.country, "iso_code": network.iso},
        },
        "country": {
            "country_id": str(network.country_id),
            "name": network.country,
            "country_code": network.country_code,
            "mcc": network.mcc,
            "iso_code": network.iso,
            "latitude": network.latitude,
            "longitude": network.longitude,
        },
    }
    if device.attached_gprs is not None:
        shown["sgsn_ip_address"] = networks.sgsn_ip(network)
    return shown


def show_pdp_context(sim: Sim, network: Network, pdp: PdpContext, now: datetime) -> dict[str, Any]:
    device = sim.device
    minutes, seconds = divmod(int((now - pdp.opened).total_seconds()), 60)
    shown: dict[str, Any] = {
        "pdp_context_id": str(pdp.id),
        "endpoint_id": str(endpoint_id(sim.iccid)),
        "tariff_profile_id": "129701",
        "tariff_id": "442",
        "ratezone_id": "2171",
        "organisation_id": str(sim.organisation),
        "imsi_id": str(inner_id(IMSI, sim.iccid)),
        "imsi": sim.imsi,
        "sim_id": str(inner_id(SIM, sim.iccid)),
        "teid_data_plane": str(2 * pdp.id + 1),
        "teid_control_plane": str(2 * pdp.id),
        "gtp_version": "1",
        "nsapi": "5",
        "sgsn_control_plane_ip_address": networks.sgsn_ip(network),
        "sgsn_data_plane_ip_address": networks.sgsn_ip(network, 1),
        "ggsn_control_plane_ip_address": GATEWAY[0],
        "ggsn_data_plane_ip_address": GATEWAY[1],
        "created": spaced(pdp.opened),
        "mcc": network.mcc,
        "mnc": network.mnc,
        "operator_id": str(network.id),
        "lac": str(device.cell_lac),
        "ci": str(device.cell_id),
        "ue_ip_address": sim.ip_address,
    }
    if pdp.imei:
        shown["imeisv"] = pdp.imei
    shown["duration"] = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    shown["rat_type"] = {
        "rat_type_id": str(device.rat.value),
        "description": RAT_WORDS[device.rat],
    }
    return shown


def show_connectivity(sim: Sim, now: datetime, policy: Policy, *, subscriber: bool, ussd: bool) -> dict[str, Any]:
    """A look-up in the visited network, which answers for 2G and 3G only; a failed one is in the body (D§8.2)."""
    shown: dict[str, Any] = {}
    if ussd:
        shown["ussd_info"] = {"success": False, "error": "Request Timeout Error"}
    if subscriber:
        shown["subscriber_info"] = show_subscriber(sim, now)
    return shown | {
        "request_timestamp": precise(now),
        "reply_timestamp": precise(now + policy.lookup_time),
    }


def show_subscriber(sim: Sim, now: datetime) -> dict[str, Any]:
    device = sim.device
    if (
        device.status is DeviceStatus.OFFLINE
        or device.rat not in CIRCUIT
        or device.network is None
        or device.attached is None
    ):
        return {"success": False, "error": "Absent Subscriber"}
    return {
        "success": True,
        "state": "assumed_idle",
        "location": {
            "current_location_retrieved": False,
            "age_of_location": int((now - device.attached).total_seconds()) // 60,
            "cell_global_id": {
                "mcc": device.network.mcc,
                "mnc": str(int(device.network.mnc)),
                "lac": device.cell_lac,
                "cid": device.cell_id,
            },
        },
    }


# --------------------------------------------------------------------------------------------- usage

EURO: Final = {"id": 1, "symbol": "€", "code": "EUR"}
DATA_TRAFFIC: Final = {"description": "Data", "id": 5, "unit": "MB"}
SMS_TRAFFIC: Final = {"description": "SMS", "id": 6, "unit": "SMS"}


def show_usage(days: Iterable[DailyUsage], policy: Policy) -> dict[str, Any]:
    """Usage by day as it comes, newest first, and then the total (D§8.3)."""
    spec = policy.date_style == "spec"
    shown, total = [], [0, 0, 0, 0]
    for one in days:
        volumes = [one.octets_tx, one.octets_rx, one.sms_mo, one.sms_mt]
        total = [before + more for before, more in zip(total, volumes, strict=True)]
        shown.append(show_day(one.day + "T00:00:00.000Z" if spec else one.day, volumes, policy))
    shown.append(show_day("TOTAL", total, policy))
    return {"stats": shown}


def show_day(day: str, volumes: list[int], policy: Policy) -> dict[str, Any]:
    octets_tx, octets_rx, mo, mt = volumes
    sms_tx, sms_rx = (mt, mo) if policy.sms_usage_direction == "spec" else (mo, mt)
    return {
        "date": day,
        "data": show_volume(decimal(octets_tx + octets_rx), decimal(octets_tx), decimal(octets_rx), DATA_TRAFFIC),
        "sms": show_volume(str(mo + mt), str(sms_tx), str(sms_rx), SMS_TRAFFIC),
    }


def show_volume(volume: str, tx: str, rx: str, traffic: dict[str, Any]) -> dict[str, Any]:
    """All strings. Cost equals volume and is no money; an idle day has none (D§8.3)."""
    shown: dict[str, Any] = {"volume": volume, "volume_tx": tx, "volume_rx": rx}
    if volume != "0":
        shown |= {"cost": volume, "currency": EURO, "traffic_type": traffic}
    return shown


def decimal(octets: int) -> str:
    """Megabytes without an exponent: 1 octet is 0.000001, not 1e-06."""
    whole, rest = divmod(octets, OCTETS_PER_MB)
    return f"{whole}.{rest:06}".rstrip("0") if rest else str(whole)


# --------------------------------------------------------------------------------------------- monthly limits

LIMIT_KEYS: Final[Mapping[str, str]] = {"data": "data", "smsMT": "smsMt", "smsMO": "smsMo"}


def show_limits(limits: Mapping[str, Limit]) -> dict[str, Any]:
    """The limits in force by service; ``limit`` is a string (D§12.1)."""
    return {
        LIMIT_KEYS[service]: {"id": limit.id, "limit": str(limit.amount), "unit": limit.unit}
        for service, limit in limits.items()
    }


def show_selectable(limits: Iterable[Limit]) -> dict[str, Any]:
    return {"selectableLimits": [{"id": limit.id, "description": limit.description} for limit in limits]}


# --------------------------------------------------------------------------------------------- messages

STATUS_WORDS: Final[Mapping[SmsStatus, str]] = {
    SmsStatus.PENDING: "DELIVERY ATTEMPT PENDING",
    SmsStatus.IN_PROGRESS: "IN PROGRESS",
    SmsStatus.BUFFERED: "BUFFERED",
    SmsStatus.DELIVERED: "DELIVERED",
    SmsStatus.FAILED: "FAILED",
    SmsStatus.EXPIRED: "EXPIRED",
    SmsStatus.CANCELED: "CANCELED",
}
STATUSES: Final = {status: {"id": status.value, "description": words} for status, words in STATUS_WORDS.items()}
SMS_TYPES: Final = {direction: {"id": direction.value, "description": direction.name} for direction in Direction}
ADDRESS_TYPES: Final = {kind: {"id": kind.value, "description": kind.name.capitalize()} for kind in AddressType}


def show_sms(sms: Sms, policy: Policy) -> dict[str, Any]:
    """A message. ``delivery_date`` is the submission, whatever became of it (D§9.3)."""
    when = zulu if policy.date_style == "spec" else stamp
    submitted = when(sms.submitted)
    shown: dict[str, Any] = {
        "id": sms.id,
        "submit_date": submitted,
        "delivery_date": submitted,
        "expiry_date": when(sms.expires),
    }
    if sms.finished is not None and sms.status is not SmsStatus.CANCELED:
        shown["final_date"] = when(sms.finished)
    if sms.next_attempt is not None and not sms.status.final:
        shown["retry_date"] = when(sms.next_attempt)
    if sms.attempted is not None:
        shown["last_delivery_attempt"] = when(sms.attempted)
    shown["retry_count"] = str(sms.retries)
    shown["source_address"] = sms.source_address
    shown["iccid"] = sms.iccid
    shown["msisdn"] = sms.msisdn
    shown["imsi"] = sms.imsi
    if sms.msc:
        shown["msc"] = sms.msc
    if sms.dcs:
        shown["dcs"] = sms.dcs
    shown["udh"] = sms.udh
    shown["payload"] = sms.payload
    shown["status"] = STATUSES[sms.status]
    shown["sms_type"] = SMS_TYPES[sms.direction]
    shown["source_address_type"] = ADDRESS_TYPES[sms.source_address_type]
    return shown


# --------------------------------------------------------------------------------------------- orders and support


def show_order(order: Order, dialect: Dialect, sims: str) -> dict[str, Any]:
    """An order; *sims* is the address that its links to SIMs begin with."""
    known = order.type is not OrderType.TARIFF_CHANGE or dialect.edition.tariff_change
    shown: dict[str, Any] = {
        "order_number": order.number,
        "order_type": (order.type if known else OrderType.ADDITIONAL_ORDER).value,
        "order_date": zulu(order.ordered),
        "order_status": order.status.value,
    }
    if order.invoice:
        shown["invoice_number"] = order.invoice
        shown["invoice_amount"] = f"{order.amount // 100}.{order.amount % 100:02}"
        shown["currency"] = order.currency
    if order.address:
        shown["shipping_address"] = order.address
    if order.iccids:
        shown["sims"] = [{"iccid": iccid, "_links": [{"rel": "self", "href": sims + iccid}]} for iccid in order.iccids]
    if order.lines:
        shown["products"] = [{"product_id": line.product, "quantity": line.quantity} for line in order.lines]
    return shown


def show_product(product: Product) -> dict[str, Any]:
    return {
        "id": product.id,
        "product": product.name,
        "material": product.material,
        "package_size": product.package_size,
        "minQuantity": product.min_quantity,
        "maxQuantity": product.max_quantity,
        "maxQuantityPerCustomer": product.max_quantity_per_customer,
        "min_contract_duration": product.min_contract_duration,
        "one_time_charges": [show_charge(charge) for charge in product.one_time_charges],
        "recurring_charges": [show_charge(charge) for charge in product.recurring_charges],
    }


def show_charge(charge: Charge) -> dict[str, Any]:
    amount = charge.amount_net
    return {
        "name": charge.name,
        "amount_net": int(amount) if amount.is_integer() else amount,
        "currency": charge.currency,
    }


def show_case(case: SupportCase) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "caseId": str(case.id),
        "communications": [
            {
                "communicationDate": zulu(one.at),
                "direction": one.direction,
                "id": str(one.id),
                "originator": one.originator,
                "subject": one.subject,
                "text": one.text,
                "type": one.type,
            }
            for one in case.communications
        ],
        "createDate": zulu(case.created),
    }
    if case.solved is not None:
        shown["solvedDate"] = zulu(case.solved)
    return shown | {"status": case.status.value, "subject": case.subject, "text": case.text}
