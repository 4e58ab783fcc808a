"""Bending time. Virtual time never goes backwards: ``begin_again`` starts a new world instead."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.model import LAST_INSTANT as LAST_INSTANT
from operator_emulator.core.world.model import Clock
from operator_emulator.core.world.world import World


def check(instant: datetime, field: str) -> datetime:
    """*instant*, if time can go there. Raises Malformed."""
    if instant >= LAST_INSTANT:
        raise Malformed(field, f"would move the clock beyond the year {LAST_INSTANT.year}")
    return instant


def after(world: World, by: timedelta) -> datetime:
    """The instant that is so far ahead. Raises Malformed."""
    if by >= LAST_INSTANT - world.now:
        check(LAST_INSTANT, "seconds")
    return world.now + by


def move_to(world: World, instant: datetime) -> Clock:
    """Set virtual time to *instant*, or leave it where it is if that has passed."""
    clock = world.clock
    if not clock.rate and instant <= clock.virtual:
        return clock
    return world.clocks.put(replace(clock, real=world.real, virtual=max(world.now, instant)))


def set_rate(world: World, rate: float) -> Clock:
    """From now on let *rate* virtual seconds pass in a real one; 0 is manual."""
    return world.clocks.put(replace(world.clock, real=world.real, virtual=world.now, rate=rate))


def resume(world: World) -> None:
    """Let time go on from where it stood if the host's clock was set back while nobody was looking."""
    if world.real < world.clock.real:
        set_rate(world, world.clock.rate)
