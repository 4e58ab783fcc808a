"""What the Data Streamer sends (S§3, 5 to 7), as the customer's endpoint receives it; the schema is checked, too."""

import json
from base64 import b64encode
from typing import Any

import pytest

from operator_emulator.fixtures import FixtureError
from tests.conftest import MakeOperator, Operator

OLD, NEW = "8988228066600000001", "8988228066680000001"
BASIC = b64encode(b"me:secret").decode()
FLEET = f"""
version: 1
organisations:
  - id: 4321
    customer_number: "81004321"
    users: [{{username: demo, password: demo}}]
    sims:
      - iccid: "{OLD}"
        imsi: "901405100000001"
        msisdn: "882285100000001"
        activated: 2025-12-01T00:00:00Z
        device: {{imei: "3512345600010103"}}
      - {{iccid: "{NEW}", core: 2}}
    data_streams:
"""


def streaming(make_operator: MakeOperator, *streams: str, **policy: Any) -> Operator:
    """A fleet of two SIMs whose records go to ``http://customer.test/<kind>``; *streams* are like "ds2 events"."""
    lines = []
    for stream in streams:
        generation, kind = stream.split()
        url = f"http://customer.test/{kind}"
        lines.append(f'      - {{kind: {kind}, generation: {generation}, url: "{url}", authorization: "{BASIC}"}}\n')
    return make_operator(FLEET + "".join(lines), policy=policy)


def records(operator: Operator) -> list[dict[str, Any]]:
    return [record for body in operator.customer.bodies for record in body]


def sent_to(operator: Operator, kind: str) -> list[dict[str, Any]]:
    """The records of the stream of one kind."""
    batches = [json.loads(one.body) for one in operator.customer.received if one.url.endswith(f"/{kind}")]
    return [record for batch in batches for record in batch]


def by_type(operator: Operator) -> dict[int, dict[str, Any]]:
    """The newest event of each kind."""
    return {record["event_type"]["id"]: record for record in records(operator)}


def use(operator: Operator, iccid: str, megabytes: float) -> None:
    operator.control("POST", f"/sims/{iccid}/usage", json={"volume_tx": megabytes})


# --------------------------------------------------------------------------------------------- the request


@pytest.mark.parametrize("generation", ["ds1", "ds2"])
def test_a_batch_is_a_post_of_an_array_with_a_basic_header(make_operator: MakeOperator, generation: str) -> None:
    """S§3: one array for all that has piled up, oldest first."""
    operator = streaming(make_operator, f"{generation} events")
    operator.device(OLD, "ATTACHED")
    operator.device(OLD, "ONLINE")
    operator.advance(5)
    (request,) = operator.customer.received
    assert (request.method, request.url) == ("POST", "http://customer.test/events")
    assert dict(request.headers) == {"Content-Type": "application/json", "Authorization": f"Basic {BASIC}"}
    assert [record["event_type"]["id"] for record in json.loads(request.body)] == [1, 2, 3]


def test_all_requests_of_a_stream_are_in_the_journal_and_none_breaks_its_description(
    make_operator: MakeOperator,
) -> None:
    operator = streaming(make_operator, "ds1 events", "ds1 usage", "ds2 events", "ds2 usage", "ds2 sms")
    for iccid in (OLD, NEW):
        operator.device(iccid, "ONLINE", rat="GERAN_2G")
        use(operator, iccid, 459)
        use(operator, iccid, 50)
        operator.device(iccid, "ATTACHED", rat="LTE")
        operator.send_mo(iccid, "hello", dest_address="12345")
        operator.advance(60)
    operator.device(OLD, "OFFLINE")
    operator.api("POST", f"/sims/{OLD}/topup?payment_method=creditcard")
    operator.advance(60)
    sent = operator.control("GET", "/journal?direction=outbound")["exchanges"]
    assert {one["operation"] for one in sent} == {"ds1Events", "ds1Usage", "ds2Events", "ds2Usage", "ds2Sms"}
    assert [one["findings"] for one in sent if one["findings"]] == []


# --------------------------------------------------------------------------------------------- events


