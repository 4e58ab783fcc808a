"""What every store promises; there is one suite for all of them."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from operator_emulator.core.customers.model import DailyUsage, Organisation, Quota, Sim, SimState
from operator_emulator.core.network.model import Device, DeviceStatus, PdpContext, Rat
from operator_emulator.core.partners.notices import ActionDone
from operator_emulator.core.world.model import Clock, Event, EventType, Job, Notification, Origin, Outcome, Try
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import Before, Between, Prefix, Since, World
from operator_emulator.store import StoreFailure, open_store, tables
from operator_emulator.store.bell import Bell
from operator_emulator.store.sqlite import store
from operator_emulator.store.sqlite.store import SqliteStore
from operator_emulator.store.tables import Kept

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PAGE = 8192  # octets
LOOP = asyncio.new_event_loop()
T = TypeVar("T")


def finish(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; a new event loop would take longer than most of them."""
    return LOOP.run_until_complete(coroutine)


@pytest.fixture(scope="module", autouse=True)
def _close_the_loop() -> Iterator[None]:
    yield
    LOOP.close()


def plant(world: World) -> None:
    world.clocks.put(Clock(world.real, NOW, rate=0))
    world.origins.put(Origin(7, NOW))


class SynchronousStore:
    """A store whose coroutines are run to their end."""

    def __init__(self, path: Path | None = None) -> None:
        self.store = SqliteStore(path, Policy())

    def do(self, verb: Callable[..., Any], *args: Any) -> Any:
        return finish(self.store.write(NOW, verb, *args))

    def look(self, view: Callable[..., Any], *args: Any) -> Any:
        return finish(self.store.read(NOW, view, *args))

    def begin_again(self, planting: Callable[[World], None] = plant) -> None:
        finish(self.store.begin_again(NOW, planting))


@pytest.fixture
def shelf() -> Iterator[SynchronousStore]:
    """A store in memory."""
    shelf = SynchronousStore()
    yield shelf
    shelf.store.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "world.db"


def job(id: int, minutes: int = 0, kind: str = "a", about: str = "") -> Job:
    return Job(id, NOW + timedelta(minutes=minutes), kind, about)


def put_jobs(world: World, *jobs: Job) -> None:
    for one in jobs:
        world.jobs.put(one)


def usage(iccid: str, day: str, octets: int = 0) -> DailyUsage:
    return DailyUsage(id=f"{iccid} {day}", iccid=iccid, day=day, octets_tx=octets)


def sim(iccid: str, position: int = 1, **more: Any) -> Sim:
    return Sim(
        iccid=iccid,
        organisation=4321,
        position=position,
        imsi="901405100000001",
        msisdn="882285100000001",
        ip_address="10.0.0.1",
        **more,
    )


def ids(rows: list[Any]) -> list[Any]:
    return [row.id for row in rows]


# --------------------------------------------------------------------------------------------- rows


def test_a_row_is_read_as_it_was_written(shelf: SynchronousStore) -> None:
    """Put, got, replaced, deleted; what is not there is None."""

    def use(world: World) -> None:
        assert world.jobs.get(1) is None
        assert world.jobs.put(job(1)) == job(1) == world.jobs.get(1)
        world.jobs.put(job(1, kind="b"))
        assert world.jobs.get(1) == job(1, kind="b")
        world.jobs.delete(1)
        world.jobs.delete(1)
        assert world.jobs.get(1) is None

    shelf.do(use)


