"""The nouns: everything that is kept, as frozen plain data.

Instants are aware datetimes in UTC. Volumes of data are octets, so that sums are exact; surfaces print megabytes
(1 MB = 1,000,000 octets: a recorded 0.001176 MB is 1,176 octets, D§8.3). A noun changes by being replaced:
``world.sims.put(replace(sim, label="pump 7"))``. New fields need a default, so that old rows keep loading.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum, unique
from types import MappingProxyType
from typing import Any, Final

from emulator.core.tester_model import Strike

OCTETS_PER_MB: Final = 1_000_000


# --------------------------------------------------------------------------------------------- time and chance


@dataclass(frozen=True, slots=True)
class Clock:
    """Where real time stood, where virtual time stood, and how many virtual seconds pass in a real one (0: manual)."""

    real: datetime
    virtual: datetime
    rate: float = 1.0
    id: int = 1

    def at(self, real: datetime) -> datetime:
        """Virtual time at a real instant."""
        if not self.rate:
            return self.virtual
        return self.virtual + (real - self.real) * self.rate


@dataclass(frozen=True, slots=True)
class Origin:
    """What this world began from: the seed that chance is drawn from, and when it began."""

    seed: int
    began: datetime
    id: int = 1


@dataclass(frozen=True, slots=True)
class Job:
    """A verb with a due time. Order is due time, then id; *about* is the key of the row that it concerns."""

    id: int
    due: datetime
    kind: str
    about: str = ""


# --------------------------------------------------------------------------------------------- customers


@unique
class Role(StrEnum):
    API = "api"
    PORTAL = "portal"  # may log in, may not use the API (D§2.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A customer. *limits* holds the monthly limit ids by service: data, smsMT, smsMO (D§12.1)."""

    id: int
    name: str
    customer_number: str = ""
    parent: int | None = None  # the master organisation of a sub-organisation (D§12.5)
    limits: dict[str, int] = field(default_factory=dict)
    payment_methods: tuple[str, ...] = ("banktransfer", "creditcard", "monthlyinvoice", "boleto")
    seed: int | None = None  # faults that concern it alone draw their chance from this, whatever others do


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An API client or portal account of one organisation; one login is one organisation (D§2.1)."""

    username: str
    password: str
    organisation: int
    role: Role = Role.API


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token, kept by its digest: the text itself is made again from the number when it is handed out."""

    digest: str
    number: int
    username: str
    issued: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: a user of the management API, with the organisation that the token speaks for."""

    username: str
    organisation: int
    role: Role = Role.API


# --------------------------------------------------------------------------------------------- SIMs and devices


@unique
class SimState(StrEnum):
    """The SIM's own state. Events say Issued, Activated, Suspended; the API says Enabled or Disabled (D§7.1, 11.2)."""

    ISSUED = "Issued"
    ACTIVATED = "Activated"
    SUSPENDED = "Suspended"
    EXPIRED = "Expired"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PdpContext:
    """An open data session."""

    id: int
    opened: datetime
    imei: str | None = None
    octets_tx: int = 0
    octets_rx: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What holds the SIM, and where it is. *imei* is the 16-digit IMEISV (D§15). *network* outlives a detach."""

    status: DeviceStatus = DeviceStatus.OFFLINE
    imei: str | None = None
    rat: Rat = Rat.LTE
    network: Network | None = None
    attached: datetime | None = None  # last location update from the VLR
    attached_gprs: datetime | None = None  # and from the SGSN
    cell_lac: int = 0
    cell_id: int = 0
    pdp: PdpContext | None = None
    returns_to: DeviceStatus | None = None  # after a reset: what the device was, and will be again


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A volume bought: octets for data, messages for SMS. *volume* is what is left and may dip below zero (D§8.4)."""

    volume: int
    total: int
    last_added: int
    changed: datetime  # last_status_change_date
    threshold_reached: datetime | None = None
    exceeded: datetime | None = None


@unique
class Service(StrEnum):
    DATA = "data"
    SMS = "sms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sim:
    """A SIM card. Its key is the ICCID, always a string (19 digits without the check digit, D§15)."""

    iccid: str
    organisation: int | None
    position: int  # insertion order, which is the order of the list (D§5)
    imsi: str
    msisdn: str
    ip_address: str
    imsi_2: str | None = None
    label: str | None = None
    state: SimState = SimState.ISSUED
    activated: datetime | None = None
    expires: datetime | None = None
    imei: str | None = None  # learnt when a PDP context opens (D§7.1)
    imei_lock: bool = False
    locked_imei: str | None = None
    auto_topup: bool = False
    product: int = 1001  # what it was ordered as; an extension may change it (D§12.4)
    data_quota: Quota | None = None
    sms_quota: Quota | None = None
    device: Device = Device()
    message_waiting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyUsage:
    """What one SIM used on one UTC day, device-centred: tx is sent by the device (MO), rx received by it (MT)."""

    id: str  # "<iccid> <YYYY-MM-DD>"
    iccid: str
    day: str
    octets_tx: int = 0
    octets_rx: int = 0
    sms_mo: int = 0
    sms_mt: int = 0


