"""Pushing what is owed. The retry is promised before the send, so that a crash repeats and never loses."""

from dataclasses import replace
from datetime import timedelta

from emulator.core import events, faults, schedule
from emulator.core.model import (
    EventType,
    Fate,
    Notification,
    Outcome,
    Outgoing,
    Try,
)
from emulator.core.policy import Policy
from emulator.core.tester_model import FaultPoint
from emulator.core.world import World

PUT_OFF = Outcome(None, "put off: too many sends are waiting")


def wait_after(policy: Policy, tries: int) -> timedelta:
    """How long to wait after try number *tries* (from 1) has failed (D§10.4, C12).

    "record": 2, 4, 8, 16 … minutes. "prose": the second try after 5 minutes, the third 15 minutes after the
    first, then doubling.
    """
    if policy.forwarder_retry == "record":
        minutes = 2.0**tries
    else:
        minutes = 5.0 if tries == 1 else 10.0 * 2.0 ** (tries - 2)
    return timedelta(minutes=minutes) * policy.forwarder_retry_scale


def taken(policy: Policy, outcome: Outcome) -> bool:
    """Did the customer take it? Any 2xx, or exactly 200 when strict (D§10.1, C10)."""
    if outcome.status is None:
        return False
    return outcome.status == 200 if policy.forwarder_success == "200" else 200 <= outcome.status < 300


def attempt(world: World, notification_id: str) -> Outgoing | None:
    """Promise the next try, then return what is to be sent now."""
    notification = world.notifications.get(int(notification_id))
    if notification is None or notification.fate is not Fate.OWED:
        return None
    subscription = world.subscriptions.get(notification.subscription)
    event = world.events.get(notification.event)
    if subscription is None or event is None:
        return None
    schedule.cancel(world, "outbox.attempt", notification.id)
    again = world.now + wait_after(world.policy, len(notification.tries) + 1)
    keeps_trying = again < notification.deadline
    if keeps_trying:
        schedule.at(world, again, "outbox.attempt", notification.id)
    notification = world.notifications.put(
        replace(
            notification,
            tries=(*notification.tries, Try(world.now)),
            next_try=again if keeps_trying else None,
        )
    )
    return Outgoing(
        notification,
        subscription,
        event,
        world.sms.get(event.sms) if event.sms is not None else None,
        world.sims.get(event.iccid) if event.iccid is not None else None,
        faults.strike(
            world,
            FaultPoint.CALLBACK,
            f"notification {notification.id} try {len(notification.tries)}",
            iccid=event.iccid,
            organisation=notification.organisation,
            url=subscription.url,
            event=event.type,
        ),
    )


def settle(world: World, notification_id: int, outcome: Outcome) -> None:
    """Write down what came of the newest try. Success ends it; a failure leaves the promised retry standing."""
    notification = world.notifications.get(notification_id)
    if notification is None or notification.fate is not Fate.OWED:
        return
    tries = (*notification.tries[:-1], replace(notification.tries[-1], outcome=outcome))
    notification = replace(notification, tries=tries)
    if taken(world.policy, outcome):
        finish(world, replace(notification, fate=Fate.TAKEN))
        return
    world.notifications.put(notification)
    if outcome == PUT_OFF:
        return
    event = world.events.get(notification.event)
    subscription = world.subscriptions.get(notification.subscription)
    if event is not None and subscription is not None:
        events.record(
            world,
            EventType.FORWARDING_FAILED,
            world.sims.get(event.iccid) if event.iccid is not None else None,
            organisation=notification.organisation,
            what="SMS" if event.type is EventType.MO_RECEIVED else "DLR",
            url=subscription.url,
            code=outcome.status or 500,  # D§10.5: time-outs and refused connections print 500
        )


def give_up(world: World, notification_id: str) -> None:
    """The time for trying is over (D§10.4: 24 h)."""
    notification = world.notifications.get(int(notification_id))
    if notification is not None and notification.fate is Fate.OWED:
        finish(world, replace(notification, fate=Fate.GIVEN_UP))


def finish(world: World, notification: Notification) -> Notification:
    """Close it for good, and take back what was promised."""
    schedule.cancel(world, "outbox.attempt", notification.id)
    schedule.cancel(world, "outbox.give_up", notification.id)
    return world.notifications.put(replace(notification, next_try=None, finished=world.now))
