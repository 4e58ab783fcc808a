"""The packaged worlds: what somebody sees who starts the emulator and looks around."""

from typing import Any

import pytest

from operator_emulator import fixtures, resources

DEMO = resources.fixture("default.yaml").read_text(encoding="utf-8")
SIMS = [f"89882280666000000{number:02}" for number in range(1, 26)]


@pytest.fixture
def demo(make_operator: Any) -> Any:
    """An emulator with the demo world."""
    return make_operator(DEMO)


@pytest.mark.parametrize("name", ["default.yaml", "fleet.yaml"])
def test_packaged_worlds_are_fine(name: str) -> None:
    """Nothing to complain about."""
    assert fixtures.check(resources.fixture(name)) == []


def test_the_fleet_has_thousands_of_sims(make_operator: Any) -> None:
    """In one file of a few lines."""
    operator = make_operator(resources.fixture("fleet.yaml").read_text(encoding="utf-8"))
    assert operator.api("GET", "/sims").headers["X-Total-Count"] == "5000"
    assert operator.api("GET", "/sims", user="other").headers["X-Total-Count"] == "1000"


def test_the_demo_world_has_25_sims_for_demo_and_one_with_two_windows(demo: Any) -> None:
    """With the ICCIDs that the documentation uses."""
    listed = demo.get("/sims?pageSize=100")
    assert [sim["iccid"] for sim in listed] == SIMS
    assert {sim["status"] for sim in listed} == {"Enabled", "Disabled"}


@pytest.mark.parametrize(
    "path",
    [
        "/sims",
        "/sims/{iccid}",
        "/sims/{iccid}/status",
        "/sims/{iccid}/connectivity_info",
        "/sims/{iccid}/events",
        "/sims/{iccid}/usage",
        "/sims/{iccid}/quota/data",
        "/sims/{iccid}/quota/sms",
        "/sims/{iccid}/sms",
        "/sims/limits",
        "/sims/data/limits",
        "/orders",
        "/orders/2000000001",
        "/products",
        "/support",
    ],
)
def test_every_get_shows_something(demo: Any, path: str) -> None:
    """The first SIM has a past of every kind, the customer as well."""
    assert demo.get(path.format(iccid=SIMS[0]))


def test_messages_of_every_status_can_be_seen(demo: Any) -> None:
    """To devices and from them."""
    seen = {(sms["sms_type"]["id"], sms["status"]["id"]) for iccid in SIMS for sms in demo.get(f"/sims/{iccid}/sms")}
    assert {status for type, status in seen if type == 1} == {1, 2, 3, 4, 5, 6, 7}
    assert {status for type, status in seen if type == 2} == {4, 6}
    (waiting,) = demo.get("/sims/8988228066600000901/sms", user="other")
    assert waiting["status"]["id"] == 3


def test_orders_and_cases_of_every_kind_can_be_seen(demo: Any) -> None:
    """Each type of order, each status of a case."""
    orders = demo.get("/orders?pageSize=10")
    assert {order["order_type"] for order in orders} == {
        "FIRST_ORDER", "ADDITIONAL_ORDER", "TOPUP", "BULK_TOPUP", "TARIFF_CHANGE"
    }  # fmt: skip
    assert {order["order_status"] for order in orders} == {"COMPLETED", "IN_PROGRESS", "CANCELLED"}
    assert {case["status"] for case in demo.get("/support?pageSize=100")} == {"OPEN", "IN_PROGRESS", "CLOSED"}


def test_events_of_most_kinds_can_be_seen(demo: Any) -> None:
    """Sentences without gaps."""
    texts = {event["event_type"] for iccid in SIMS for event in demo.get(f"/sims/{iccid}/events")["events"]}
    assert len(texts) > 20
    assert not [text for text in texts if "''" in text or "because ." in text or " of  " in text]


def test_devices_are_in_every_state(demo: Any) -> None:
    """Online, attached, offline; at home and abroad."""
    states = {demo.get(f"/sims/{iccid}/status")["status"] for iccid in SIMS}
    assert states == {"ONLINE", "ATTACHED", "OFFLINE"}
    assert demo.get(f"/sims/{SIMS[0]}/status")["status"] == "ONLINE"
    assert demo.get(f"/sims/{SIMS[2]}/status")["status"] == "OFFLINE"
    cell = demo.get(f"/sims/{SIMS[20]}/connectivity_info")["subscriber_info"]["location"]["cell_global_id"]
    assert (cell["lac"], cell["cid"]) == (53113, 46261)


def test_nobody_sees_what_is_somebody_elses(demo: Any) -> None:
    """Three organisations, three users, three lists."""
    lists = [
        {sim["iccid"] for sim in demo.get("/sims?pageSize=100", user=user)} for user in ("demo", "branch", "other")
    ]
    assert [len(one) for one in lists] == [25, 2, 2]
    assert not set.intersection(*lists)


def test_the_demo_world_sends_nothing_by_itself_for_a_day(demo: Any) -> None:
    """Whoever starts a webhook sees only what came of what they did."""
    demo.advance(24 * 3600)
    assert demo.customer.received == []


def test_a_message_to_the_third_sim_is_delivered_when_it_attaches(demo: Any) -> None:
    """The first thing that a newcomer does."""
    sms = demo.send_mt(SIMS[2], "wake up")
    demo.advance(60)
    assert demo.sms(SIMS[2], sms)["status"]["id"] == 3
    demo.device(SIMS[2], "ATTACHED")
    demo.advance(5)
    assert demo.sms(SIMS[2], sms)["status"]["id"] == 4
    assert demo.customer.methods == ["PATCH"]


# --------------------------------------------------------------------------------------------- the service portal

PORTAL = "/iot/connectivity/management/v1/partners"


def portal(demo: Any, path: str, client: str = "portal-demo", method: str = "GET", **how: Any) -> Any:
    """The JSON that the portal answers to an application of the demo world."""
    answer = demo.http.post(
        "/auth/realms/default/protocol/openid-connect/token",
        data={"grant_type": "client_credentials", "client_id": client, "client_secret": client},
    )
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    answer = demo.http.request(method, PORTAL + path, headers=headers, **how)
    assert answer.status_code in (200, 202), answer.text
    return answer.json()


def test_the_demo_partner_has_sims_in_every_state(demo: Any) -> None:
    """And the second one has some to exchange with it."""
    counts = portal(demo, "/100013")["simCounts"]
    assert len(counts) == 7
    assert all(counts.values())
    assert portal(demo, "/100017", "portal-other")["total"] == 1
    assert portal(demo, "/100014/sims", "portal-branch")["totalElements"] == 1


def test_blocking_at_the_portal_disables_the_sim_in_the_management_api(demo: Any) -> None:
    """One SIM, two windows."""
    asked = {"sims": [{"iccid": "8988228066600000002"}]}
    assert demo.get("/sims/8988228066600000002")["status"] == "Enabled"
    portal(demo, "/100013/sims/actions/block", method="POST", json=asked)
    demo.advance(10)
    assert demo.get("/sims/8988228066600000002")["status"] == "Disabled"
