"""Event streams: a customer fetches the notifications that its subscription is owed (P§6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto, unique

from msgspec import Struct
from msgspec.structs import replace

from operator_emulator.core import outbox
from operator_emulator.core.partners import uuids
from operator_emulator.core.partners.model import PartnerCaller
from operator_emulator.core.world.errors import ForeignStream
from operator_emulator.core.world.model import Event, Fate, Notification, Outcome, Subscription, Try, Way
from operator_emulator.core.world.world import Since, World


@unique
class ConnectionState(Enum):
    """The newest connection to a stream wins; an idle one ends (P§6.4)."""

    CURRENT = auto()
    SUPERSEDED = auto()
    IDLE = auto()
    SPENT = auto()  # as long as its client asked for


class Connection(Struct, frozen=True):
    """One connection to a stream, which ends *lasts* after it was opened, if that is given.

    *replays*: the notification after which everything is sent, taken or not; None sends what is owed.
    """

    subscription: str
    number: int
    opened: datetime
    last_event_at: datetime
    lasts: timedelta | None = None
    replays: int | None = None


@dataclass(frozen=True, slots=True)
class StreamState:
    """The state of a connection, what it may send now, and otherwise how long it may wait.

    *wait* is in real seconds; None: until something changes, because the clock stands still or is moved by hand.
    """

    connection: ConnectionState
    owed: list[tuple[Notification, Event]]
    wait: float | None = None


def owned(world: World, caller: PartnerCaller, about: str, subscription_id: str) -> Subscription:
    """The caller's stream. Raises ForeignStream, for an unknown one as well: there is no 404."""
    subscription = world.subscriptions.get(subscription_id)
    if (
        subscription is None
        or subscription.way is not Way.STREAM
        or subscription.client_id != caller.client_id
        or subscription.about != about
    ):
        raise ForeignStream(subscription_id)
    return subscription


def connect(
    world: World,
    caller: PartnerCaller,
    about: str,
    subscription_id: str,
    *,
    after: str | None = None,
    lasts: timedelta | None = None,
) -> Connection:
    """Claim the stream: of all connections to it the newest wins. Raises ForeignStream.

    *after* is the offset of a message: everything that followed it is sent again. An unknown offset is ignored.
    """
    subscription = owned(world, caller, about, subscription_id)
    number = subscription.connection + 1
    world.subscriptions.put(replace(subscription, connection=number))
    replays = find_offset(world, subscription_id, after) if after is not None else None
    return Connection(subscription_id, number, world.now, world.now, lasts, replays)


def terminate(world: World, caller: PartnerCaller, about: str, subscription_id: str) -> None:
    """End the present connection, if any, as a newer one would. Raises ForeignStream."""
    connect(world, caller, about, subscription_id)


def state(world: World, connection: Connection) -> StreamState:
    """What a connection is to do now.

    A notification that became owed after the connection had been idle for too long is not sent on it, even if a jump
    of the clock makes both happen at once.
    """
    if not current(world, connection):
        return StreamState(ConnectionState.SUPERSEDED, [])
    ends, ended = connection.last_event_at + world.policy.stream_idle, ConnectionState.IDLE
    if connection.lasts is not None and connection.opened + connection.lasts < ends:
        ends, ended = connection.opened + connection.lasts, ConnectionState.SPENT
    rows = due(world, connection)
    if rows and rows[0][0].created < ends:
        return StreamState(ConnectionState.CURRENT, [row for row in rows if row[0].created < ends])
    if world.now >= ends:
        return StreamState(ended, [])
    rate = world.clock.rate
    wait = (ends - world.now).total_seconds() / rate if rate else None
    return StreamState(ConnectionState.CURRENT, [], wait)


def due(world: World, connection: Connection) -> list[tuple[Notification, Event]]:
    """The next batch to send, oldest first: what is owed or, in a replay, everything newer."""
    order, limit = "id", world.policy.stream_batch
    if connection.replays is None:
        rows = world.notifications.find(subscription=connection.subscription, fate=Fate.OWED, order=order, limit=limit)
    else:
        rows = world.notifications.find(
            subscription=connection.subscription,
            fate=(Fate.OWED, Fate.TAKEN),
            id=Since(connection.replays + 1),
            order=order,
            limit=limit,
        )
    return [(row, event) for row in rows if (event := world.events.get(row.event)) is not None]


def delivered(world: World, connection: Connection, notification_id: int) -> Connection | None:
    """Settle a notification whose bytes were written to the socket; the platform asks for no more (P§6.5).

    Returns the connection with its new ``last_event_at``, or None if it has been superseded or the world was reset.
    With a manual clock no time passes between two jobs, so the event counts as taken when it became owed.
    """
    notification = world.notifications.get(notification_id)
    if notification is not None and notification.fate is Fate.OWED:
        tries = (*notification.tries, Try(world.now, Outcome(200)))
        outbox.finish(world, replace(notification, fate=Fate.TAKEN, tries=tries))
    if notification is None or not current(world, connection):
        return None
    moment = world.now if world.clock.rate else notification.created
    replays = None if connection.replays is None else notification_id
    return replace(connection, last_event_at=max(connection.last_event_at, moment), replays=replays)


def current(world: World, connection: Connection) -> bool:
    """Whether it is the newest one, and its subscription still exists."""
    subscription = world.subscriptions.get(connection.subscription)
    return subscription is not None and subscription.connection == connection.number


# --------------------------------------------------------------------------------------------- offsets


def offset_of(world: World, notification_id: int) -> str:
    """The message UUID of ``x-pubsub-offset-id``."""
    return uuids.numbered(world, "offset", notification_id)


def find_offset(world: World, subscription_id: str, offset: str) -> int | None:
    """The id of the notification that a Last-Event-ID names, if it belongs to this stream."""
    id = uuids.number_of(world, "offset", offset)
    notification = world.notifications.get(id) if id is not None else None
    return id if notification is not None and notification.subscription == subscription_id else None
