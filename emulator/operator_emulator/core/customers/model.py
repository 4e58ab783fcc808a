"""Nouns of the customers: organisations, users, SIMs, volumes, orders. The rules are in core/world/model.py."""

from datetime import datetime
from enum import IntEnum, StrEnum, unique
from typing import Final

from msgspec import Struct, field

from operator_emulator.core.network.model import Device, Network, Rat

OCTETS_PER_MB: Final = 1_000_000


@unique
class Role(StrEnum):
    API = "api"
    PORTAL = "portal"  # may log in, may not use the API (D§2.1)


class Organisation(Struct, frozen=True, gc=False, kw_only=True):
    """A customer. *limits* holds the monthly limit ids by service: data, smsMT, smsMO (D§12.1)."""

    id: int
    name: str
    customer_number: str = ""
    parent: int | None = None  # the master organisation of a sub-organisation (D§12.5)
    limits: dict[str, int] = field(default_factory=dict)
    payment_methods: tuple[str, ...] = ("banktransfer", "creditcard", "monthlyinvoice", "boleto")
    seed: int | None = None  # of the random faults that concern this organisation alone


class User(Struct, frozen=True, gc=False, kw_only=True):
    """An API client or portal account. Each belongs to one organisation (D§2.1)."""

    username: str
    password: str
    organisation: int
    role: Role = Role.API


class Token(Struct, frozen=True, gc=False, kw_only=True):
    """An access token. Only its digest is kept; the text is derived from the number when it is issued again."""

    digest: str
    number: int
    username: str
    issued: datetime
    expires: datetime


@unique
class CoreNetwork(IntEnum):
    """The core network that a SIM lives on. SIMs never move from one to the other (V§1)."""

    PLATFORM_1 = 1
    PLATFORM_2 = 2


class Caller(Struct, frozen=True, gc=False):
    """A user of the management API, and the organisation that the token is for.

    *core* limits what is seen to the SIMs of one core network; None: all of them.
    """

    client_id: str
    organisation: int
    role: Role = Role.API
    core: CoreNetwork | None = None


@unique
class SimState(StrEnum):
    """The state of a SIM in events. The API shows Enabled or Disabled (D§7.1, 11.2)."""

    ISSUED = "Issued"
    ACTIVATED = "Activated"
    SUSPENDED = "Suspended"
    EXPIRED = "Expired"


class Quota(Struct, frozen=True, gc=False, kw_only=True):
    """A purchased volume: octets for data, messages for SMS. *volume* is what is left; it may be negative (D§8.4).

    *total* is everything ever bought. *refilled* is what there was right after the latest top-up; None if there was
    none (V§6).
    """

    volume: int
    total: int
    last_added: int
    changed: datetime  # last_status_change_date
    threshold_reached: datetime | None = None
    exceeded: datetime | None = None
    refilled: int | None = None
    created: datetime | None = None  # None: a row of 0.1

    @property
    def full(self) -> int:
        """What there was when it was last full, of which the threshold is a part (V§6)."""
        return self.total if self.refilled is None else self.refilled


def volume_class(quota: Quota | None) -> str:
    """How much is left: "sufficient", "low" once the threshold is reached, "out", or "none" without a quota."""
    if quota is None:
        return "none"
    if quota.volume <= 0:
        return "out"
    return "sufficient" if quota.threshold_reached is None else "low"


@unique
class Service(StrEnum):
    DATA = "data"
    SMS = "sms"


class Sim(Struct, frozen=True, gc=False, kw_only=True):
    """A SIM card. Its key is the ICCID, always a string (19 digits without the check digit, D§15)."""

    iccid: str
    organisation: int | None
    position: int  # insertion order, which is the order of the list (D§5)
    imsi: str
    msisdn: str
    ip_address: str
    core: CoreNetwork = CoreNetwork.PLATFORM_1
    imsi_2: str | None = None
    label: str | None = None
    state: SimState = SimState.ISSUED
    delivered: datetime | None = None  # shipped to the customer
    activated: datetime | None = None
    expires: datetime | None = None
    imei: str | None = None  # known once a PDP context has been opened (D§7.1)
    imei_lock: bool = False
    locked_imei: str | None = None
    auto_topup: bool = False
    product: int = 1001  # the product ordered; an extension may change it (D§12.4)
    data_quota: Quota | None = None
    sms_quota: Quota | None = None
    device: Device = field(default_factory=Device)
    message_waiting: bool = False

    # What the fleet is counted, filtered and searched by (store/tables.py).

    @property
    def presence(self) -> str:
        """ONLINE, ATTACHED or OFFLINE; INACTIVE while the network lets no device in with this SIM."""
        return self.device.status.value if self.state is SimState.ACTIVATED else "INACTIVE"

    @property
    def sms_volume(self) -> str:
        return volume_class(self.sms_quota)

    @property
    def search_text(self) -> str:
        """Everything that somebody may look for, in lower case."""
        parts = (self.label, self.iccid, self.imsi, self.imsi_2, self.msisdn, self.ip_address)
        return " ".join(part for part in parts if part).lower()


