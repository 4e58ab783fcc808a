"""Engine: the one door to the world, and the hand that moves its time."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

from operator_emulator.core.customers import data_streams
from operator_emulator.core.world import clock, jobs, schedule
from operator_emulator.core.world.errors import Busy
from operator_emulator.core.world.model import Outcome, Outgoing, Push
from operator_emulator.core.world.world import World
from operator_emulator.runtime.sender import Sender
from operator_emulator.store import Snapshot, Store, StoreFailure, open_store

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger("operator_emulator.engine")

# After a change the loop waits this long before it looks for due jobs, so that a burst of requests is looked at once.
BATCH_DELAY = 0.002


def real_now() -> datetime:
    """The one place where real time is read."""
    return datetime.now(UTC)


class Engine:
    """Reads, writes, and lets time pass. *plant* makes the first world and every one after a reset.

    Another one may take its place meanwhile (``begin_again``); *planted* made the present one.
    """

    def __init__(
        self,
        store: Store,
        sender: Sender,
        plant: Callable[[World], None],
        now: Callable[[], datetime] = real_now,
    ) -> None:
        self.store = store
        self.sender = sender
        self.plant = self.planted = plant
        self.breathe = 1.0  # seconds that a failing disk is given before the next try
        self._now = now
        self._advancing = False
        self._remembered: Callable[[World], None] | None = None  # whose world the store remembers
        self._stepping = asyncio.Lock()
        self._sends: set[asyncio.Task[None]] = set()

    async def start(self, prepare: Callable[[World], None] | None = None) -> None:
        """Plant the first world, unless the store brings one along; then let *prepare* settle the clock's pace."""
        if self.store.fresh:
            await self.store.begin_again(self._now(), self.plant)
        await self.write(data_streams.recover)
        if prepare is not None:
            await self.write(prepare)

    def read(self, view: Callable[Concatenate[World, P], T], *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        """Await it: what the view says of the world now."""
        return self.store.read(self._now(), view, *args, **kwargs)

    def write(self, verb: Callable[Concatenate[World, P], T], *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        """Await it: the verb has happened wholly, or it raised and nothing has."""
        return self.store.write(self._now(), verb, *args, **kwargs)

    async def times(self) -> tuple[datetime, datetime]:
        """Virtual and real time, now; real time twice if the world cannot be read: the refusal needs a date, too."""
        try:
            return await self.read(both_times)
        except Exception:
            now = self._now()
            return now, now

    async def reset(self) -> None:
        """Begin again from the fixture: clock, ids, tokens, everything. What is being sent is let go."""
        self._let_go()
        await self.begin_again(self.plant)

    async def begin_again(self, plant: Callable[[World], None]) -> None:
        """Begin again with another world, until the next reset. What is being sent is let go.

        If *plant* raises, the world is as it was.
        """
        async with self._stepping:
            if plant is self._remembered:
                await self.store.recall(self._now())
            else:
                await self.store.begin_again(self._now(), plant)
                # Who begins again will do so often, and a copy is far quicker than planting. Of a world whose dates
                # follow real time none is of use.
                if plant is self.planted and await self.read(began_apart):
                    await self.store.remember()
                    self._remembered = plant
            self.planted = plant
            self._let_go()

    async def as_planted(self, view: Callable[Concatenate[World, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a view says of a world that has just begun, made beside this one for the purpose."""
        scratch = open_store(None, await self.read(lambda world: world.policy))
        try:
            await scratch.begin_again(self._now(), self.planted)
            return await scratch.read(self._now(), view, *args, **kwargs)
        finally:
            scratch.close()

    async def save(self, name: str) -> Snapshot:
        """Keep a copy of the whole world under a name."""
        return await self.store.save(self._now(), name)

    async def restore(self, name: str) -> None:
        """Put the world back to a copy; its time goes on from there. What is being sent is let go.

        Raises UnknownSnapshot and StoreFailure; then the world is as it was.
        """
        async with self._stepping:
            await self.store.restore(self._now(), name)
            self._let_go()
            await self.write(data_streams.recover)

    def _let_go(self) -> None:
        for task in tuple(self._sends):
            task.cancel()

    # ------------------------------------------------------------------------------------------ time

    async def advance(self, by: timedelta) -> int:
        """Move time, running each job at its own due time; answer how many ran, when all of it has happened.

        What a job wants sent is sent, and its outcome written down, before the next job runs. Customers may call
        meanwhile; a second advance may not (Busy).
        """
        return await self.advance_to(lambda world: world.now + by)

    async def advance_to(self, aim: Callable[[World], datetime | None], *, again: bool = False) -> int:
        """As ``advance``, to the instant that *aim* names, if any; with *again*, and then to the next that it names."""
        if self._advancing:
            raise Busy
        self._advancing = True
        ran = 0
        try:
            async with self._stepping:
                while (target := await self.read(aim)) is not None:
                    ran += await self._advance_to(target)
                    if not again:
                        break
            return ran
        finally:
            self._advancing = False

    async def _advance_to(self, target: datetime) -> int:
        ran = 0
        while True:
            happened, outgoing = await self._step(target)
            if not happened:
                return ran
            ran += 1
            if outgoing is not None:
                await self._send(outgoing)
            elif ran % 64 == 0:
                await asyncio.sleep(0)  # a long way: let requests in

    async def run(self) -> None:
        """Let time pass by itself, for ever: run jobs as the clock reaches them, and send without waiting."""
        while True:
            heard = self.store.bell.listen()
            try:
                async with self._stepping:
                    happened = await self._run_due()
                if happened:
                    await asyncio.sleep(0)
                    continue
                wait = await self.read(seconds_to_next_job)
            except StoreFailure as failure:
                log.error("%s", failure)
                await asyncio.sleep(self.breathe)
                continue
            except Exception:
                log.exception("a job failed, and is dropped so that the others go on; please report this")
                continue
            # Not wait_for: in Python 3.11 it can swallow a cancellation.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await heard.wait()
                await asyncio.sleep(BATCH_DELAY)

    async def _step(self, until: datetime | None) -> tuple[bool, Push | None]:
        """Run one job. One that has a bug is dropped before its error goes on, or time would stop at it."""
        try:
            return await self.write(jobs.run_next, until)
        except StoreFailure:
            raise
        except Exception:
            await self.write(jobs.drop_next, until)
            raise

    async def _run_due(self) -> bool:
        rate = await self.read(lambda world: world.clock.rate)
        if not rate:
            return False  # manual means manual
        happened, outgoing = await self._step(None)
        if outgoing is not None:
            self._start_sending(outgoing)
        return happened

    async def send_now(
        self, verb: Callable[Concatenate[World, P], Outgoing], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Run a verb, and wait until what it wants sent was sent, and its outcome written down, or a reset lets it go.

        This takes no time of the world, and is no job: it happens in manual time, too.
        """
        await asyncio.wait({self._start_sending(await self.write(verb, *args, **kwargs))})

    def _start_sending(self, outgoing: Push) -> asyncio.Task[None]:
        return self._start(self._send(outgoing))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._sends.add(task)  # the loop itself keeps only a weak reference
        task.add_done_callback(self._sends.discard)
        return task

    async def _send(self, outgoing: Push) -> None:
        outcome = await self.sender(outgoing)
        try:
            await self.write(jobs.settle, outgoing, outcome)
        except StoreFailure as failure:
            log.error("the outcome %s of a push to %s cannot be kept yet: %s", outcome, outgoing.receiver, failure)
            self._start(self._settle_later(outgoing, outcome))

    async def _settle_later(self, outgoing: Push, outcome: Outcome) -> None:
        while True:
            await asyncio.sleep(self.breathe)
            with contextlib.suppress(StoreFailure):
                return await self.write(jobs.settle, outgoing, outcome)

    async def stop(self) -> None:
        """Let go of what is being sent (its retry is promised) and close the store."""
        self._let_go()
        await asyncio.gather(*self._sends, return_exceptions=True)
        self.store.close()


def began_apart(world: World) -> bool:
    """Did this world begin at an instant of its own, whatever time it really was?"""
    origin = world.origins.get(1)
    return origin is not None and origin.began != world.clock.real


def both_times(world: World) -> tuple[datetime, datetime]:
    return world.now, world.real


def seconds_to_next_job(world: World) -> float | None:
    """Real seconds until the first job is due; None when nothing is, or time stands."""
    due = schedule.next_due(world)
    if due is None or not world.clock.rate:
        return None
    return max(0.0, (due - world.now).total_seconds() / world.clock.rate)


def paced(rate: float) -> Callable[[World], None]:
    """A verb that gives the clock its pace, if it has another one."""

    def pace(world: World) -> None:
        if world.clock.rate != rate:
            clock.set_rate(world, rate)

    return pace
