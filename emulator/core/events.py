"""The log of what happened, and who is owed word of it."""

from typing import Any

from emulator.core import schedule
from emulator.core.model import Event, EventType, Network, Notification, Sim, Sms, Subscription, Way
from emulator.core.world import World


def record(
    world: World,
    type: EventType,
    sim: Sim | None = None,
    *,
    organisation: int | None = None,
    sms: Sms | None = None,
    network: Network | None = None,
    imei: str | None = None,
    **data: Any,
) -> Event:
    """Write one event and owe it to every subscription that wants it.

    *data* holds the values of the sentence that a surface makes of it, as plain JSON. *organisation* is taken from
    the SIM unless given.
    """
    if organisation is None and sim is not None:
        organisation = sim.organisation
    event = world.events.put(
        Event(
            id=world.next_id("event"),
            at=world.now,
            type=type,
            organisation=organisation,
            iccid=sim.iccid if sim else None,
            imsi=sim.imsi if sim else None,
            imei=imei or (sim.imei if sim else None),
            network=network,
            sms=sms.id if sms else None,
            data=data,
        )
    )
    for subscription in world.subscriptions.find(organisation=organisation):
        if type in subscription.wants:
            owe(world, event, subscription)
    return event


def owe(world: World, event: Event, subscription: Subscription) -> Notification:
    """Owe *event* to *subscription*: a push is attempted as soon as time moves, a stream waits to be read."""
    pushed = subscription.way is Way.FORWARDER
    notification = world.notifications.put(
        Notification(
            id=world.next_id("notification"),
            event=event.id,
            subscription=subscription.id,
            organisation=subscription.organisation,
            created=world.now,
            deadline=world.now + world.policy.forwarder_give_up,
            next_try=world.now if pushed else None,
        )
    )
    if pushed:
        schedule.at(world, world.now, "outbox.attempt", notification.id)
        schedule.at(world, notification.deadline, "outbox.give_up", notification.id)
    return notification