def test_every_kind_of_value_survives_the_disk(path: Path) -> None:
    """Enums, nested nouns, tuples, optional instants, free data; one noun of each shape."""
    device = Device(
        status=DeviceStatus.ONLINE, rat=Rat.CAT_M, attached=NOW, pdp=PdpContext(id=1, opened=NOW, octets_tx=2**60)
    )
    quota = Quota(volume=-5, total=250, last_added=250, changed=NOW, exceeded=NOW + timedelta(microseconds=1))
    rows: dict[str, Any] = {
        "sims": sim("89", state=SimState.EXPIRED, device=device, sms_quota=quota, label="é\n\0 漢 😀"),
        "events": Event(
            id=1,
            at=NOW,
            type=EventType.SIM_ACTION_DONE,
            organisation=None,
            payload=ActionDone(signup="1", overrides={"a": [1, 2.5, None, "x"]}),
        ),
        "notifications": Notification(
            id=1,
            event=1,
            subscription="s",
            organisation=1,
            created=NOW,
            deadline=NOW,
            tries=(Try(NOW, Outcome(None, "refused")), Try(NOW)),
        ),
        "organisations": Organisation(id=2**62, name="", limits={"data": 9}),
        "jobs": job(1),
    }

    def write(world: World) -> None:
        for name, row in rows.items():
            getattr(world, name).put(row)

    first = SynchronousStore(path)
    first.do(write)
    first.store.close()
    again = SynchronousStore(path)
    keys = {"sims": "89", "organisations": 2**62}
    read = {name: again.look(lambda world, name=name: getattr(world, name).get(keys.get(name, 1))) for name in rows}
    again.store.close()
    assert read == rows


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(8999, 12, 31)))
def test_instants_are_sorted_to_the_microsecond(instant: datetime) -> None:
    """As integers, which order as the instants do, and lose nothing."""
    aware = instant.replace(tzinfo=UTC)
    value = store.column(aware)
    assert store.EPOCH + value * store.MICROSECOND == aware


def test_a_key_that_no_row_could_have_finds_nothing(shelf: SynchronousStore) -> None:
    """Larger than any integer that is kept."""
    for key in (2**63, -(2**63), 10**40):
        assert shelf.look(lambda world, key=key: world.sms.get(key)) is None


def test_more_rows_are_kept_than_stay_decoded(shelf: SynchronousStore) -> None:
    """Those that were pushed out of memory are read again."""
    count = store.KEPT_DECODED + 100
    shelf.do(put_jobs, *(job(n, kind=str(n)) for n in range(count)))
    found = shelf.look(lambda world: [world.jobs.get(n) for n in range(count)])
    assert [row.kind for row in found] == [str(n) for n in range(count)]
    assert ids(shelf.look(lambda world: world.jobs.find())) == list(range(count))


# --------------------------------------------------------------------------------------------- find and count


def test_rows_are_found_by_equal_values(shelf: SynchronousStore) -> None:
    """Of one field, of several, of one of many, of none."""
    shelf.do(put_jobs, job(1, kind="a", about="1"), job(2, kind="a", about="2"), job(3, kind="b", about="1"))

    def found(**conditions: Any) -> list[int]:
        rows = shelf.look(lambda world: world.jobs.find(**conditions))
        assert shelf.look(lambda world: world.jobs.count(**conditions)) == len(rows)
        return ids(rows)

    assert found() == [1, 2, 3]
    assert found(kind="a") == [1, 2]
    assert found(kind="a", about="2") == [2]
    assert found(kind=("b", "c"), about="1") == [3]
    assert found(kind=("a", "b")) == [1, 2, 3]
    assert found(kind=()) == []
    assert found(id=2) == [2]
    assert found(kind="nothing") == []


def test_rows_are_found_by_ranges(shelf: SynchronousStore) -> None:
    """A prefix, from, up to, between; both ends are included."""
    for iccid, day in (("89", "2026-01-31"), ("89", "2026-02-01"), ("89", "2026-02-28"), ("891", "2026-03-01")):
        shelf.do(lambda world, row: world.usage.put(row), usage(iccid, day))

    def days(**conditions: Any) -> list[str]:
        return [row.day for row in shelf.look(lambda world: world.usage.find(order="day", **conditions))]

    assert days(day=Prefix("2026-02")) == ["2026-02-01", "2026-02-28"]
    assert days(iccid=Prefix("89"), day=Since("2026-02-28")) == ["2026-02-28", "2026-03-01"]
    assert days(iccid="89", day=Since("2026-02-28")) == ["2026-02-28"]
    assert days(day=Before("2026-02-01")) == ["2026-01-31", "2026-02-01"]
    assert days(day=Between("2026-02-01", "2026-02-28")) == ["2026-02-01", "2026-02-28"]
    assert days(id=Prefix("891 ")) == ["2026-03-01"]


