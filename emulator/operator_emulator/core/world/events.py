"""The event log, and the notifications owed to subscribers."""

from datetime import UTC, datetime
from types import NoneType
from typing import Final

from operator_emulator.core.customers import data_streams
from operator_emulator.core.customers.model import Sim
from operator_emulator.core.network.model import Network, Sms
from operator_emulator.core.world import schedule
from operator_emulator.core.world.model import PAYLOADS, Event, EventType, JobKind, Notification, Subscription, Way
from operator_emulator.core.world.payloads import Payload
from operator_emulator.core.world.world import World

# Events that partners' profiles react to (P§5.2): the SIM is checked again after them.
WATCHED: Final = frozenset(
    {
        EventType.PDP_CONTEXT_CREATED,
        EventType.PDP_CONTEXT_DELETED,
        EventType.GPRS_LOCATION_UPDATED,
        EventType.LOCATION_UPDATED,
        EventType.SMS_DELIVERED,
        EventType.MO_RECEIVED,
    }
)


def record(
    world: World,
    type: EventType,
    sim: Sim | None = None,
    *,
    organisation: int | None = None,
    partner: str | None = None,
    sms: Sms | None = None,
    network: Network | None = None,
    imei: str | None = None,
    payload: Payload | None = None,
) -> Event:
    """Record an event and owe it to every subscription that wants it.

    *organisation* and *imei* default to the SIM's. An event about a *partner* of the portal has no default
    organisation.
    """
    expected = PAYLOADS.get(type)
    assert isinstance(payload, expected or NoneType), f"{type} with {payload!r}"
    if partner is None and organisation is None and sim is not None:
        organisation = sim.organisation
    event = world.events.put(
        Event(
            id=world.next_id("event"),
            at=world.now,
            type=type,
            organisation=organisation,
            partner=partner,
            iccid=sim.iccid if sim else None,
            imsi=sim.imsi if sim else None,
            imei=imei or (sim.imei if sim else None),
            network=network,
            sms=sms.id if sms else None,
            number=None if partner is None else world.next_id("partner event"),
            payload=payload,
        )
    )
    data_streams.noted(world, event)
    for subscription in subscribers(world, event):
        owe(world, event, subscription)
    if sim is not None and type in WATCHED:
        watch(world, sim)
    return event


def subscribers(world: World, event: Event) -> list[Subscription]:
    """The subscriptions that want an event: forwarders of its organisation, streams that cover its partner."""
    found: list[Subscription] = []
    if event.organisation is not None:
        found += world.subscriptions.find(organisation=event.organisation)
    if event.partner is not None:
        partner = world.partners.get(event.partner)
        for owner in dict.fromkeys((event.partner, partner.parent if partner and partner.parent else event.partner)):
            found += (one for one in world.subscriptions.find(partner=owner) if event.partner in one.covers)
    return [one for one in found if event.type in one.wants]


def horizon(world: World) -> datetime:
    """The instant since which messages and events are shown: seven days ago, or always (D§9.4, 11.1)."""
    kept = world.policy.retention
    return datetime.min.replace(tzinfo=UTC) if kept is None else world.now - kept


def owe(world: World, event: Event, subscription: Subscription) -> Notification:
    """Owe *event* to *subscription*. A push is attempted as soon as time moves; a stream waits to be read."""
    pushed = subscription.way is Way.FORWARDER
    patience = world.policy.forwarder_give_up if pushed else world.policy.stream_retention
    notification = world.notifications.put(
        Notification(
            id=world.next_id("notification"),
            event=event.id,
            subscription=subscription.id,
            organisation=subscription.organisation,
            created=world.now,
            deadline=world.now + patience,
            next_try=world.now if pushed else None,
        )
    )
    if pushed:
        schedule.at(world, world.now, JobKind.OUTBOX_ATTEMPT, notification.id)
    schedule.at(world, notification.deadline, JobKind.OUTBOX_GIVE_UP, notification.id)
    return notification


def watch(world: World, sim: Sim) -> None:
    """Check the profiles of the SIM's contract as soon as time moves."""
    if world.contracts.get(sim.iccid) is not None:
        schedule.cancel(world, JobKind.PROFILES_CHECK, sim.iccid)
        schedule.at(world, world.now, JobKind.PROFILES_CHECK, sim.iccid)