class DailyUsage(Struct, frozen=True, gc=False, kw_only=True):
    """The usage of one SIM on one UTC day. tx and MO are sent by the device, rx and MT received."""

    id: str  # "<iccid> <YYYY-MM-DD>"
    iccid: str
    day: str
    octets_tx: int = 0
    octets_rx: int = 0
    sms_mo: int = 0
    sms_mt: int = 0


class Charge(Struct, frozen=True, gc=False, kw_only=True):
    name: str
    amount_net: float
    currency: str = "EUR"


class Product(Struct, frozen=True, gc=False, kw_only=True):
    """A product on sale. *material* and *package_size* are the operator's codes (D§13)."""

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


class OrderLine(Struct, frozen=True, gc=False):
    product: int
    quantity: int


@unique
class OrderPurpose(StrEnum):
    """The effect of completing an order."""

    SIMS = "sims"  # new SIMs appear
    TOPUP = "topup"
    EXTENSION = "extension"


class Order(Struct, frozen=True, gc=False, kw_only=True):
    """An order. *amount* is in cents; the API shows a string such as "19.99"."""

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
    product: int | None = None  # the new product of an extension
    completed: datetime | None = None


@unique
class CaseStatus(StrEnum):
    OPEN = "OPEN"
    IN_PROGRESS = "IN_PROGRESS"
    CLOSED = "CLOSED"


class Communication(Struct, frozen=True, gc=False, kw_only=True):
    id: int
    at: datetime
    direction: str  # IN | OUT
    originator: str
    subject: str
    text: str
    type: str = "PORTAL"  # PORTAL | PHONE_IN | PHONE_OUT | MAIL_IN | MAIL_OUT


class SupportCase(Struct, frozen=True, gc=False, kw_only=True):
    id: int
    organisation: int
    created: datetime
    subject: str
    text: str
    status: CaseStatus = CaseStatus.OPEN
    solved: datetime | None = None
    communications: tuple[Communication, ...] = ()


class Batch(Struct, frozen=True, gc=False, kw_only=True):
    """An accepted bulk change of SIMs, which is applied later (D§7.3)."""

    id: int
    organisation: int
    changes: tuple["SimChange", ...]
    core: CoreNetwork | None = None  # limits it to the SIMs of one core network


class SimChange(Struct, frozen=True, gc=False, kw_only=True):
    """A requested change of one SIM. None leaves a value unchanged (D§7.2)."""

    iccid: str | None = None
    label: str | None = None
    imei_lock: bool | None = None
    enabled: bool | None = None


class Transfer(Struct, frozen=True, gc=False, kw_only=True):
    """A transfer of SIMs to another organisation that is under way (D§12.5)."""

    id: int
    source: int
    target: int
    iccids: tuple[str, ...]


@unique
class StreamKind(StrEnum):
    """The kind of record that a data stream carries (S§1)."""

    EVENTS = "events"
    USAGE = "usage"
    SMS = "sms"


@unique
class Generation(StrEnum):
    """The Data Streamer of the old core network, and that of Platform 2.0 (S§1)."""

    DS1 = "ds1"
    DS2 = "ds2"


@unique
class StreamState(StrEnum):
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    FAILED = "FAILED"


class BatchTry(Struct, frozen=True, gc=False, kw_only=True):
    """One attempt to send a batch, with the customer's status or the problem once that is known."""

    at: datetime
    records: int
    status: int | None = None
    problem: str | None = None


class DataStream(Struct, frozen=True, gc=False, kw_only=True):
    """A stream of an organisation's records to a URL. Its backlog is what the log has after *position*.

    *until* is the last record of the batch that is being sent or repeated. *sending*: that batch is under way.
    *authorization* is the Basic value as the customer configured it (S§2).
    """

    id: int
    organisation: int
    kind: StreamKind
    generation: Generation
    url: str
    authorization: str
    created: datetime
    state: StreamState = StreamState.RUNNING
    position: int = 0
    until: int | None = None
    sending: bool = False
    failures: int = 0  # of this batch, in a row
    next_try: datetime | None = None
    tries: tuple[BatchTry, ...] = ()


class UsageRecord(Struct, frozen=True, gc=False, kw_only=True):
    """The usage of a SIM between *start* and *at*: octets of a data session, or messages. tx is sent by the device."""

    id: int
    at: datetime
    start: datetime
    organisation: int
    iccid: str
    imsi: str
    service: Service
    tx: int = 0
    rx: int = 0
    imei: str | None = None
    network: Network | None = None
    rat: Rat | None = None
    session: int | None = None  # the number of the PDP context