# --------------------------------------------------------------------------------------------- messages


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


# Which step may follow which (D§9.4). What is final stays as it is.
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
class Cause(StrEnum):
    """Why a delivery attempt failed. Temporary causes buffer the message, permanent ones fail it."""

    ABSENT_SUBSCRIBER = "absent subscriber"
    MEMORY_CAPACITY_EXCEEDED = "memory capacity exceeded"
    CALL_BARRED = "call barred"
    TELESERVICE_NOT_PROVISIONED = "teleservice not provisioned"
    QUOTA_EXHAUSTED = "quota exhausted"
    LIMIT_REACHED = "traffic limit exceeded"  # the month's, that the organisation set itself (D§12.1)

    @property
    def permanent(self) -> bool:
        return self not in (Cause.ABSENT_SUBSCRIBER, Cause.MEMORY_CAPACITY_EXCEEDED)


@unique
class FailureCause(StrEnum):
    """Why the network refuses an attach or a data session: the operator's own names (D§11.2), and two of ours."""

    SIM_NOT_ACTIVATED = "SIM_NOT_ACTIVATED"  # ours: it has a sentence, but no name
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsDraft:
    """An MT message as the customer submits it, read and with its defaults."""

    payload: str
    source_address: str = ""
    source_address_type: AddressType = AddressType.NATIONAL
    dcs: int = 0
    udh: str = ""
    expires: datetime | None = None  # None: submission + policy.validity_period


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """A short message, MT or MO, from one row of ids.

    An MO message keeps no fate of its own: status, retries and dates are those of the notification that forwards
    it, and ``smsc.present`` looks them up.
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
    cause: Cause | None = None
    event: int | None = None  # the event whose notification carries it (MO) or reports it (MT)


# --------------------------------------------------------------------------------------------- what happened


@unique
class EventType(StrEnum):
    """Everything that can happen. Each surface has words for some of them and shows those."""

    # network (D§11.2: 1, 2, 3, 5, 15, 16)
    LOCATION_UPDATED = "location-updated"
    GPRS_LOCATION_UPDATED = "gprs-location-updated"
    PDP_CONTEXT_CREATED = "pdp-context-created"
    PDP_CONTEXT_REFUSED = "pdp-context-refused"
    PDP_CONTEXT_UPDATED = "pdp-context-updated"
    PDP_CONTEXT_DELETED = "pdp-context-deleted"
    LOCATION_PURGED = "location-purged"
    GPRS_LOCATION_PURGED = "gprs-location-purged"
    # SIM and its volumes (8, 9, 0, 11, 18 to 21, 50, 51, 56, 58, 60)
    SIM_STATE_CHANGED = "sim-state-changed"
    DATA_DISCONNECTED = "data-disconnected"
    DATA_LIMIT_REACHED = "data-limit-reached"
    DATA_THRESHOLD_REACHED = "data-threshold-reached"
    DATA_USED_UP = "data-used-up"
    SMS_THRESHOLD_REACHED = "sms-threshold-reached"
    SMS_USED_UP = "sms-used-up"
    SIM_RELEASED = "sim-released"
    SIM_ASSIGNED = "sim-assigned"
    DATA_QUOTA_ASSIGNED = "data-quota-assigned"
    SMS_QUOTA_ASSIGNED = "sms-quota-assigned"
    DATA_QUOTA_EXPIRED = "data-quota-expired"
    # messages; pushed by the forwarder, not in the catalogue
    MO_RECEIVED = "mo-received"
    SMS_DELIVERED = "sms-delivered"
    SMS_FAILED = "sms-failed"
    SMS_EXPIRED = "sms-expired"
    # the forwarder's own troubles (0 Generic, D§10.5)
    FORWARDING_FAILED = "forwarding-failed"
    FORWARDING_IMPOSSIBLE = "forwarding-impossible"
    # a partner's side: the four types of P§5, each with the portal's own data
    SIM_ACTION_DONE = "sim-action-done"
    SIM_TRANSFER_NOTICE = "sim-transfer-notice"
    PROFILE_NOTICE = "profile-notice"
    POOL_LIMIT_NOTICE = "pool-limit-notice"
    COST_LIMIT_NOTICE = "cost-limit-notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact, recorded once. *data* holds the values that a surface puts into its sentence."""

    id: int
    at: datetime
    type: EventType
    organisation: int | None
    iccid: str | None = None
    imsi: str | None = None
    imei: str | None = None
    network: Network | None = None
    sms: int | None = None
    partner: str | None = None  # whom it concerns on the portal's side
    data: dict[str, Any] = field(default_factory=dict)