def test_instants_and_enums_are_conditions_too(shelf: SynchronousStore) -> None:
    """As the nouns have them; None means that there is no value."""
    rows = [
        sim("891", state=SimState.ACTIVATED, expires=NOW),
        sim("892", state=SimState.EXPIRED, expires=NOW - SECOND),
        sim("893", state=SimState.ISSUED),
    ]
    shelf.do(lambda world: [world.sims.put(row) for row in rows])

    def found(**conditions: Any) -> list[str]:
        return [row.iccid for row in shelf.look(lambda world: world.sims.find(**conditions))]

    assert found(expires=Before(NOW)) == ["891", "892"]
    assert found(expires=Before(NOW - timedelta(microseconds=1))) == ["892"]
    assert found(expires=None) == ["893"]
    assert found(state=SimState.EXPIRED) == found(expires=NOW - SECOND) == ["892"]
    assert found(state=(SimState.ISSUED, SimState.ACTIVATED), expires=Before(NOW)) == ["891"]
    assert found(auto_topup=False) == ["891", "892", "893"]


def test_rows_are_ordered_and_the_key_breaks_ties(shelf: SynchronousStore) -> None:
    """Several fields, descending with "-"; ties go the way of the first field."""
    shelf.do(put_jobs, job(1, 5, "b"), job(2, 1, "a"), job(3, 5, "a"), job(4, 1, "b"))

    def order(order: str, **more: Any) -> list[int]:
        return ids(shelf.look(lambda world: world.jobs.find(order=order, **more)))

    assert order("") == [1, 2, 3, 4]
    assert order("-id") == [4, 3, 2, 1]
    assert order("due") == [2, 4, 1, 3]
    assert order("-due") == [3, 1, 4, 2]
    assert order("-due,kind") == [3, 1, 2, 4]
    assert order("kind,-due") == [3, 2, 1, 4]
    assert order("due", limit=1) == [2]
    assert order("due", offset=1, limit=2) == [4, 1]
    assert order("due", offset=3) == [3]
    assert order("due", limit=0) == order("due", offset=9) == []


def test_a_field_without_an_index_cannot_be_queried(shelf: SynchronousStore) -> None:
    """A query that would look at every row is a bug, and says where to mend it."""
    for ask in (
        lambda world: world.sims.find(label="x"),
        lambda world: world.sims.count(label="x"),
        lambda world: world.sims.find(order="-label"),
        lambda world: world.sims.find(order="position; DROP TABLE sims"),
    ):
        with pytest.raises(LookupError, match=r"sims has no indexed field .*; see store/tables.py"):
            shelf.look(ask)


def test_an_answer_is_never_older_than_the_last_change(shelf: SynchronousStore) -> None:
    """SimRequest twice, the same; asked after a put, a delete or a reset, anew, also within one verb."""

    def ask(world: World) -> tuple[list[int], int]:
        return ids(world.jobs.find(kind="a")), world.jobs.count(kind="a")

    def change(world: World) -> None:
        assert ask(world) == ask(world) == ([], 0)
        world.jobs.put(job(1))
        assert ask(world) == ask(world) == ([1], 1)
        world.jobs.put(job(2))
        world.jobs.put(job(1, kind="b"))
        assert ask(world) == ([2], 1)
        world.jobs.delete(2)
        assert ask(world) == ([], 0)
        world.jobs.put(job(3))

    shelf.do(change)
    assert shelf.look(ask) == ([3], 1)
    shelf.look(lambda world: world.jobs.find(kind="a").clear())  # what was answered is the asker's own
    assert shelf.look(ask) == ([3], 1)
    shelf.begin_again()
    assert shelf.look(ask) == ([], 0)