def test_an_event_of_the_first_generation(make_operator: MakeOperator) -> None:
    """S§5.1: seconds without a fraction, null for what is unknown, user and tags always."""
    operator = streaming(make_operator, "ds1 events")
    operator.device(OLD, "ATTACHED", operator="T-Mobile")
    operator.advance(5)
    sim = {"id": 901001, "iccid": OLD, "msisdn": "882285100000001", "production_date": "2025-12-01T00:00:00Z"}
    assert records(operator)[0] == {
        "id": records(operator)[0]["id"],
        "timestamp": "2026-01-01T00:00:00Z",
        "event_type": {"id": 1, "description": "Update location"},
        "event_severity": {"id": 0, "description": "INFO"},
        "event_source": {"id": 0, "description": "Network"},
        "organisation": {"id": 4321, "name": "81004321"},
        "alert": False,
        "description": (
            "New location received from VLR for IMSI='901405100000001', now attached to VLR='491700970000'."
        ),
        "imsi": {"id": 161001, "imsi": "901405100000001", "import_date": "2025-12-01T00:00:00Z"},
        "sim": sim,
        "endpoint": {
            "id": 8765401,
            "name": OLD,
            "ip_address": operator.get(f"/sims/{OLD}")["ip_address"],
            "tags": None,
            "imei": "3512345600010103",
        },
        "user": None,
        "detail": {
            "id": 4,
            "name": "T-Mobile",
            "country": {"id": 74, "name": "Germany", "country_code": "49", "mcc": "262", "iso_code": "de"},
            "tapcode": [{"id": 4, "tapcode": "DEU01"}],
            "mnc": [{"id": 4, "mnc": "01"}],
        },
    }


def test_an_event_of_the_second_generation(make_operator: MakeOperator) -> None:
    """S§5.1: that of version 2's list without its user: dates have a fraction, and there are no tags."""
    operator = streaming(make_operator, "ds2 events")
    operator.device(OLD, "ATTACHED")
    operator.advance(5)
    (first, *_) = records(operator)
    listed = operator.v2("GET", f"/sims/{OLD}/events?pageSize=100").json()
    assert {**first, "user": None} in listed
    assert first["timestamp"] == "2026-01-01T00:00:00.000Z"
    assert ("tags" in first["endpoint"], "user" in first) == (False, False)


def test_a_session_in_an_event_of_the_first_generation(make_operator: MakeOperator) -> None:
    """S§5.4: where it is stands at the top; of a closed one the access point is null and the tariff missing."""
    operator = streaming(make_operator, "ds1 events")
    operator.device(OLD, "ONLINE", rat="GERAN_2G")
    use(operator, OLD, 1.5)
    operator.device(OLD, "OFFLINE")
    operator.advance(5)
    opened, closed = (by_type(operator)[kind]["detail"] for kind in (3, 5))
    session = opened["pdp_context"]
    assert {"gtp_v1_uli", "ipcan_session_id"}.isdisjoint(session)
    assert (session["breakout_ip"], session["apn"], session["tariff_id"]) == ("unavailable", "iot.1nce.net", "442")
    assert (session["rat_type"], session["tunnel_created"]) == (2, "2026-01-01T00:00:00")
    assert type(session["lac"]) is type(session["ci"]) is int
    assert (closed["pdp_context"]["breakout_ip"], closed["pdp_context"]["apn"]) == (None, None)
    assert {"tariff_id", "tariff_profile_id", "ratezone_id", "operator_id"}.isdisjoint(closed["pdp_context"])
    assert closed["volume"]["total"] == 1.5


def test_quotas_in_events_of_the_first_generation(make_operator: MakeOperator) -> None:
    """S§5.3: numbers when it is low or used up; a text that is no JSON when it is assigned."""
    operator = streaming(make_operator, "ds1 events")
    operator.device(OLD, "ONLINE")
    use(operator, OLD, 401)
    use(operator, OLD, 100)
    operator.api("POST", f"/sims/{OLD}/topup?payment_method=creditcard")
    operator.advance(60)
    found = by_type(operator)
    low = {"threshold_volume": 100, "volume": 99, "threshold_percentage": 20}
    assert found[18]["detail"] == {"quota": low}
    assert found[19]["detail"] == {"quota": {**low, "volume": -1}}
    text = found[56]["detail"]
    assert '"volume": 499.000000, "expiry_date": 2036-' in text
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    assert (found[56]["event_severity"], found[18]["event_severity"]) == (
        {"id": 0, "description": "Info"},
        {"id": 1, "description": "WARN"},
    )


def test_trouble_with_the_sms_forwarder_is_an_event_of_the_first_generation(make_operator: MakeOperator) -> None:
    """S§5.1: without a detail, and without the IMSI if there is no forwarder at all. ds2 has no such kind."""
    operator = streaming(make_operator, "ds1 events", "ds2 events")
    operator.device(OLD, "ATTACHED")
    operator.send_mo(OLD, "hello", dest_address="12345")
    operator.advance(5)
    (trouble,) = [record for record in records(operator) if record["event_type"]["id"] == 0]
    assert trouble["description"].endswith("because no API Callback URL defined in service profile.")
    assert (trouble["detail"], "imsi" in trouble) == (None, False)


