"""The engine: time that is moved, time that passes, and what is sent meanwhile."""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from operator_emulator.core.world import clock, events, schedule
from operator_emulator.core.world.errors import AdvanceEnded, Busy, CallbackUnderWay, Malformed, UnknownSnapshot
from operator_emulator.core.world.model import (
    LAST_INSTANT,
    Clock,
    EventType,
    Fate,
    Job,
    JobKind,
    Origin,
    Outgoing,
    Subscription,
    Way,
)
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import World
from operator_emulator.runtime.batches import JobFailed, run_batch
from operator_emulator.runtime.engine import Engine, paced, seconds_to_next_job, steady_clock
from operator_emulator.runtime.journal import Journal
from operator_emulator.runtime.sender import OutboundRequest, Reply, Sender, Transport
from operator_emulator.store import Store, StoreFailure
from operator_emulator.store.sqlite.store import SqliteStore

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def render(outgoing: Outgoing) -> OutboundRequest:
    return OutboundRequest("POST", outgoing.subscription.url, (), str(outgoing.event.id).encode())


async def accept(message: OutboundRequest) -> Reply:
    return Reply(200)


@asynccontextmanager
async def emulating(
    transport: Transport = accept,
    *,
    rate: float = 0.0,
    running: bool = False,
    policy: Policy | None = None,
    store: Store | None = None,
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
    emulator = Engine(store or SqliteStore(None, policy), sender, plant)
    emulator.retry_delay = emulator.sends.retry_delay = 0.0
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
async def test_the_sends_of_one_instant_go_side_by_side() -> None:
    """And time goes on only after the last of them; the outcomes are written down in their order."""
    seen: list[str] = []
    both = asyncio.Event()

    async def customer(message: OutboundRequest) -> Reply:
        seen.append(message.url)
        if len(seen) == 2:
            both.set()
        await both.wait()
        return Reply(500 if "slow" in message.url else 200)

    async with emulating(customer) as emulator:
        await emulator.write(happen(1))
        await emulator.write(happen(2))
        assert await emulator.advance(timedelta(minutes=1)) == 2
        assert seen == ["http://slow.test", "http://quick.test"]
        fates = await emulator.read(lambda world: [one.fate for one in world.notifications.find()])
        assert fates == [Fate.OWED, Fate.TAKEN]


@pytest.mark.parametrize("how", ["reset", "restore", "fixture"])
def test_a_new_world_ends_an_advance_under_way(how: str) -> None:
    """Also one that waits for a customer who hangs; the one who advances is told why."""

    async def story() -> None:
        hangs = asyncio.Event()

        async def customer(message: OutboundRequest) -> Reply:
            hangs.set()
            await asyncio.Event().wait()
            return Reply(200)

        async with emulating(customer) as emulator:
            await emulator.save("before")
            await emulator.write(happen())
            advancing = asyncio.create_task(emulator.advance(timedelta(days=2)))
            await hangs.wait()
            if how == "reset":
                await emulator.reset()
            elif how == "restore":
                await emulator.restore("before")
            else:
                await emulator.begin_again(lambda world: emulator.initial_world(world))
            with pytest.raises(AdvanceEnded):
                await advancing
            assert not emulator.sender.waiting
            assert await emulator.read(lambda world: (world.now, world.events.count())) == (BEGIN, 0)
            assert await emulator.advance(timedelta(hours=1)) == 0

    asyncio.run(asyncio.wait_for(story(), 30))


@run
async def test_a_snapshot_that_is_not_there_ends_no_advance() -> None:
    """Nothing has happened to the world."""
    gate = asyncio.Event()

    async def customer(message: OutboundRequest) -> Reply:
        await gate.wait()
        return Reply(200)

    async with emulating(customer) as emulator:
        await emulator.write(happen())
        advancing = asyncio.create_task(emulator.advance(timedelta(0)))
        while not emulator.sender.waiting:
            await asyncio.sleep(0)
        with pytest.raises(UnknownSnapshot):
            await emulator.restore("none")
        gate.set()
        assert await advancing == 1


@run
async def test_an_advance_ends_when_its_caller_hangs_up() -> None:
    """What it was sending is still written down; the clock is free again."""
    gate = asyncio.Event()

    async def customer(message: OutboundRequest) -> Reply:
        await gate.wait()
        return Reply(200)

    async with emulating(customer) as emulator:
        await emulator.write(happen())
        advancing = asyncio.create_task(emulator.advance(timedelta(days=1)))
        while not emulator.sender.waiting:
            await asyncio.sleep(0)
        advancing.cancel()
        await asyncio.gather(advancing, return_exceptions=True)
        gate.set()
        await until(emulator, settled)
        assert (await emulator.times())[0] == BEGIN
        await emulator.advance(timedelta(hours=1))


@run
async def test_fast_time_sends_nothing_twice_to_a_slow_customer() -> None:
    """A day of the world passes while it answers; no second try begins meanwhile."""
    seen = []

    async def customer(message: OutboundRequest) -> Reply:
        seen.append(message.body)
        for _ in range(50):
            await asyncio.sleep(0.002)
        return Reply(200)

    async with emulating(customer, rate=1e6, running=True) as emulator:
        for _ in range(3):
            await emulator.write(happen())
        await until(emulator, lambda world: world.notifications.count(fate=Fate.TAKEN) == 3)
        assert len(seen) == 3


@run
async def test_a_callback_that_is_being_sent_is_not_sent_beside_it() -> None:
    """Whoever asks for a retry is refused until the first send has ended."""
    gate = asyncio.Event()

    async def customer(message: OutboundRequest) -> Reply:
        await gate.wait()
        return Reply(500)

    async with emulating(customer) as emulator:
        await emulator.write(happen())
        advancing = asyncio.create_task(emulator.advance(timedelta(0)))
        while not emulator.sender.waiting:
            await asyncio.sleep(0)
        with pytest.raises(CallbackUnderWay):
            await emulator.retry(1)
        gate.set()
        await advancing
        await emulator.retry(1)
        [notification] = await emulator.read(lambda world: world.notifications.find())
        assert len(notification.tries) == 2


@run
async def test_an_advance_beyond_the_end_of_time_moves_nothing() -> None:
    """It is refused before the first job runs."""
    async with emulating() as emulator:
        await emulator.write(happen())
        for beyond in (timedelta(days=3_000_000), LAST_INSTANT - BEGIN):
            with pytest.raises(Malformed, match="beyond the year 9000"):
                await emulator.advance(beyond)
        with pytest.raises(Malformed, match="beyond the year 9000"):
            await emulator.advance_to(LAST_INSTANT)
        assert (await emulator.times())[0] == BEGIN
        assert not await emulator.read(settled)


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
    """At ten thousand seconds a second a retry is soon due; nobody advances."""
    answers = iter([500, 500, 200])

    async def customer(message: OutboundRequest) -> Reply:
        return Reply(next(answers))

    async with emulating(customer, rate=1e4, running=True) as emulator:
        await emulator.write(happen())
        await until(emulator, lambda world: settled(world) and bool(world.notifications.find()))
        [notification] = await emulator.read(lambda world: world.notifications.find())
        assert notification.fate is Fate.TAKEN
        assert len(notification.tries) == 3


@run
async def test_a_customer_that_hangs_delays_no_other_customer() -> None:
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
        with pytest.raises(JobFailed, match="job 0"):
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
    assert "job 0 failed, and is dropped" in caplog.text


def test_jobs_that_cannot_be_read_are_dropped_and_said_once(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """By their keys; the loop pauses, answers meanwhile, and the next job runs."""

    def garble(path: Path) -> None:
        with contextlib.closing(sqlite3.connect(path)) as raw:
            raw.execute("UPDATE jobs SET doc = 'no job' WHERE about = '77'")
            raw.commit()

    async def story() -> None:
        path = tmp_path / "world.sqlite"
        async with emulating(store=SqliteStore(path, Policy())) as emulator:
            for _ in range(3):
                await emulator.write(lambda world: schedule.at(world, BEGIN, JobKind.ORDERS_PAY, 77))
            await emulator.write(happen())
        garble(path)
        async with emulating(rate=1.0, running=True, store=SqliteStore(path, Policy())) as emulator:
            await until(emulator, settled)

    with caplog.at_level(logging.ERROR):
        asyncio.run(asyncio.wait_for(story(), 30))
    assert caplog.text.count("is damaged") == 3
    assert caplog.text.count("Traceback") == 0


def test_a_permanent_failure_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """The loop pauses between two tries, and others are answered."""

    class Broken(SqliteStore):
        tries = 0

        async def write(self, real: datetime, verb: Any, *args: Any, **kwargs: Any) -> Any:
            if verb is run_batch:
                self.tries += 1
                raise ZeroDivisionError
            return await super().write(real, verb, *args, **kwargs)

    async def story() -> None:
        store = Broken(None, Policy())
        async with emulating(rate=1.0, running=True, store=store) as emulator:
            while store.tries < 5:
                await emulator.times()
                await asyncio.sleep(0)

    with caplog.at_level(logging.ERROR):
        asyncio.run(asyncio.wait_for(story(), 30))
    assert caplog.text.count("time cannot pass") == 1


@run
async def test_time_stands_at_the_last_instant() -> None:
    """However fast it ran there; requests are answered, and the loop sleeps."""
    async with emulating(rate=1e15, running=True) as emulator:
        while (await emulator.times())[0] < LAST_INSTANT:
            await asyncio.sleep(0)
        await emulator.write(happen())
        await until(emulator, settled)
        assert (await emulator.times())[0] == LAST_INSTANT


def test_a_failing_disk_does_not_end_real_time(caplog: pytest.LogCaptureFixture) -> None:
    """The loop takes a breath and tries again."""

    class Failing(SqliteStore):
        failures = 1

        async def write(self, real: datetime, verb: Any, *args: Any, **kwargs: Any) -> Any:
            if verb is run_batch and self.failures:
                self.failures -= 1
                raise StoreFailure("the disk is full")
            return await super().write(real, verb, *args, **kwargs)

    async def story() -> None:
        async with emulating(rate=1.0) as emulator:
            emulator.store = Failing(None, Policy())
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
                if getattr(verb, "__name__", "") == "settle_all":
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
        again = Engine(emulator.store, emulator.sender, emulator.initial_world)
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
    assert replace(standing, rate=60.0).at(BEGIN - hour) == BEGIN + timedelta(days=1)
    assert replace(standing, rate=1e300).at(BEGIN + hour) == LAST_INSTANT
    assert standing.at(BEGIN + hour) == BEGIN + timedelta(days=1)
    assert replace(standing, rate=60.0).at(BEGIN + hour) == BEGIN + timedelta(days=1) + 60 * hour


def test_the_hosts_clock_may_be_set_while_we_run() -> None:
    """Real time is read once; from then on it goes on evenly, and never back."""
    now = steady_clock()
    instants = [now() for _ in range(1000)]
    assert instants == sorted(instants)
    assert abs(instants[0] - datetime.now(UTC)) < timedelta(minutes=1)


def test_after_a_restart_time_goes_on_though_the_hosts_clock_was_set_back(tmp_path: Path) -> None:
    """Two days earlier on the host's calendar: the world goes on from where it stood."""

    async def story() -> None:
        path = tmp_path / "world.sqlite"
        async with emulating(rate=1.0, store=SqliteStore(path, Policy())) as emulator:
            before = (await emulator.times())[0]
        store = SqliteStore(path, Policy())
        hosts = [datetime.now(UTC) - timedelta(days=2)]
        again = Engine(store, emulator.sender, emulator.initial_world, lambda: hosts[0])
        await again.start()
        after = (await again.times())[0]
        assert after >= before - timedelta(minutes=1)
        hosts[0] += timedelta(hours=1)
        assert (await again.times())[0] == after + timedelta(hours=1)
        await again.stop()

    asyncio.run(asyncio.wait_for(story(), 30))
