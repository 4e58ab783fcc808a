"""Readiness and reset."""

from tests.conftest import OFFLINE, Operator


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
