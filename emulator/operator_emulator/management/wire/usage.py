"""Volumes: daily usage, quotas, monthly limits (D§8.3, 8.4, 12.1)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from operator_emulator.core.customers.model import DailyUsage, Quota
from operator_emulator.core.customers.quotas import Limit
from operator_emulator.core.world.policy import Policy
from operator_emulator.management.wire.values import decimal, megabytes, notation, read_number, read_object, spaced
from operator_emulator.web.receive import Note

# --------------------------------------------------------------------------------------------- usage


def read_window(query: Mapping[str, str], note: Note) -> tuple[date | None, date | None]:
    """The days that usage is asked for. What is no date makes an empty window, no error (D§8.3)."""
    try:
        return read_day(query, "start_dt", note), read_day(query, "end_dt", note)
    except ValueError:
        return date.max, date.min


def read_day(query: Mapping[str, str], name: str, note: Note) -> date | None:
    """A day; absent, and the "None" of a careless client, are None. Raises ValueError."""
    text = query.get(name, "").strip()
    if text in ("None", "null"):
        note(name, f"is {text}, which counts as absent")
        return None
    try:
        day = date.fromisoformat(text[:10]) if text else None
    except ValueError:
        note(name, "is not a date: no day matches")
        raise
    if text[10:]:
        note(name, "has more than a date: the rest is ignored")
    return day


EURO: Final = {"id": 1, "symbol": "€", "code": "EUR"}
DATA_TRAFFIC: Final = {"description": "Data", "id": 5, "unit": "MB"}
SMS_TRAFFIC: Final = {"description": "SMS", "id": 6, "unit": "SMS"}


def show_usage(days: Iterable[DailyUsage], policy: Policy) -> dict[str, Any]:
    """Usage by day in the given order, then the total (D§8.3)."""
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
    """All values are strings. ``cost`` equals the volume and is not money; idle days have none (D§8.3)."""
    shown: dict[str, Any] = {"volume": volume, "volume_tx": tx, "volume_rx": rx}
    if volume != "0":
        shown |= {"cost": volume, "currency": EURO, "traffic_type": traffic}
    return shown


# --------------------------------------------------------------------------------------------- quotas


def show_quota(quota: Quota, expires: datetime | None, policy: Policy, *, data: bool) -> dict[str, Any]:
    """The remaining and the purchased volume (D§8.4)."""
    when = notation(policy, spaced)
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


# --------------------------------------------------------------------------------------------- monthly limits

LIMIT_KEYS: Final[Mapping[str, str]] = {"data": "data", "smsMT": "smsMt", "smsMO": "smsMo"}


def read_limits(body: Any) -> dict[str, int | None]:
    """The limit ids to set, by service. None leaves a limit unchanged (D§12.1)."""
    values = read_object(body)
    return {
        "data": read_number(values, "dataLimitId"),
        "sms_mt": read_number(values, "smsMtLimitId"),
        "sms_mo": read_number(values, "smsMoLimitId"),
    }


def show_limits(limits: Mapping[str, Limit]) -> dict[str, Any]:
    """The limits in force, by service. ``limit`` is a string (D§12.1)."""
    return {
        LIMIT_KEYS[service]: {
            "id": limit.id,
            "limit": "No Limit" if limit.amount is None else str(limit.amount),
            "unit": limit.unit,
        }
        for service, limit in limits.items()
    }


def show_selectable(limits: Iterable[Limit]) -> dict[str, Any]:
    return {"selectableLimits": [{"id": limit.id, "description": limit.description} for limit in limits]}
