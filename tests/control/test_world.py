"""Readiness and reset."""

from tests.conftest import OFFLINE, MakeOperator, Operator


def test_health_says_what_it_is(operator: Operator) -> None:
    """GET /health answers 200 with version, edition and clock as soon as the world is there."""
    health = operator.control("GET", "/health")
    assert health["status"] == "ready"
    assert health["edition"] == "1nce"
    assert health["clock"]["mode"] == "manual"


def test_reset_puts_everything_back(operator: Operator) -> None:
    """After a reset ids, clock, SIMs and tokens are those of the start, and the journal is empty."""
    before = operator.control("GET", "/clock")
    old_token = operator.token()
    first = operator.send_mt(OFFLINE, "one")
    operator.api("PUT", f"/sims/{OFFLINE}", json={"label": "changed"})
    operator.advance(3600)

    assert operator.control("POST", "/reset")["sims"] == 6
    assert operator.control("GET", "/clock") == before
    assert operator.control("GET", "/journal")["exchanges"] == []
    assert operator.control("GET", f"/sims/{OFFLINE}")["label"] == "offline"
    refused = operator.http.get("/management-api/v1/sims", headers={"Authorization": f"Bearer {old_token}"})
    assert refused.status_code == 401
    assert operator.send_mt(OFFLINE, "one") == first


def test_every_reset_is_like_the_first(operator: Operator) -> None:
    """From the third on, the world is not planted again but copied; nobody can tell."""
    first = operator.control("GET", "/fixture")
    for _ in range(4):
        operator.send_mt(OFFLINE, "one")
        operator.control("POST", "/faults", json={"name": "maintenance"})
        operator.control("POST", "/organisations", json={"sims": 1})
        operator.advance(3600)
        assert operator.control("POST", "/reset")["clock"]["now"] == "2026-01-01T00:00:00Z"
        assert operator.control("GET", "/fixture") == first


def test_a_world_of_its_own_time_begins_now(make_operator: MakeOperator) -> None:
    """In real time, a reset begins at the present instant each time."""
    operator = make_operator(clock="real")
    began = [operator.control("POST", "/reset")["clock"]["now"] for _ in range(4)]
    assert began == sorted(set(began))


def test_a_reset_goes_back_to_the_start_whatever_was_between(operator: Operator) -> None:
    """Another fixture takes its place until then."""
    operator.control("POST", "/reset")
    operator.control("POST", "/reset")
    other = "version: 1\norganisations: [{id: 1}]"
    for _ in range(2):
        operator.http.post("/_emulator/fixture", content=other)
        assert [one["id"] for one in operator.control("GET", "/organisations")["organisations"]] == [1]
        assert operator.control("POST", "/reset")["organisations"] == 2


def test_what_there_is_is_described(operator: Operator) -> None:
    """The control plane serves its own description, with its own address."""
    described = operator.control("GET", "/openapi.json")
    assert described["servers"] == [{"url": "/_emulator"}]
    assert "/clock/advance" in described["paths"]


def test_unknown_paths_and_methods_are_refused(operator: Operator) -> None:
    """404 and 405 have the control plane's own body, and 405 says what is allowed."""
    nothing = operator.http.get("/_emulator/nothing")
    assert nothing.status_code == 404
    assert "openapi.json" in nothing.json()["error"]
    wrong = operator.http.put("/_emulator/reset")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert wrong.json()["error"]
