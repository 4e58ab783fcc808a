"""The journal, through HTTP."""

from typing import Any

import pytest

from tests.conftest import OFFLINE, ONLINE, MakeOperator, Operator


def ids(operator: Operator, **query: Any) -> list[int]:
    return [one["id"] for one in operator.control("GET", "/journal", params=query)["exchanges"]]


def verify(operator: Operator, match: dict[str, Any], **how: Any) -> Any:
    return operator.http.post("/_emulator/journal/verify", json={"match": match, **how})


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
    assert token["organisation"] == 4321


def test_no_secret_is_shown(operator: Operator) -> None:
    """Tokens, passwords and Authorization headers are blanked."""
    token = operator.token()
    operator.http.get("/management-api/v1/sims", params={"access_token": token})
    operator.get("/sims")
    text = operator.http.get("/_emulator/journal").text
    assert token not in text
    assert "***" in text
    assert "ZGVtbzpkZW1v" not in text  # demo:demo


def test_a_refused_log_in_has_the_organisation_of_the_user(operator: Operator) -> None:
    """A wrong password is an organisation's; an unknown user belongs to none."""
    for user in ("demo", "nobody"):
        operator.http.post("/management-api/oauth/token?grant_type=client_credentials", auth=(user, "wrong"))
    wrong, unknown = operator.control("GET", "/journal")["exchanges"]
    assert (wrong["organisation"], unknown["organisation"]) == (4321, None)


def test_secrets_of_queries_are_blanked_by_their_decoded_names(operator: Operator) -> None:
    """As they are read, so they are blanked."""
    query = "access%5Ftoken=abc1&client_secret=abc2&Password=abc3&page=1"
    operator.http.get(f"/management-api/v1/sims?{query}")
    (exchange,) = operator.control("GET", "/journal")["exchanges"]
    assert exchange["path"].endswith("?access%5Ftoken=***&client_secret=***&Password=***&page=1")


def test_the_control_plane_is_not_in_it(operator: Operator) -> None:
    """Looking never changes what is seen."""
    operator.control("GET", "/clock")
    assert operator.control("GET", "/journal") == {"exchanges": [], "last": 0, "let_go": 0}


def test_the_journal_is_filtered(operator: Operator) -> None:
    """By direction, method, path, status, organisation, operation and id; and only the newest if so asked."""
    operator.get(f"/sims/{ONLINE}")  # 1 is the token, asked for once more each time
    operator.send_mo(ONLINE, "hello")
    operator.advance(0)  # 3
    operator.api("GET", "/sims/8988228066699999999")  # 5
    assert ids(operator, direction="outbound") == [3]
    assert ids(operator, method="post") == [1, 3, 4]
    assert ids(operator, path="/management-api/v1/sims/*") == [2, 5]
    assert ids(operator, path=f"/management-api/v1/sims/{ONLINE}") == [2]
    assert ids(operator, status="404") == [5]
    assert ids(operator, status="2XX", direction="inbound") == [1, 2, 4]
    assert ids(operator, organisation=4321) == [1, 2, 3, 4, 5]
    assert ids(operator, organisation=5136) == []
    assert ids(operator, operation="getSimUsingGET") == ids(operator, path="/management-api/v1/sims/*")
    assert ids(operator, since=3) == [4, 5]
    assert ids(operator, limit=2) == [4, 5]
    assert ids(operator, limit=1, status="2xx") == [4]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("direction", "sideways"),
        ("status", "600"),
        ("status", "4x"),
        ("status", "abc"),
        ("organisation", "x"),
        ("since", "-1"),
        ("limit", "0"),
        ("statuss", "200"),
    ],
)
def test_absurd_filters_are_refused(operator: Operator, name: str, text: str) -> None:
    """A misspelt filter finds nothing silently nowhere: it is a 400 that names it."""
    answer = operator.http.get("/_emulator/journal", params={name: text})
    assert (answer.status_code, answer.json()["field"]) == (400, name)


def test_the_journal_is_emptied(operator: Operator) -> None:
    """And goes on counting, so that a follower by id misses nothing."""
    operator.token()
    assert operator.control("DELETE", "/journal") is None
    assert operator.control("GET", "/journal") == {"exchanges": [], "last": 1, "let_go": 1}
    operator.token()
    assert ids(operator, since=1) == [2]