def test_many_different_questions_are_answered(shelf: SynchronousStore) -> None:
    """More than are remembered, and answers too long to be."""
    count = max(store.CACHED_QUERIES, store.CACHED_KEYS_MAX) + 10
    shelf.do(put_jobs, *(job(n, about=str(n)) for n in range(count)))
    for _ in range(2):
        assert [shelf.look(lambda world, n=n: world.jobs.count(about=str(n))) for n in range(count)] == [1] * count
        assert ids(shelf.look(lambda world: world.jobs.find(kind="a"))) == list(range(count))


class Rows(RuleBasedStateMachine):
    """A table against a dictionary: put, delete, fail, begin again; then every question has the dictionary's answer."""

    def __init__(self) -> None:
        super().__init__()
        self.shelf = SynchronousStore()
        self.rows: dict[int, Job] = {}

    def teardown(self) -> None:
        self.shelf.store.close()

    @rule(id=st.integers(1, 5), minutes=st.integers(0, 2), kind=st.sampled_from("ab"), fails=st.booleans())
    def put(self, id: int, minutes: int, kind: str, fails: bool) -> None:
        def verb(world: World) -> None:
            world.jobs.put(job(id, minutes, kind))
            world.jobs.find(kind=kind)
            if fails:
                raise KeyError

        if fails:
            with pytest.raises(KeyError):
                self.shelf.do(verb)
        else:
            self.shelf.do(verb)
            self.rows[id] = job(id, minutes, kind)

    @rule(id=st.integers(1, 5))
    def delete(self, id: int) -> None:
        self.shelf.do(lambda world: world.jobs.delete(id))
        self.rows.pop(id, None)

    @rule()
    def begin_again(self) -> None:
        self.shelf.begin_again()
        self.rows.clear()

    @invariant()
    def answers_agree(self) -> None:
        expected = sorted(self.rows.values(), key=lambda row: (row.due, row.id))
        assert self.shelf.look(lambda world: world.jobs.find(order="due")) == expected
        assert self.shelf.look(lambda world: world.jobs.find(order="due", kind="a")) == [
            row for row in expected if row.kind == "a"
        ]
        assert self.shelf.look(lambda world: world.jobs.count(due=Since(NOW + timedelta(minutes=1)))) == sum(
            row.due > NOW for row in expected
        )
        assert [self.shelf.look(lambda world, id=id: world.jobs.get(id)) for id in range(1, 6)] == [
            self.rows.get(id) for id in range(1, 6)
        ]


TestRows = Rows.TestCase
TestRows.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


# --------------------------------------------------------------------------------------------- transactions


def test_a_verb_that_raises_has_not_happened(shelf: SynchronousStore) -> None:
    """Rows, deletions, answers and ids are as before; and the next verb works."""

    def good(world: World) -> int:
        world.jobs.put(job(world.next_id("job")))
        world.organisations.put(Organisation(id=1, name="before"))
        return world.next_id("sms")

    def bad(world: World) -> None:
        world.jobs.put(job(world.next_id("job")))
        world.jobs.delete(1)
        world.organisations.put(Organisation(id=1, name="after"))
        world.next_id("sms")
        assert world.jobs.find()
        raise KeyError("bad")

    def state(world: World) -> Any:
        return ids(world.jobs.find()), world.jobs.count(), world.organisations.get(1)

    assert shelf.do(good) == 1
    before = shelf.look(state)
    with pytest.raises(KeyError, match="bad"):
        shelf.do(bad)
    assert shelf.look(state) == before == ([1], 1, Organisation(id=1, name="before"))
    assert shelf.do(good) == 2


def test_an_interruption_undoes_as_any_error_does(shelf: SynchronousStore) -> None:
    """Ctrl-C in the midst of a verb, too."""

    def interrupted(world: World) -> None:
        world.jobs.put(job(1))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shelf.store.write(NOW, interrupted).send(None)  # no event loop that would stop, too
    assert shelf.look(lambda world: world.jobs.count()) == 0


