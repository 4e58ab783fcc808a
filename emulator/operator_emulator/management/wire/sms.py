"""Messages (D§9)."""

from collections.abc import Mapping
from typing import Any, Final

from operator_emulator.core.network import tpdu
from operator_emulator.core.network.model import AddressType, Direction, Sms, SmsDraft, SmsStatus
from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.policy import Policy
from operator_emulator.management.wire.values import notation, read_instant, read_number, read_object, read_text, stamp
from operator_emulator.web.receive import Note


def read_sms_draft(body: Any, note: Note) -> SmsDraft:
    """An MT message."""
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
        udh=read_udh(read_text(values, "udh") or "", note),
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


def read_udh(text: str, note: Note) -> str:
    """Octets in hexadecimal. Anything else is dropped: clients copy Swagger's "string" (D§9.2)."""
    text = text.strip()
    try:
        header = tpdu.header_of(text)
    except Malformed as problem:
        note("udh", f"{problem.problem}: it is dropped")
        return ""
    for ignored in header.ignored:
        note("udh", ignored)
    return text


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
    """A message. ``delivery_date`` is always the date of submission (D§9.3)."""
    when = notation(policy, stamp)
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
