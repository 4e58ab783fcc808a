"""World and Table: what a verb may touch, and all that it may touch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, Protocol, TypeVar

from operator_emulator.core.customers.model import (
    Batch,
    DailyUsage,
    DataStream,
    Order,
    Organisation,
    Product,
    Sim,
    SupportCase,
    Token,
    Transfer,
    UsageRecord,
    User,
)
from operator_emulator.core.network.model import Sms
from operator_emulator.core.partners.action_model import Action, SimTransfer
from operator_emulator.core.partners.model import (
    ApiUsage,
    Application,
    Contract,
    DataSession,
    Partner,
    PartnerOrder,
    Pool,
    Profile,
    RateWindow,
)
from operator_emulator.core.tester.model import Behaviour, Bucket, Fault, RateLimit
from operator_emulator.core.tester.organisation_snapshot_model import OrganisationSnapshot
from operator_emulator.core.world.model import Clock, Event, Job, Notification, Origin, Subscription
from operator_emulator.core.world.policy import Policy

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Prefix:
    """For ``Table.find``: a text that starts with *text*."""

    text: str


@dataclass(frozen=True, slots=True)
class Contains:
    """For ``Table.find``: a text that has *text* in it."""

    text: str


@dataclass(frozen=True, slots=True)
class Before:
    """For ``Table.find``: less than, or equal to, *value*."""

    value: Any


@dataclass(frozen=True, slots=True)
class Since:
    """For ``Table.find``: *value* or more."""

    value: Any


@dataclass(frozen=True, slots=True)
class Between:
    """For ``Table.find``: from *low* to *high*, both included."""

    low: Any
    high: Any


class Table(Protocol[T]):
    """Rows of one noun. Conditions of ``find`` and ``count`` name indexed fields (store/tables.py); others raise.

    A condition is a value (equal; None: absent), a tuple of values (any of them), or a Prefix, Contains,
    Before, Since or Between.
    """

    def get(self, key: Any) -> T | None: ...
    def put(self, row: T) -> T: ...
    def delete(self, key: Any) -> None: ...
    def find(self, *, order: str = "", offset: int = 0, limit: int | None = None, **conditions: Any) -> list[T]:
        """Rows in *order*: indexed fields, comma separated, "-" before one that descends; the key breaks ties."""
        ...

    def count(self, **conditions: Any) -> int: ...


@dataclass(slots=True)
class World:
    """The argument of every verb, valid for one transaction: one instant, and every table.

    A verb changes it through the tables only.
    """

    real: datetime
    policy: Policy
    next_id: Callable[[str], int]  # 1, 2, 3 … for each kind
    last_ids: Callable[[], dict[str, int]]
    continue_ids: Callable[[Mapping[str, int]], None]  # after these: in a world that is planted from a dump
    clocks: Table[Clock]
    origins: Table[Origin]
    jobs: Table[Job]
    organisations: Table[Organisation]
    users: Table[User]
    tokens: Table[Token]
    sims: Table[Sim]
    usage: Table[DailyUsage]
    sms: Table[Sms]
    events: Table[Event]
    subscriptions: Table[Subscription]
    notifications: Table[Notification]
    products: Table[Product]
    orders: Table[Order]
    cases: Table[SupportCase]
    data_streams: Table[DataStream]
    usage_records: Table[UsageRecord]
    batches: Table[Batch]
    transfers: Table[Transfer]
    partners: Table[Partner]
    applications: Table[Application]
    contracts: Table[Contract]
    actions: Table[Action]
    sim_transfers: Table[SimTransfer]
    profiles: Table[Profile]
    pools: Table[Pool]
    sessions: Table[DataSession]
    partner_orders: Table[PartnerOrder]
    api_usage: Table[ApiUsage]
    rate_windows: Table[RateWindow]
    faults: Table[Fault]
    rate_limits: Table[RateLimit]
    buckets: Table[Bucket]
    organisation_snapshots: Table[OrganisationSnapshot]
    behaviours: Table[Behaviour]

    @property
    def clock(self) -> Clock:
        clock = self.clocks.get(1)
        assert clock is not None, "a world begins with a clock"
        return clock

    @property
    def now(self) -> datetime:
        """Virtual time of this transaction."""
        return self.clock.at(self.real)

    def roll(self, about: str) -> float:
        """A number in [0, 1) that depends on the seed and on *about*, and on nothing that was asked before."""
        origin = self.origins.get(1)
        assert origin is not None, "a world begins with an origin"
        digest = blake2b(f"{origin.seed} {about}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) / 2**64