def test_what_the_database_undid_itself_is_not_undone_twice(shelf: SynchronousStore) -> None:
    """As it does at some failures of the disk."""

    def undone(world: World) -> None:
        world.jobs.put(job(1))
        shelf.store.connection.execute("ROLLBACK")
        raise sqlite3.OperationalError("disk I/O error")

    with pytest.raises(StoreFailure, match="disk I/O error"):
        shelf.do(undone)
    assert shelf.look(lambda world: world.jobs.get(1)) is None


def test_a_refusal_that_changed_nothing_costs_no_transaction(shelf: SynchronousStore) -> None:
    """Nothing is begun before the first change."""
    began = []

    def refuse(world: World) -> None:
        world.jobs.get(1)
        began.append(shelf.store.connection.in_transaction)
        raise KeyError

    with pytest.raises(KeyError):
        shelf.do(refuse)
    assert began == [False]


def test_ids_count_without_holes(shelf: SynchronousStore) -> None:
    """1, 2, 3 for each kind; what a failed verb took is given again."""

    def take(world: World, kind: str, fail: bool = False) -> int:
        number = world.next_id(kind)
        if fail:
            raise KeyError
        return number

    assert [shelf.do(take, "sms"), shelf.do(take, "sms"), shelf.do(take, "event")] == [1, 2, 1]
    for _ in range(3):
        with pytest.raises(KeyError):
            shelf.do(take, "sms", True)
    assert [shelf.do(take, "sms"), shelf.do(take, "event")] == [3, 2]


def test_a_view_that_writes_is_a_bug(shelf: SynchronousStore) -> None:
    """Whatever it tries to change; and nothing is changed, then or by the next verb."""
    for change in (
        lambda world: world.jobs.put(job(1)),
        lambda world: world.jobs.delete(1),
        lambda world: world.next_id("job"),
    ):
        with pytest.raises(RuntimeError, match="a view changes the world"):
            shelf.look(change)
    assert shelf.do(lambda world: world.next_id("job")) == 1
    assert shelf.look(lambda world: world.jobs.count()) == 0


def test_a_reset_deletes_everything(shelf: SynchronousStore) -> None:
    """Rows and ids; what is planted is the new world."""
    assert shelf.store.fresh
    shelf.begin_again()
    assert not shelf.store.fresh
    shelf.do(put_jobs, job(5))
    shelf.do(lambda world: world.next_id("job"))
    shelf.begin_again(lambda world: put_jobs(world, job(world.next_id("job"))))
    assert ids(shelf.look(lambda world: world.jobs.find())) == [1]
    assert shelf.do(lambda world: world.next_id("job")) == 2


def test_a_planting_that_fails_leaves_the_old_world(shelf: SynchronousStore) -> None:
    """Wiping and planting are one transaction."""

    def fail(world: World) -> None:
        world.jobs.put(job(9))
        raise KeyError

    shelf.begin_again()
    shelf.do(put_jobs, job(1))
    shelf.do(lambda world: world.next_id("job"))
    with pytest.raises(KeyError):
        shelf.begin_again(fail)
    assert ids(shelf.look(lambda world: world.jobs.find())) == [1]
    assert shelf.do(lambda world: world.next_id("job")) == 2


def test_an_instant_is_that_of_its_own_unit_of_work(shelf: SynchronousStore) -> None:
    """The world shows the real time with which it was asked for."""
    shelf.do(lambda world: world.clocks.put(Clock(NOW, NOW, rate=1)))
    later = NOW + SECOND
    assert finish(shelf.store.read(later, lambda world: (world.real, world.now))) == (later, later)
    assert finish(shelf.store.write(NOW, lambda world: world.now)) == NOW


# --------------------------------------------------------------------------------------------- the bell


def test_the_bell_rings_after_a_change_and_only_then(shelf: SynchronousStore) -> None:
    """Not for a view, a refusal, or a verb that changed nothing; and when it rings, the change can be seen."""
    heard = shelf.store.bell.listen()
    shelf.look(lambda world: world.jobs.find())
    shelf.do(lambda world: None)
    with pytest.raises(KeyError):
        shelf.do(fail_after_putting)
    assert not heard.is_set()
    shelf.do(put_jobs, job(1))
    assert heard.is_set()
    assert not shelf.store.bell.listen().is_set()
    assert shelf.look(lambda world: world.jobs.count()) == 1


