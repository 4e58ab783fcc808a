"""The portal's rate limits (P§7): SIMs that a customer asks about, counted over six minutes and over an hour.

Published are the classes, the figures and that SIMs are counted, for a customer with all its applications. Assumed:
windows slide (in steps of six seconds), what is refused costs nothing, and subunits count with their partner.
"""

from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from operator_emulator.core.partners import partners
from operator_emulator.core.partners.model import RateWindow
from operator_emulator.core.tester import rate_limits
from operator_emulator.core.world.errors import TooManySims
from operator_emulator.core.world.world import World

STEP: Final = 6  # seconds that are counted together
SHORT, LONG = 360 // STEP, 3600 // STEP


@unique
class Class(StrEnum):
    ACTIONS = "actions"
    DETAILS = "details"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Most:
    """How many SIMs in six minutes, and in an hour."""

    short: int
    long: int


MOST: Final = MappingProxyType(
    {
        Class.ACTIONS: Most(1_000, 10_000),
        Class.DETAILS: Most(1_000, 10_000),
        Class.HISTORY: Most(250, 2_500),
    }
)


def count(world: World, partner: str, kind: Class, sims: int) -> None:
    """Count so many SIMs, or refuse the request whole. Raises TooManySims."""
    if not rate_limits.operators_hold(world):
        return
    key = f"{partners.main_of(world, partner)} {kind}"
    row = world.rate_windows.get(key) or RateWindow(id=key)
    step = int(world.now.timestamp()) // STEP
    counts = {then: number for then, number in row.counts.items() if then > step - LONG}
    recent = sum(number for then, number in counts.items() if then > step - SHORT)
    most = MOST[kind]
    if recent + sims > most.short or sum(counts.values()) + sims > most.long:
        raise TooManySims(kind)
    counts[step] = counts.get(step, 0) + sims
    world.rate_windows.put(replace(row, counts=counts))
