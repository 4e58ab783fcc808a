"""The portal's rate limits (P§7): the SIMs named in a customer's requests are counted over six minutes and an hour.

The classes and figures are published, and that all applications of a customer count together. It is assumed that
windows slide (in steps of six seconds), that refused requests do not count, and that subunits count with their partner.
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

STEP: Final = 6  # seconds
SHORT, LONG = 360 // STEP, 3600 // STEP


@unique
class CallClass(StrEnum):
    ACTIONS = "actions"
    DETAILS = "details"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Allowance:
    """The number of SIMs in six minutes, and in an hour."""

    short: int
    long: int


ALLOWANCES: Final = MappingProxyType(
    {
        CallClass.ACTIONS: Allowance(1_000, 10_000),
        CallClass.DETAILS: Allowance(1_000, 10_000),
        CallClass.HISTORY: Allowance(250, 2_500),
    }
)


def count(world: World, partner: str, kind: CallClass, sims: int) -> None:
    """Count so many SIMs. Raises TooManySims, and counts none of them, if the limit is exceeded."""
    if not rate_limits.operators_hold(world):
        return
    key = f"{partners.main_of(world, partner)} {kind}"
    row = world.rate_windows.get(key) or RateWindow(id=key)
    step = int(world.now.timestamp()) // STEP
    counts = {then: number for then, number in row.counts.items() if then > step - LONG}
    recent = sum(number for then, number in counts.items() if then > step - SHORT)
    allowed = ALLOWANCES[kind]
    if recent + sims > allowed.short or sum(counts.values()) + sims > allowed.long:
        raise TooManySims(kind)
    counts[step] = counts.get(step, 0) + sims
    world.rate_windows.put(replace(row, counts=counts))