def test_a_failed_callback_is_an_event_of_the_first_generation(make_operator: MakeOperator) -> None:
    """With the status that was received, a detail that is null, and the SIM's IMSI (S§5.1)."""
    operator = streaming(make_operator, "ds1 events")
    operator.control("PATCH", "/organisations/4321", json={"forwarder": "http://customer.test/sms"})
    operator.device(OLD, "ATTACHED")
    operator.customer.answers = [400]  # for the report; the batch that tells of it comes later
    operator.send_mt(OLD, "hello")
    operator.advance(10)
    events = sent_to(operator, "events")
    (trouble,) = [record for record in events if record["event_type"] == {"id": 0, "description": "Generic"}]
    assert trouble["description"].startswith(
        "Unable to dispatch DLR to API Callback URL 'http://customer.test/sms' (HTTP code=400), "
    )
    assert (trouble["detail"], trouble["imsi"]["imsi"]) == (None, "901405100000001")


def test_the_first_generation_tells_nothing_of_new_sims(make_operator: MakeOperator) -> None:
    """S§9: they need a new stream, which has both."""
    operator = streaming(make_operator, "ds1 events", "ds2 events")
    for iccid in (OLD, NEW):
        operator.device(iccid, "ATTACHED")
    operator.advance(5)
    told = [{record["sim"]["iccid"] for record in body} for body in operator.customer.bodies]
    assert told == [{OLD}, {OLD, NEW}]


# --------------------------------------------------------------------------------------------- usage


def test_usage_of_the_first_generation(make_operator: MakeOperator) -> None:
    """S§6: the IMSI is a string here and ``mnc``, too; cost is the volume."""
    operator = streaming(make_operator, "ds1 usage")
    operator.device(OLD, "ONLINE", operator="Plus")
    operator.control("POST", f"/sims/{OLD}/usage", json={"volume_tx": 0.576, "volume_rx": 0.6})
    operator.send_mo(OLD, "hello", dest_address="12345")
    operator.advance(5)
    data, message = records(operator)
    assert (data["imsi"], data["imsi_id"], data["traffic_type"]) == (
        "901405100000001",
        161001,
        {"id": 5, "description": "Data"},
    )
    assert data["operator"] == {
        "id": 90,
        "name": "Plus",
        "mnc": "01",
        "country": {"id": 157, "mcc": "260", "name": "Poland"},
    }
    assert (data["volume"], data["cost"]) == ({"total": 1.176, "tx": 0.576, "rx": 0.6}, 1.176)
    assert (message["volume"], message["cost"]) == ({"total": 1, "tx": 1, "rx": 0}, 1)
    assert (message["start_timestamp"], message["end_timestamp"]) == ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z")
    assert message["endpoint"]["balance"] is None


def test_usage_of_the_second_generation(make_operator: MakeOperator) -> None:
    """S§6: data names its session, as the events do, in whole kilobytes on the new core; cost and currency are gone."""
    operator = streaming(make_operator, "ds2 usage", "ds2 events")
    operator.device(NEW, "ONLINE", rat="LTE")
    operator.control("POST", f"/sims/{NEW}/usage", json={"volume_tx": 0.2, "volume_rx": 0.000001})
    operator.send_mo(NEW, "hello", dest_address="12345")
    operator.advance(5)
    data, message = sent_to(operator, "usage")
    session = next(one for one in sent_to(operator, "events") if one["event_type"]["id"] == 3)["detail"]["pdp_context"]
    assert data["detail"] == {"pdp_context": {"rat_type": 6, "ipcan_session_id": session["ipcan_session_id"]}}
    assert data["volume"] == {"total": 0.201728, "tx": 0.200704, "rx": 0.001024}
    assert data["end_timestamp"] == "2026-01-01T00:00:00.000Z"
    assert {"cost", "currency", "detail"}.isdisjoint(message)
    assert message["end_timestamp"] == "2026-01-01T00:00:01Z"


# --------------------------------------------------------------------------------------------- SMS


