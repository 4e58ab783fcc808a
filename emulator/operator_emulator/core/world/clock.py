"""Bending time. Virtual time never goes backwards: ``begin_again`` starts a new world instead."""

from datetime import UTC, datetime

from msgspec.structs import replace

from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.model import Clock
from operator_emulator.core.world.world import World

LAST_INSTANT = datetime(9000, 1, 1, tzinfo=UTC)  # room for every date that is computed from now


def move_to(world: World, instant: datetime) -> Clock:
    """Set virtual time to *instant*, or leave it where it is if that has passed."""
    if instant >= LAST_INSTANT:
        raise Malformed("seconds", f"would move the clock beyond the year {LAST_INSTANT.year}")
    return world.clocks.put(replace(world.clock, real=world.real, virtual=max(world.now, instant)))


def set_rate(world: World, rate: float) -> Clock:
    """From now on let *rate* virtual seconds pass in a real one; 0 is manual."""
    return world.clocks.put(replace(world.clock, real=world.real, virtual=world.now, rate=rate))
