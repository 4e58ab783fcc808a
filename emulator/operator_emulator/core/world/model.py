"""The nouns: everything that is kept, as frozen plain data.

Instants are aware datetimes in UTC. Volumes of data are octets, so that sums are exact; surfaces print megabytes
(1 MB = 1,000,000 octets: a recorded 0.001176 MB is 1,176 octets, D§8.3). A noun changes by being replaced:
``world.sims.put(replace(sim, label="pump 7"))``. New fields need a default, so that old rows keep loading.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final, Literal

from msgspec import Struct

from operator_emulator.core.customers.model import DataStream, Organisation, Sim, UsageRecord
from operator_emulator.core.network.model import Network, Sms
from operator_emulator.core.partners.notices import (
    ActionDone,
    CostLimitNotice,
    PoolLimitNotice,
    ProfileNotice,
    TransferNotice,
)
from operator_emulator.core.tester.model import Strike
from operator_emulator.core.world.payloads import (
    DataDisconnection,
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

LAST_INSTANT: Final = datetime(9000, 1, 1, tzinfo=UTC)  # room for every date that is computed from now


class Clock(Struct, frozen=True, gc=False):
    """Where real time stood, where virtual time stood, and how many virtual seconds pass in a real one (0: manual)."""

    real: datetime
    virtual: datetime
    rate: float = 1.0
    id: int = 1

    def at(self, real: datetime) -> datetime:
        """Virtual time at a real instant. It stands before *real*, and at the last instant there is."""
        if not self.rate or real <= self.real:
            return self.virtual
        elapsed = (real - self.real).total_seconds() * self.rate
        if elapsed >= (LAST_INSTANT - self.virtual).total_seconds():
            return LAST_INSTANT
        return self.virtual + (real - self.real) * self.rate


class Origin(Struct, frozen=True, gc=False):
    """The origin of this world: the seed of its random choices, and the instant at which it began."""

    seed: int
    began: datetime
    id: int = 1


@unique
class JobKind(StrEnum):
    """The kinds of job; ``jobs.JOBS`` names the verb of each. Stored rows contain the values."""

    SMSC_ATTEMPT = "smsc.attempt"
    SMSC_ACKNOWLEDGE = "smsc.acknowledge"
    SMSC_EXPIRE = "smsc.expire"
    OUTBOX_ATTEMPT = "outbox.attempt"
    OUTBOX_GIVE_UP = "outbox.give_up"
    SIMS_APPLY_BATCH = "sims.apply_batch"
    SIMS_COMPLETE_TRANSFER = "sims.complete_transfer"
    DEVICE_REATTACH = "device.reattach"
    BEHAVIOURS_LEAVE = "behaviours.leave"
    BEHAVIOURS_COME_BACK = "behaviours.come_back"
    BEHAVIOURS_USE_DATA = "behaviours.use_data"
    BEHAVIOURS_REPLY = "behaviours.reply"
    ORDERS_PAY = "orders.pay"
    ORDERS_COMPLETE = "orders.complete"
    ORDERS_AUTO_TOPUP = "orders.auto_topup"
    CONTRACTS_DELIVER = "contracts.deliver"
    ACTIONS_BEGIN = "actions.begin"
    ACTIONS_FINISH = "actions.finish"
    SIM_TRANSFERS_COMPLETE = "sim_transfers.complete"
    PROFILES_CHECK = "profiles.check"
    PROFILES_BEGIN_MONTH = "profiles.begin_month"
    POOLS_CHECK = "pools.check"
    DATA_STREAMS_SEND = "data_streams.send"
    HOUSEKEEPING = "housekeeping"


class Job(Struct, frozen=True, gc=False):
    """A verb with a due time. Order is due time, then id; *about* is the key of the row that it concerns."""

    id: int
    due: datetime
    kind: str
    about: str = ""


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
    SMS_QUOTA_EXPIRED = "sms-quota-expired"  # 61, which version 1 does not know (S§5.2)
    # 42, 43, 121, which version 1 does not know either
    ENDPOINT_ENABLED = "endpoint-enabled"
    ENDPOINT_DISABLED = "endpoint-disabled"
    ENDPOINT_DELETED = "endpoint-deleted"
    # events by hand alone: nothing here causes them (57, 59, 29, 30, 100 to 103)
    DATA_QUOTA_DELETED = "data-quota-deleted"
    SMS_QUOTA_DELETED = "sms-quota-deleted"
    VPN_DISCONNECTED = "vpn-disconnected"
    VPN_AUTHENTICATED = "vpn-authenticated"
    POOL_DATA_USED_UP = "pool-data-used-up"
    POOL_DATA_THRESHOLD_REACHED = "pool-data-threshold-reached"
    POOL_SMS_USED_UP = "pool-sms-used-up"
    POOL_SMS_THRESHOLD_REACHED = "pool-sms-threshold-reached"
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


# The payload of each type of event; the other types have none.
PAYLOADS: Final[Mapping[EventType, type[Payload]]] = MappingProxyType(
    {
        EventType.LOCATION_UPDATED: LocationUpdate,
        EventType.GPRS_LOCATION_UPDATED: LocationUpdate,
        EventType.PDP_CONTEXT_CREATED: PdpContextChange,
        EventType.PDP_CONTEXT_REFUSED: PdpContextRefusal,
        EventType.PDP_CONTEXT_UPDATED: PdpContextChange,
        EventType.PDP_CONTEXT_DELETED: PdpContextChange,
        EventType.SIM_STATE_CHANGED: SimStateChange,
        EventType.DATA_DISCONNECTED: DataDisconnection,
        EventType.DATA_THRESHOLD_REACHED: QuotaChange,
        EventType.DATA_USED_UP: QuotaChange,
        EventType.SMS_THRESHOLD_REACHED: QuotaChange,
        EventType.SMS_USED_UP: QuotaChange,
        EventType.DATA_QUOTA_ASSIGNED: QuotaChange,
        EventType.SMS_QUOTA_ASSIGNED: QuotaChange,
        EventType.VPN_DISCONNECTED: VpnTunnel,
        EventType.VPN_AUTHENTICATED: VpnTunnel,
        EventType.POOL_DATA_USED_UP: RegionalPoolChange,
        EventType.POOL_DATA_THRESHOLD_REACHED: RegionalPoolChange,
        EventType.POOL_SMS_USED_UP: RegionalPoolChange,
        EventType.POOL_SMS_THRESHOLD_REACHED: RegionalPoolChange,
        EventType.FORWARDING_FAILED: ForwardingFailure,
        EventType.FORWARDING_IMPOSSIBLE: MissingForwarder,
        EventType.SIM_ACTION_DONE: ActionDone,
        EventType.SIM_TRANSFER_NOTICE: TransferNotice,
        EventType.PROFILE_NOTICE: ProfileNotice,
        EventType.POOL_LIMIT_NOTICE: PoolLimitNotice,
        EventType.COST_LIMIT_NOTICE: CostLimitNotice,
    }
)


class Event(Struct, frozen=True, gc=False, kw_only=True):
    """A fact. Surfaces render it from its type and *payload*."""

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
    number: int | None = None  # the portal counts its own events (P§9)
    payload: Payload | None = None


@unique
class Way(StrEnum):
    """How a subscriber gets its events."""

    FORWARDER = "forwarder"  # pushed to a URL of the customer
    STREAM = "stream"  # fetched over server-sent events
    DATA_STREAM = "data-stream"  # pushed to a URL of the customer, many at a time


class Subscription(Struct, frozen=True, gc=False, kw_only=True):
    """A receiver of events: which ones, and by which way. *url* is the target of a push.

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


