"""Engine: runs verbs and views on the world, and moves its time.

A unit of work never waits, so everything here that loops gives the event loop its turn between two units.
"""

import asyncio
import contextlib
import logging
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from operator_emulator.core import outbox
from operator_emulator.core.customers import data_streams
from operator_emulator.core.world import clock, jobs, schedule
from operator_emulator.core.world.errors import AdvanceEnded, Busy, CallbackUnderWay
from operator_emulator.core.world.world import World
from operator_emulator.fixtures import Planting
from operator_emulator.runtime.batches import BATCH_JOBS, Aim, Batch, JobFailed, run_batch
from operator_emulator.runtime.sender import Sender
from operator_emulator.runtime.sends import Sends, Settled
from operator_emulator.store import DamagedRow, Snapshot, Store, StoreFailure, open_store

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger("operator_emulator.engine")

BATCH_DELAY: Final = 0.002  # seconds from a change to the look for due jobs, so that a burst is looked at once
LONGEST_SLEEP: Final = 3600.0  # seconds; event loops refuse very long ones
SWITCH: Final = 0.00005  # seconds between turns of threads while one of them plants
IDLE: Final = timedelta(days=400)  # a world in which only later things are left is idle: validity periods may be long


def steady_clock() -> Callable[[], datetime]:
    """A clock that begins at the host's time and goes on evenly, whatever the host's clock is set to afterwards."""
    began, origin = datetime.now(UTC), time.monotonic()
    return lambda: began + timedelta(seconds=time.monotonic() - origin)


real_now = steady_clock()
"""The one place where real time is read."""


