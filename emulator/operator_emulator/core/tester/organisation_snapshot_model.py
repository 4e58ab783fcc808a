"""The noun of all nouns: everything that is of one organisation, as one row."""

from msgspec import Struct

from operator_emulator.core.customers.model import (
    DailyUsage,
    DataStream,
    Order,
    Organisation,
    Sim,
    SupportCase,
    UsageRecord,
    User,
)
from operator_emulator.core.network.model import Sms
from operator_emulator.core.partners.model import Contract, DataSession
from operator_emulator.core.world.model import Event, Job, Notification, Subscription


class OrganisationSnapshot(Struct, frozen=True, gc=False, kw_only=True):
    """The rows of an organisation; its *jobs* without their own ids, which are taken anew."""

    id: int
    organisation: Organisation
    users: tuple[User, ...] = ()
    sims: tuple[Sim, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    usage: tuple[DailyUsage, ...] = ()
    sms: tuple[Sms, ...] = ()
    events: tuple[Event, ...] = ()
    notifications: tuple[Notification, ...] = ()
    orders: tuple[Order, ...] = ()
    cases: tuple[SupportCase, ...] = ()
    contracts: tuple[Contract, ...] = ()
    sessions: tuple[DataSession, ...] = ()
    data_streams: tuple[DataStream, ...] = ()
    usage_records: tuple[UsageRecord, ...] = ()
    jobs: tuple[Job, ...] = ()
