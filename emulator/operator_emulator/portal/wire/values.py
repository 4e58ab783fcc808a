"""Values in the portal's JSON and queries: instants, numbers, identifiers, pages.

Requests are read strictly where the portal would have to guess otherwise: which SIM, which decision, which date.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from starlette.requests import Request

from operator_emulator.core.partners.partners import IDENTIFIERS
from operator_emulator.core.world.clock import LAST_INSTANT
from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.model import DAY
from operator_emulator.portal.refusals import WrongType
from operator_emulator.web.receive import read_json

Json = dict[str, Any]

FIRST_INSTANT: Final = datetime.min.replace(tzinfo=UTC)

Span = tuple[datetime | None, datetime | None]


# --------------------------------------------------------------------------------------------- instants


def instant(moment: datetime) -> str:
    """2025-08-02T09:54:15.000Z (P§9)"""
    return moment.isoformat(timespec="milliseconds")[:23] + "Z"


def maybe(moment: datetime | None) -> str | None:
    return None if moment is None else instant(moment)


def read_moment(name: str, text: Any, *, to: bool = False) -> datetime:
    """A date or an instant, in UTC unless it has a zone. With *to*, a date is its last moment. Raises WrongType."""
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


# --------------------------------------------------------------------------------------------- plain values


def read_count(query: Mapping[str, str], name: str, default: int, least: int = 0, most: int = 2**31 - 1) -> int:
    """A whole number in the range of Java's int. Raises WrongType and Malformed."""
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


def read_number(name: str, value: Any) -> int:
    """The id of a tariff or a profile: a whole number, which may be sent as text."""
    if isinstance(value, str) and re.fullmatch("[0-9]{1,15}", value):
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**15:
        raise Malformed(name, "must be a number")
    return value


# What Spring accepts as a boolean.
BOOLEANS: Final = MappingProxyType(
    {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}
)


def read_boolean(name: str, value: Any) -> bool:
    """A boolean in a query or a body. Raises WrongType."""
    known = BOOLEANS.get(str(value).lower())
    if known is None:
        raise WrongType(name, str(value), "boolean")
    return known


def read_choice(name: str, value: Any, choices: Callable[[Any], Any]) -> Any:
    """A member of an enumeration. Raises Malformed."""
    try:
        return choices(value)
    except ValueError:
        raise Malformed(name, f"must be one of {', '.join(choices)}") from None  # type: ignore[arg-type]


def read_text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Malformed(name, "must not be blank")
    return value


# --------------------------------------------------------------------------------------------- pages


def read_page(query: Mapping[str, str]) -> tuple[int, int]:
    """The number of the page, from 0, and its size."""
    return read_count(query, "page", 0), read_count(query, "size", 100, 1, 1000)


def show_page(name: str, rows: list[Json], page: int, size: int, total: int) -> Json:
    return {name: rows, "page": page, "size": size, "totalElements": total}


# --------------------------------------------------------------------------------------------- partners and SIMs


def read_partner(name: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch("[0-9]{6}", value):
        raise Malformed(name, "must match [0-9]{6}")
    return value


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
    """An identifier. Only digits are required: published samples have wrong check digits and lengths (P§9)."""
    if not isinstance(value, str) or not SHAPES[kind].fullmatch(value):
        raise Malformed(field, f"must match {SHAPES[kind].pattern}")
    return value.removeprefix("+")


def read_identifier(body: Mapping[str, Any], field: str = "", *, but: str = "") -> dict[str, str]:
    """The one identifier that names a SIM, other than *but*, which is a parameter. Raises Malformed."""
    given = {kind: body[kind] for kind in IDENTIFIERS if kind != but and body.get(kind) is not None}
    if len(given) != 1:
        names = ", ".join(kind for kind in IDENTIFIERS if kind != but)
        raise Malformed(field or "identifier", f"must be exactly one of {names}")
    kind, value = next(iter(given.items()))
    return {kind: read_value(kind, f"{field}.{kind}" if field else kind, value)}