class Engine:
    """*initial_world* makes the first world and the one after each reset.

    ``begin_again`` replaces the world until the next reset; *current_world* made the present one.
    """

    def __init__(
        self,
        store: Store,
        sender: Sender,
        initial_world: Callable[[World], None],
        now: Callable[[], datetime] = real_now,
    ) -> None:
        self.store = store
        self.sender = sender
        self.sends = Sends(sender, self._settle)
        self.initial_world = self.current_world = initial_world
        self.retry_delay = 1.0  # seconds between a failure of the job loop and the next try
        self._now = now
        self._copied_world: Callable[[World], None] | None = None  # the store has a copy of what it made
        self._stepping = asyncio.Lock()
        self._advance: asyncio.Future[str] | None = None  # of the advance under way; its result is what ends it early
        self._replacements = self._world_replaced = 0
        self._organisations_replaced: dict[int | None, int] = {}
        self._last_failure = ""
        self.open_streams: Counter[str] = Counter()  # connections, by the id of their subscription

    def announce(self, table: str, key: Any) -> None:
        """Tell who follows the world of something that is no row of it."""
        if self.store.feed.active:
            self.store.feed.note(table, key)
            self.store.feed.commit()
            self.store.bell.ring()

    @contextlib.contextmanager
    def streaming(self, subscription: str) -> Iterator[None]:
        """While a client of this subscription is connected."""
        self.open_streams[subscription] += 1
        self.announce("subscriptions", subscription)
        try:
            yield
        finally:
            self.open_streams[subscription] -= 1
            self.announce("subscriptions", subscription)

    async def start(self, prepare: Callable[[World], None] | None = None) -> None:
        """Make the first world, unless the store brings one along; then let *prepare* set the clock's pace."""
        if self.store.fresh:
            await self.store.begin_again(self._now(), self.initial_world)
        await self.write(clock.resume)
        await self.write(data_streams.recover)
        if prepare is not None:
            await self.write(prepare)

    def read(self, view: Callable[Concatenate[World, P], T], *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        """Run a view of the world as it is now."""
        return self.store.read(self._now(), view, *args, **kwargs)

    def write(self, verb: Callable[Concatenate[World, P], T], *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        """Run a verb in one transaction: all of it is applied, or none."""
        return self.store.write(self._now(), verb, *args, **kwargs)

    async def times(self) -> tuple[datetime, datetime]:
        """Virtual and real time, now; real time twice if the world cannot be read: the refusal needs a date, too."""
        try:
            return await self.read(both_times)
        except Exception:
            now = self._now()
            return now, now

    # ------------------------------------------------------------------------------------------ other worlds

    async def reset(self) -> None:
        """Begin again from the fixture: clock, ids, tokens, everything. Sends and an advance under way end."""
        await self.begin_again(self.initial_world, ended_by="a reset")

    async def begin_again(self, make_world: Callable[[World], None], *, ended_by: str = "another fixture") -> None:
        """Begin again with another world, until the next reset. Sends and an advance under way end.

        If *make_world* raises, the world is as it was.
        """
        self._end_advance(ended_by)
        async with self._stepping:
            if make_world is self._copied_world:
                await self.store.recall(self._now())
            elif isinstance(make_world, Planting) and make_world.is_large:
                await self._plant_aside(make_world)
            else:
                await self.store.begin_again(self._now(), make_world)
                # Resets come in series, and copying is much faster than loading the fixture. A copy is useless if
                # the fixture's dates depend on the real time.
                if make_world is self.current_world and await self.read(began_apart):
                    await self.store.remember()
                    self._copied_world = make_world
            self.current_world = make_world
            await self._replaced()

    async def _plant_aside(self, make_world: Planting) -> None:
        """Make a large world in a thread. The present one goes on until it is done, and then makes room for it."""
        aside = open_store(None, await self.read(lambda world: world.policy))
        with frequent_switches():
            await asyncio.to_thread(asyncio.run, aside.begin_again(self._now(), make_world))
        keep = await aside.read(self._now(), began_apart)
        await self.store.adopt(self._now(), aside, keep=keep)
        self._copied_world = make_world if keep else None

    async def as_planted(self, view: Callable[Concatenate[World, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of a view of the present world as it began; it is made again beside this one."""
        scratch = open_store(None, await self.read(lambda world: world.policy))
        try:
            await scratch.begin_again(self._now(), self.current_world)
            return await scratch.read(self._now(), view, *args, **kwargs)
        finally:
            scratch.close()

    async def begin_again_for(
        self, organisation: int, verb: Callable[Concatenate[World, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a verb that makes one organisation anew, or removes it. What is under way for it ends."""
        value = await self.write(verb, *args, **kwargs)
        await self._replaced(organisation)
        return value

    async def save(self, name: str) -> Snapshot:
        """Keep a copy of the whole world under a name."""
        return await self.store.save(self._now(), name)

    async def restore(self, name: str) -> None:
        """Put the world back to a copy; its time goes on from there. Sends and an advance under way end.

        Raises UnknownSnapshot and StoreFailure; then the world is as it was.
        """
        self.store.snapshot(name)
        self._end_advance("a restored snapshot")
        async with self._stepping:
            await self.store.restore(self._now(), name)
            await self._replaced()
            await self.write(data_streams.recover)

    def _end_advance(self, by: str) -> None:
        """End an advance that is under way; it may be waiting for what it sends."""
        if self._advance is not None and not self._advance.done():
            self._advance.set_result(by)

    async def _replaced(self, organisation: int | None = None) -> None:
        """The world, or all of one organisation, has begun again: what is under way for it ends without a trace."""
        self._replacements += 1
        if organisation is None:
            self._organisations_replaced.clear()
            self._world_replaced = self._replacements
        else:
            self._organisations_replaced[organisation] = self._replacements
        await self.sends.cancel(organisation)

    @property
    def replacements(self) -> int:
        """How often the world or an organisation has begun again."""
        return self._replacements

    def is_replaced(self, since: int, organisation: int | None) -> bool:
        """Whether the world, or this organisation, has begun again after so many *replacements*."""
        latest = max(self._world_replaced, self._organisations_replaced.get(organisation, 0))
        return latest > since

    # ------------------------------------------------------------------------------------------ moving time

    async def advance(self, by: timedelta) -> int:
        """Move time on. Each job runs at its own due time; answer how many ran.

        What jobs want sent in one instant is sent side by side, and its outcome is written down before time goes on.
        Customers may call meanwhile. Raises Malformed beyond the last instant, Busy while another advance is under
        way, and AdvanceEnded if the world is replaced meanwhile.
        """
        return await self._move(lambda world: clock.after(world, by))

    async def advance_to(self, instant: datetime) -> int:
        """As ``advance``."""
        return await self._move(lambda _: clock.check(instant, "to"))

    async def advance_to_next_job(self) -> int:
        """As ``advance``, to the instant at which the next job is due."""

        def aim(world: World) -> datetime | None:
            due = schedule.next_due(world)
            return None if due is None else clock.check(due, "until")

        return await self._move(aim)

    async def advance_until_idle(self) -> int:
        """As ``advance``, until nothing is left but recurring jobs, and jobs that are more than IDLE away."""
        latest = min(await self.read(lambda world: world.now) + IDLE, clock.LAST_INSTANT)

        def aim(world: World) -> datetime | None:
            due = schedule.next_due(world, jobs.RECURRING)
            return due if due is not None and due <= latest else None

        return await self._move(aim, again=True)

    async def _move(self, aim: Aim, *, again: bool = False) -> int:
        """Move time to the instant that *aim* names, if any; *again*: and on to the next, until it names none."""
        if self._advance is not None:
            raise Busy
        self._advance = ended = asyncio.get_running_loop().create_future()
        ran = 0
        try:
            async with self._stepping:
                if not again:
                    target = await self.read(aim)
                    aim = lambda _: target  # noqa: E731
                while not (batch := await self._run_batch(aim, again)).over:
                    ran += batch.ran
                    if batch.outgoing:
                        await self.sends.finished(self.sends.start(*batch.outgoing), unless=ended)
                    else:
                        await asyncio.sleep(0)
                    if ended.done():
                        raise AdvanceEnded(ended.result())
            return ran + batch.ran
        finally:
            self._advance = None

    async def _run_batch(self, aim: Aim | None, again: bool = False) -> Batch:
        """Run some jobs. One that fails is dropped before its error goes on, or time would stop at it."""
        try:
            return await self.write(run_batch, aim, again, self.sends.under_way, BATCH_JOBS)
        except JobFailed:  # nothing of the batch has happened: the jobs before it are to run
            await asyncio.sleep(0)
        try:
            return await self.write(run_batch, aim, again, self.sends.under_way, 1)
        except JobFailed as failed:
            await self.write(schedule.drop, failed.key)
            raise

    # ------------------------------------------------------------------------------------------ passing time

    async def run(self) -> None:
        """Let time pass by itself, for ever: run jobs as the clock reaches them, and send without waiting."""
        while True:
            heard = self.store.bell.listen()
            try:
                async with self._stepping:
                    over = await self._run_due()
                wait = await self.read(seconds_to_next_job) if over else 0.0
                self._last_failure = ""
            except Exception as failure:
                self._report(failure)
                await self._drop_damaged(failure)
                await asyncio.sleep(self.retry_delay)
                continue
            if not over:
                await asyncio.sleep(0)
                continue
            # Not wait_for: in Python 3.11 it can swallow a cancellation.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await heard.wait()
                await asyncio.sleep(BATCH_DELAY)

    async def _run_due(self) -> bool:
        """Run some of the jobs that are due; answer whether there are no more."""
        if not await self.read(lambda world: world.clock.rate):
            return True  # manual means manual
        batch = await self._run_batch(None)
        for outgoing in batch.outgoing:
            self.sends.start(outgoing)
        return batch.over

    async def _drop_damaged(self, failure: Exception) -> None:
        """A job that cannot be read can still be dropped by its key."""
        if isinstance(failure, DamagedRow) and failure.table == "jobs":
            with contextlib.suppress(StoreFailure):
                await self.write(schedule.drop, failure.key)

    def _report(self, failure: Exception) -> None:
        """Log a failure of the job loop; one that comes again and again is logged once."""
        cause = failure.__cause__ if isinstance(failure, JobFailed) else failure
        text = f"{type(cause).__name__}: {cause}"
        if text == self._last_failure:
            return
        self._last_failure = text
        if isinstance(failure, JobFailed):
            log.error("%s failed, and is dropped so that the others go on; please report this", failure, exc_info=cause)
        elif isinstance(failure, StoreFailure):
            log.error("%s", failure)
        else:
            log.error("time cannot pass; please report this", exc_info=failure)

    # ------------------------------------------------------------------------------------------ sending

    async def _settle(self, outcomes: Settled) -> None:
        """Write down what came of what was sent."""
        await self.write(settle_all, outcomes)

    async def retry(self, notification_id: int, **choices: Any) -> None:
        """Send a notification now, and wait until the outcome is written down or the world is replaced.

        This takes no time of the world, and is no job: it happens in manual time, too. Raises as ``outbox.retry``
        does, and CallbackUnderWay.
        """
        if notification_id in self.sends.under_way:
            raise CallbackUnderWay(notification_id)
        await self.sends.finished(self.sends.start(await self.write(outbox.retry, notification_id, **choices)))

    async def stop(self) -> None:
        """End what is being sent (its retry is promised) and close the store."""
        await self.sends.cancel()
        self.store.close()


@contextlib.contextmanager
def frequent_switches() -> Iterator[None]:
    """SQLite lets go of the interpreter's lock at each statement; with the usual 5 ms until a thread gets it back, one
    that plants beside a busy event loop takes a hundred times as long."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def both_times(world: World) -> tuple[datetime, datetime]:
    return world.now, world.real


def seconds_to_next_job(world: World) -> float | None:
    """Real seconds until the first job is due, as far as anybody sleeps; None if there is none, or time stands."""
    due = schedule.next_due(world)
    if due is None or not world.clock.rate:
        return None
    return min(max(0.0, (due - world.now).total_seconds() / world.clock.rate), LONGEST_SLEEP)


def paced(rate: float) -> Callable[[World], None]:
    """A verb that gives the clock its pace, if it has another one."""

    def pace(world: World) -> None:
        if world.clock.rate != rate:
            clock.set_rate(world, rate)

    return pace


def began_apart(world: World) -> bool:
    """Did this world begin at an instant of its own, whatever time it really was?"""
    origin = world.origins.get(1)
    return origin is not None and origin.began != world.clock.real


def settle_all(world: World, outcomes: Settled) -> None:
    for push, outcome in outcomes:
        jobs.settle(world, push, outcome)
