"""Messages as version 2 shows them (V§8): numbers are numbers, and null stands for what there is not."""

from collections.abc import Mapping
from typing import Any, Final

from operator_emulator.core.network.model import AddressType, DeliveryFailure, Direction, Sms, SmsStatus
from operator_emulator.management.wire.values import endpoint_id, sim_id, zulu

PENDING: Final = {"description": "PENDING", "id": 2}
FAILED: Final = {"description": "FAILED", "id": 5}
STATUSES: Final[Mapping[SmsStatus, dict[str, Any]]] = {
    SmsStatus.PENDING: PENDING,
    SmsStatus.IN_PROGRESS: PENDING,
    SmsStatus.BUFFERED: PENDING,
    SmsStatus.DELIVERED: {"description": "DELIVERED", "id": 4},
    SmsStatus.FAILED: FAILED,
    SmsStatus.EXPIRED: {"description": "EXPIRED", "id": 6},
    SmsStatus.CANCELED: FAILED,  # only with ``v2_canceled_sms``; there is no status for it
}
SMS_TYPES: Final = {direction: {"description": direction.name, "id": direction.value} for direction in Direction}
ADDRESS_TYPES: Final = {kind: {"description": kind.name.capitalize(), "id": kind.value} for kind in AddressType}

# The names of 3GPP TS 29.002; no value is published. The others are no errors of the network.
MAP_ERRORS: Final[Mapping[DeliveryFailure, str]] = {
    DeliveryFailure.ABSENT_SUBSCRIBER: "ABSENT_SUBSCRIBER",
    DeliveryFailure.MEMORY_CAPACITY_EXCEEDED: "SM_DELIVERY_FAILURE",
    DeliveryFailure.CALL_BARRED: "CALL_BARRED",
    DeliveryFailure.TELESERVICE_NOT_PROVISIONED: "TELESERVICE_NOT_PROVISIONED",
}


def show_sms(sms: Sms) -> dict[str, Any]:
    """A message. ``delivery_date`` is the submission, as in version 1 and in the published example."""
    submitted = zulu(sms.submitted)
    shown: dict[str, Any] = {
        "submit_date": submitted,
        "delivery_date": submitted,
        "expiry_date": zulu(sms.expires),
    }
    if sms.finished is not None and sms.status is not SmsStatus.CANCELED:
        shown["final_date"] = zulu(sms.finished)
    again = None if sms.status.final else sms.next_attempt
    shown["retry_date"] = None if again is None else zulu(again)
    if sms.attempted is not None:
        shown["last_delivery_attempt"] = zulu(sms.attempted)
    shown |= {
        "retry_count": sms.retries,
        "gsm_map_error": map_error(sms),
        "dcs": sms.dcs,
        "pid": 0,
        "source_address": sms.source_address,
        "endpoint": {"id": endpoint_id(sms.iccid), "name": sms.iccid},
        "sim_id": sim_id(sms.iccid),
        "iccid": sms.iccid,
        "msisdn": sms.msisdn,
        "imsi": sms.imsi,
    }
    if sms.msc:
        shown["msc"] = int(sms.msc)
    return shown | {
        "udh": sms.udh,
        "payload": sms.payload,
        "id": sms.id,
        "status": STATUSES[sms.status],
        "sms_type": SMS_TYPES[sms.direction],
        "source_address_type": ADDRESS_TYPES[sms.source_address_type],
    }


def map_error(sms: Sms) -> str | None:
    """Why the network did not take it at the latest attempt."""
    if sms.cause is None or sms.status is SmsStatus.DELIVERED:
        return None
    return MAP_ERRORS.get(sms.cause)
