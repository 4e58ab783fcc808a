"""Housekeeping: what every midnight brings. SIMs reach the end of their life, and what is old is let go."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from msgspec.structs import replace

from operator_emulator.core.customers import quotas
from operator_emulator.core.customers.model import Sim, SimState
from operator_emulator.core.network import device
from operator_emulator.core.world import events, schedule
from operator_emulator.core.world.calendar import add_months, next_midnight
from operator_emulator.core.world.model import DAY, EventType, JobKind
from operator_emulator.core.world.world import Before, Table, World

BATCH: Final = 500  # rows of a kind in one transaction, so that nobody waits long
AGAIN: Final = "again"  # the rest of what a midnight found
REMEMBERED: Final = timedelta(days=30)  # a token that has ended is still told from one that never was
MOMENT: Final = timedelta(microseconds=1)


def begin(world: World) -> None:
    """Let the first midnight come. A world has one housekeeping, however often this is called."""
    schedule.cancel(world, JobKind.HOUSEKEEPING)
    schedule.at(world, next_midnight(world.now), JobKind.HOUSEKEEPING)


def midnight(world: World, about: str = "") -> None:
    """One round, and another at once if there was too much for one. The next midnight is counted from now."""
    if about != AGAIN:
        begin(world)
    if tidy(world):
        schedule.at(world, world.now, JobKind.HOUSEKEEPING, AGAIN)


def tidy(world: World) -> bool:
    """Do so much of everything that is due; answer whether there may be more."""
    ended = world.sims.find(
        state=(SimState.ISSUED, SimState.ACTIVATED, SimState.SUSPENDED),
        expires=Before(world.now),
        limit=BATCH,
    )
    for sim in ended:
        end_life(world, sim)
    more = len(ended) == BATCH
    for table, key, conditions in let_go(world):
        old = table.find(limit=BATCH, **conditions)
        for row in old:
            table.delete(getattr(row, key))
        more = more or len(old) == BATCH
    return more


def end_life(world: World, sim: Sim) -> Sim:
    """The SIM has reached the end of its life. Its volumes lapse unless it is extended (D§12.4, 14)."""
    sim = device.drop(world, world.sims.put(replace(sim, state=SimState.EXPIRED)))
    events.record(world, EventType.DATA_QUOTA_EXPIRED, sim)
    events.record(world, EventType.SMS_QUOTA_EXPIRED, sim)
    return sim


def let_go(world: World) -> Iterator[tuple[Table[Any], str, dict[str, Any]]]:
    """Tables with the rows that may go: (table, key, conditions)."""
    now = world.now
    yield world.tokens, "digest", {"expires": Before(now - REMEMBERED)}
    # After the time of grace the operator deletes the SIM for good (D§12.4).
    gone = Before(add_months(now, -world.policy.grace_months))
    yield world.sims, "iccid", {"state": SimState.EXPIRED, "expires": gone}
    yield world.usage, "id", {"day": Before(str(quotas.oldest_day(world) - DAY))}
    # How far back the portal tells of sessions is not published; here as far as of usage.
    yield world.sessions, "id", {"closed": Before(add_months(now, -world.policy.usage_months))}
    yield world.usage_records, "id", {"at": Before(now - world.policy.data_stream_retention - MOMENT)}
    if world.policy.retention is None:
        return
    old = Before(events.horizon(world) - MOMENT)
    # A message that may still be delivered outlives its days in the API.
    yield world.sms, "id", {"submitted": old, "expires": Before(now)}
    yield world.notifications, "id", {"finished": old}
    yield world.events, "id", {"at": old}
