"""The portal as a part of the whole program: the demo world, both windows, faults, reset, the explorer."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from operator_emulator.app import create_app
from operator_emulator.portal.context import BASE
from operator_emulator.settings import Settings
from tests.portal.conftest import TOKEN

PARTNER = f"{BASE}/partners/100013"


@pytest.fixture
def http() -> Iterator[TestClient]:
    with demo() as client:
        yield client


def demo() -> TestClient:
    """The packaged demo world, in manual time."""
    app = create_app(Settings(clock="manual", raise_violations=True))
    return TestClient(app, base_url="http://operator.test")


def bearer(http: TestClient, client: str = "portal-demo") -> dict[str, str]:
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": client, "scope": "openid profile"}
    return {"Authorization": f"Bearer {http.post(TOKEN, data=form).json()['access_token']}"}


def first_inactive(http: TestClient) -> str:
    page = http.get(f"{PARTNER}/sims", params={"status": "Inactive"}, headers=bearer(http)).json()
    return str(page["sims"][0]["iccid"])


def advance(http: TestClient, seconds: float) -> None:
    assert http.post("/_emulator/clock/advance", json={"seconds": seconds}).status_code == 200


def test_a_new_user_activates_a_sim_and_sees_its_event(http: TestClient) -> None:
    """Token, activation, stream: the way of the README."""
    body = {"sims": [{"iccid": first_inactive(http)}]}
    started = http.post(f"{PARTNER}/sims/actions/activation", json=body, headers=bearer(http))
    assert started.status_code == 202
    advance(http, 5)
    listed = http.get("/_emulator/portal/subscriptions").json()["applications"]
    url = next(one for one in listed if one["client_id"] == "portal-demo")["subscriptions"][0]["url"]
    answer = http.get(url, params={"maxNumber": 1}, headers={**bearer(http), "Accept": "text/event-stream"})
    event = json.loads(answer.text.removeprefix("data: "))
    assert event["data"]["signupID"] == started.json()["signupId"]
    assert http.get(event["data"]["actionLink"]["href"], headers=bearer(http)).json()["status"] == "DONE"


def test_the_demo_world_has_a_sim_in_every_state(http: TestClient) -> None:
    """And a second partner to transfer to."""
    counts = http.get(PARTNER, headers=bearer(http)).json()["simCounts"]
    assert all(count > 0 for count in counts.values()), counts


def test_one_sim_is_seen_through_two_windows(http: TestClient) -> None:
    """Blocked in one, it is disabled in the other."""
    login = http.post("/management-api/oauth/token", auth=("demo", "demo"), data={"grant_type": "client_credentials"})
    demo_headers = {"Authorization": f"Bearer {login.json()['access_token']}"}
    mine = {sim["iccid"] for sim in http.get("/management-api/v1/sims?pageSize=100", headers=demo_headers).json()}
    page = http.get(f"{PARTNER}/sims", params={"status": "Active"}, headers=bearer(http)).json()
    iccid = next(sim["iccid"] for sim in page["sims"] if sim["iccid"] in mine)
    status = f"/management-api/v1/sims/{iccid}"
    assert http.get(status, headers=demo_headers).json()["status"] == "Enabled"
    http.post(f"{PARTNER}/sims/actions/block", json={"sims": [{"iccid": iccid}]}, headers=bearer(http))
    advance(http, 5)
    assert http.get(status, headers=demo_headers).json()["status"] == "Disabled"


def test_after_a_reset_the_same_happens_again(http: TestClient) -> None:
    """Bytes and all, but for nothing."""

    def story() -> list[Any]:
        token = http.post(TOKEN, data={"grant_type": "client_credentials"}, auth=("portal-demo", "portal-demo")).json()
        body = {"sims": [{"iccid": first_inactive(http)}]}
        started = http.post(f"{PARTNER}/sims/actions/activation", json=body, headers=bearer(http)).json()
        advance(http, 5)
        url = http.get("/_emulator/portal/subscriptions").json()["applications"]
        return [token, started, url]

    before = story()
    assert http.post("/_emulator/reset").status_code == 200
    assert story() == before


def test_a_reset_ends_the_tokens_of_the_world_before(http: TestClient) -> None:
    """Like those of the management API. As far as they are signed and have not expired, a client could not tell."""
    before = bearer(http)
    assert http.get(PARTNER, headers=before).status_code == 200
    http.post("/_emulator/reset")
    answer = http.get(PARTNER, headers=before)
    assert (answer.status_code, answer.json()) == (401, {"message": "Invalid token signature"})
    assert http.get(PARTNER, headers=bearer(http)).status_code == 200


def test_a_restored_snapshot_knows_the_tokens_that_it_was_saved_with(http: TestClient) -> None:
    """And none that was issued after it had been saved."""
    known = bearer(http)
    http.put("/_emulator/snapshots/now")
    unknown = bearer(http)
    http.post("/_emulator/snapshots/now/restore")
    assert [http.get(PARTNER, headers=token).status_code for token in (known, unknown)] == [200, 401]


@pytest.mark.parametrize(
    ("effect", "status", "body"),
    [
        ({"status": 429}, 429, {"message": "API rate limit exceeded"}),
        ({"status": 504}, 504, {"message": "The upstream server is timing out"}),
        ({"status": 402}, 402, {"message": "Payment Required"}),
        ({"token": "expired"}, 401, {"message": 'Token claims invalid: ["exp"]="token expired"'}),
        ({"token": "revoked"}, 401, {"message": "Invalid token signature"}),
    ],
)
def test_a_fault_speaks_the_gateways_dialect(http: TestClient, effect: Any, status: int, body: Any) -> None:
    """For the API and for its streams."""
    headers = bearer(http)
    assert http.post("/_emulator/faults", json={"name": "x", "point": "http", "effect": effect}).status_code == 201
    for path in (PARTNER, "/horizon/sse/v1/simaction.v1/0"):
        answer = http.get(path, headers=headers)
        assert (answer.status_code, answer.json()) == (status, body), path
        assert answer.headers["x-emulator-fault"] == "x"


def test_trouble_on_the_second_hop_has_its_own_shape(http: TestClient) -> None:
    """Seen only when a fault is asked for; the token issuer has its own."""
    headers = bearer(http)
    http.post("/_emulator/faults", json={"name": "x", "point": "http", "effect": {"status": 503}})
    answer = http.get(PARTNER, headers=headers)
    assert answer.status_code == 503
    assert {name: answer.json()[name] for name in ("service", "error", "status", "method")} == {
        "service": "jumper",
        "error": "Service Unavailable",
        "status": 503,
        "method": "GET",
    }
    answer = http.post(TOKEN, data={"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json()) == (503, {"error": "HTTP 503 Service Unavailable"})


def test_the_description_is_served_where_the_operator_would_have_it(http: TestClient) -> None:
    """And is in the explorer beside the other."""
    document = http.get("/iot/connectivity/management/api-docs").json()
    assert document["info"]["version"] == "3.8.1"
    assert document["servers"] == [{"url": f"http://operator.test{BASE}"}]
    assert "/iot/connectivity/management/api-docs" in http.get("/").text


def test_a_path_outside_the_base_path_is_not_found(http: TestClient) -> None:
    """Not every path below /iot is the portal's."""
    assert http.get("/iot/connectivity/other").status_code == 404


def test_a_body_in_a_stream_of_the_journal_is_there_once_it_is_over(http: TestClient) -> None:
    """With its events, and without its token."""
    http.post("/_emulator/portal/events", json={"type": "simaction.v1", "partnerID": "100013"})
    listed = http.get("/_emulator/portal/subscriptions").json()["applications"]
    url = next(one for one in listed if one["client_id"] == "portal-demo")["subscriptions"][0]["url"]
    http.get(url, params={"maxNumber": 1}, headers=bearer(http))
    exchange = http.get("/_emulator/journal").json()["exchanges"][-1]
    assert exchange["operation"] == "openEventStream"
    assert "signupID" in exchange["response"]["body"]
    assert exchange["request"]["headers"]["authorization"] == "***"
