"""Values of events as fixtures write them and as version 0.1 stored them: a mapping beside the event's type."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import reduce
from operator import getitem
from types import MappingProxyType
from typing import Any, Final

from msgspec import ValidationError, convert, to_builtins

from operator_emulator.core.customers.model import Quota, Service, SimState
from operator_emulator.core.network import rats
from operator_emulator.core.network.model import AttachFailure, PdpContext, Rat
from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.model import PAYLOADS, EventType
from operator_emulator.core.world.payloads import (
    DataDisconnection,
    Forwarded,
    ForwardingFailure,
    LocationUpdate,
    MissingForwarder,
    Payload,
    PdpContextChange,
    PdpContextRefusal,
    QuotaChange,
    RegionalPoolChange,
    SimStateChange,
    VpnTunnel,
)


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an event: its place in the payload, and its type."""

    path: str
    kind: Any
    none: str | None = None  # the text that stands for None

    def read(self, found: object) -> Any:
        """Raises ValidationError."""
        if self.none is not None and found == self.none:
            return None
        if self.kind is Rat and isinstance(found, str):
            found = _rat(found)
        return convert(found, self.kind, strict=False)

    @property
    def words(self) -> list[str]:
        """The permitted texts; empty if any text or number is permitted."""
        if self.kind is Rat:
            return list(rats.NAMES.values())
        if not issubclass(self.kind, Enum):
            return []
        return [*([self.none] if self.none else []), *(str(one.value) for one in self.kind)]


def _rat(text: str) -> Rat | str:
    try:
        return rats.read(text)
    except Malformed:
        return text


# The values of each payload, by their keys in a fixture.
VALUES: Final[Mapping[type[Payload], Mapping[str, Value]]] = MappingProxyType(
    {
        LocationUpdate: {"rat": Value("cell.rat", Rat)},
        PdpContextChange: {
            "rat": Value("cell.rat", Rat),
            "ip": Value("ip_address", str),
            "pdp": Value("pdp.id", int),
            "octets_tx": Value("pdp.octets_tx", int),
            "octets_rx": Value("pdp.octets_rx", int),
        },
        PdpContextRefusal: {"cause": Value("cause", AttachFailure)},
        SimStateChange: {"from": Value("before", SimState), "to": Value("after", SimState)},
        DataDisconnection: {"reason": Value("cause", AttachFailure, none="disabled")},
        QuotaChange: {"volume": Value("quota.last_added", int)},
        RegionalPoolChange: {"pool": Value("pool", str)},
        VpnTunnel: {
            "vpn": Value("vpn", int),
            "region": Value("region", str),
            "version": Value("version", str),
            "private_ip": Value("private_ip", str),
            "public_ip": Value("public_ip", str),
        },
        ForwardingFailure: {
            "what": Value("what", Forwarded),
            "url": Value("url", str),
            "code": Value("code", int),
        },
        MissingForwarder: {"what": Value("what", Forwarded), "to": Value("address", str)},
    }
)


SMS_QUOTAS: Final = frozenset(
    {
        EventType.SMS_THRESHOLD_REACHED,
        EventType.SMS_USED_UP,
        EventType.SMS_QUOTA_ASSIGNED,
        EventType.POOL_SMS_THRESHOLD_REACHED,
        EventType.POOL_SMS_USED_UP,
    }
)


def service_of(type: EventType) -> Service:
    """The service of an event about a quota."""
    return Service.SMS if type in SMS_QUOTAS else Service.DATA


def empty(at: datetime) -> Quota:
    return Quota(volume=0, total=0, last_added=0, changed=at)


# The payload of an event without values, by its class.
USUAL: Final[Mapping[type[Payload], Callable[[EventType, datetime], Payload]]] = MappingProxyType(
    {
        LocationUpdate: lambda type, at: LocationUpdate(),
        PdpContextChange: lambda type, at: PdpContextChange(pdp=PdpContext(id=0, opened=at)),
        PdpContextRefusal: lambda type, at: PdpContextRefusal(cause=AttachFailure.QUOTA_EXHAUSTED),
        SimStateChange: lambda type, at: SimStateChange(before=SimState.ISSUED, after=SimState.ACTIVATED),
        DataDisconnection: lambda type, at: DataDisconnection(),
        QuotaChange: lambda type, at: QuotaChange(service=service_of(type), quota=empty(at)),
        RegionalPoolChange: lambda type, at: RegionalPoolChange(service=service_of(type), quota=empty(at)),
        VpnTunnel: lambda type, at: VpnTunnel(),
        ForwardingFailure: lambda type, at: ForwardingFailure(what=Forwarded.SMS, url="", code=500),
        MissingForwarder: lambda type, at: MissingForwarder(what=Forwarded.SMS, address=""),
    }
)


def usual(type: EventType, at: datetime) -> Payload | None:
    """The payload of an event without values; None if it has none, or is a notice of the portal."""
    make = USUAL.get(PAYLOADS[type]) if type in PAYLOADS else None
    return None if make is None else make(type, at)


def with_values(payload: Payload, data: Mapping[str, Any]) -> Payload:
    """The payload with the values in *data*. Values that cannot be read are ignored."""
    document = to_builtins(payload)
    for name, value in VALUES.get(type(payload), {}).items():
        *outer, last = value.path.split(".")
        with suppress(KeyError, ValidationError):
            reduce(getitem, outer, document)[last] = value.read(data[name])
    changed: Payload = convert(document, type(payload))
    return changed


# --------------------------------------------------------------------------------------------- rows


def upgraded_event(row: dict[str, Any]) -> dict[str, Any]:
    try:
        type = EventType(row["type"])
        at = convert(row["at"], datetime)
    except (KeyError, ValueError):
        return row
    row = dict(row)
    data = row.pop("data", None)
    data = data if isinstance(data, dict) else {}
    if type not in PAYLOADS or row.get("payload") is not None:
        return row
    payload = usual(type, at)
    if payload is not None:
        return {**row, "payload": to_builtins(with_values(payload, data))}
    notice = {"type": PAYLOADS[type].__name__, "overrides": data.get("given", {}), **data}
    if "threshold" in data:  # such as "Data Limit 1"
        counted, _, level = data["threshold"].split(" ")
        notice |= {"counted": counted.upper(), "level": int(level)}
    return {**row, "number": data.get("number"), "payload": notice}