def fail_after_putting(world: World) -> None:
    world.jobs.put(job(9))
    raise KeyError


def test_all_who_listen_hear_the_same_ring() -> None:
    """One ring for all who listened before it; nobody hears one that is over."""
    bell = Bell()
    bell.ring()
    one, other = bell.listen(), bell.listen()
    assert not one.is_set()
    bell.ring()
    assert (one.is_set(), other.is_set(), bell.listen().is_set()) == (True, True, False)


# --------------------------------------------------------------------------------------------- in a file


def test_a_file_is_there_again_after_closing(path: Path) -> None:
    """Rows, ids, and that the world was planted."""
    first = SynchronousStore(path)
    assert first.store.fresh
    first.begin_again()
    first.do(put_jobs, job(1, 7, "x", "y"))
    assert first.do(lambda world: world.next_id("sms")) == 1
    first.store.close()

    again = open_store(path, Policy())
    assert not again.fresh
    assert finish(again.read(NOW, lambda world: world.jobs.find())) == [job(1, 7, "x", "y")]
    assert finish(again.write(NOW, lambda world: world.next_id("sms"))) == 2
    again.close()


def run(code: str, *arguments: Any) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )


OPEN = """
    import asyncio, os, signal, sys
    from datetime import UTC, datetime
    from pathlib import Path
    from operator_emulator.core.world.model import Job
    from operator_emulator.core.world.policy import Policy
    from operator_emulator.store import StoreFailure, open_store
    NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
    def add(world):
        number = world.next_id("job")
        return world.jobs.put(Job(number, NOW, "x" * 1000, str(number))).id
"""


def test_committed_changes_survive_kill_9(path: Path) -> None:
    """And what was not is gone without a trace: a verb in the midst of its work, and its id."""
    killed = run(
        OPEN
        + """
    store = open_store(Path(sys.argv[1]), Policy())
    for _ in range(50):
        asyncio.run(store.write(NOW, add))
    def die(world):
        add(world)
        os.kill(os.getpid(), signal.SIGKILL)
    asyncio.run(store.write(NOW, die))
    """,
        path,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    shelf = SynchronousStore(path)
    assert ids(shelf.look(lambda world: world.jobs.find())) == list(range(1, 51))
    assert shelf.do(lambda world: world.next_id("job")) == 51
    shelf.store.close()


def test_a_second_process_is_refused_because_the_file_is_in_use(path: Path) -> None:
    """It leaves at once, and the first goes on."""
    shelf = SynchronousStore(path)
    shelf.do(put_jobs, job(1))
    second = run(
        OPEN
        + """
    try:
        open_store(Path(sys.argv[1]), Policy())
    except StoreFailure as failure:
        print(failure)
    """,
        path,
    )
    with pytest.raises(StoreFailure, match="is in use by another process"):
        SynchronousStore(path)
    assert second.stdout == f"{path}: is in use by another process; stop it or choose another --data\n", second.stderr
    shelf.do(put_jobs, job(2))
    shelf.store.close()
    again = SynchronousStore(path)
    assert ids(again.look(lambda world: world.jobs.find())) == [1, 2]
    again.store.close()


def test_a_file_of_another_program_is_left_alone(path: Path) -> None:
    """An SQLite file that is not ours, to the byte."""
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE sims (iccid)")
    other.execute("INSERT INTO sims VALUES ('theirs')")
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreFailure, match="is an SQLite file of another program"):
        SynchronousStore(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"no database at all, but a text that is long enough\n" * 40, b"\x00" * 8192])
def test_a_file_that_is_no_database_is_left_alone(path: Path, content: bytes) -> None:
    """The message says so, and the file stays as it is."""
    path.write_bytes(content)
    with pytest.raises(StoreFailure, match="is not a file of this program; choose another --data"):
        SynchronousStore(path)
    assert path.read_bytes() == content


