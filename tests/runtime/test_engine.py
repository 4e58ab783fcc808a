"""The engine: time that is moved, time that passes, and what is sent meanwhile."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from operator_emulator.core.world import clock, events, jobs, schedule
from operator_emulator.core.world.errors import Busy
from operator_emulator.core.world.model import Clock, EventType, Fate, Job, JobKind, Origin, Outgoing, Subscription, Way
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import World
from operator_emulator.runtime.engine import Engine, paced, seconds_to_next_job
from operator_emulator.runtime.journal import Journal
from operator_emulator.runtime.sender import OutboundRequest, Reply, Sender, Transport
from operator_emulator.store import StoreFailure
from operator_emulator.store.sqlite.store import SqliteStore

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def render(outgoing: Outgoing) -> OutboundRequest:
    return OutboundRequest("POST", outgoing.subscription.url, (), str(outgoing.event.id).encode())


async def accept(message: OutboundRequest) -> Reply:
    return Reply(200)


@asynccontextmanager
async def emulating(
    transport: Transport = accept, *, rate: float = 0.0, running: bool = False, policy: Policy | None = None
) -> AsyncIterator[Engine]:
    """An emulator with one subscription that wants every failure of the forwarder pushed."""
    policy = policy or Policy()

    def plant(world: World) -> None:
        world.clocks.put(Clock(world.real, BEGIN, rate))
        world.origins.put(Origin(7, BEGIN))
        for id in ("slow", "quick"):
            wants = (EventType.SMS_DELIVERED,)
            organisation = 1 if id == "slow" else 2
            world.subscriptions.put(
                Subscription(id=id, organisation=organisation, way=Way.FORWARDER, wants=wants, url=f"http://{id}.test")
            )

    sender = Sender(transport, {Way.FORWARDER: render}, Journal(), policy, lambda: datetime.now(UTC))
    emulator = Engine(SqliteStore(None, policy), sender, plant)
    await emulator.start(paced(rate))
    task = asyncio.create_task(emulator.run()) if running else None
    try:
        yield emulator
    finally:
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await emulator.stop()


def happen(organisation: int = 1) -> Callable[[World], None]:
    def verb(world: World) -> None:
        events.record(world, EventType.SMS_DELIVERED, organisation=organisation)

    return verb


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run a test that awaits; nothing here may take long."""

    def synchronous() -> None:
        asyncio.run(asyncio.wait_for(test(), 30))

    synchronous.__name__ = test.__name__
    synchronous.__doc__ = test.__doc__
    return synchronous


async def until(emulator: Engine, true: Callable[[World], bool]) -> None:
    """Wait for a change that makes *true* true."""
    while True:
        heard = emulator.store.bell.listen()
        if await emulator.read(true):
            return
        await heard.wait()


def settled(world: World) -> bool:
    return all(one.fate is not Fate.OWED for one in world.notifications.find())


@run
async def test_advance_runs_jobs_at_their_own_time_and_sends_before_it_returns() -> None:
    """The world is at the target only when all of it has happened."""
    seen: list[datetime] = []

    async def customer(message: OutboundRequest) -> Reply:
        seen.append((await emulator.times())[0])
        return Reply(500 if len(seen) < 3 else 200)

    async with emulating(customer) as emulator:
        await emulator.write(happen())
        assert await emulator.advance(timedelta(hours=1)) == 3
        assert seen == [BEGIN, BEGIN + timedelta(minutes=2), BEGIN + timedelta(minutes=6)]
        assert (await emulator.times())[0] == BEGIN + timedelta(hours=1)
        assert await emulator.read(settled)


@run
async def test_manual_means_manual() -> None:
    """Even what is due now waits for an advance; by nothing will do."""
    async with emulating(running=True) as emulator:
        await emulator.write(happen())
        for _ in range(20):
            await asyncio.sleep(0)
        assert not await emulator.read(settled)
        assert await emulator.advance(timedelta(0)) == 1
        assert await emulator.read(settled)


