"""Long work in turns with everything else."""

import asyncio
import time
from collections.abc import Iterator

from operator_emulator.runtime.turns import TURN, in_turns


def items_that_take_long() -> Iterator[int]:
    """Each takes longer than a turn."""
    for number in range(5):
        end = time.perf_counter() + TURN
        while time.perf_counter() <= end:
            pass
        yield number


def test_others_have_their_turn() -> None:
    """After every item that took a whole turn."""

    async def story() -> tuple[list[int], int]:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        other = asyncio.ensure_future(others())
        found = [item async for item in in_turns(items_that_take_long())]
        other.cancel()
        return found, turns

    found, turns = asyncio.run(story())
    assert found == [0, 1, 2, 3, 4]
    assert turns >= 4
