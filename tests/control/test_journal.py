"""The journal, through HTTP."""

from tests.conftest import ONLINE, Operator


def test_exchanges_of_both_directions_are_listed(operator: Operator) -> None:
    """What a customer asked and what we sent to it, oldest first, with operation, organisation and bodies."""
    operator.get(f"/sims/{ONLINE}")
    operator.send_mo(ONLINE, "hello")
    operator.advance(0)
    listed = operator.control("GET", "/journal")["exchanges"]
    assert [one["direction"] for one in listed] == ["inbound", "inbound", "outbound"]
    token, looked, pushed = listed
    assert looked["path"] == f"/management-api/v1/sims/{ONLINE}"
    assert (looked["organisation"], looked["status"]) == (4321, 200)
    assert looked["at"] == "2026-01-01T00:00:00Z"
    assert pushed["path"] == "http://customer.test/sms"
    assert "hello" in pushed["request"]["body"]
    assert token["response"]["headers"]["content-type"].startswith("application/json")


def test_no_secret_is_shown(operator: Operator) -> None:
    """Tokens, passwords and Authorization headers are blanked."""
    token = operator.token()
    operator.http.get("/management-api/v1/sims", params={"access_token": token})
    operator.get("/sims")
    text = operator.http.get("/_emulator/journal").text
    assert token not in text
    assert "***" in text
    assert "ZGVtbzpkZW1v" not in text  # demo:demo


def test_the_control_plane_is_not_in_it(operator: Operator) -> None:
    """Looking never changes what is seen."""
    operator.control("GET", "/clock")
    assert operator.control("GET", "/journal") == {"exchanges": [], "let_go": 0}
