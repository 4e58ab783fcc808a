"""What version 0.1 wrote is read as what it is now: the values of events, in files, snapshots, dumps and fixtures."""

import asyncio
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operator_emulator import fixtures
from operator_emulator.core.customers.model import Organisation, SimState
from operator_emulator.core.network.model import AttachFailure, Rat
from operator_emulator.core.partners.notices import ActionDone, Notice, TransferNotice
from operator_emulator.core.tester.organisation_snapshot_model import OrganisationSnapshot
from operator_emulator.core.world.model import PAYLOADS, Clock, Event, EventType
from operator_emulator.core.world.payloads import (
    Cell,
    DataDisconnection,
    Forwarded,
    ForwardingFailure,
    LocationUpdate,
    MissingForwarder,
    Payload,
    PdpContextChange,
    PdpContextRefusal,
    QuotaChange,
    SimStateChange,
)
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import World
from operator_emulator.store import event_values, upgrades
from operator_emulator.store.sqlite.store import SqliteStore

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
GIVEN = {"a": 1}
CUSTOMERS = [type for type in PAYLOADS if event_values.usual(type, NOW) is not None]


def old_row(type: EventType, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An event as version 0.1 wrote it."""
    row = {"id": 1, "at": "2026-01-15T12:00:00Z", "type": type.value, "organisation": 1, "iccid": None, "imsi": None}
    return row | {"imei": None, "network": None, "sms": None, "partner": None, "data": data} | more


def read(row: dict[str, Any]) -> Event:
    return msgspec.convert(upgrades.upgraded("events", row), Event)


@pytest.mark.parametrize(
    ("type", "data", "payload"),
    [
        ("location-updated", {"vlr": "491700970000"}, LocationUpdate()),
        (
            "gprs-location-updated",
            {"sgsn": "491700300000", "ip": "198.18.4.2", "rat": 6},
            LocationUpdate(cell=Cell(rat=Rat.LTE)),
        ),
        ("pdp-context-refused", {"cause": "SIM_SUSPENDED"}, PdpContextRefusal(cause=AttachFailure.SIM_SUSPENDED)),
        (
            "sim-state-changed",
            {"from": "Activated", "to": "Suspended"},
            SimStateChange(before=SimState.ACTIVATED, after=SimState.SUSPENDED),
        ),
        ("data-disconnected", {"reason": "disabled"}, DataDisconnection()),
        (
            "data-disconnected",
            {"reason": "MONTHLY_USAGE_LIMIT_EXCEEDED"},
            DataDisconnection(cause=AttachFailure.MONTHLY_USAGE_LIMIT_EXCEEDED),
        ),
        (
            "forwarding-failed",
            {"what": "DLR", "url": "http://a/b", "code": 404},
            ForwardingFailure(what=Forwarded.REPORT, url="http://a/b", code=404),
        ),
        (
            "forwarding-impossible",
            {"what": "SMS", "to": "4711"},
            MissingForwarder(what=Forwarded.SMS, address="4711"),
        ),
        ("sms-delivered", {}, None),
        ("sim-action-done", {"signup": "7", "number": 3}, ActionDone(signup="7")),
        (
            "sim-action-done",
            {"signup": "7", "number": 3, "given": GIVEN},
            ActionDone(signup="7", overrides=GIVEN),
        ),
        (
            "sim-transfer-notice",
            {"notice": "rejected", "signup": "7", "transaction": "8", "sender": "A", "receiver": "B", "number": 3},
            TransferNotice(notice=Notice.REJECTED, signup="7", transaction="8", sender="A", receiver="B"),
        ),
    ],
)
def test_an_old_event_tells_what_it_told(type: str, data: dict[str, Any], payload: Payload | None) -> None:
    event = read(old_row(EventType(type), data))
    assert event.payload == payload
    assert event.number == data.get("number")


def test_an_old_session_and_an_old_volume_keep_their_numbers() -> None:
    session = read(old_row(EventType.PDP_CONTEXT_DELETED, {"pdp": 4, "octets_tx": 5, "octets_rx": 6})).payload
    assert isinstance(session, PdpContextChange)
    assert (session.pdp.id, session.pdp.octets_tx, session.pdp.octets_rx, session.pdp.opened) == (4, 5, 6, NOW)
    volume = read(old_row(EventType.SMS_QUOTA_ASSIGNED, {"volume": 250})).payload
    assert isinstance(volume, QuotaChange)
    assert (volume.service, volume.quota.last_added) == ("sms", 250)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
KEYS = st.sampled_from(["rat", "cause", "reason", "volume", "from", "to", "pdp", "what", "url", "code", "imsi", "x"])


@given(st.sampled_from(CUSTOMERS), st.dictionaries(KEYS, JSON))
def test_an_old_event_loads_whatever_a_fixture_had_written_into_it(type: EventType, data: dict[str, Any]) -> None:
    assert isinstance(read(old_row(type, data)).payload, PAYLOADS[type])


def test_a_row_of_today_stays_as_it_is() -> None:
    event = Event(id=1, at=NOW, type=EventType.LOCATION_UPDATED, organisation=1, payload=LocationUpdate())
    row = msgspec.to_builtins(event)
    assert upgrades.upgraded("events", row) == row
    assert upgrades.upgraded("sims", {"data": 1}) == {"data": 1}
    assert upgrades.upgraded("events", {"type": "nonsense", "data": 1}) == {"type": "nonsense", "data": 1}


# --------------------------------------------------------------------------------------------- files


def put_organisation(world: World) -> None:
    world.organisations.put(Organisation(id=1, name="One"))
    world.organisation_snapshots.put(OrganisationSnapshot(id=1, organisation=Organisation(id=1, name="One")))


def make_old(path: Path) -> None:
    """Turn a file of today into one of format 1 with an event, which an organisation's snapshot has, too."""
    row = old_row(EventType.FORWARDING_IMPOSSIBLE, {"what": "DLR", "to": "4711"})
    snapshot = {"id": 1, "organisation": {"id": 1, "name": "One"}, "events": [row]}
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM events")
        columns = [one[1] for one in connection.execute("PRAGMA table_info(events)")]
        values = {"id": 1, "doc": msgspec.json.encode(row), "type": row["type"], "organisation": 1, "at": 0}
        marks = ", ".join("?" * len(columns))
        connection.execute(f"INSERT INTO events VALUES ({marks})", [values.get(name) for name in columns])
        connection.execute("UPDATE organisation_snapshots SET doc = ?", (msgspec.json.encode(snapshot),))
        connection.execute("ALTER TABLE organisation_snapshots RENAME TO recipes")
        connection.execute("PRAGMA user_version = 1")
    connection.close()


def told(store: SqliteStore) -> list[Payload | None]:
    def look(world: World) -> list[Payload | None]:
        snapshot = world.organisation_snapshots.get(1)
        assert snapshot is not None
        return [event.payload for event in (*world.events.find(), *snapshot.events)]

    return asyncio.run(store.read(NOW, look))


EXPECTED = [MissingForwarder(what=Forwarded.REPORT, address="4711")] * 2


def test_a_file_of_format_1_opens_and_is_of_todays_format_then(tmp_path: Path) -> None:
    path = tmp_path / "world.sqlite"
    store = SqliteStore(path, Policy())
    asyncio.run(store.begin_again(NOW, put_organisation))
    store.close()
    make_old(path)
    for _ in range(2):
        store = SqliteStore(path, Policy())
        assert told(store) == EXPECTED
        store.close()


def test_a_snapshot_of_format_1_is_restored(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "world.sqlite", Policy())
    fixture = fixtures.loads("{version: 1, now: '2026-01-15T12:00:00Z'}", "fixture.yaml")

    def plant(world: World) -> None:
        fixtures.plant(world, fixture, seed=1, clock=Clock(NOW, NOW, 0.0))
        put_organisation(world)

    asyncio.run(store.begin_again(NOW, plant))
    asyncio.run(store.save(NOW, "old"))
    make_old(tmp_path / "world.sqlite.snapshots" / "old.sqlite")
    asyncio.run(store.restore(NOW, "old"))
    assert told(store) == EXPECTED
    store.close()


def test_a_dump_of_version_0_1_loads(tmp_path: Path) -> None:
    row = old_row(EventType.FORWARDING_IMPOSSIBLE, {"what": "DLR", "to": "4711"})
    snapshot = {"id": 1, "organisation": {"id": 1, "name": "One"}, "events": [row]}
    rows = {"organisations": [snapshot["organisation"]], "events": [row], "recipes": [snapshot]}
    dump = msgspec.json.encode({"version": 1, "now": "2026-01-15T12:00:00Z", "ids": {"event": 1}, "rows": rows})
    fixture = fixtures.loads(dump, "dump.json")
    store = SqliteStore(None, Policy())
    asyncio.run(
        store.begin_again(NOW, lambda world: fixtures.plant(world, fixture, seed=1, clock=Clock(NOW, NOW, 0.0)))
    )
    assert told(store) == EXPECTED
    store.close()