@run
async def test_a_second_advance_is_refused_while_one_is_under_way() -> None:
    """Two hands on the clock would tell two stories."""
    gate = asyncio.Event()

    async def customer(message: OutboundRequest) -> Reply:
        await gate.wait()
        return Reply(200)

    async with emulating(customer) as emulator:
        await emulator.write(happen())
        first = asyncio.create_task(emulator.advance(timedelta(0)))
        while not emulator.sender.waiting:
            await asyncio.sleep(0)
        with pytest.raises(Busy):
            await emulator.advance(timedelta(0))
        gate.set()
        assert await first == 1


@run
async def test_a_long_way_lets_requests_in() -> None:
    """A year of jobs does not hold up a reader."""
    async with emulating() as emulator:

        def many(world: World) -> None:
            for n in range(300):
                schedule.at(world, BEGIN + timedelta(seconds=n), JobKind.OUTBOX_GIVE_UP, 10_000 + n)

        await emulator.write(many)
        advancing = asyncio.create_task(emulator.advance(timedelta(days=1)))
        await asyncio.sleep(0)
        looked = 0
        while not advancing.done():
            await emulator.times()
            looked += 1
            await asyncio.sleep(0)
        assert await advancing == 300
        assert looked > 2


@run
async def test_real_time_passes_by_itself() -> None:
    """At a million seconds a second a retry is soon due; nobody advances."""
    answers = iter([500, 500, 200])

    async def customer(message: OutboundRequest) -> Reply:
        return Reply(next(answers))

    async with emulating(customer, rate=1e6, running=True) as emulator:
        await emulator.write(happen())
        await until(emulator, lambda world: settled(world) and bool(world.notifications.find()))
        [notification] = await emulator.read(lambda world: world.notifications.find())
        assert notification.fate is Fate.TAKEN
        assert len(notification.tries) == 3


@run
async def test_a_customer_that_hangs_holds_up_nobody_else() -> None:
    """One slow subscription fills its own connections only."""
    hangs = asyncio.Event()

    async def customer(message: OutboundRequest) -> Reply:
        if "slow" in message.url:
            await hangs.wait()
        return Reply(200)

    policy = Policy(forwarder_connections=2)
    async with emulating(customer, rate=1.0, running=True, policy=policy) as emulator:
        for _ in range(5):
            await emulator.write(happen(1))
        await emulator.write(happen(2))
        await until(
            emulator,
            lambda world: world.notifications.count(subscription="quick", fate=Fate.TAKEN) == 1,
        )
        assert await emulator.read(lambda world: world.notifications.count(fate=Fate.OWED, subscription="slow")) == 5
        hangs.set()
        await until(emulator, settled)


@run
async def test_sends_beyond_what_may_wait_are_put_off_and_not_lost() -> None:
    """Memory is bounded; the promised retry stands, and no failure is recorded for it."""
    hangs = asyncio.Event()

    async def customer(message: OutboundRequest) -> Reply:
        await hangs.wait()
        return Reply(200)

    policy = Policy(forwarder_connections=1, forwarder_waiting=1)
    async with emulating(customer, rate=1.0, running=True, policy=policy) as emulator:
        await emulator.write(happen())
        await emulator.write(happen())

        def second_was_put_off(world: World) -> bool:
            second = world.notifications.get(2)
            return second is not None and bool(second.tries) and second.tries[-1].outcome is not None

        await until(emulator, second_was_put_off)
        assert await emulator.read(lambda world: world.notifications.count(fate=Fate.OWED, subscription="slow")) == 2
        assert await emulator.read(lambda world: len(world.events.find())) == 2
        hangs.set()


@run
async def test_a_job_with_a_bug_is_dropped_so_that_time_goes_on() -> None:
    """Who advances sees the error once; after it, the next job runs."""
    async with emulating() as emulator:

        def broken(world: World) -> None:
            world.jobs.put(Job(0, BEGIN, "no-such-kind"))

        await emulator.write(broken)
        await emulator.write(happen())
        with pytest.raises(KeyError):
            await emulator.advance(timedelta(0))
        assert await emulator.advance(timedelta(0)) == 1


def test_a_job_with_a_bug_does_not_end_real_time(caplog: pytest.LogCaptureFixture) -> None:
    """The loop says what happened, and goes on."""

    async def story() -> None:
        async with emulating(rate=1.0, running=True) as emulator:
            await emulator.write(lambda world: world.jobs.put(Job(0, BEGIN, "no-such-kind")))
            await emulator.write(happen())
            await until(emulator, settled)

    with caplog.at_level(logging.ERROR):
        asyncio.run(asyncio.wait_for(story(), 30))
    assert "a job failed" in caplog.text


