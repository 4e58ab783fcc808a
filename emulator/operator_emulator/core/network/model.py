"""Nouns of the network: devices, radio, short messages. The rules for nouns are in core/world/model.py."""

from datetime import datetime
from enum import IntEnum, StrEnum, unique
from types import MappingProxyType
from typing import Final

from msgspec import Struct


@unique
class DeviceStatus(StrEnum):
    OFFLINE = "OFFLINE"
    ATTACHED = "ATTACHED"
    ONLINE = "ONLINE"


@unique
class Rat(IntEnum):
    """Radio access technology, with the operator's ids (D§8.1)."""

    UTRAN_3G = 1
    GERAN_2G = 2
    HSPA_PLUS = 5
    LTE = 6
    NB_IOT = 8  # carries no SMS (D§9.4)
    CAT_M = 9


class Network(Struct, frozen=True, gc=False, kw_only=True):
    """A visited operator."""

    id: int
    name: str
    mcc: str
    mnc: str
    country: str
    iso: str
    country_id: int
    country_code: str
    latitude: str = "0.000000"
    longitude: str = "0.000000"


class PdpContext(Struct, frozen=True, gc=False, kw_only=True):
    """An open data session. Usage records up to the instant *counted* hold the first *counted_tx* and *_rx* octets."""

    id: int
    opened: datetime
    imei: str | None = None
    octets_tx: int = 0
    octets_rx: int = 0
    counted: datetime | None = None
    counted_tx: int = 0
    counted_rx: int = 0


class Device(Struct, frozen=True, gc=False, kw_only=True):
    """The device that holds the SIM. *imei* is the 16-digit IMEISV (D§15); *network* stays known after a detach."""

    status: DeviceStatus = DeviceStatus.OFFLINE
    imei: str | None = None
    rat: Rat = Rat.LTE
    network: Network | None = None
    attached: datetime | None = None  # the VLR's last location update
    attached_gprs: datetime | None = None  # the SGSN's
    cell_lac: int = 0
    cell_id: int = 0
    pdp: PdpContext | None = None
    returns_to: DeviceStatus | None = None  # the status to return to after a reset


@unique
class Direction(IntEnum):
    MT = 1
    MO = 2


@unique
class SmsStatus(IntEnum):
    """D§9.1."""

    PENDING = 1
    IN_PROGRESS = 2
    BUFFERED = 3
    DELIVERED = 4
    FAILED = 5
    EXPIRED = 6
    CANCELED = 7

    @property
    def final(self) -> bool:
        return self >= SmsStatus.DELIVERED


# The statuses that may follow each status (D§9.4). Final ones have no successor.
SMS_STEPS: Final = MappingProxyType(
    {
        SmsStatus.PENDING: frozenset(
            {
                SmsStatus.IN_PROGRESS,
                SmsStatus.BUFFERED,
                SmsStatus.FAILED,
                SmsStatus.EXPIRED,
                SmsStatus.CANCELED,
            }
        ),
        SmsStatus.IN_PROGRESS: frozenset(
            {
                SmsStatus.DELIVERED,
                SmsStatus.BUFFERED,
                SmsStatus.FAILED,
                SmsStatus.EXPIRED,
                SmsStatus.CANCELED,
            }
        ),
        SmsStatus.BUFFERED: frozenset({SmsStatus.IN_PROGRESS, SmsStatus.FAILED, SmsStatus.EXPIRED, SmsStatus.CANCELED}),
        SmsStatus.DELIVERED: frozenset(),
        SmsStatus.FAILED: frozenset(),
        SmsStatus.EXPIRED: frozenset(),
        SmsStatus.CANCELED: frozenset(),
    }
)


@unique
class DeliveryFailure(StrEnum):
    """Why a delivery attempt failed. Temporary causes buffer the message, permanent ones fail it."""

    ABSENT_SUBSCRIBER = "absent subscriber"
    MEMORY_CAPACITY_EXCEEDED = "memory capacity exceeded"
    CALL_BARRED = "call barred"
    TELESERVICE_NOT_PROVISIONED = "teleservice not provisioned"
    QUOTA_EXHAUSTED = "quota exhausted"
    LIMIT_REACHED = "traffic limit exceeded"  # the organisation's own monthly limit (D§12.1)

    @property
    def permanent(self) -> bool:
        return self not in (DeliveryFailure.ABSENT_SUBSCRIBER, DeliveryFailure.MEMORY_CAPACITY_EXCEEDED)


@unique
class AttachFailure(StrEnum):
    """Why the network refuses an attach or a data session: the operator's names (D§11.2) and two of our own."""

    SIM_NOT_ACTIVATED = "SIM_NOT_ACTIVATED"  # ours: the operator published a sentence, but no name
    SIM_SUSPENDED = "SIM_SUSPENDED"  # ours
    QUOTA_EXPIRED = "QUOTA_EXPIRED"
    IMEI_LOCK_BREACHED = "IMEI_LOCK_BREACHED"
    NO_QUOTA_FOUND = "NO_QUOTA_FOUND"
    QUOTA_EXHAUSTED = "QUOTA_EXHAUSTED"
    MONTHLY_USAGE_LIMIT_EXCEEDED = "MONTHLY_USAGE_LIMIT_EXCEEDED"
    DATA_SERVICE_BARRED = "DATA_SERVICE_BARRED"


@unique
class AddressType(IntEnum):
    INTERNATIONAL = 145
    NATIONAL = 161
    ALPHANUMERIC = 208


class SmsDraft(Struct, frozen=True, gc=False, kw_only=True):
    """An MT message as the customer submitted it, with defaults filled in."""

    payload: str
    source_address: str = ""
    source_address_type: AddressType = AddressType.NATIONAL
    dcs: int = 0
    udh: str = ""
    expires: datetime | None = None  # None: submission + policy.validity_period


class FailedAttempt(Struct, frozen=True, gc=False):
    """An attempt to deliver a message that did not reach the device."""

    at: datetime
    cause: DeliveryFailure


class Sms(Struct, frozen=True, gc=False, kw_only=True):
    """A short message, MT or MO; both share one sequence of ids.

    An MO message takes status, retries and dates from the notification that forwards it: see ``smsc.present``.
    """

    id: int
    iccid: str
    organisation: int | None
    direction: Direction
    status: SmsStatus
    payload: str
    submitted: datetime
    expires: datetime
    msisdn: str
    imsi: str = ""
    source_address: str = ""
    source_address_type: AddressType = AddressType.NATIONAL
    dest_address: str = ""
    dcs: int = 0
    udh: str = ""
    attempted: datetime | None = None
    attempts: int = 0
    next_attempt: datetime | None = None
    retries: int = 0
    finished: datetime | None = None
    msc: str | None = None
    cause: DeliveryFailure | None = None
    event: int | None = None  # the event whose notification forwards the MO or reports the MT
    failed_attempts: tuple[FailedAttempt, ...] = ()  # the newest, oldest first