def test_an_empty_file_is_a_new_world(path: Path) -> None:
    """As ``touch`` or a temporary file makes it."""
    path.touch()
    shelf = SynchronousStore(path)
    assert shelf.store.fresh
    shelf.store.close()


def fill(path: Path, rows: int = 400) -> None:
    shelf = SynchronousStore(path)
    shelf.begin_again()
    shelf.do(put_jobs, *(job(n, kind="x" * 200, about=str(n)) for n in range(rows)))
    shelf.store.close()


@pytest.mark.parametrize("damage", ["overwritten", "truncated", "inconsistent"])
def test_a_damaged_file_is_refused(path: Path, damage: str) -> None:
    """Pages overwritten, the end missing, a header that lies: it is said to be damaged, and not made worse."""
    fill(path)
    content = path.read_bytes()
    third = len(content) // 3 // PAGE * PAGE
    if damage == "overwritten":
        path.write_bytes(content[:third] + b"\xaa" * third + content[2 * third :])
    elif damage == "inconsistent":
        path.write_bytes(content[:36] + (5).to_bytes(4) + content[40:])  # so many free pages, and there are none
    else:
        path.write_bytes(content[: 2 * third])
    before = path.read_bytes()
    with pytest.raises(StoreFailure, match=r"is damaged \(.*\); restore a copy or move it away"):
        SynchronousStore(path)
    assert path.read_bytes() == before


def test_a_damaged_row_is_a_failure_when_it_is_met(path: Path) -> None:
    """Damage that came while the store was open reaches the asker as a store's failure."""
    fill(path)
    shelf = SynchronousStore(path)
    shelf.store.connection.execute("PRAGMA cache_size = 5")  # or else it would not look at the file again
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(2 * PAGE)
        file.write(b"\xaa" * (size - 2 * PAGE))
    with pytest.raises(StoreFailure, match="is damaged"):
        shelf.look(lambda world: [world.jobs.get(n) for n in range(400)])
    shelf.store.close()


def test_a_newer_format_is_refused(path: Path) -> None:
    """A file that a later version wrote, and may have written otherwise."""
    fill(path, 1)
    raw = sqlite3.connect(path)
    raw.execute(f"PRAGMA user_version = {store.FORMAT + 1}")
    raw.close()
    with pytest.raises(
        StoreFailure,
        match=rf"was written by a newer version \(format {store.FORMAT + 1}, this one reads {store.FORMAT}\)",
    ):
        SynchronousStore(path)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    """It is not made by itself: it may be a slip of the pen."""
    with pytest.raises(StoreFailure, match=rf"the folder {tmp_path / 'missing'} does not exist; create it first"):
        SynchronousStore(tmp_path / "missing" / "world.db")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """What SQLite says of it is passed on with the name."""
    with pytest.raises(StoreFailure, match=f"{tmp_path}: unable to open"):
        SynchronousStore(tmp_path)


def test_a_store_that_was_refused_holds_no_lock(path: Path) -> None:
    """After the failure the file can be opened by who mends it."""
    fill(path, 1)
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(StoreFailure):
        SynchronousStore(path)
    raw = sqlite3.connect(path, timeout=0)
    raw.execute(f"PRAGMA user_version = {store.FORMAT}")
    raw.close()
    SynchronousStore(path).store.close()


# --------------------------------------------------------------------------------------------- a full disk


def test_a_full_disk_refuses_the_change_and_keeps_the_rest(path: Path) -> None:
    """The verb has not happened; looking goes on; and with room again, so does writing."""
    shelf = SynchronousStore(path)
    shelf.begin_again()
    shelf.do(put_jobs, job(1))
    pages = shelf.store.connection.execute("PRAGMA page_count").fetchone()[0]
    shelf.store.connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    much = [job(n, kind="x" * 4000) for n in range(2, 50)]
    for _ in range(2):
        with pytest.raises(StoreFailure, match=r"cannot be written \(.*\); free some disk space. Nothing was lost"):
            shelf.do(put_jobs, *much)
        assert ids(shelf.look(lambda world: world.jobs.find())) == [1]
    shelf.store.connection.execute("PRAGMA max_page_count = 100000")
    shelf.do(put_jobs, *much)
    shelf.store.close()
    again = SynchronousStore(path)
    assert again.look(lambda world: world.jobs.count()) == 49
    again.store.close()