@unique
class Way(StrEnum):
    """How a subscriber gets its events."""

    FORWARDER = "forwarder"  # pushed to a URL of the customer
    STREAM = "stream"  # fetched over server-sent events


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who wants which events, and by what way. *url* is where a push goes.

    A stream is of one application (*client_id*) of a *partner*, and about the partners that it *covers*.
    *connection* is the newest connection to it, which wins (P§6.4).
    """

    id: str
    organisation: int | None
    way: Way
    wants: tuple[EventType, ...]
    url: str = ""
    partner: str | None = None
    client_id: str | None = None
    covers: tuple[str, ...] = ()
    about: str = ""  # the event type in the stream's URL
    connection: int = 0


@unique
class Fate(StrEnum):
    OWED = "owed"
    TAKEN = "taken"
    GIVEN_UP = "given-up"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one try: the customer's HTTP status, or none and the problem in words."""

    status: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt to hand over a notification, and its outcome once it is known."""

    at: datetime
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One event owed to one subscription."""

    id: int
    event: int
    subscription: str
    organisation: int | None
    created: datetime
    deadline: datetime
    fate: Fate = Fate.OWED
    tries: tuple[Try, ...] = ()
    next_try: datetime | None = None
    finished: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What the sender needs in order to push one notification; rows as they were when the attempt was promised.

    *strike* is a fault that decides what comes of it, in place of the customer's endpoint.
    """

    notification: Notification
    subscription: Subscription
    event: Event
    sms: Sms | None
    sim: Sim | None
    strike: Strike | None = None


# --------------------------------------------------------------------------------------------- orders and support


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    name: str
    amount_net: float
    currency: str = "EUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What can be ordered. *material* and *package_size* are the operator's own codes (D§13)."""

    id: int
    name: str
    material: str
    package_size: int = 1
    min_quantity: int = 1
    max_quantity: int = 1000
    max_quantity_per_customer: int = 10000
    min_contract_duration: int = 120  # months
    one_time_charges: tuple[Charge, ...] = ()
    recurring_charges: tuple[Charge, ...] = ()
    position: int = 0


@unique
class OrderType(StrEnum):
    FIRST_ORDER = "FIRST_ORDER"
    ADDITIONAL_ORDER = "ADDITIONAL_ORDER"
    TOPUP = "TOPUP"
    BULK_TOPUP = "BULK_TOPUP"
    TARIFF_CHANGE = "TARIFF_CHANGE"


@unique
class OrderStatus(StrEnum):
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class OrderLine:
    product: int
    quantity: int


@unique
class OrderPurpose(StrEnum):
    """What completing an order does to the world."""

    SIMS = "sims"  # new SIMs appear
    TOPUP = "topup"
    EXTENSION = "extension"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order. *amount* is in cents, so that sums are exact; the API prints a string such as "19.99"."""

    number: int
    organisation: int
    type: OrderType
    purpose: OrderPurpose
    status: OrderStatus
    ordered: datetime
    payment_method: str = "banktransfer"
    amount: int = 0
    currency: str = "EUR"
    invoice: str | None = None
    customer_reference: str | None = None
    address: dict[str, str] = field(default_factory=dict)
    lines: tuple[OrderLine, ...] = ()
    iccids: tuple[str, ...] = ()
    product: int | None = None  # an extension may switch to it
    completed: datetime | None = None


@unique
class CaseStatus(StrEnum):
    OPEN = "OPEN"
    IN_PROGRESS = "IN_PROGRESS"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Communication:
    id: int
    at: datetime
    direction: str  # IN | OUT
    originator: str
    subject: str
    text: str
    type: str = "PORTAL"  # PORTAL | PHONE_IN | PHONE_OUT | MAIL_IN | MAIL_OUT


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportCase:
    id: int
    organisation: int
    created: datetime
    subject: str
    text: str
    status: CaseStatus = CaseStatus.OPEN
    solved: datetime | None = None
    communications: tuple[Communication, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A bulk change of SIMs that was accepted and is applied a little later (D§7.3)."""

    id: int
    organisation: int
    changes: tuple["SimChange", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimChange:
    """What a customer asks to change on one SIM; None leaves it as it is (D§7.2)."""

    iccid: str | None = None
    label: str | None = None
    imei_lock: bool | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """SIMs on their way to another organisation (D§12.5)."""

    id: int
    source: int
    target: int
    iccids: tuple[str, ...]


DAY: Final = timedelta(days=1)
