"""Version 2 of the management API: SIMs, quotas, status, usage, top-up and orders (V§2 to 7)."""

import re
from typing import Any

import pytest

from tests.conftest import ATTACHED, DISABLED, FOREIGN, ISSUED, OFFLINE, ONLINE, MakeOperator, Operator

UNKNOWN = "8988228066609999999"
NEW = "8988228066680005433"
HYBRID = f"""
version: 1
now: 2026-11-25T12:00:00Z
organisations:
  - id: 4321
    users: [{{username: demo, password: demo}}, {{username: owner, password: owner, role: portal}}]
    sims:
      - {{iccid: "{ONLINE}", device: {{status: ONLINE, rat: 2G, cell: {{lac: 4711, id: 20815}}}}}}
      - {{iccid: "{NEW}", core: 2, activated: 20d ago, device: {{status: ONLINE, cell: {{lac: 4711, id: 20815}}}}}}
      - {{iccid: "{DISABLED}", status: Disabled}}
      - {{iccid: "{OFFLINE}", status: Expired}}
      - {{iccid: "{ISSUED}", status: Issued, quota: {{sms: {{total: 250}}}}}}
  - {{id: 5136, users: [{{username: other, password: other}}], sims: [{{iccid: "{FOREIGN}"}}]}}
"""


@pytest.fixture
def hybrid(make_operator: MakeOperator) -> Operator:
    return make_operator(HYBRID)


