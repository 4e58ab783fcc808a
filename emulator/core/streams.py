"""Streams: a customer comes to fetch what is owed (P§6)."""

import uuid
from dataclasses import replace
from datetime import datetime
from enum import Enum, auto, unique
from hashlib import blake2b

from emulator.core import outbox
from emulator.core.errors import ForeignStream
from emulator.core.model import Event, Fate, Notification, Outcome, Subscription, Try, Way
from emulator.core.partner_model import PartnerCaller
from emulator.core.world import Since, World


@unique
class Standing(Enum):
    """How a connection stands. The newest one wins; an idle one ends (P§6.4)."""

    CURRENT = auto()
    SUPERSEDED = auto()
    IDLE = auto()


def owned(world: World, caller: PartnerCaller, about: str, subscription_id: str) -> Subscription:
    """The caller's stream. Raises ForeignStream for an unknown one too: never a 404 (trap 10)."""
    subscription = world.subscriptions.get(subscription_id)
    if (
        subscription is None
        or subscription.way is not Way.STREAM
        or subscription.client_id != caller.client_id
        or subscription.about != about
    ):
        raise ForeignStream(subscription_id)
    return subscription


def connect(world: World, caller: PartnerCaller, about: str, subscription_id: str) -> int:
    """Claim the stream: a connection number, of which the newest wins."""
    subscription = owned(world, caller, about, subscription_id)
    number = subscription.connection + 1
    world.subscriptions.put(replace(subscription, connection=number))
    return number


def terminate(world: World, caller: PartnerCaller, about: str, subscription_id: str) -> None:
    """End whatever connection there is, as a newer one would."""
    connect(world, caller, about, subscription_id)


def standing(world: World, subscription_id: str, number: int, busy: datetime) -> Standing:
    """How connection *number* stands, whose last event (or opening) was at *busy*, in virtual time."""
    subscription = world.subscriptions.get(subscription_id)
    if subscription is None or subscription.connection != number:
        return Standing.SUPERSEDED
    if world.now - busy >= world.policy.stream_idle:
        return Standing.IDLE
    return Standing.CURRENT


def owed(world: World, subscription_id: str) -> list[tuple[Notification, Event]]:
    """What is still owed, oldest first, at most a batch."""
    rows = world.notifications.find(
        subscription=subscription_id, fate=Fate.OWED, order="id", limit=world.policy.stream_batch
    )
    return with_events(world, rows)


def since(world: World, subscription_id: str, after: int) -> list[tuple[Notification, Event]]:
    """Everything newer than notification *after*, taken or not: a replay (P§6.3)."""
    rows = world.notifications.find(
        subscription=subscription_id, id=Since(after + 1), order="id", limit=world.policy.stream_batch
    )
    return with_events(world, [row for row in rows if row.fate is not Fate.GIVEN_UP])


def with_events(world: World, rows: list[Notification]) -> list[tuple[Notification, Event]]:
    return [(row, event) for row in rows if (event := world.events.get(row.event)) is not None]


def find_offset(world: World, subscription_id: str, offset: str) -> int | None:
    """The notification that a Last-Event-ID names, if it is one of this stream's."""
    for row in world.notifications.find(subscription=subscription_id, order="-id"):
        if offset_of(world, row.id) == offset.strip().lower():
            return row.id
    return None


def offset_of(world: World, notification_id: int) -> str:
    """The message uuid of ``x-pubsub-offset-id``: looks random (version 4), and is the same in the same world."""
    origin = world.origins.get(1)
    seed = origin.seed if origin else 0
    digest = blake2b(f"{seed} offset {notification_id}".encode(), digest_size=16).digest()
    return str(uuid.UUID(bytes=digest, version=4))


def delivered(world: World, notification_id: int) -> None:
    """The bytes were written to the socket, which is all that counts (P§6.5)."""
    notification = world.notifications.get(notification_id)
    if notification is not None and notification.fate is Fate.OWED:
        tries = (*notification.tries, Try(world.now, Outcome(200)))
        outbox.finish(world, replace(notification, fate=Fate.TAKEN, tries=tries))
