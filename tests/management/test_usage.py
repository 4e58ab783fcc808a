"""Usage by day, quotas and monthly limits through HTTP (D§8.3, 8.4, 12.1)."""

from typing import Any

import pytest

from tests.conftest import FOREIGN, ISSUED, OFFLINE, ONLINE, MakeOperator, Operator

ZERO = {"volume": "0", "volume_tx": "0", "volume_rx": "0"}
EURO = {"id": 1, "symbol": "€", "code": "EUR"}

NOVEMBER = """
version: 1
now: "2021-11-14T12:00:00Z"
organisations:
  - id: 1
    name: One
    users: [{username: demo, password: demo}]
    sims:
      - iccid: "8988228066600000001"
        usage:
          - {day: "2021-11-12", volume_tx: 0.001, volume_rx: 0.000176}
          - {day: "2021-11-03", sms_mo: 1, sms_mt: 2}
          - {day: "2021-06-01", volume_tx: 1}
"""


def stats(operator: Operator, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = operator.get(f"/sims/{ONLINE}/usage{query}")["stats"]
    return found


def dates(operator: Operator, query: str) -> list[str]:
    return [day["date"] for day in stats(operator, query)]


# --------------------------------------------------------------------------------------------- usage


def test_usage_is_the_month_to_date_newest_first_and_a_total(make_operator: MakeOperator) -> None:
    """Recorded on 14 November 2021: 14 … 1, then TOTAL (D§8.3); idle days are all zeros as strings."""
    days = stats(make_operator(NOVEMBER))
    assert [day["date"] for day in days] == [*(f"2021-11-{n:02}" for n in range(14, 0, -1)), "TOTAL"]
    assert days[0] == {"date": "2021-11-14", "data": ZERO, "sms": ZERO}
    used = {
        "volume": "0.001176",
        "volume_tx": "0.001",
        "volume_rx": "0.000176",
        "cost": "0.001176",
        "currency": EURO,
        "traffic_type": {"description": "Data", "id": 5, "unit": "MB"},
    }
    assert days[2] == {"date": "2021-11-12", "data": used, "sms": ZERO}
    assert days[-1]["data"] == used


def test_messages_are_counted_from_the_devices_side(make_operator: MakeOperator) -> None:
    """tx is MO and rx is MT, like data; sms_usage_direction=spec turns it round (C6); the type id is 6, not 1 (C16)."""
    device = stats(make_operator(NOVEMBER))[11]
    assert device["date"] == "2021-11-03"
    assert device["sms"] == {
        "volume": "3",
        "volume_tx": "1",
        "volume_rx": "2",
        "cost": "3",
        "currency": EURO,
        "traffic_type": {"description": "SMS", "id": 6, "unit": "SMS"},
    }
    spec = stats(make_operator(NOVEMBER, policy={"sms_usage_direction": "spec"}))[11]
    assert (spec["sms"]["volume_tx"], spec["sms"]["volume_rx"]) == ("2", "1")


@pytest.mark.parametrize(
    ("query", "first", "last", "count"),
    [
        ("?start_dt=2021-11-10&end_dt=2021-11-12", "2021-11-12", "2021-11-10", 3),
        ("?start_dt=2021-11-12", "2021-11-14", "2021-11-12", 3),
        ("?end_dt=2021-10-03", "2021-10-03", "2021-10-01", 3),
        ("?start_dt=None&end_dt=None", "2021-11-14", "2021-11-01", 14),
        ("?start_dt=&end_dt=", "2021-11-14", "2021-11-01", 14),
        ("?start_dt=2021-11-13T00:00:00.000Z&end_dt=2099-01-01", "2021-11-14", "2021-11-13", 2),
    ],
)
def test_a_window_of_days(make_operator: MakeOperator, query: str, first: str, last: str, count: int) -> None:
    """Inclusive; start alone reaches to today, end alone begins with its month; "None" is nothing (D§8.3)."""
    found = dates(make_operator(NOVEMBER), query)
    assert (found[0], found[-2], len(found) - 1) == (first, last, count)


@pytest.mark.parametrize(
    "query", ["?start_dt=2000&end_dt=1998", "?start_dt=2021-11-05&end_dt=2021-11-04", "?end_dt=x", "?end_dt=0001-01-01"]
)
def test_nonsense_is_a_zero_total(make_operator: MakeOperator, query: str) -> None:
    """Recorded: 200 and nothing but a TOTAL of zeros (D§8.3)."""
    assert stats(make_operator(NOVEMBER), query) == [{"date": "TOTAL", "data": ZERO, "sms": ZERO}]


def test_usage_reaches_back_six_months(make_operator: MakeOperator) -> None:
    """Published limit."""
    found = dates(make_operator(NOVEMBER), "?start_dt=2020-01-01")
    assert found[-2] == "2021-05-14"


@pytest.mark.parametrize(("window", "count"), [("month", 14), ("fortnight", 14), ("today", 1)])
def test_the_default_window_is_a_choice(make_operator: MakeOperator, window: str, count: int) -> None:
    """C17: month to date, or as two clients have it."""
    assert len(stats(make_operator(NOVEMBER, policy={"usage_window": window}))) == count + 1


def test_usage_grows_as_the_device_uses_data(operator: Operator) -> None:
    """A single octet is no exponent: 0.000001."""
    operator.control("POST", f"/sims/{ONLINE}/usage", json={"volume_tx": 0.000001, "volume_rx": 2})
    today = stats(operator)[0]
    assert (today["data"]["volume_tx"], today["data"]["volume_rx"], today["data"]["volume"]) == (
        "0.000001",
        "2",
        "2.000001",
    )
    assert operator.get(f"/sims/{ONLINE}/quota/data")["volume"] == 497.999999


# --------------------------------------------------------------------------------------------- quotas


def test_quotas_have_the_recorded_keys(operator: Operator) -> None:
    """D§8.4: numbers, whole where they are; throughput for data alone; ten years and three months."""
    data = operator.get(f"/sims/{ONLINE}/quota/data")
    assert list(data) == [
        "volume",
        "total_volume",
        "expiry_date",
        "peak_throughput",
        "last_volume_added",
        "last_status_change_date",
        "threshold_percentage",
    ]
    assert (data["volume"], data["total_volume"], data["last_volume_added"]) == (500, 500, 500)
    assert (data["peak_throughput"], data["threshold_percentage"]) == (128000, 20)
    assert data["expiry_date"].endswith(" 00:00:00")
    sms = operator.get(f"/sims/{ONLINE}/quota/sms")
    assert list(sms) == [name for name in data if name != "peak_throughput"]
    assert (sms["volume"], sms["total_volume"]) == (250, 250)
    assert b"500.0" not in operator.api("GET", f"/sims/{ONLINE}/quota/data").content


def test_trap_4_current_quota_is_the_volume_bought(operator: Operator) -> None:
    """The remainder is the quota's volume; the same for messages."""
    operator.control("POST", f"/sims/{ONLINE}/usage", json={"volume_tx": 20.050002, "volume_rx": 0})
    operator.send_mo(ONLINE, "x")
    sim = operator.get(f"/sims/{ONLINE}")
    assert (sim["current_quota"], sim["current_quota_SMS"]) == (500, 250)
    assert operator.get(f"/sims/{ONLINE}/quota/data")["volume"] == 479.949998
    assert operator.get(f"/sims/{ONLINE}/quota/sms")["volume"] == 249


def test_quota_status_falls_in_three_levels(operator: Operator) -> None:
    """More than 20 %, less, nothing; with the dates of each (D§7.1)."""

    def use(megabytes: float) -> Any:
        operator.control("POST", f"/sims/{ONLINE}/usage", json={"volume_tx": megabytes, "volume_rx": 0})
        return operator.get(f"/sims/{ONLINE}")["quota_status"]

    assert use(399) == {"id": 0, "description": "More than 20% available"}
    reached = "2026-01-01T00:00:00.000+0000"
    assert use(2) == {"id": 1, "description": "Less than 20% available", "threshold_reached_date": reached}
    operator.advance(60)
    assert use(100) == {
        "id": 2,
        "description": "No volume available",
        "threshold_reached_date": reached,
        "quota_exceeded_date": "2026-01-01T00:01:00.000+0000",
    }
    assert operator.get(f"/sims/{ONLINE}/quota/data")["volume"] == -1


def test_a_sim_without_a_quota_has_none_to_show(make_operator: MakeOperator) -> None:
    """Never activated: 404 (assumed, D§8.4); the SIM object leaves the keys out."""
    operator = make_operator("""
        version: 1
        organisations:
          - id: 1
            name: One
            users: [{username: demo, password: demo}]
            sims: [{iccid: "8988228066600000005", status: Issued, quota: null}]
    """)
    for service in ("data", "sms"):
        answer = operator.api("GET", f"/sims/{ISSUED}/quota/{service}")
        assert (answer.status_code, answer.json()["message"]) == (404, "No message available")
    assert not {"current_quota", "quota_status", "current_quota_SMS"} & set(operator.get(f"/sims/{ISSUED}"))


@pytest.mark.parametrize("route", ["usage", "quota/data", "quota/sms"])
def test_volumes_of_another_organisation_are_not_found(operator: Operator, route: str) -> None:
    """As if the SIM were unknown (D§3.2)."""
    assert operator.api("GET", f"/sims/{FOREIGN}/{route}").status_code == 404


# --------------------------------------------------------------------------------------------- limits


def test_limits_are_set_for_the_whole_organisation(operator: Operator) -> None:
    """Absent where none is set, strings where they are; 0 takes one away (D§12.1)."""
    assert operator.get("/sims/limits") == {}
    answer = operator.api("POST", "/sims/limits", json={"dataLimitId": 9, "smsMtLimitId": "45", "smsMoLimitId": None})
    assert (answer.status_code, answer.content) == (201, b"")
    data = {"id": 9, "limit": "10", "unit": "MB"}
    assert operator.get("/sims/limits") == {"data": data, "smsMt": {"id": 45, "limit": "10", "unit": "SMS"}}
    operator.api("POST", "/sims/limits", json={"smsMoLimitId": 31, "smsMtLimitId": 0, "dataLimitId": ""})
    assert operator.get("/sims/limits") == {"data": data, "smsMo": {"id": 31, "limit": "25", "unit": "SMS"}}
    assert operator.get("/sims/limits", user="other") == {}


@pytest.mark.parametrize("body", [*({"dataLimitId": id} for id in (45, "x", True, 9.5)), {"smsMtLimitId": 9}, []])
def test_invalid_limits_change_nothing(operator: Operator, body: Any) -> None:
    """Unknown ids and wrong types are 400 (assumed, D§12.1)."""
    assert operator.api("POST", "/sims/limits", json=body).status_code == 400
    assert operator.get("/sims/limits") == {}


@pytest.mark.parametrize(
    ("service", "first"),
    [
        ("data", {"id": 9, "description": "10 MB per 1 month"}),
        ("smsMT", {"id": 45, "description": "10 SMS per 1 month"}),
        ("smsMt", {"id": 45, "description": "10 SMS per 1 month"}),
        ("SMSMO", {"id": 35, "description": "10 SMS per 1 month"}),
    ],
)
def test_trap_13_limits_on_offer_by_service_in_any_case(
    operator: Operator, service: str, first: dict[str, Any]
) -> None:
    """What one client models: selectableLimits (C14); and the path takes a service, not an ICCID."""
    offered = operator.get(f"/sims/{service}/limits")["selectableLimits"]
    assert offered[0] == {"id": 0, "description": "No Limit"}
    assert first in offered


def test_limits_as_the_published_schema_has_them(make_operator: MakeOperator) -> None:
    """C14, the other setting: the current limits, copied."""
    operator = make_operator(policy={"selectable_limits_as_spec": True})
    unlimited = {"id": 0, "limit": "No Limit", "unit": "SMS"}
    assert operator.get("/sims/smsMO/limits") == {
        "data": {"id": 0, "limit": "No Limit", "unit": "MB"},
        "smsMt": unlimited,
        "smsMo": unlimited,
    }
    operator.api("POST", "/sims/limits", json={"dataLimitId": 9})
    assert operator.get("/sims/data/limits")["data"] == {"id": 9, "limit": "10", "unit": "MB"}
    assert operator.get("/sims/limits") == {"data": {"id": 9, "limit": "10", "unit": "MB"}}


@pytest.mark.parametrize("service", ["voice", ONLINE, "%20"])
def test_an_unknown_service(operator: Operator, service: str) -> None:
    """400, which names those that are."""
    answer = operator.api("GET", f"/sims/{service}/limits")
    assert answer.status_code == 400
    assert answer.json()["message"] == "service: must be one of data, smsMT, smsMO"


def test_a_data_limit_holds_for_new_sessions(operator: Operator) -> None:
    """D§12.1: the open one goes on, the next is refused with the published sentence."""
    operator.api("POST", "/sims/limits", json={"dataLimitId": 9})
    operator.device(OFFLINE, "ONLINE")
    operator.control("POST", f"/sims/{OFFLINE}/usage", json={"volume_tx": 10, "volume_rx": 1})
    assert operator.get(f"/sims/{OFFLINE}/status")["status"] == "ONLINE"
    operator.device(OFFLINE, "ATTACHED")
    operator.device(OFFLINE, "ONLINE")
    event = operator.get(f"/sims/{OFFLINE}/events")["events"][0]
    assert event["event_type"] == (
        "PDP Context Request rejected, because endpoint is currently blocked due to exceeded traffic limit."
    )
