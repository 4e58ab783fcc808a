"""Sends: what is being sent to customers beside all else, until its outcome is written down."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from typing import Any, Final, Protocol

from operator_emulator.core.world.model import Outcome, Push
from operator_emulator.store import StoreFailure

Settled = tuple[tuple[Push, Outcome], ...]
"""What was sent, and what came of it."""

log = logging.getLogger("operator_emulator.engine")

CANCELLING: Final = 1.0  # seconds that a cancelled send is given to end


class Settle(Protocol):
    """Write outcomes down, in order. Raises StoreFailure."""

    def __call__(self, outcomes: Settled, /) -> Awaitable[None]: ...


class Sends:
    """*send* carries one push, *settle* writes down what came of some."""

    def __init__(self, send: Callable[[Push], Coroutine[Any, Any, Outcome]], settle: Settle) -> None:
        self.retry_delay = 1.0  # seconds until outcomes that the store cannot keep are tried again
        self.under_way: set[int] = set()  # notifications that are being sent
        self._send_one = send
        self._settle = settle
        self._tasks: set[asyncio.Task[Settled]] = set()
        self._pushes: dict[asyncio.Task[Outcome], Push] = {}
        self._generation = 0  # of worlds: what a send for an earlier one brings is not written down in a later one

    def start(self, *pushes: Push) -> asyncio.Task[Settled]:
        """Send side by side."""
        return self._start(self._send(pushes), {push.callback for push in pushes if push.callback is not None})

    async def cancel(self, organisation: int | None = None) -> None:
        """End what is being sent, all of it or one organisation's, and wait until it has ended.

        Then it leaves no trace in what comes afterwards: outcomes of what is cancelled are not written down.
        """
        ours: Collection[asyncio.Future[Any]]
        if organisation is None:
            self._generation += 1
            ours = {task for task in self._tasks if task is not asyncio.current_task()}
        else:
            ours = {sending for sending, push in self._pushes.items() if push.organisation == organisation}
        for one in ours:
            one.cancel()
        if ours:
            await asyncio.wait(ours, timeout=CANCELLING)

    async def finished(self, task: asyncio.Task[Settled], unless: asyncio.Future[Any] | None = None) -> None:
        """Wait for a send, *unless* something else comes first. It goes on if the one who waits goes away.

        Raises what the send raised.
        """
        await asyncio.wait({task, unless or task}, return_when=asyncio.FIRST_COMPLETED)
        if task.done() and not task.cancelled():
            task.result()

    def _start(self, work: Coroutine[Any, Any, Settled], ids: set[int]) -> asyncio.Task[Settled]:
        """Run *work* beside all else. Until its outcomes are written down, the notifications *ids* are under way."""
        task = asyncio.get_running_loop().create_task(work)
        self.under_way |= ids
        self._tasks.add(task)  # the loop itself keeps only a weak reference

        def over(task: asyncio.Task[Settled]) -> None:
            self._tasks.discard(task)
            error = None if task.cancelled() else task.exception()
            if error is not None:
                log.error("a callback could not be sent; please report this", exc_info=error)
            elif not task.cancelled() and task.result():
                self._start(self._settle_later(task.result()), ids)
                return
            self.under_way.difference_update(ids)

        task.add_done_callback(over)
        return task

    async def _send(self, pushes: Sequence[Push]) -> Settled:
        """Send side by side; then write the outcomes down, in order. Return those that the store cannot keep yet."""
        generation = self._generation
        sending = {asyncio.create_task(self._send_one(push)): push for push in pushes}
        self._pushes |= sending
        try:
            outcomes = await asyncio.gather(*sending, return_exceptions=True)
        finally:
            for one in sending:
                del self._pushes[one]
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        if generation != self._generation:
            return ()
        settled = tuple(
            (push, outcome) for push, outcome in zip(pushes, outcomes, strict=True) if isinstance(outcome, Outcome)
        )
        try:
            await self._settle(settled)
        except StoreFailure as failure:
            log.error(
                "%s of %s cannot be kept yet: %s",
                [outcome for _, outcome in settled],
                [push.receiver for push, _ in settled],
                failure,
            )
            return settled
        return ()

    async def _settle_later(self, settled: Settled) -> Settled:
        """Write the outcomes down as soon as the store can keep them. A world that is replaced ends this."""
        while True:
            await asyncio.sleep(self.retry_delay)
            with contextlib.suppress(StoreFailure):
                await self._settle(settled)
                return ()
