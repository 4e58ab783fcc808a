"""Turns: long work that leaves the event loop to others every few milliseconds."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import Final, TypeVar

T = TypeVar("T")

TURN: Final = 0.01  # seconds


async def in_turns(items: Iterable[T]) -> AsyncIterator[T]:
    """The items; where a turn has passed since the last pause, others have theirs before the next item."""
    end = time.perf_counter() + TURN
    for item in items:
        yield item
        if time.perf_counter() > end:
            await asyncio.sleep(0)
            end = time.perf_counter() + TURN
