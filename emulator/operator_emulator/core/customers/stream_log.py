"""What a data stream carries: the kinds of its events, and the records of its log that wait (S§1, 5.2)."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from operator_emulator.core.customers.model import CoreNetwork, DataStream, Generation, StreamKind
from operator_emulator.core.network.model import Sms
from operator_emulator.core.world.model import Event, EventType, Record
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import Since, Table, World

BATCH_MAX: Final = 3000  # records of one request (S§3)

# What the SMS stream carries (S§7): messages from devices, and how messages to devices ended.
SMS_EVENTS: Final = (
    EventType.MO_RECEIVED,
    EventType.SMS_DELIVERED,
    EventType.SMS_FAILED,
    EventType.SMS_EXPIRED,
)
# The types that both generations of the event stream have (S§5.2).
SHARED_EVENTS: Final = (
    EventType.LOCATION_UPDATED,
    EventType.GPRS_LOCATION_UPDATED,
    EventType.PDP_CONTEXT_CREATED,
    EventType.PDP_CONTEXT_REFUSED,
    EventType.PDP_CONTEXT_UPDATED,
    EventType.PDP_CONTEXT_DELETED,
    EventType.LOCATION_PURGED,
    EventType.GPRS_LOCATION_PURGED,
    EventType.SIM_STATE_CHANGED,
    EventType.DATA_LIMIT_REACHED,
    EventType.DATA_THRESHOLD_REACHED,
    EventType.DATA_USED_UP,
    EventType.SMS_THRESHOLD_REACHED,
    EventType.SMS_USED_UP,
    EventType.DATA_QUOTA_ASSIGNED,
    EventType.SMS_QUOTA_ASSIGNED,
    EventType.DATA_QUOTA_EXPIRED,
    EventType.DATA_QUOTA_DELETED,
    EventType.SMS_QUOTA_DELETED,
    EventType.VPN_AUTHENTICATED,
)
# The old stream also has the general events (0), and those of SIMs that come and go (50, 51).
DS1_ONLY: Final = (
    EventType.DATA_DISCONNECTED,
    EventType.FORWARDING_FAILED,
    EventType.FORWARDING_IMPOSSIBLE,
    EventType.SIM_RELEASED,
    EventType.SIM_ASSIGNED,
)
DS2_ONLY: Final = (
    EventType.SMS_QUOTA_EXPIRED,
    EventType.ENDPOINT_ENABLED,
    EventType.ENDPOINT_DISABLED,
    EventType.ENDPOINT_DELETED,
    EventType.VPN_DISCONNECTED,
    EventType.POOL_DATA_USED_UP,
    EventType.POOL_DATA_THRESHOLD_REACHED,
    EventType.POOL_SMS_USED_UP,
    EventType.POOL_SMS_THRESHOLD_REACHED,
)


def batch_size(world: World, stream: DataStream) -> int:
    """How many records one request has at most. The SMS forwarder's requests have one each (S§7)."""
    alone = stream.kind is StreamKind.SMS and world.policy.data_stream_sms == "forwarder"
    return 1 if alone else BATCH_MAX


def log_of(world: World, stream: DataStream) -> Table[Any]:
    return world.usage_records if stream.kind is StreamKind.USAGE else world.events


def newest(world: World, stream: DataStream) -> int:
    """The id of the newest record in its log."""
    return world.last_ids().get("usage record" if stream.kind is StreamKind.USAGE else "event", 0)


def types(stream: DataStream, policy: Policy) -> tuple[EventType, ...]:
    """The kinds of events that it is made of; none if it carries usage."""
    if stream.kind is StreamKind.USAGE:
        return ()
    if stream.kind is StreamKind.SMS:
        return SMS_EVENTS
    if stream.generation is Generation.DS1:
        return SHARED_EVENTS + DS1_ONLY
    return SHARED_EVENTS + DS2_ONLY + (DS1_ONLY if policy.v2_unlisted_events else ())


def conditions_of(world: World, stream: DataStream) -> dict[str, Any]:
    """The conditions of its records that were not taken yet and are still kept."""
    parts = world.organisations.find(parent=stream.organisation)
    conditions: dict[str, Any] = {
        "organisation": (stream.organisation, *(part.id for part in parts)) if parts else stream.organisation,
        "id": Since(stream.position + 1),
        "at": Since(world.now - world.policy.data_stream_retention),
    }
    if stream.kind is not StreamKind.USAGE:
        conditions["type"] = types(stream, world.policy)
    return conditions


def records(world: World, stream: DataStream) -> Iterator[tuple[Record, Sms | None]]:
    """The records that wait, oldest first, each with its message if they are about messages.

    A message may be gone: it may be kept for less time than the event of its delivery.
    """
    conditions, size = conditions_of(world, stream), batch_size(world, stream)
    while True:
        page: list[Record] = log_of(world, stream).find(order="id", limit=size, **conditions)
        messages = messages_of(world, page) if stream.kind is StreamKind.SMS else None
        for record in page:
            message = None if messages is None or not isinstance(record, Event) else messages.get(record.sms)
            if _covers(world, stream, record) and (messages is None or message is not None):
                yield record, message
        if len(page) < size:
            return
        conditions["id"] = Since(page[-1].id + 1)


def messages_of(world: World, page: Iterable[Record]) -> dict[int | None, Sms]:
    ids = tuple({record.sms for record in page if isinstance(record, Event) and record.sms is not None})
    return {message.id: message for message in world.sms.find(id=ids)}


def backlog(world: World, stream: DataStream, most: int | None = None) -> int:
    """How many records wait; *most* if so many are enough to know."""
    conditions = conditions_of(world, stream)
    if stream.generation is Generation.DS1:
        new_sims = world.sims.count(organisation=conditions["organisation"], core=CoreNetwork.PLATFORM_2)
        if new_sims:  # their records stand in the log as well
            return sum(1 for _ in islice(records(world, stream), most))
    return log_of(world, stream).count(**conditions)


def is_full(world: World, stream: DataStream, latest: Record) -> bool:
    """Whether a whole batch waits. Counting is left for when the ids allow it."""
    size = batch_size(world, stream)
    if latest.id - stream.position < size:
        return False
    return log_of(world, stream).count(**conditions_of(world, stream)) >= size


def carries(world: World, stream: DataStream, record: Record) -> bool:
    """Whether the stream has records of that kind and that SIM."""
    if isinstance(record, Event):
        of_kind = record.type in types(stream, world.policy)
    else:
        of_kind = stream.kind is StreamKind.USAGE
    return of_kind and _covers(world, stream, record)


def _covers(world: World, stream: DataStream, record: Record) -> bool:
    """Whether the stream has that SIM: the old generation knows none on the new core (S§9)."""
    sim = world.sims.get(record.iccid)
    return sim is not None and (stream.generation is Generation.DS2 or sim.core is CoreNetwork.PLATFORM_1)
