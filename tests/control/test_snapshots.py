"""Copies of the world, through HTTP."""

from pathlib import Path

import pytest

from tests.conftest import OFFLINE, ONLINE, MakeOperator, Operator


def test_the_world_goes_back_to_its_copy(operator: Operator) -> None:
    """SIMs, messages, clock, timers, ids, tokens, faults: all of it."""
    buffered = operator.send_mt(OFFLINE, "one")
    operator.advance(5)
    saved = operator.control("PUT", "/snapshots/before")
    assert (saved["name"], saved["now"], saved["sims"]) == ("before", "2026-01-01T00:00:05Z", 6)

    operator.device(OFFLINE, "ATTACHED")
    operator.control("POST", "/faults", json={"name": "maintenance"})
    operator.control("DELETE", "/faults/1")
    lost = operator.send_mt(ONLINE, "two")
    operator.advance(3600)
    assert operator.sms(OFFLINE, buffered)["status"]["id"] == 4

    restored = operator.control("POST", "/snapshots/before/restore")
    assert (restored["clock"]["now"], restored["sims"]) == ("2026-01-01T00:00:05Z", 6)
    assert operator.sms(OFFLINE, buffered)["status"]["id"] == 3
    assert operator.get(f"/sims/{ONLINE}/sms") == []
    assert operator.send_mt(ONLINE, "three") == lost
    assert operator.control("POST", "/faults", json={"name": "maintenance"})["id"] == 1


def test_the_future_is_the_same_twice(operator: Operator) -> None:
    """What happened after the copy happens again after its restoration, at the same times."""

    def future() -> list[str]:
        operator.device(OFFLINE, "ATTACHED")
        operator.advance(10)
        return [
            f"{one['at']} {one['method']} {one['request']['body']}"
            for one in operator.control("GET", "/journal", params={"direction": "outbound"})["exchanges"]
        ]

    operator.send_mt(OFFLINE, "one")
    operator.control("PUT", "/snapshots/s")
    first = future()
    operator.control("POST", "/snapshots/s/restore")
    operator.control("DELETE", "/journal")
    assert first == future() != []


def test_a_reset_keeps_copies(operator: Operator) -> None:
    """They are listed by name, and discarded by it."""
    operator.control("PUT", "/snapshots/b")
    operator.control("PUT", "/snapshots/a.1")
    operator.control("POST", "/reset")
    assert [one["name"] for one in operator.control("GET", "/snapshots")["snapshots"]] == ["a.1", "b"]
    assert operator.control("DELETE", "/snapshots/b") is None
    assert [one["name"] for one in operator.control("GET", "/snapshots")["snapshots"]] == ["a.1"]


@pytest.mark.parametrize(("method", "path"), [("POST", "/restore"), ("DELETE", "")])
def test_an_unknown_copy_is_not_found(operator: Operator, method: str, path: str) -> None:
    """404 names it, and the world is as it was."""
    id = operator.send_mt(OFFLINE, "one")
    answer = operator.http.request(method, f"/_emulator/snapshots/none{path}")
    assert answer.status_code == 404
    assert "none" in answer.json()["error"]
    assert operator.sms(OFFLINE, id)["payload"] == "one"


@pytest.mark.parametrize("name", [".hidden", "..", "a b", "x" * 65, "é", "a%2Fb"])
@pytest.mark.parametrize(("method", "path"), [("PUT", ""), ("POST", "/restore"), ("DELETE", "")])
def test_names_are_plain(operator: Operator, name: str, method: str, path: str) -> None:
    """No name leads out of the folder that copies are kept in."""
    answer = operator.http.request(method, f"/_emulator/snapshots/{name}{path}")
    assert answer.status_code in (400, 404)
    assert operator.control("GET", "/snapshots")["snapshots"] == []


def test_a_copy_that_cannot_be_read_leaves_the_world_alone(make_operator: MakeOperator, tmp_path: Path) -> None:
    """503 says which and why."""
    operator = make_operator(data=tmp_path / "world.sqlite")
    operator.control("PUT", "/snapshots/one")
    (tmp_path / "world.sqlite.snapshots" / "one.sqlite").write_bytes(b"no database" * 100)
    id = operator.send_mt(OFFLINE, "kept")
    refused = operator.http.post("/_emulator/snapshots/one/restore")
    assert refused.status_code == 503
    assert "snapshot one" in refused.json()["error"]
    assert operator.sms(OFFLINE, id)["payload"] == "kept"
