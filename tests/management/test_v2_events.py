"""Events in version 2 of the management API: the Data Streamer's records in a plain list (V§9, S§5)."""

from typing import Any

import pytest

from operator_emulator import resources
from tests.conftest import ATTACHED, OFFLINE, ONLINE, MakeOperator, Operator
from tests.management.test_v2_sims import error, ok

NEW = "8988228066680005433"
WORLD = f"""
version: 1
organisations:
  - id: 4321
    customer_number: "81004321"
    users: [{{username: demo, password: demo}}]
    sims:
      - {{iccid: "{OFFLINE}", device: {{rat: 2G, imei: "3512345600010103", cell: {{lac: 4711, id: 20815}}}}}}
      - {{iccid: "{NEW}", core: 2}}
"""


@pytest.fixture
def operator(make_operator: MakeOperator) -> Operator:
    return make_operator(WORLD)


def events(operator: Operator, iccid: str, query: str = "?pageSize=1000") -> list[Any]:
    listed: list[Any] = ok(operator.v2("GET", f"/sims/{iccid}/events{query}"))
    return listed


def one(operator: Operator, iccid: str, kind: int) -> Any:
    """The newest event of a kind."""
    return next(event for event in events(operator, iccid) if event["event_type"]["id"] == kind)


# --------------------------------------------------------------------------------------------- the list


def test_events_are_a_plain_list_of_whole_objects(operator: Operator) -> None:
    """Version 1 has an envelope and sentences; here are number, name, source, owner and device (V§9)."""
    operator.device(OFFLINE, "ATTACHED")
    event = one(operator, OFFLINE, 1)
    detail = event.pop("detail")
    assert event == {
        "id": event["id"],
        "event_type": {"id": 1, "description": "Update location"},
        "timestamp": "2026-01-01T00:00:00.000Z",
        "alert": False,
        "user": None,
        "description": (
            "New location received from VLR for IMSI = '901405100000003', now attached to VLR = '491700970000'"
        ),
        "event_source": {"id": 0, "description": "Network"},
        "event_severity": {"id": 0, "description": "INFO"},
        "organisation": {"id": 4321, "name": "81004321"},
        "endpoint": {
            "id": 8765403,
            "name": OFFLINE,
            "ip_address": event["endpoint"]["ip_address"],
            "imei": "3512345600010103",
        },
        "sim": {"id": 901003, "iccid": OFFLINE, "msisdn": "882285100000003"},
        "imsi": {"id": 161003, "imsi": "901405100000003"},
    }
    assert detail == {
        "id": 4,
        "name": "T-Mobile",
        "country": {"id": 74, "name": "Germany", "country_code": "49", "mcc": "262", "iso_code": "de"},
        "tapcode": [{"id": 4, "tapcode": "DEU01"}],
        "mnc": [{"id": 4, "mnc": "01"}],
    }


def test_both_versions_tell_the_same_story(operator: Operator) -> None:
    """The sentences of version 1 are the descriptions of version 2, but for the blanks of one (S§5.1)."""
    operator.device(OFFLINE, "ONLINE")
    operator.device(OFFLINE, "OFFLINE")
    old = [event["event_type"] for event in operator.get(f"/sims/{OFFLINE}/events")["events"]]
    new = [event["description"] for event in events(operator, OFFLINE)]
    assert sorted(text.replace(" = ", "=").rstrip(".") for text in new) == sorted(text.rstrip(".") for text in old)


def test_events_are_paged_by_page_size(operator: Operator) -> None:
    """10 unless asked for, 1000 at most; newest first, with headers that are promised and not declared (V§4.2)."""
    for _ in range(4):
        operator.advance(60)
        operator.device(NEW, "ONLINE")
        operator.device(NEW, "OFFLINE")
    answer = operator.v2("GET", f"/sims/{NEW}/events")
    assert (len(answer.json()), answer.headers["x-count-per-page"]) == (10, "10")
    total = int(answer.headers["x-total-count"])
    assert len(events(operator, NEW, "?pageSize=5000")) == total
    stamps = [event["timestamp"] for event in events(operator, NEW)]
    assert stamps == sorted(stamps, reverse=True)
    assert events(operator, NEW, "?page=99") == []
    assert error(operator.v2("GET", f"/sims/{NEW}/events?pageSize=none"))[:2] == (400, "BadRequest")


# --------------------------------------------------------------------------------------------- details


def test_a_session_in_an_event_has_numbers(operator: Operator) -> None:
    """In the status the same values are strings (trap 5). 2G: the cell stands at the top and in ``gtp_v1_uli``."""
    operator.device(OFFLINE, "ONLINE")
    session = one(operator, OFFLINE, 3)["detail"]["pdp_context"]
    (shown,) = ok(operator.v2("GET", f"/sims/{OFFLINE}/status"))["pdp_contexts"]
    numbers = {name for name, value in session.items() if isinstance(value, int)}
    assert {"pdp_context_id", "gtp_version", "nsapi", "lac", "ci", "rac", "rat_type", "rx_teid"} <= numbers
    same = numbers & shown.keys() - {"rat_type"}
    assert {name: str(session[name]) for name in same} == {name: shown[name] for name in same}
    assert session["gtp_v1_uli"] == {name: session[name] for name in ("lac", "ci", "rac")}
    assert (session["sac"], session["apn"]) == (None, "iot.1nce.net")
    assert session["tunnel_created"] == "2026-01-01T00:00:00"
    assert session["ipcan_session_id"] == shown["ipcan_session_id"]


