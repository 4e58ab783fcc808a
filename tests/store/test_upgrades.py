"""Rows that version 0.1 wrote, in files, snapshots and dumps (format 1)."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from operator_emulator import fixtures
from operator_emulator.core.partners.action_model import (
    Activate,
    AnyParameters,
    BindEuiccid,
    BookOption,
    ChangeOption,
    ChangeTariff,
    Failure,
    ModifyProfiles,
    ModifyRemarks,
    Move,
    Reason,
    Restrict,
    TerminateOption,
    Unrestrict,
)
from operator_emulator.core.partners.model import ContractState, Restriction
from operator_emulator.core.world.model import Clock
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import World
from operator_emulator.fixtures import FixtureError
from operator_emulator.store.sqlite.store import SqliteStore

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
ICCID = "8949020000000000011"
CONTRACT = {
    "iccid": ICCID,
    "partner": "100013",
    "position": 1,
    "state": "Suspended",
    "before": "Active",
    "noticed": ["2026-01 Usage Limit 2"],
}
POOL = {"id": "1", "partner": "100013", "name": "Data", "type": "DATA", "size": 10, "noticed": ["2026-01 1"]}


def begin(world: World) -> None:
    world.clocks.put(Clock(NOW, NOW, 0))


def action(kind: str = "suspend", kept: Any = None, **item: Any) -> dict[str, Any]:
    """An action as version 0.1 wrote it."""
    return {
        "id": "708855306",
        "partner": "100013",
        "kind": kind,
        "status": "DONE",
        "created": "2026-01-15T11:00:00Z",
        "begins": "2026-01-15T11:00:01Z",
        "finishes": "2026-01-15T11:00:05Z",
        "finished": "2026-01-15T11:00:05Z",
        "items": [
            {"named": {"iccid": ICCID}, "iccid": ICCID, "status": "DONE", "error": None, "parameters": {}, **item}
        ],
        "parameters": kept or {},
        "transfer": None,
    }


@pytest.fixture
def old(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of format 1 with some rows, by table."""

    def write(**tables: dict[str, Any]) -> Path:
        path = tmp_path / "world.sqlite"
        store = SqliteStore(path, Policy())
        asyncio.run(store.begin_again(NOW, begin))
        store.close()
        raw = sqlite3.connect(path)
        for table, row in tables.items():
            columns = [name for _, name, *_ in raw.execute(f"PRAGMA table_info({table})")]
            values = [json.dumps(row).encode() if name == "doc" else row.get(name) for name in columns]
            raw.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", values)
        raw.execute("PRAGMA user_version = 1")
        raw.commit()
        raw.close()
        return path

    return write


def opened(path: Path) -> World:
    return asyncio.run(SqliteStore(path, Policy()).read(NOW, lambda world: world))


def test_fields_that_have_new_names_keep_their_values(old: Callable[..., Path]) -> None:
    """Of contracts and pools."""
    world = opened(old(contracts=CONTRACT, pools=POOL))
    contract, pool = world.contracts.get(ICCID), world.pools.get("1")
    assert contract is not None
    assert pool is not None
    assert (contract.previous_state, contract.notices_sent) == (ContractState.ACTIVE, ("2026-01 Usage Limit 2",))
    assert pool.notices_sent == ("2026-01 1",)


@pytest.mark.parametrize(
    ("kind", "kept", "parameters"),
    [
        ("suspend", {}, None),
        ("activation", {}, Activate()),
        (
            "activation",
            {"tariffID": 7, "productive": False, "profiles": {"limitProfileID": 5}},
            Activate(tariff_id=7, productive=False, modify=ModifyProfiles(profiles={"limit": "5"})),
        ),
        ("restrict", {"restrictionStatus": "Data Restricted"}, Restrict(restriction=Restriction.DATA)),
        ("unrestrict", {}, Unrestrict()),
        ("unrestrict", {"apnName": "b2b.dtag.test"}, Unrestrict(apn="b2b.dtag.test")),
        ("move", {"targetPartnerID": "100014"}, Move(partner="100014")),
        ("changetariff", {"tariffID": 7}, ChangeTariff(tariff_id=7)),
        ("bookoption", {"optionID": "1"}, BookOption(option_id="1")),
        ("changeoption", {"optionID": "1", "attributes": {"a": 1}}, ChangeOption(option_id="1", attributes={"a": 1})),
        ("terminateoption", {"optionID": "1"}, TerminateOption(option_id="1")),
        (
            "modifyprofiles",
            {"apnProfileID": None, "staticIpsPerApn": [{"apnName": "a", "staticIp": "10.0.0.1"}]},
            ModifyProfiles(profiles={"apn": None}, static_ips={"a": "10.0.0.1"}),
        ),
        ("modifyremarks", {"remarks": {"remark1": None}}, ModifyRemarks(remarks={"remark1": None})),
        ("bindeuiccid", {"operation": "UNBIND"}, BindEuiccid()),
    ],
)
def test_the_parameters_of_an_action_get_their_class(
    old: Callable[..., Path], kind: str, kept: Any, parameters: AnyParameters | None
) -> None:
    """Version 0.1 kept them as the request had them."""
    row = opened(old(actions=action(kind, kept))).actions.get("708855306")
    assert row is not None
    assert row.parameters == parameters


