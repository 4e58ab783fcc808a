"""The noun of all nouns: everything that is of one organisation, as one row."""

from dataclasses import dataclass

from emulator.core.model import (
    DailyUsage,
    Event,
    Job,
    Notification,
    Order,
    Organisation,
    Sim,
    Sms,
    Subscription,
    SupportCase,
    User,
)
from emulator.core.partner_model import Contract, DataSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
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
    jobs: tuple[Job, ...] = ()