def test_the_event_of_a_closed_session_has_its_volume(operator: Operator) -> None:
    """In megabytes (S§5.3); the access point is null then (S§5.4). 4G: tracking area and cell only."""
    operator.control("POST", f"/sims/{NEW}/usage", json={"volume_tx": 0.003, "volume_rx": 0.001})
    opened = one(operator, NEW, 3)["detail"]
    assert (opened["pdp_context"]["apn"], opened["pdp_context"]["gtp_version"]) == ("sensor.net", 2)
    assert opened["pdp_context"]["gtp_v2_uli"].keys() == {"tac", "eci"}
    assert not {"lac", "gtp_v1_uli"} & opened["pdp_context"].keys()
    operator.device(NEW, "ATTACHED")
    closed = one(operator, NEW, 5)["detail"]
    assert closed["volume"] == {"rx": 0.001, "tx": 0.003, "total": 0.004}
    assert closed["pdp_context"]["apn"] is None
    assert closed["pdp_context"]["ipcan_session_id"] == opened["pdp_context"]["ipcan_session_id"]


def test_a_refusal_says_why(operator: Operator) -> None:
    """By one of the published causes (V§9)."""
    operator.control("POST", f"/sims/{NEW}/usage", json={"volume_tx": 500})
    operator.http.post(f"/_emulator/sims/{NEW}/device", json={"status": "ONLINE"})
    event = one(operator, NEW, 3)
    assert (event["event_severity"], event["event_source"]["description"]) == (
        {"id": 1, "description": "WARN"},
        "Policy Control",
    )
    assert event["detail"]["data_service_failure_cause"] == "QUOTA_EXHAUSTED"
    operator.v2("PUT", f"/sims/{OFFLINE}", json={"status": "Disabled"})
    operator.http.post(f"/_emulator/sims/{OFFLINE}/device", json={"status": "ATTACHED"})
    assert one(operator, OFFLINE, 3)["detail"]["data_service_failure_cause"] == "DATA_SERVICE_BARRED"


def test_an_event_about_low_data_has_the_short_quota(operator: Operator) -> None:
    """With ``threshold``, and the date without a fraction (S§5.3)."""
    operator.control("POST", f"/sims/{NEW}/usage", json={"volume_tx": 400})
    low = one(operator, NEW, 18)
    assert low["event_type"]["description"] == "Quota Threshold Reached"
    quota = low["detail"]["quota"]
    assert (quota["total_volume"], quota["threshold"]) == (500, {"volume": 100, "percentage": 20})
    assert (quota["threshold_volume"], quota["threshold_percentage"]) == (100, 20)
    assert quota["expiry_date"].endswith("T00:00:00Z")
    operator.control("POST", f"/sims/{NEW}/usage", json={"volume_tx": 101})
    assert one(operator, NEW, 19)["detail"]["quota"]["volume"] < 0


def test_other_quota_events_hold_the_whole_quota(operator: Operator) -> None:
    """As the quota itself is shown, but for its date (S§5.3)."""
    assert operator.v2("POST", f"/sims/{NEW}/topup?payment_method=creditcard").status_code == 201
    for kind, service in ((56, "data"), (58, "sms")):
        told = one(operator, NEW, kind)["detail"]["quota"]
        shown = ok(operator.v2("GET", f"/sims/{NEW}/quota/{service}"))
        assert told.pop("expiry_date") == shown.pop("expiry_date").replace(".000Z", "Z")
        assert told == shown


def test_kinds_without_detail_have_none(operator: Operator) -> None:
    """Of a changed state and a purged location the sentence says everything (S§5.1)."""
    operator.device(NEW, "ATTACHED")
    operator.v2("PUT", f"/sims/{NEW}", json={"status": "Disabled"})
    for kind in (9, 15, 16):
        assert "detail" not in one(operator, NEW, kind)


def test_kinds_that_version_2_does_not_list_are_left_out(make_operator: MakeOperator) -> None:
    """The troubles of the SMS forwarder have no kind any more (S§5.2); a setting brings them back."""
    for shown in (False, True):
        operator = make_operator(WORLD, policy={"v2_unlisted_events": shown})
        operator.device(NEW, "ATTACHED")
        operator.send_mo(NEW, "hello")
        kinds = [event["event_type"]["id"] for event in events(operator, NEW)]
        assert (0 in kinds) is shown


def test_the_end_of_life_expires_both_quotas(make_operator: MakeOperator) -> None:
    """60 and 61, of which version 1 knows the first only (S§5.2)."""
    operator = make_operator(WORLD.replace(f'"{OFFLINE}", ', f'"{OFFLINE}", expires: in 1h, '))
    operator.advance(86400)
    told = {event["event_type"]["id"]: event["event_type"]["description"] for event in events(operator, OFFLINE)}
    assert (told[60], told[61]) == ("Data quota expired", "SMS quota expired")
    sentences = [event["event_type"] for event in operator.get(f"/sims/{OFFLINE}/events")["events"]]
    assert "Data quota expired." in sentences
    assert "SMS quota expired." not in sentences


def test_the_demo_world_can_be_looked_through(make_operator: MakeOperator) -> None:
    """Every event of its past keeps to the description, whatever the fixture left out."""
    operator = make_operator(resources.fixture("default.yaml").read_text(encoding="utf-8"))
    told = 0
    for page in range(1, 29):
        for sim in ok(operator.v2("GET", f"/sims?pageSize=1&page={page}")):
            told += len(events(operator, sim["iccid"]))
    assert told > 30


def test_events_of_an_unknown_sim_are_not_found(operator: Operator) -> None:
    for iccid in (ONLINE, ATTACHED, "x"):
        assert error(operator.v2("GET", f"/sims/{iccid}/events")) == (404, "NotFound", "Element not found")
