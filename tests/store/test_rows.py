"""Rows: a world row for row as a fixture, and what may be wrong with rows that were written by hand."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from operator_emulator import fixtures, resources
from operator_emulator.core.world.model import Clock
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import World
from operator_emulator.fixtures import FixtureError, dumping, loads
from operator_emulator.store.sqlite.store import SqliteStore
from operator_emulator.store.tables import TABLES

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
DEMO = resources.fixture("default.yaml").read_text(encoding="utf-8")


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    store = SqliteStore(None, Policy())
    yield store
    store.close()


def planted(store: SqliteStore, source: str | bytes) -> World:
    fixture = fixtures.loads(source)
    clock = Clock(NOW, fixture.now or NOW, 0.0)

    async def run() -> World:
        await store.begin_again(NOW, lambda world: fixtures.plant(world, fixture, seed=fixture.seed, clock=clock))
        return await store.read(NOW, lambda world: world)

    return asyncio.run(run())


def problems(source: Any) -> list[str]:
    """What is wrong, without file, line and column."""
    try:
        fixtures.loads(yaml.safe_dump(source) if isinstance(source, dict) else source)
    except FixtureError as error:
        return [problem.split(": ", 1)[1] for problem in error.problems]
    return []


def holding(**tables: Any) -> dict[str, Any]:
    return {"version": 1, "ids": {}, "rows": tables}


ORGANISATION = {"id": 1, "name": "Fleet"}
SIM = {"iccid": "8988228066600000001", "organisation": 1, "position": 1, "imsi": "1", "msisdn": "2", "ip_address": "3"}


# --------------------------------------------------------------------------------------------- there and back


def test_every_table_comes_back_row_for_row(store: SqliteStore) -> None:
    """Decoded, they are the same nouns; and the numbers go on where they were."""
    world = planted(store, DEMO)
    dumped = dumping.dump(world, secrets=True)
    before = {name: dumping.table_of(world, name).find() for name in TABLES}
    ids = world.last_ids()
    world = planted(store, dumping.to_yaml(dumped, secrets=True))
    after = {name: dumping.table_of(world, name).find() for name in TABLES}
    assert [name for name in TABLES if before[name] != after[name]] == []
    assert world.last_ids() == ids
    assert asyncio.run(store.write(NOW, lambda world: world.next_id("sim"))) == ids["sim"] + 1


def test_ids_that_were_continued_are_taken_back_when_that_fails(store: SqliteStore) -> None:
    """As everything that a failed verb did."""
    planted(store, "version: 1")

    def fail(world: World) -> None:
        world.continue_ids({"sim": 1000})
        raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(store.write(NOW, fail))
    assert asyncio.run(store.write(NOW, lambda world: world.next_id("sim"))) == 1


def test_ids_that_were_continued_are_kept_in_a_file(tmp_path: Any) -> None:
    """Not in memory alone."""
    store = SqliteStore(tmp_path / "world.db", Policy())
    asyncio.run(store.begin_again(NOW, lambda world: world.continue_ids({"sim": 1000})))
    store.close()
    store = SqliteStore(tmp_path / "world.db", Policy())
    assert asyncio.run(store.write(NOW, lambda world: world.next_id("sim"))) == 1001
    store.close()


def test_usual_values_are_left_out(store: SqliteStore) -> None:
    """What remains is what a person wants to read."""
    world = planted(store, "version: 1\norganisations: [{id: 1, users: [{username: a, password: b}]}]")
    dumped = dumping.dump(world, secrets=True)
    assert dumped["rows"]["users"] == [{"username": "a", "password": "b", "organisation": 1}]
    assert dumped["rows"]["organisations"] == [{"id": 1, "name": "Organisation 1", "customer_number": "81010001"}]


# --------------------------------------------------------------------------------------------- secrets


def test_recipes_of_organisations_lose_their_passwords_and_get_them_back() -> None:
    """They hold users of their own; what is no list of users is left for the check to tell."""
    recipe = {"id": 1, "users": [{"username": "a", "password": "b", "organisation": 1}]}
    bare = {"id": 1, "users": [{"username": "a", "organisation": 1}]}
    assert dumping.without_secrets("organisation_snapshots", [recipe, {"id": 2}]) == [bare, {"id": 2}]
    assert dumping.filled(
        "organisation_snapshots", [bare, {"id": 2}, {"users": 3}, {"users": [4]}], {("users", "a"): "b"}
    ) == [
        recipe,
        {"id": 2},
        {"users": 3},
        {"users": [4]},
    ]


def test_a_dump_of_version_0_1_loads_under_the_present_names_of_its_tables() -> None:
    """0.1 called organisation snapshots recipes."""
    fixture = loads("{version: 1, ids: {}, rows: {recipes: []}}", "dump.yaml")
    assert fixture.rows == {"organisation_snapshots": []}


def test_a_secret_that_is_written_is_the_one(store: SqliteStore) -> None:
    """Whether or not the world that is replaced knows another."""
    known = {("users", "a"): "old"}
    assert dumping.filled("users", [{"username": "a", "password": "new"}, {"username": 5}], known) == [
        {"username": "a", "password": "new"},
        {"username": 5},
    ]
    assert dumping.filled("users", [{"username": "a"}, {"username": "c"}], known) == [
        {"username": "a", "password": "old"},
        {"username": "c", "password": "c"},
    ]


# --------------------------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (holding(sim=[]), ["rows.sim: is no table; did you mean sims?"]),
        (holding(clocks=[]), ["rows.clocks: is no table; use one of: actions, "]),
        (holding(sims={"a": 1}), ["rows.sims: must be a list, not a mapping"]),
        (holding(sims=[1]), ["rows.sims[0]: must be a mapping (key: value), not 1"]),
        (holding(organisations=[{**ORGANISATION, "nmae": "x"}]), [
            "rows.organisations[0].nmae: is no key here; did you mean name?"]),
        (holding(organisations=[{"id": 1}]), ["rows.organisations[0]: object missing required field `name`"]),
        (holding(organisations=[{"id": "1", "name": "x"}]), [
            "rows.organisations[0].id: expected `int`, got `str`"]),
        (holding(organisations=[ORGANISATION], sims=[{**SIM, "device": {"pdp": {"id": "x"}}}]), [
            "rows.sims[0].device.pdp.id: expected `int`, got `str`"]),
        (holding(organisations=[ORGANISATION, ORGANISATION]), [
            "rows.organisations[1].id: the key among the organisations 1 is in use already, at "
            "rows.organisations[0].id; give it another one"]),
        (holding(sims=[SIM]), ["rows.sims[0].organisation: is 1, which is none of the organisations"]),
        (holding(users=[{"username": "a", "organisation": 1}]), [
            "rows.users[0].organisation: is 1, which is none of the organisations"]),
        (holding(jobs=[{"id": 1, "due": "2026-01-01T00:00:00Z", "kind": "housekeping"}]), [
            "rows.jobs[0].kind: is housekeping; did you mean housekeeping?"]),
        (holding(jobs=[{"id": 1, "due": "2026-01-01T00:00:00", "kind": "housekeeping"}]), [
            "rows.jobs[0]: has an instant without its offset from UTC; write 2026-01-31T12:00:00Z"]),
        (holding(organisations=[ORGANISATION], sims=[{**SIM, "device": {"attached": "2026-01-01T00:00:00"}}]), [
            "rows.sims[0]: has an instant without its offset from UTC; write 2026-01-31T12:00:00Z"]),
        ("version: 1\nids: {}\nrows: {}\norganisations: []", [
            "organisations: cannot stand beside rows, which are a whole world; add it afterwards"]),
        ("version: 1\nrows: {}", ["rows: needs ids beside it: which numbers were given last"]),
        ("version: 1\nids: {sim: x}", ['ids.sim: must be a whole number, not "x"']),
    ],
)  # fmt: skip
def test_each_problem_names_its_place(source: Any, found: list[str]) -> None:
    """Table, row and field."""
    told = problems(source)
    assert len(told) == len(found)
    assert all(one.startswith(start) for one, start in zip(told, found, strict=True)), told


def test_instants_are_looked_for_wherever_they_may_be() -> None:
    """In lists and mappings, too."""
    naive, aware = datetime(2026, 1, 1), NOW
    assert dumping.without_zone([aware, (aware, {"a": naive})])
    assert not dumping.without_zone([aware, (aware, {"a": aware, "b": 1})])


def test_rows_that_belong_together_are_fine() -> None:
    """Nothing to complain about; a SIM may be nobody's."""
    contract = {"iccid": SIM["iccid"], "partner": "100013", "position": 1}
    partner = {"id": "100013", "name": "A"}
    source = holding(organisations=[ORGANISATION], sims=[SIM], contracts=[contract], partners=[partner])
    assert problems(source) == []
    assert problems(holding(sims=[{**SIM, "organisation": None}])) == []
