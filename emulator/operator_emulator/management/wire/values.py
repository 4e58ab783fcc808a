"""Values that every group shares: instants, numbers, texts, and the operator's internal ids."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from operator_emulator.core.customers.model import OCTETS_PER_MB, Service
from operator_emulator.core.network import numbering
from operator_emulator.core.world.clock import LAST_INSTANT
from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.policy import Policy

# --------------------------------------------------------------------------------------------- instants (D§6)


def stamp(instant: datetime) -> str:
    """2018-08-15T09:53:17.000+0000: whole seconds, like all recorded dates of SIMs, messages and events."""
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


def seconds(instant: datetime) -> str:
    """2024-08-24T13:13:21Z: some dates of version 2 have no fraction (V§4.3)."""
    return instant.isoformat()[:19] + "Z"


Notation = Callable[[datetime], str]


def notation(policy: Policy, recorded: Notation) -> Notation:
    """The notation of dates for which another one was recorded than the published one (C5)."""
    return zulu if policy.date_style == "spec" else recorded


def read_instant(field: str, text: str) -> datetime:
    """ISO 8601 with Z, +0000, +00:00, or without a zone, which means UTC. Raises Malformed."""
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
    """A string, or a number as a string. Absent and null are None."""
    value = body.get(field)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise Malformed(field, "must be a string")


def read_number(body: Mapping[str, Any], field: str) -> int | None:
    """A whole number, or a string with one. Absent, null and "" are None."""
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
    """true or false; also 1, 0 and strings, which old clients send (D§5). Absent, null and "" are None."""
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
            raise Malformed(field, "must contain only ICCIDs")
        read.append(str(value))
    return tuple(read)


def read_id(field: str, text: str) -> int | None:
    """A number in a path, or None if it is larger than any id. Raises Malformed."""
    if not (text.isascii() and text.isdigit()):
        raise Malformed(field, "must be a number")
    return int(text) if len(text) < 19 else None


def read_required(values: Mapping[str, Any], field: str) -> str:
    text = read_text(values, field)
    if not text or not text.strip():
        raise Malformed(field, "is missing")
    return text


# --------------------------------------------------------------------------------------------- volumes


def megabytes(octets: int) -> int | float:
    """Megabytes, as an int if they are whole: 500, not 500.0 (D§6)."""
    whole, rest = divmod(octets, OCTETS_PER_MB)
    return octets / OCTETS_PER_MB if rest else whole


def decimal(octets: int) -> str:
    """Megabytes without an exponent: 1 octet is 0.000001, not 1e-06."""
    whole, rest = divmod(octets, OCTETS_PER_MB)
    return f"{whole}.{rest:06}".rstrip("0") if rest else str(whole)


# --------------------------------------------------------------------------------------------- internal ids

# The operator's internal ids, of which only the shapes are published (D§15): a base plus the card's serial number.
ENDPOINT_BASE: Final = 8_765_400
SIM_BASE: Final = 901_000
IMSI_BASE: Final = 161_000
QUOTA_BASE: Final = 1_000


def endpoint_id(iccid: str) -> int:
    """The internal id of the endpoint that holds the SIM (D§10.2)."""
    return ENDPOINT_BASE + serial(iccid)


def sim_id(iccid: str) -> int:
    return SIM_BASE + serial(iccid)


def imsi_id(iccid: str) -> int:
    return IMSI_BASE + serial(iccid)


def quota_id(iccid: str, service: Service) -> int:
    """A SIM has two quotas, so two ids follow each other."""
    return QUOTA_BASE + 2 * serial(iccid) + (service is Service.SMS)


def serial(iccid: str) -> int:
    return int(numbering.without_luhn(iccid)[-8:])