def test_messages_and_reports_of_the_second_generation(make_operator: MakeOperator) -> None:
    """S§7: one array for both; dates in two forms; the id is a number and, in the detail, a string."""
    operator = streaming(make_operator, "ds2 sms")
    operator.device(OLD, "ATTACHED")
    mo = operator.send_mo(OLD, "pressure=4.1", dest_address="12345")
    mt = operator.send_mt(OLD, "x")
    operator.advance(10)
    assert records(operator) == [
        {
            "id": mo,
            "submit_date": "2026-01-01 00:00:00",
            "pid": 0,
            "organisation": {"id": 4321},
            "dest_address": "12345",
            "source_address": "882285100000001",
            "dcs": 0,
            "payload": "pressure=4.1",
            "endpoint": {"id": 8765401, "name": OLD},
        },
        {
            "id": mt,
            "submit_date": "2026-01-01T00:00:00Z",
            "final_date": "2026-01-01T00:00:02Z",
            "organisation": {"id": 4321},
            "endpoint": {"id": 8765401, "name": OLD},
            "status": {"status": "DELIVERED", "id": 4},
            "detail": {"sms": {"id": str(mt)}},
        },
    ]


def test_messages_may_come_as_the_sms_forwarder_sends_them(make_operator: MakeOperator) -> None:
    """S§7: one customer's receiver is built for POST and PATCH of single objects; the Basic header stays."""
    operator = streaming(make_operator, "ds2 sms", data_stream_sms="forwarder")
    operator.device(OLD, "ATTACHED")
    operator.send_mo(OLD, "pressure=4.1", dest_address="12345")
    operator.send_mt(OLD, "x")
    operator.advance(10)
    assert operator.customer.methods == ["POST", "PATCH"]
    message, report = operator.customer.bodies
    assert (message["multi_part_info"]["total"], report["status"]["status"]) == (1, "DELIVERED")
    assert {dict(one.headers)["Authorization"] for one in operator.customer.received} == {f"Basic {BASIC}"}


# --------------------------------------------------------------------------------------------- trouble


@pytest.mark.parametrize("answer", [302, 404, 500, "no answer within 10 s", "connection reset by peer"])
def test_a_batch_that_was_not_accepted_is_sent_again_with_the_same_ids(
    make_operator: MakeOperator, answer: Any
) -> None:
    """S§3, 4: a redirect is not followed; it, errors and silence are failures."""
    operator = streaming(make_operator, "ds2 events")
    operator.customer.answers = [answer]
    operator.device(OLD, "ATTACHED")
    operator.advance(6)
    first, second = operator.customer.bodies
    assert first == second
    (stream,) = operator.control("GET", "/data-streams")["data_streams"]
    assert [(one["status"], one["problem"]) for one in stream["attempts"]] == [
        (None, answer) if isinstance(answer, str) else (answer, None),
        (200, None),
    ]


@pytest.mark.parametrize(("success", "requests"), [("2xx", 1), ("200", 2)])
def test_204_is_a_success_unless_a_setting_says_otherwise(
    make_operator: MakeOperator, success: str, requests: int
) -> None:
    operator = streaming(make_operator, "ds2 events", data_stream_success=success)
    operator.customer.answers = [204]
    operator.device(OLD, "ATTACHED")
    operator.advance(60)
    assert len(operator.customer.received) == requests


def test_faults_at_a_stream(make_operator: MakeOperator) -> None:
    """A batch twice, a lost answer, volumes as strings: what a receiver should bear."""
    operator = streaming(make_operator, "ds2 events")
    operator.control("POST", "/faults", json={"name": "duplicate-batch", "times": 1})
    operator.device(OLD, "ONLINE")
    operator.advance(5)
    assert len(operator.customer.bodies) == 2
    assert operator.customer.bodies[0] == operator.customer.bodies[1]
    lost = {"problem": "timeout", "phase": "after"}
    operator.control("POST", "/faults", json={"point": "data-stream", "effect": lost, "times": 1})
    use(operator, OLD, 450)
    operator.advance(6)
    assert operator.customer.bodies[2] == operator.customer.bodies[3]
    strings = {"string_volume": True}
    operator.control("POST", "/faults", json={"point": "data-stream", "effect": strings, "match": {"kind": "events"}})
    use(operator, OLD, 50)
    operator.advance(5)
    (quota,) = [one["detail"]["quota"] for one in operator.customer.bodies[4] if one["event_type"]["id"] == 19]
    assert (quota["volume"], quota["threshold"]["volume"], quota["threshold_percentage"]) == ("0", "100", 20)


def test_a_strict_operator_pushes_to_https_and_names_only(make_operator: MakeOperator) -> None:
    """S§2, in a fixture."""
    with pytest.raises(FixtureError, match=r"organisations\[0\].data_streams\[0\].url: must begin with https://"):
        streaming(make_operator, "ds2 events", forwarder_strict_url=True)