def test_a_write_that_the_system_refuses_loses_nothing(path: Path) -> None:
    """The file may grow no further, in a process of its own: one failure, and all that came before is there."""
    limited = run(
        OPEN
        + """
    import resource
    store = open_store(Path(sys.argv[1]), Policy())
    asyncio.run(store.write(NOW, add))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
    kept = 1
    try:
        while True:
            kept = asyncio.run(store.write(NOW, add))
    except StoreFailure as failure:
        print(failure)
    print(kept, asyncio.run(store.read(NOW, lambda world: world.jobs.count())))
    """,
        path,
    )
    failure, counts = limited.stdout.splitlines()
    assert "cannot be written" in failure
    kept, seen = map(int, counts.split())
    assert kept == seen > 10
    shelf = SynchronousStore(path)
    assert ids(shelf.look(lambda world: world.jobs.find())) == list(range(1, kept + 1))
    shelf.store.close()


# --------------------------------------------------------------------------------------------- older versions


def test_changed_indexes_rebuild_the_table(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that asks for other fields reads the rows of the one before."""
    fill(path, 5)
    for indexes in ((("about",),), (("about", "kind"),), (("kind", "about"), ("about",)), ()):
        monkeypatch.setitem(tables.TABLES, "jobs", Kept(Job, indexes=indexes))
        shelf = SynchronousStore(path)
        assert ids(shelf.look(lambda world: world.jobs.find())) == [0, 1, 2, 3, 4]
        if indexes:
            assert ids(shelf.look(lambda world: world.jobs.find(about="3"))) == [3]
        names = {row[1] for row in shelf.store.connection.execute("PRAGMA index_list(jobs)")}
        assert names == {"_".join(("jobs", *index)) for index in indexes}
        shelf.store.close()


def test_rows_of_an_older_version_get_the_defaults_of_new_fields(path: Path) -> None:
    """Adding a field to a noun is adding a field."""
    shelf = SynchronousStore(path)
    old = b'{"id":1,"name":"Old","customer_number":"8101","forgotten":true}'
    shelf.store.connection.execute("INSERT INTO organisations VALUES (1, ?, NULL)", (old,))
    assert shelf.look(lambda world: world.organisations.get(1)) == Organisation(
        id=1, name="Old", customer_number="8101"
    )
    shelf.store.close()


def test_rows_that_cannot_be_read_are_a_failure_with_a_reason(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a rebuild meets them; the file stays as it was."""
    shelf = SynchronousStore(path)
    shelf.store.connection.execute("INSERT INTO organisations VALUES (1, ?, NULL)", (b'{"id":"one"}',))
    shelf.store.close()
    monkeypatch.setitem(tables.TABLES, "organisations", Kept(Organisation, indexes=(("name",),)))
    with pytest.raises(StoreFailure, match="contains rows that this version cannot read"):
        SynchronousStore(path)
    monkeypatch.undo()
    again = SynchronousStore(path)
    assert again.look(lambda world: world.organisations.count()) == 1
    again.store.close()


def test_every_failure_names_the_file(shelf: SynchronousStore) -> None:
    """Also one that SQLite has no name for."""
    assert str(shelf.store._failure(sqlite3.OperationalError("odd"))) == "the world in memory: odd"


def test_every_noun_can_be_kept() -> None:
    """Each table's key and indexed fields are fields or properties of its noun."""
    for kept in tables.TABLES.values():
        for field in (kept.key, *kept.fields):
            found = vars(kept.noun).get(field)
            assert field in kept.noun.__annotations__ or isinstance(found, property)