def test_a_sim_that_is_to_be_bound_keeps_its_euiccid(old: Callable[..., Path]) -> None:
    """It is a parameter of this SIM alone."""
    row = opened(old(actions=action("bindeuiccid", {"operation": "BIND"}, parameters={"euiccid": "89"})))
    (item,) = row.actions.find()[0].items
    assert item.parameters == BindEuiccid(euiccid="89")


def test_the_error_of_an_old_action_is_still_shown(old: Callable[..., Path]) -> None:
    """Version 0.1 kept the sentence, and not the reason."""
    world = opened(old(actions=action(status="FAILED", error="SIM is Blocked.")))
    (item,) = world.actions.find()[0].items
    assert item.failure == Failure(Reason.IN_WORDS, "SIM is Blocked.")


def test_a_snapshot_that_version_0_1_saved_can_be_restored(old: Callable[..., Path], tmp_path: Path) -> None:
    """Its rows are upgraded like those of a file, its tables renamed."""
    path = old(contracts=CONTRACT)
    raw = sqlite3.connect(path)
    raw.execute("DROP TABLE organisation_snapshots")
    raw.execute("CREATE TABLE recipes (id INTEGER PRIMARY KEY, doc BLOB NOT NULL)")
    snapshot = {"id": 1, "organisation": {"id": 1, "name": "Fleet"}, "contracts": [CONTRACT], "jobs": []}
    raw.execute("INSERT INTO recipes VALUES (1, ?)", [json.dumps(snapshot).encode()])
    raw.commit()
    raw.close()
    shelf = tmp_path / "new.sqlite"
    store = SqliteStore(shelf, Policy())
    asyncio.run(store.begin_again(NOW, begin))
    asyncio.run(store.save(NOW, "old"))
    (saved,) = [one for one in tmp_path.rglob("*") if one.is_file() and one.stem == "old"]
    saved.write_bytes(path.read_bytes())
    asyncio.run(store.restore(NOW, "old"))
    world = asyncio.run(store.read(NOW, lambda world: world))
    contract, kept = world.contracts.get(ICCID), world.organisation_snapshots.get(1)
    assert contract is not None
    assert kept is not None
    assert contract.previous_state is ContractState.ACTIVE
    assert kept.contracts == (contract,)
    store.close()


def dump(**rows: Any) -> str:
    return json.dumps({"version": 1, "now": "2026-01-15T12:00:00Z", "ids": {}, "rows": rows})


def test_a_dump_that_version_0_1_made_can_be_loaded() -> None:
    """Old names of tables and fields are read like the new ones."""
    partner = {"id": "100013", "name": "Partner"}
    fixture = fixtures.loads(
        dump(partners=[partner], contracts=[CONTRACT], actions=[action("move", {"targetPartnerID": "1"})], recipes=[])
    )
    assert fixture.rows is not None
    assert fixture.rows["contracts"][0]["previous_state"] == "Active"
    assert fixture.rows["actions"][0]["parameters"] == {"type": "Move", "partner": "1"}
    assert "organisation_snapshots" in fixture.rows


def test_a_dumped_row_that_is_malformed_is_reported() -> None:
    """By the check that every row has to pass, with its place."""
    with pytest.raises(FixtureError, match=r"rows\.actions\[0\]\.items"):
        fixtures.loads(dump(actions=[action() | {"items": 5}]))
