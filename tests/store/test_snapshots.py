"""Copies of the whole world, in memory and beside a file."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from operator_emulator.core.customers.model import Organisation
from operator_emulator.core.world import clock, schedule
from operator_emulator.core.world.errors import UnknownSnapshot
from operator_emulator.core.world.model import Clock, JobKind, Origin
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import World
from operator_emulator.store import Store, StoreFailure, open_store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)

Story = Callable[[Store], Awaitable[None]]
Play = Callable[[Story], None]


def plant(world: World) -> None:
    world.clocks.put(Clock(NOW, NOW, 0))
    world.origins.put(Origin(7, NOW))


def name_it(world: World, name: str) -> Organisation:
    return world.organisations.put(Organisation(id=world.next_id("organisation"), name=name))


def names(world: World) -> list[str]:
    return [one.name for one in world.organisations.find()]


@pytest.fixture(params=["memory", "file"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return None if request.param == "memory" else tmp_path / "world.sqlite"


@pytest.fixture
def play(path: Path | None) -> Play:
    """Play a story with a fresh store of either kind."""

    def play(story: Story) -> None:
        async def main() -> None:
            store = open_store(path, Policy())
            if store.fresh:
                await store.begin_again(NOW, plant)
            await story(store)
            store.close()

        asyncio.run(main())

    return play


def test_everything_is_put_back(play: Play) -> None:
    """Rows, ids, jobs and clock are those of the copy; what came after is gone."""

    async def story(store: Store) -> None:
        await store.write(NOW, name_it, "kept")
        await store.write(NOW, lambda world: schedule.at(world, LATER, JobKind.ORDERS_PAY, 1))
        await store.save(NOW, "one")
        await store.write(NOW, name_it, "lost")
        await store.write(NOW, lambda world: schedule.cancel(world, JobKind.ORDERS_PAY, 1))
        await store.write(NOW, lambda world: clock.move_to(world, LATER))
        await store.restore(NOW, "one")
        assert await store.read(NOW, names) == ["kept"]
        assert await store.read(NOW, lambda world: world.now) == NOW
        assert await store.read(NOW, lambda world: world.jobs.count()) == 1
        assert (await store.write(NOW, name_it, "next")).id == 2

    play(story)


def test_time_goes_on_from_where_it_stood(play: Play) -> None:
    """However much later a copy of a running world is restored."""

    async def story(store: Store) -> None:
        await store.write(NOW, lambda world: clock.set_rate(world, 2))
        saved = await store.save(LATER, "one")
        assert (saved.saved, saved.now) == (LATER, NOW + timedelta(hours=2))
        day = NOW + timedelta(days=1)
        await store.restore(day, "one")
        assert await store.read(day, lambda world: world.now) == NOW + timedelta(hours=2)
        after = day + timedelta(seconds=1)
        assert await store.read(after, lambda world: world.now) == NOW + timedelta(hours=2, seconds=2)

    play(story)


def test_copies_are_listed_replaced_and_discarded(play: Play) -> None:
    """By name, each with its time and size."""

    async def story(store: Store) -> None:
        assert store.snapshots() == []
        for name in ("b", "a", "b"):
            await store.save(NOW, name)
        assert [one.name for one in store.snapshots()] == ["a", "b"]
        assert all(one.now == NOW and one.sims == 0 and one.octets > 0 for one in store.snapshots())
        store.discard("a")
        assert [one.name for one in store.snapshots()] == ["b"]

    play(story)


def test_a_copy_can_be_restored_again_and_again(play: Play) -> None:
    """Restoring does not use it up, and the world that follows does not change it."""

    async def story(store: Store) -> None:
        await store.save(NOW, "one")
        for _ in range(3):
            await store.write(NOW, name_it, "lost")
            await store.restore(NOW, "one")
            assert await store.read(NOW, names) == []

    play(story)


def test_an_unknown_copy_changes_nothing(play: Play) -> None:
    """Neither restoring nor discarding it."""

    async def story(store: Store) -> None:
        await store.write(NOW, name_it, "kept")
        with pytest.raises(UnknownSnapshot):
            await store.restore(NOW, "none")
        with pytest.raises(UnknownSnapshot):
            store.discard("none")
        assert await store.read(NOW, names) == ["kept"]

    play(story)


def test_a_restored_world_is_heard_of(play: Play) -> None:
    """Whoever waits for changes looks again."""

    async def story(store: Store) -> None:
        await store.save(NOW, "one")
        heard = store.bell.listen()
        await store.restore(NOW, "one")
        assert heard.is_set()

    play(story)


def test_a_beginning_is_remembered(play: Play) -> None:
    """Beside the named copies, and never in a file: so that a reset takes no time."""

    async def story(store: Store) -> None:
        with pytest.raises(UnknownSnapshot):
            await store.recall(NOW)
        await store.write(NOW, name_it, "kept")
        await store.remember()
        await store.write(NOW, name_it, "lost")
        for _ in range(2):
            await store.recall(LATER)
            assert await store.read(LATER, names) == ["kept"]
            assert await store.read(LATER, lambda world: world.now) == NOW
        assert store.snapshots() == []

    play(story)


def test_copies_beside_a_file_survive(tmp_path: Path) -> None:
    """As the world does, when the process ends."""
    path = tmp_path / "world.sqlite"

    async def begin() -> None:
        store = open_store(path, Policy())
        await store.begin_again(NOW, plant)
        await store.write(NOW, name_it, "kept")
        await store.save(NOW, "one")
        store.close()

    async def go_on() -> None:
        store = open_store(path, Policy())
        await store.begin_again(NOW, plant)
        await store.restore(NOW, "one")
        assert await store.read(NOW, names) == ["kept"]
        store.close()

    asyncio.run(begin())
    asyncio.run(go_on())


@pytest.mark.parametrize("spoil", ["nothing", "text", "foreign", "newer", "cut"])
def test_a_copy_that_is_no_world_leaves_the_world_alone(tmp_path: Path, spoil: str) -> None:
    """Damaged, foreign or newer: a clear error, and everything is as it was."""
    path = tmp_path / "world.sqlite"

    async def story() -> None:
        store = open_store(path, Policy())
        await store.begin_again(NOW, plant)
        for number in range(200):
            await store.write(NOW, name_it, f"organisation {number}")
        before = await store.read(NOW, names)
        await store.save(NOW, "one")
        copy = tmp_path / "world.sqlite.snapshots" / "one.sqlite"
        if spoil in ("nothing", "text"):
            copy.write_bytes(b"" if spoil == "nothing" else b"no database" * 1000)
        elif spoil == "cut":
            copy.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
        else:
            with sqlite3.connect(copy) as connection:
                connection.execute("PRAGMA application_id = 1" if spoil == "foreign" else "PRAGMA user_version = 999")
            connection.close()
        with pytest.raises(StoreFailure, match=r"snapshot one: .*the world is unchanged"):
            await store.restore(NOW, "one")
        assert await store.read(NOW, names) == before
        store.snapshots()  # lists what can be read, and does not fail
        store.close()

    asyncio.run(story())


def test_a_copy_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    """A file stands where the folder should be."""

    async def story() -> None:
        store = open_store(tmp_path / "world.sqlite", Policy())
        await store.begin_again(NOW, plant)
        (tmp_path / "world.sqlite.snapshots").write_text("in the way")
        with pytest.raises(StoreFailure, match="snapshot one"):
            await store.save(NOW, "one")
        store.close()

    asyncio.run(story())


def test_an_older_copy_is_brought_up_to_date(play: Play, path: Path | None, tmp_path: Path) -> None:
    """One that lacks a table of today gets it, empty."""
    if path is None:
        pytest.skip("copies in memory are never older than the program")

    async def story(store: Store) -> None:
        await store.save(NOW, "one")
        with sqlite3.connect(tmp_path / "world.sqlite.snapshots" / "one.sqlite") as connection:
            connection.execute("DROP TABLE faults")
        connection.close()
        await store.restore(NOW, "one")
        assert await store.read(NOW, lambda world: world.faults.count()) == 0

    play(story)