class Outcome(Struct, frozen=True, gc=False):
    """The result of one attempt: the customer's HTTP status, or None and the problem in words."""

    status: int | None = None
    problem: str | None = None

    def is_taken(self, success: Literal["2xx", "200"]) -> bool:
        """Whether the customer has taken it: with any 2xx, or only with exactly 200 (D§10.1, S§3)."""
        if self.status is None:
            return False
        return self.status == 200 if success == "200" else 200 <= self.status < 300


PUT_OFF: Final = Outcome(None, "postponed: too many callbacks are waiting")


class Try(Struct, frozen=True, gc=False):
    """One attempt to hand over a notification, and its outcome once it is known."""

    at: datetime
    outcome: Outcome | None = None


class Notification(Struct, frozen=True, gc=False, kw_only=True):
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


class Outgoing(Struct, frozen=True, gc=False):
    """Everything that the sender needs to push one notification; rows as they were when the attempt was scheduled.

    *strike* is a fault that decides what comes of it, in place of the customer's endpoint.
    """

    notification: Notification
    subscription: Subscription
    event: Event
    sms: Sms | None
    sim: Sim | None
    strike: Strike | None = None

    @property
    def way(self) -> Way:
        return self.subscription.way

    @property
    def receiver(self) -> str:
        """The receiver; connections are counted for each one."""
        return self.subscription.id

    @property
    def at(self) -> datetime:
        return self.notification.tries[-1].at

    @property
    def callback(self) -> int | None:
        """The notification's id, which the journal names."""
        return self.notification.id

    @property
    def organisation(self) -> int | None:
        return self.notification.organisation


Record = Event | UsageRecord


class RecordBatch(Struct, frozen=True, gc=False, kw_only=True):
    """Everything that the sender needs to push one batch of a data stream, with the rows that its records name."""

    stream: DataStream
    records: tuple[Record, ...]
    at: datetime
    organisations: Mapping[int, Organisation]
    sims: Mapping[str, Sim]
    messages: Mapping[int, Sms] = MappingProxyType({})
    strike: Strike | None = None

    @property
    def way(self) -> Way:
        return Way.DATA_STREAM

    @property
    def receiver(self) -> str:
        return f"data stream {self.stream.id}"

    @property
    def callback(self) -> int | None:
        """None: a batch is no callback."""
        return None

    @property
    def organisation(self) -> int | None:
        return self.stream.organisation


Push = Outgoing | RecordBatch  # what a job may want sent


DAY: Final = timedelta(days=1)