def test_verify_confirms_an_exchange_that_happened(operator: Operator) -> None:
    """200 when as many exchanges match as expected: at least one, exactly so many, or between two numbers."""
    for text in ("one", "two"):
        operator.send_mo(ONLINE, text)
    operator.advance(0)
    pushed = {"direction": "outbound", "method": "POST", "path": "/sms"}
    assert verify(operator, pushed).json()["count"] == 2
    assert verify(operator, pushed, count=2).status_code == 200
    assert verify(operator, pushed, min=1, max=2).status_code == 200
    assert verify(operator, pushed, max=2).status_code == 200
    assert verify(operator, {**pushed, "body": {"payload": "t*"}}, count=1).status_code == 200
    assert verify(operator, {**pushed, "body": {"payload": "three"}}, max=0).status_code == 200


@pytest.mark.parametrize(
    ("how", "expected"),
    [({}, "1 or more"), ({"count": 1}, "1"), ({"min": 2}, "2 or more"), ({"min": 2, "max": 3}, "2 to 3")],
)
def test_near_misses_say_why(operator: Operator, how: dict[str, int], expected: str) -> None:
    """409 shows the exchanges that come closest, nearest first, and in what each differs."""
    operator.send_mo(ONLINE, "hello")
    operator.advance(0)
    operator.token()
    refused = verify(operator, {"direction": "outbound", "body": {"payload": "goodbye"}}, **how)
    assert refused.status_code == 409
    body = refused.json()
    assert body["error"] == f"0 exchanges match, not {expected}"
    nearest, other = body["near_misses"]
    assert nearest["exchange"]["direction"] == "outbound"
    assert nearest["differences"][0].startswith("body is {")
    assert len(other["differences"]) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "match"),
        ({"match": {"path": 1}}, "match.path"),
        ({"match": {"url": "x"}}, "match.url"),
        ({"match": {"headers": {"Accept": 1}}}, "match.headers.Accept"),
        ({"match": {}, "count": -1}, "count"),
        ({"match": {}, "count": 1, "min": 1}, "min"),
        ({"match": {}, "min": 2, "max": 1}, "max"),
        ({"match": {"status": 99}}, "match.status"),
    ],
)
def test_absurd_expectations_are_refused(operator: Operator, body: Any, field: str) -> None:
    """400 names the field, wherever it is."""
    answer = operator.http.post("/_emulator/journal/verify", json=body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_contract_findings_are_noted(operator: Operator) -> None:
    """What breaks the published description is accepted as the operator does, and noted."""
    operator.api("PUT", f"/sims/{OFFLINE}", json={"label": 5})
    (noted,) = operator.control("GET", "/journal", params={"method": "PUT"})["exchanges"]
    assert noted["findings"]


def test_the_journal_is_as_long_as_it_is_set(make_operator: MakeOperator) -> None:
    """The newest are kept, and the others counted."""
    operator = make_operator(journal=2)
    for _ in range(5):
        operator.token()
    listed = operator.control("GET", "/journal")
    assert ([one["id"] for one in listed["exchanges"]], listed["let_go"]) == ([4, 5], 3)


def test_credentials_in_a_url_are_not_shown(operator: Operator) -> None:
    """The customer's user name and password go to the customer only."""
    operator.control("PATCH", "/organisations/4321", json={"forwarder": "http://alice:secret@customer.test/sms?x=a@b"})
    operator.send_mo(ONLINE, "hello")
    operator.advance(0)
    (pushed,) = operator.control("GET", "/journal", params={"direction": "outbound"})["exchanges"]
    assert pushed["path"] == "http://customer.test/sms?x=a@b"
    assert pushed["request"]["headers"]["authorization"] == "***"
    assert "secret" not in str(pushed)


def test_the_tries_of_a_callback_are_found_by_its_id(operator: Operator) -> None:
    """An exchange that carried a callback names it; no other exchange does."""
    operator.control("POST", f"/sims/{ONLINE}/mo", json={"payload": "hello"})
    operator.control("POST", "/clock/advance", json={"seconds": 1})
    (callback,) = operator.control("GET", "/callbacks")["callbacks"]
    tries = operator.control("GET", "/journal", params={"callback": callback["id"]})["exchanges"]
    assert [(one["direction"], one["at"]) for one in tries] == [("outbound", one["at"]) for one in callback["tries"]]


def test_older_exchanges_come_page_by_page(operator: Operator) -> None:
    """``before`` and ``limit`` walk back from the newest exchange to the oldest."""
    for _ in range(3):
        operator.get("/sims")
    newest = operator.control("GET", "/journal", params={"limit": 3})["exchanges"]
    older = operator.control("GET", "/journal", params={"limit": 3, "before": newest[0]["id"]})["exchanges"]
    assert ids(operator) == [one["id"] for one in older + newest]
