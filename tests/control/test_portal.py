"""The portal's applications and streams through the control plane, and the operator's hand (P§2.5, 4.5, 5)."""

from typing import Any

import pytest

from tests.conftest import MakeOperator, Operator

FIXTURE = """
version: 1
organisations:
  - {id: 4321, name: Example Fleet, users: [{username: demo, password: demo}]}
partners:
  - id: "100013"
    name: Main Test Company
    applications: [{client_id: portal-demo, client_secret: portal-demo}]
    subunits: [{id: "100014", name: Branch}]
    sims: [{iccid: "8949020000000000011", status: Active, organisation: 4321}]
  - id: "100017"
    name: Secondary Test Company
    applications: [{client_id: other, client_secret: other}]
"""
ID = "a6585f917c70baebf3f40e68fff1a6cfffe4fcaa"


@pytest.fixture
def portal(make_operator: MakeOperator) -> Operator:
    return make_operator(FIXTURE)


def refused(operator: Operator, method: str, path: str, status: int, **how: Any) -> str:
    answer = operator.http.request(method, f"/_emulator{path}", **how)
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"])


def token(operator: Operator, client: str) -> Any:
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": client}
    return operator.http.post("/auth/realms/default/protocol/openid-connect/token", data=form)


def test_the_subscriptions_are_listed_as_the_portals_page_has_them(portal: Operator) -> None:
    """Applications, event types and URLs."""
    applications = portal.control("GET", "/portal/subscriptions")["applications"]
    assert [one["client_id"] for one in applications] == ["other", "portal-demo"]
    demo = applications[1]
    assert demo["subscriptions"][0] == {
        "type": "simaction.v1",
        "id": ID,
        "url": f"http://operator.test/horizon/sse/v1/simaction.v1/{ID}",
        "owed": 0,
        "connected": False,
    }
    assert [one["type"] for one in demo["subscriptions"]] == [
        "simaction.v1",
        "profilenotification.v1",
        "poollimitnotification.v1",
        "costlimitnotification.v1",
    ]


def test_an_event_by_hand_reaches_the_streams_that_cover_its_partner(portal: Operator) -> None:
    """At the URL that is listed."""
    made = portal.control("POST", "/portal/events", json={"type": "simaction.v1", "partnerID": "100013"})
    assert made["streams"] == 1
    demo = portal.control("GET", "/portal/subscriptions")["applications"][1]
    assert demo["subscriptions"][0]["owed"] == 1
    headers = {"Authorization": f"Bearer {token(portal, 'portal-demo').json()['access_token']}"}
    answer = portal.http.get(demo["subscriptions"][0]["url"], params={"maxNumber": 1}, headers=headers)
    assert answer.json()["data"]["partnerID"] == "100013"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"type": "simaction.v2", "partnerID": "100013"}, "type"),
        ({"type": "simaction.v1", "partnerID": "100099"}, "partnerID: 100099 is unknown"),
        ({"type": "profilenotification.v1", "partnerID": "100017"}, "partnerID: 100017 has no SIM"),
        ({"type": "simaction.v1"}, "partnerID"),
    ],
)
def test_events_that_cannot_be_are_refused(portal: Operator, body: Any, error: str) -> None:
    """400, with the field."""
    assert refused(portal, "POST", "/portal/events", 400, json=body).startswith(error)


def test_applications_come_and_go(portal: Operator) -> None:
    """A subunit's user sees its subunit; removed, its credentials are void."""
    body = {
        "client_id": "branch",
        "client_secret": "branch",
        "partnerID": "100013",
        "read_only": True,
        "ip_whitelist": ["192.0.2.1"],
        "subunits": ["100014"],
    }
    made = portal.control("POST", "/portal/applications", json=body)
    assert {name: made[name] for name in body} == body
    assert token(portal, "branch").status_code == 200
    assert "already" in refused(portal, "POST", "/portal/applications", 409, json=body)
    portal.control("DELETE", "/portal/applications/branch")
    assert token(portal, "branch").status_code == 401
    assert "branch" in refused(portal, "DELETE", "/portal/applications/branch", 404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"partnerID": "100099"},
        {"subunits": ["100017"]},
        {"ip_whitelist": ["192.0.2.1"] * 11},
        {"ip_whitelist": ["::1"]},
        {"readonly": True},
    ],
)
def test_applications_that_cannot_be_are_refused(portal: Operator, wrong: Any) -> None:
    """400."""
    body = {"client_id": "x", "client_secret": "x", "partnerID": "100013", **wrong}
    assert refused(portal, "POST", "/portal/applications", 400, json=body)


def test_the_operator_cancels_a_transfer(portal: Operator) -> None:
    """Once."""
    headers = {"Authorization": f"Bearer {token(portal, 'portal-demo').json()['access_token']}"}
    body = {"receivingPartnerID": "100017", "sims": [{"iccid": "8949020000000000011"}]}
    path = "/iot/connectivity/management/v1/partners/100013/sims/actions/simtransfer"
    transaction = portal.http.post(path, json=body, headers=headers).json()["transactionId"]
    answer = portal.control("POST", f"/portal/transfers/{transaction}/cancel")
    assert answer == {"transaction_id": transaction, "status": "CANCELLED"}
    assert "CANCELLED" in refused(portal, "POST", f"/portal/transfers/{transaction}/cancel", 409)
    assert refused(portal, "POST", "/portal/transfers/5/cancel", 404)