def ok(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def error(answer: Any) -> tuple[int, str, str]:
    """Status, word and sentence of a refusal in the shape of version 2."""
    body = answer.json()
    assert body.keys() == {"error_code", "error_token", "message"}
    assert body["error_code"] == 1000
    return answer.status_code, body["error_token"], body["message"]


# --------------------------------------------------------------------------------------------- SIMs


def test_version_2_lists_both_cores_page_by_page(hybrid: Operator) -> None:
    """With ``pageSize``, the four headers, and an empty list after the last page (V§4.2)."""
    found: list[str] = []
    for page in range(1, 5):
        answer = hybrid.v2("GET", f"/sims?page={page}&pageSize=2")
        found += [sim["iccid"] for sim in ok(answer)]
        assert (answer.headers["x-total-count"], answer.headers["x-total-pages"]) == ("5", "3")
        assert (answer.headers["x-count-per-page"], answer.headers["x-current-page"]) == ("2", str(page))
    assert found == [ONLINE, NEW, DISABLED, OFFLINE, ISSUED]


def test_an_unknown_parameter_is_ignored(hybrid: Operator) -> None:
    """A client sends ``pageNumber`` and never leaves the first page (V§4.2)."""
    assert ok(hybrid.v2("GET", "/sims?pageSize=2&pageNumber=7")) == ok(hybrid.v2("GET", "/sims?pageSize=2"))


def test_a_sim_looks_as_in_version_1(hybrid: Operator) -> None:
    """Field by field; only the choices about recorded oddities of version 1 do not count (V§5)."""
    assert ok(hybrid.v2("GET", f"/sims/{ONLINE}")) == hybrid.get(f"/sims/{ONLINE}")


def test_put_changes_what_is_named(hybrid: Operator) -> None:
    """Nothing is required, and the answer is an empty 200 (V§5)."""
    answer = hybrid.v2("PUT", f"/sims/{NEW}", json={"label": "Pump 7"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert ok(hybrid.v2("GET", f"/sims/{NEW}"))["label"] == "Pump 7"
    assert hybrid.v2("PUT", f"/sims/{NEW}", json={}).status_code == 200


def test_one_token_opens_both_versions(hybrid: Operator) -> None:
    """There is no token route of version 2 (V§2)."""
    headers = {"Authorization": f"Bearer {hybrid.token()}"}
    assert hybrid.http.get("/management-api/v1/sims", headers=headers).status_code == 200
    assert hybrid.http.get("/management-api/v2/sims", headers=headers).status_code == 200
    assert hybrid.v2("POST", "/oauth/token").status_code == 404


# --------------------------------------------------------------------------------------------- quotas


def test_a_quota_shows_the_total_bought_and_the_volume_after_the_latest_top_up(hybrid: Operator) -> None:
    """At first all volumes are the initial one (V§6)."""
    quota = ok(hybrid.v2("GET", f"/sims/{NEW}/quota/data"))
    assert quota == {
        "id": quota["id"],
        "status": {"id": 1, "description": "ACTIVE"},
        "volume": 500,
        "total_volume": 500,
        "accumulated_total_volume": 500,
        "last_volume_added": 500,
        "service": "data",
        "threshold_percentage": 20,
        "threshold_volume": 100,
        "expiry_date": "2037-02-05T00:00:00.000Z",
        "created_at": "2026-11-05T12:00:00Z",
    }
    assert ok(hybrid.v2("GET", f"/sims/{NEW}/quota/sms"))["id"] != quota["id"]


def test_a_top_up_changes_what_total_volume_means(hybrid: Operator) -> None:
    """Version 1 adds everything up; version 2 has that elsewhere, and a new threshold (V§6)."""
    hybrid.control("POST", f"/sims/{ONLINE}/usage", json={"volume_tx": 459})
    answer = hybrid.v2("POST", f"/sims/{ONLINE}/topup?payment_method=creditcard")
    assert (answer.status_code, answer.content) == (201, b"")
    new, old = ok(hybrid.v2("GET", f"/sims/{ONLINE}/quota/data")), hybrid.get(f"/sims/{ONLINE}/quota/data")
    assert (new["volume"], new["total_volume"], new["accumulated_total_volume"]) == (541, 541, 1000)
    assert (old["volume"], old["total_volume"]) == (541, 1000)
    assert (new["last_volume_added"], new["threshold_volume"]) == (500, 108.2)


def test_a_used_up_quota_is_exhausted_and_the_end_of_life_expires_it(hybrid: Operator) -> None:
    """0 EXHAUSTED, 1 ACTIVE, 2 EXPIRED, as in the table and not as in one example (V§6)."""
    hybrid.control("POST", f"/sims/{NEW}/usage", json={"volume_tx": 501})
    quota = ok(hybrid.v2("GET", f"/sims/{NEW}/quota/data"))
    assert (quota["status"], quota["volume"]) == ({"id": 0, "description": "EXHAUSTED"}, -1.000192)
    assert ok(hybrid.v2("GET", f"/sims/{OFFLINE}/quota/sms"))["status"] == {"id": 2, "description": "EXPIRED"}


def test_a_sim_that_was_never_activated_has_quotas_without_an_end(hybrid: Operator) -> None:
    """Or none at all, which is a 404 (assumed)."""
    assert "expiry_date" not in ok(hybrid.v2("GET", f"/sims/{ISSUED}/quota/sms"))
    assert error(hybrid.v2("GET", f"/sims/{ISSUED}/quota/data")) == (404, "NotFound", "Element not found")


# --------------------------------------------------------------------------------------------- status


def test_the_status_is_an_object(hybrid: Operator) -> None:
    """ONLINE in 4G, with the MME's host name and a list of sessions (V§7)."""
    status = ok(hybrid.v2("GET", f"/sims/{NEW}/status"))
    assert status["status"] == {"description": "ONLINE"}
    assert status["data_traffic_limit_state"] == {"description": "NOT_REACHED"}
    assert status["services"] == ["GSM", "GPRS"]
    location = status["location"]
    assert location["sgsn_number"] == location["mme_name"]
    assert location["mme_name"].endswith(".mme." + location["mme_realm"])
    assert location["operator"]["country"]["id"] == 74
    assert location["operator"]["mnc"] == "01"
    (session,) = status["pdp_contexts"]
    assert (session["apn"], session["gtp_version"]) == ("sensor.net", "2")
    assert session["gtp_v2_uli"] == {"tac": "4711", "eci": "20815"}
    assert all(isinstance(value, str | dict) for value in session.values())
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", session["ipcan_session_id"])


def test_in_2g_the_location_is_that_of_gtp_version_1(hybrid: Operator) -> None:
    """And stands at the top as well, where it is deprecated (V§7); the old core has another access point (V§1)."""
    status = ok(hybrid.v2("GET", f"/sims/{ONLINE}/status"))
    assert status["location"]["sgsn_number"].isdigit()
    assert {"sgsn_name", "sgsn_realm"} <= status["location"].keys()
    (session,) = status["pdp_contexts"]
    assert session["gtp_v1_uli"] == {"lac": "4711", "ci": "20815", "rac": session["rac"]}
    assert (session["lac"], session["ci"], session["apn"]) == ("4711", "20815", "iot.1nce.net")


def test_the_same_sim_has_one_status_in_both_versions(hybrid: Operator) -> None:
    """What both show is the same, but for its notation (V§7)."""
    old, new = hybrid.get(f"/sims/{ONLINE}/status"), ok(hybrid.v2("GET", f"/sims/{ONLINE}/status"))
    assert new["status"]["description"] == old["status"]
    session = new["pdp_contexts"][0]
    same = session.keys() & old["pdp_context"].keys() - {"created", "gtp_version"}
    assert {name: session[name] for name in same} == {name: old["pdp_context"][name] for name in same}
    assert session["created"].replace("T", " ")[:19] == old["pdp_context"]["created"]


def test_a_sim_at_its_monthly_limit_is_blocked(hybrid: Operator) -> None:
    """Version 1 has no word for it (V§7; the cause is assumed)."""
    assert hybrid.api("POST", "/sims/limits", json={"dataLimitId": 9}).status_code == 201
    hybrid.control("POST", f"/sims/{NEW}/usage", json={"volume_tx": 10})
    hybrid.device(NEW, "ATTACHED")
    status = ok(hybrid.v2("GET", f"/sims/{NEW}/status"))
    assert status["status"] == {"description": "BLOCKED"}
    assert status["data_traffic_limit_state"] == {"description": "REACHED"}
    assert "pdp_contexts" not in status
    assert ok(hybrid.v2("GET", f"/sims/{ONLINE}/status"))["status"] == {"description": "ONLINE"}


def test_a_sim_that_was_never_anywhere_has_no_location(hybrid: Operator) -> None:
    assert ok(hybrid.v2("GET", f"/sims/{ISSUED}/status")) == {
        "status": {"description": "OFFLINE"},
        "data_traffic_limit_state": {"description": "NOT_REACHED"},
        "services": [],
    }


def test_a_reset_is_queued(operator: Operator) -> None:
    """201 without a body; the device is back a little later (V§3)."""
    answer = operator.v2("POST", f"/sims/{ATTACHED}/reset")
    assert (answer.status_code, answer.content) == (201, b"")
    assert ok(operator.v2("GET", f"/sims/{ATTACHED}/status"))["status"] == {"description": "OFFLINE"}
    operator.advance(10)
    assert ok(operator.v2("GET", f"/sims/{ATTACHED}/status"))["status"] == {"description": "ATTACHED"}


# --------------------------------------------------------------------------------------------- usage and orders


def test_usage_is_that_of_version_1(hybrid: Operator) -> None:
    """On the new core in whole kilobytes (V§1); the route is assumed (V§3)."""
    hybrid.control("POST", f"/sims/{NEW}/usage", json={"volume_tx": 0.0015, "volume_rx": 0.0001})
    (today, *_, total) = ok(hybrid.v2("GET", f"/sims/{NEW}/usage?start_dt=2026-11-24"))["stats"]
    assert (today["date"], total["date"]) == ("2026-11-25", "TOTAL")
    assert (today["data"]["volume_tx"], today["data"]["volume_rx"]) == ("0.002048", "0.001024")
    assert ok(hybrid.v2("GET", f"/sims/{ONLINE}/usage")) == hybrid.get(f"/sims/{ONLINE}/usage")


def test_the_location_of_a_top_up_can_be_followed(hybrid: Operator) -> None:
    """It names an order of version 2, whose links stay there (V§3, assumed)."""
    answer = hybrid.v2("POST", f"/sims/{NEW}/topup?payment_method=creditcard")
    location = answer.headers["location"]
    assert location.startswith("http://operator.test/management-api/v2/orders/")
    order = ok(hybrid.v2("GET", location.partition("/v2")[2]))
    assert (order["order_type"], order["order_status"]) == ("TOPUP", "COMPLETED")
    assert order["sims"][0]["_links"][0]["href"] == f"http://operator.test/management-api/v2/sims/{NEW}"
    assert ok(hybrid.v2("GET", "/orders")) == [order]


def test_an_unusable_payment_method_is_refused_in_the_words_of_version_1(make_operator: MakeOperator) -> None:
    """The one body that did not change (V§4.1, trap 7)."""
    operator = make_operator(HYBRID.replace("- id: 4321", "- id: 4321\n    payment_methods: [creditcard]"))
    answer = operator.v2("POST", f"/sims/{NEW}/topup")
    assert (answer.status_code, answer.json()) == (400, {"message": "Payment method used is not valid."})


# --------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("page=abc", 'Cannot parse parameter page as Int: For Input String "abc"'),
        ("pageSize=1.5", 'Cannot parse parameter pageSize as Int: For Input String "1.5"'),
        ("page=0", "page: must be a whole number from 1 to 2147483647"),
        ("pageSize=-1", "pageSize: must be a whole number from 1 to 2147483647"),
    ],
)
def test_an_invalid_page_is_a_bad_request(hybrid: Operator, query: str, message: str) -> None:
    """Where it is no number, in the published words (V§4.1)."""
    assert error(hybrid.v2("GET", f"/sims?{query}")) == (400, "BadRequest", message)


def test_unknown_sims_and_paths_are_not_found(hybrid: Operator) -> None:
    """So is another organisation's SIM, except where something is bought for it (V§4.1)."""
    not_found = (404, "NotFound", "Element not found")
    for path in (f"/sims/{UNKNOWN}", f"/sims/{FOREIGN}", f"/sims/{NEW}/limits", "/products", "/sims/limits"):
        assert error(hybrid.v2("GET", path)) == not_found
    assert error(hybrid.v2("POST", f"/sims/{UNKNOWN}/topup")) == not_found
    assert error(hybrid.v2("POST", f"/sims/{FOREIGN}/topup")) == (403, "Forbidden", "SIM does not belong to user.")


def test_a_request_that_the_sims_state_forbids_is_a_conflict(hybrid: Operator) -> None:
    """There is no 422 in version 2 (V§4.1, assumed)."""
    conflict = (409, "Conflict", "Conflicting request")
    assert error(hybrid.v2("PUT", f"/sims/{OFFLINE}", json={"label": "x"})) == conflict
    assert error(hybrid.v2("POST", f"/sims/{OFFLINE}/topup")) == conflict
    assert error(hybrid.v2("POST", f"/sims/{DISABLED}/reset")) == conflict


def test_a_setting_has_a_disabled_sim_reset(make_operator: MakeOperator) -> None:
    """As in version 1."""
    operator = make_operator(HYBRID, policy={"v2_disabled_sim": "accept"})
    assert operator.v2("POST", f"/sims/{DISABLED}/reset").status_code == 201


def test_a_request_without_a_token_is_refused(hybrid: Operator) -> None:
    """Not even to a path that is none (V§2, body assumed)."""
    for path in ("/sims", "/nothing"):
        answer = hybrid.http.get(f"/management-api/v2{path}")
        assert error(answer)[:2] == (401, "Unauthorized")
        answer = hybrid.http.get(f"/management-api/v2{path}", headers={"Authorization": "Bearer nonsense"})
        assert error(answer)[:2] == (401, "Unauthorized")


def test_an_owner_gets_a_token_that_every_route_refuses(hybrid: Operator) -> None:
    """Published that it is so; the code is assumed (V§2)."""
    assert error(hybrid.v2("GET", "/sims", user="owner")) == (403, "Forbidden", "Access is denied")


def test_other_refusals_have_the_same_shape(hybrid: Operator) -> None:
    """A wrong method, a wrong media type, a fault and a full bucket."""
    answer = hybrid.v2("PATCH", f"/sims/{NEW}")
    assert (error(answer)[:2], answer.headers["allow"]) == ((405, "MethodNotAllowed"), "GET, PUT")
    answer = hybrid.v2("PUT", f"/sims/{NEW}", content=b"{}", headers={"Content-Type": "text/plain"})
    assert error(answer)[:2] == (415, "UnsupportedMediaType")
    for status, token in ((500, "InternalServerError"), (503, "ServiceUnavailable"), (507, "InsufficientStorage")):
        fault = {"point": "http", "match": {"path": "*/v2/sims"}, "effect": {"status": status}, "times": 1}
        hybrid.control("POST", "/faults", json=fault)
        body = hybrid.v2("GET", "/sims").json()
        assert (body["error_code"], body["error_token"]) == (1000, token)


def test_both_versions_share_one_rate_limit(make_operator: MakeOperator) -> None:
    """Ten calls a second for each organisation (V§2)."""
    operator = make_operator(HYBRID, policy={"rate_limits": True})
    statuses = [operator.api("GET", "/sims").status_code for _ in range(6)]
    statuses += [operator.v2("GET", "/sims").status_code for _ in range(4)]
    assert statuses == [200] * 10
    answer = operator.v2("GET", "/sims")
    assert error(answer) == (429, "TooManyRequests", "Too Many Requests")
    assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize("edition", ["1nce-2019", "bsc-2019", "easyconnect"])
def test_other_editions_have_no_version_2(make_operator: MakeOperator, edition: str) -> None:
    """Unless every route is wanted."""
    operator = make_operator(HYBRID, edition=edition)
    assert operator.v2("GET", "/sims").status_code == 404
    operator = make_operator(HYBRID, edition=edition, policy={"all_routes": True})
    assert operator.v2("GET", "/sims").status_code == 200