def test_a_failing_disk_does_not_end_real_time(caplog: pytest.LogCaptureFixture) -> None:
    """The loop takes a breath and tries again."""

    class Failing(SqliteStore):
        failures = 1

        async def write(self, real: datetime, verb: Any, *args: Any, **kwargs: Any) -> Any:
            if verb is jobs.run_next and self.failures:
                self.failures -= 1
                raise StoreFailure("the disk is full")
            return await super().write(real, verb, *args, **kwargs)

    async def story() -> None:
        async with emulating(rate=1.0) as emulator:
            emulator.store = Failing(None, Policy())
            emulator.breathe = 0.0
            await emulator.start()
            running = asyncio.create_task(emulator.run())
            await emulator.write(happen())
            await until(emulator, settled)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    with caplog.at_level(logging.ERROR):
        asyncio.run(asyncio.wait_for(story(), 30))
    assert "the disk is full" in caplog.text


@run
async def test_reset_begins_again_and_lets_go_of_what_is_being_sent() -> None:
    """Clock, ids, rows: everything as at first."""
    gate = asyncio.Event()

    async def customer(message: OutboundRequest) -> Reply:
        await gate.wait()
        return Reply(200)

    async with emulating(customer, rate=1.0, running=True) as emulator:
        await emulator.write(happen())
        while not emulator.sender.waiting:
            await asyncio.sleep(0)
        await emulator.reset()
        while emulator.sender.waiting:
            await asyncio.sleep(0)
        assert await emulator.read(lambda world: world.events.find()) == []
        event = await emulator.write(lambda world: events.record(world, EventType.SIM_RELEASED))
        assert event.id == 1


@run
async def test_an_outcome_that_cannot_be_kept_is_logged_and_its_retry_stands() -> None:
    """A crash repeats, and never loses."""
    async with emulating() as emulator:

        class Full(SqliteStore):
            async def write(self, real: datetime, verb: Any, *args: Any, **kwargs: Any) -> Any:
                if getattr(verb, "__name__", "") == "settle":
                    raise StoreFailure("full")
                return await super().write(real, verb, *args, **kwargs)

        emulator.store = Full(None, Policy())
        await emulator.start()
        await emulator.write(happen())
        await emulator.advance(timedelta(0))
        assert await emulator.read(lambda world: world.jobs.count(kind="outbox.attempt")) == 1


@run
async def test_a_world_that_is_there_goes_on() -> None:
    """A store that brings a world along is not planted again; the clock only gets its pace."""
    async with emulating() as emulator:
        await emulator.write(happen())
        again = Engine(emulator.store, emulator.sender, emulator.plant)
        await again.start(paced(2.0))
        assert len(await again.read(lambda world: world.events.find())) == 1
        assert await again.read(lambda world: world.clock.rate) == 2.0
        await again.start(paced(2.0))


@run
async def test_the_next_job_is_due_in_real_seconds() -> None:
    """At pace 60 a minute is a second away; with a standing clock nothing ever is."""
    async with emulating(rate=60.0) as emulator:
        assert await emulator.read(seconds_to_next_job) is None
        await emulator.write(
            lambda world: schedule.at(world, world.now + timedelta(minutes=1), JobKind.OUTBOX_GIVE_UP, 1)
        )
        wait = await emulator.read(seconds_to_next_job)
        assert wait is not None
        assert 0.0 < wait <= 1.0
        await emulator.write(lambda world: clock.set_rate(world, 0.0))
        assert await emulator.read(seconds_to_next_job) is None


def test_a_clock_tells_virtual_time() -> None:
    """Where real time stood, where virtual time stood, and the pace between them."""
    standing = Clock(BEGIN, BEGIN + timedelta(days=1), 0.0)
    hour = timedelta(hours=1)
    assert standing.at(BEGIN + hour) == BEGIN + timedelta(days=1)
    assert replace(standing, rate=60.0).at(BEGIN + hour) == BEGIN + timedelta(days=1) + 60 * hour
