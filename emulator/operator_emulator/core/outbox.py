"""Pushing what is owed. The retry is promised before the send, so that a crash repeats and never loses."""

from datetime import timedelta

from msgspec.structs import replace

from operator_emulator.core.tester import faults
from operator_emulator.core.tester.model import FaultPoint
from operator_emulator.core.world import events, schedule
from operator_emulator.core.world.errors import NothingOwed, UnknownCallback
from operator_emulator.core.world.model import (
    PUT_OFF,
    EventType,
    Fate,
    Job,
    JobKind,
    Notification,
    Outcome,
    Outgoing,
    Try,
    Way,
)
from operator_emulator.core.world.payloads import Forwarded, ForwardingFailure
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import World

KINDS = frozenset({JobKind.OUTBOX_ATTEMPT, JobKind.OUTBOX_GIVE_UP})
SHORTEST_WAIT = timedelta(seconds=1)  # however small the scale: time must pass between two tries


def wait_after(policy: Policy, tries: int) -> timedelta:
    """How long to wait after try number *tries* (from 1) has failed (D§10.4, C12).

    "record": 2, 4, 8, 16 … minutes. "prose": the second try after 5 minutes, the third 15 minutes after the
    first, then doubling.
    """
    tries = min(tries, 30)  # a thousand years, and no number that is too large
    prose = 5.0 if tries == 1 else 10.0 * 2.0 ** (tries - 2)
    minutes = 2.0**tries if policy.forwarder_retry == "record" else prose
    return max(timedelta(minutes=minutes) * policy.forwarder_retry_scale, SHORTEST_WAIT)


def attempt(world: World, notification_id: str) -> Outgoing | None:
    """Promise the next try, then return what is to be sent now."""
    notification = world.notifications.get(int(notification_id))
    if notification is None or notification.fate is not Fate.OWED:
        return None
    subscription = world.subscriptions.get(notification.subscription)
    event = world.events.get(notification.event)
    if subscription is None or event is None:
        return None
    sms = world.sms.get(event.sms) if event.sms is not None else None
    if sms is None and event.sms is not None:  # kept for less than a day, by a setting: there is nothing left to send
        give_up(world, notification_id)
        return None
    notification = replace(notification, tries=(*notification.tries, Try(world.now)), next_try=None)
    notification = world.notifications.put(promise(world, notification))
    return Outgoing(
        notification,
        subscription,
        event,
        sms,
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


def promise(world: World, notification: Notification) -> Notification:
    """Schedule the try after the newest, counted from now, unless it would come after the deadline."""
    again = world.now + wait_after(world.policy, len(notification.tries))
    if again == notification.next_try:
        return notification
    schedule.cancel(world, JobKind.OUTBOX_ATTEMPT, notification.id)
    if again >= notification.deadline:
        return replace(notification, next_try=None)
    schedule.at(world, again, JobKind.OUTBOX_ATTEMPT, notification.id)
    return replace(notification, next_try=again)


def retry(world: World, notification_id: int, *, force: bool = False) -> Outgoing:
    """Try now, whatever was promised; what was given up gets another day.

    Raises UnknownCallback, and NothingOwed if the customer has taken it. With *force* it is owed and sent again.
    """
    notification = world.notifications.get(notification_id)
    if notification is None:
        raise UnknownCallback(notification_id)
    if notification.fate is Fate.TAKEN and not force:
        raise NothingOwed(notification_id)
    if notification.fate is not Fate.OWED:
        deadline = world.now + world.policy.forwarder_give_up
        world.notifications.put(replace(notification, fate=Fate.OWED, deadline=deadline, finished=None))
        schedule.at(world, deadline, JobKind.OUTBOX_GIVE_UP, notification_id)
    outgoing = attempt(world, str(notification_id))
    if outgoing is None or outgoing.subscription.way is not Way.FORWARDER:
        raise UnknownCallback(notification_id)  # whom it was owed to is gone, or fetches it
    return outgoing


def put_off(world: World, job: Job) -> None:
    """The job is due while its notification is being sent: it waits once more as long as that has taken so far.

    This is a promise for the case that the process dies; otherwise ``settle`` replaces it.
    """
    notification = world.notifications.get(int(job.about))
    if notification is not None and notification.fate is Fate.OWED:
        waited = world.now - notification.tries[-1].at
        schedule.at(world, world.now + max(waited, SHORTEST_WAIT), JobKind(job.kind), notification.id)


def settle(world: World, notification_id: int, outcome: Outcome) -> None:
    """Write down the outcome of the newest try. Success ends the notification.

    After a failure the wait until the next try counts from now.
    """
    notification = world.notifications.get(notification_id)
    if notification is None or notification.fate is not Fate.OWED:
        return
    *earlier, newest = notification.tries
    notification = replace(notification, tries=(*earlier, replace(newest, outcome=outcome)))
    if outcome.is_taken(world.policy.forwarder_success):
        finish(world, replace(notification, fate=Fate.TAKEN))
        return
    if world.now >= notification.deadline:
        finish(world, replace(notification, fate=Fate.GIVEN_UP))
    else:
        world.notifications.put(promise(world, notification))
    if outcome == PUT_OFF:
        return
    event = world.events.get(notification.event)
    subscription = world.subscriptions.get(notification.subscription)
    # A failure to tell of a failure is not told of: that would never end.
    if event is not None and subscription is not None and event.type is not EventType.FORWARDING_FAILED:
        events.record(
            world,
            EventType.FORWARDING_FAILED,
            world.sims.get(event.iccid) if event.iccid is not None else None,
            organisation=notification.organisation,
            payload=ForwardingFailure(
                what=Forwarded.SMS if event.type is EventType.MO_RECEIVED else Forwarded.REPORT,
                url=subscription.url,
                code=outcome.status or 500,
            ),
        )


def give_up(world: World, notification_id: str) -> None:
    """The time for trying is over (D§10.4: 24 h)."""
    notification = world.notifications.get(int(notification_id))
    if notification is not None and notification.fate is Fate.OWED:
        finish(world, replace(notification, fate=Fate.GIVEN_UP))


def finish(world: World, notification: Notification) -> Notification:
    """Close it for good, and take back what was promised."""
    schedule.cancel(world, JobKind.OUTBOX_ATTEMPT, notification.id)
    schedule.cancel(world, JobKind.OUTBOX_GIVE_UP, notification.id)
    return world.notifications.put(replace(notification, next_try=None, finished=world.now))
