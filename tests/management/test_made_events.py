"""Events by hand: what Platform 2.0 lists and nothing in the emulator causes (S§5.2, 5.3)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from operator_emulator import resources
from operator_emulator.core.customers import stream_log
from operator_emulator.core.customers.model import DataStream, Generation, StreamKind
from operator_emulator.core.world.policy import Policy
from operator_emulator.management.v2.wire.events import listed_types
from operator_emulator.web.openapi import read_yaml
from tests.conftest import MakeOperator, Operator
from tests.management.test_streamer import FLEET, NEW, OLD, by_type, records, streaming

VPN = {
    "vpn_id": 7,
    "region": "eu-central-1",
    "client": {"version": "2.6.12", "private_ip": "10.64.0.200", "public_ip": "198.51.100.20"},
}


def make(emulator: Operator, type: str, iccid: str = NEW, **how: Any) -> Any:
    return emulator.control("POST", f"/sims/{iccid}/events", json={"type": type, **how})


@pytest.mark.parametrize(
    ("type", "id", "name"),
    [
        ("vpn-disconnected", 29, "OpenVPN disconnect"),
        ("vpn-authenticated", 30, "OpenVPN authentication"),
        ("endpoint-enabled", 42, "Endpoint enabled"),
        ("endpoint-disabled", 43, "Endpoint disabled"),
        ("data-quota-deleted", 57, "Data quota deleted"),
        ("sms-quota-deleted", 59, "SMS quota deleted"),
        ("pool-data-used-up", 100, "Regional Pool Data Quota used up"),
        ("pool-data-threshold-reached", 101, "Regional Pool Data Quota Threshold Reached"),
        ("pool-sms-used-up", 102, "Regional Pool SMS Quota used up"),
        ("pool-sms-threshold-reached", 103, "Regional Pool SMS Quota Threshold Reached"),
        ("endpoint-deleted", 121, "Endpoint deleted"),
    ],
)
def test_an_event_by_hand_is_in_the_list_and_in_the_stream(
    make_operator: MakeOperator, type: str, id: int, name: str
) -> None:
    """The same record in both."""
    operator = streaming(make_operator, "ds2 events")
    made = make(operator, type)
    (listed,) = operator.v2("GET", f"/sims/{NEW}/events").json()
    assert (listed["id"], listed["event_type"]) == (made["id"], {"id": id, "description": name})
    operator.advance(5)
    assert records(operator) == [{name: value for name, value in listed.items() if name != "user"}]


def test_a_vpn_event_tells_of_the_tunnel(make_operator: MakeOperator) -> None:
    """Values that are not given are made up."""
    operator = streaming(make_operator, "ds2 events")
    make(operator, "vpn-authenticated", data={"vpn": 7, "public_ip": "198.51.100.20"})
    (event,) = operator.v2("GET", f"/sims/{NEW}/events").json()
    assert event["detail"] == VPN
    assert event["description"] == "OpenVPN client (re-)authenticated successfully"


def test_an_event_of_a_regional_pool_has_its_quota(make_operator: MakeOperator) -> None:
    """The SIM's quota stands for the pool's."""
    operator = streaming(make_operator, "ds2 events")
    make(operator, "pool-data-threshold-reached", data={"pool": "Asia"})
    make(operator, "pool-sms-used-up")
    used_up, low = (event["detail"] for event in operator.v2("GET", f"/sims/{NEW}/events").json())
    assert (low["regional_pool"], low["quota"]["service"]) == ({"id": 1, "name": "Asia"}, "data")
    assert low["quota"]["volume"] == low["quota"]["threshold_volume"] == 100
    assert (used_up["regional_pool"]["name"], used_up["quota"]["service"]) == ("Europe", "sms")
    assert (used_up["quota"]["volume"], used_up["quota"]["status"]["description"]) == (0, "EXHAUSTED")


def test_version_1_has_the_types_of_its_own_catalogue(make_operator: MakeOperator) -> None:
    """30, 57 and 59, without a detail in the old stream; the other types are Platform 2.0's (S§5.2)."""
    operator = streaming(make_operator, "ds1 events")
    for type in ("vpn-authenticated", "data-quota-deleted", "sms-quota-deleted"):
        make(operator, type, OLD)
    for type in ("vpn-disconnected", "endpoint-disabled", "pool-data-used-up", "endpoint-deleted"):
        make(operator, type, OLD)
    quota = "until new {0} quota got assigned."
    sentences = [event["event_type"] for event in operator.get(f"/sims/{OLD}/events")["events"]]
    assert sentences[-1] == "OpenVPN client (re-)authenticated successfully"
    assert [one.split("endpoint ")[-1] for one in sentences[:2]] == [quota.format("SMS"), quota.format("data")]
    operator.advance(5)
    assert by_type(operator).keys() == {30, 57, 59}
    assert all("detail" not in record for record in records(operator))


def test_any_event_can_be_made(make_operator: MakeOperator) -> None:
    """With the values of a fixture, and at the network that is named."""
    operator = streaming(make_operator, "ds1 events")
    made = make(operator, "pdp-context-refused", OLD, operator="26203", data={"cause": "IMEI_LOCK_BREACHED"})
    assert made["description"] == (
        "PDP Context Request rejected, because IMEI does not match the IMEI that the SIM is locked to."
    )
    (event,) = operator.get(f"/sims/{OLD}/events")["events"]
    assert (event["mnc"], event["event_type"]) == ("03", made["description"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "type"),
        ({"type": "sms-delivered"}, "type"),
        ({"type": "location-updated", "operator": "Nobody"}, "operator"),
        ({"type": "vpn-authenticated", "data": {"tunnel": 7}}, "data.tunnel"),
        ({"type": "vpn-authenticated", "data": {"vpn": "seven"}}, "data.vpn"),
    ],
)
def test_an_invalid_event_is_refused(make_operator: MakeOperator, body: Any, field: str) -> None:
    """The refusal names the member."""
    operator = streaming(make_operator, "ds2 events")
    answer = operator.http.post(f"/_emulator/sims/{NEW}/events", json=body)
    assert (answer.status_code, answer.json().get("field")) == (400, field), answer.text
    assert operator.v2("GET", f"/sims/{NEW}/events").json() == []


def test_the_control_plane_makes_what_a_fixture_may_have() -> None:
    """Both descriptions list the same types."""
    control = read_yaml(resources.spec("control.yaml"))["paths"]["/sims/{iccid}/events"]["post"]
    body = control["requestBody"]["content"]["application/json"]["schema"]["properties"]
    fixture = read_yaml(resources.spec("fixture.yaml"))["$defs"]["event"]["properties"]
    assert body["type"]["enum"] == fixture["type"]["enum"]


@pytest.mark.parametrize("unlisted", [False, True])
def test_the_list_and_the_stream_have_the_same_types(unlisted: bool) -> None:
    """Two tables say so: core does not know the wire."""
    stream = DataStream(
        id=1,
        organisation=4321,
        kind=StreamKind.EVENTS,
        generation=Generation.DS2,
        url="",
        authorization="",
        created=datetime(2026, 1, 1, tzinfo=UTC),
    )
    policy = Policy(v2_unlisted_events=unlisted)
    assert set(stream_log.types(stream, policy)) == set(listed_types(policy))


# --------------------------------------------------------------------------------------------- caused, if asked for


def kinds(operator: Operator) -> list[int]:
    return [record["event_type"]["id"] for record in records(operator)]


@pytest.mark.parametrize(("told", "expected"), [(False, [9, 8]), (True, [9, 43, 8, 42])])
def test_a_setting_tells_of_endpoints_that_are_disabled_and_enabled(
    make_operator: MakeOperator, told: bool, expected: list[int]
) -> None:
    """S§5.2 lists the types; what causes them is not published."""
    operator = streaming(make_operator, "ds2 events", endpoint_events=told)
    for status in ("Disabled", "Enabled"):
        assert operator.v2("PUT", f"/sims/{OLD}", json={"status": status}).status_code == 200
    operator.advance(5)
    assert kinds(operator) == expected
    if told:
        assert by_type(operator)[43]["description"] == "Status of Endpoint 8765401 changed to Disabled"


def test_a_setting_tells_of_endpoints_whose_sims_leave(make_operator: MakeOperator) -> None:
    """The old organisation is told; Platform 2.0 has no events of the release (S§5.2)."""
    fleet = FLEET.replace("    data_streams:", "  - {id: 4322, parent: 4321}")
    operator = make_operator(fleet, policy={"endpoint_events": True})
    where = {"target_organisation": 4322, "iccids": [OLD]}
    assert operator.api("POST", "/sims/simTransfer", json=where).status_code == 201
    operator.control("POST", "/clock/advance", json={"until": "idle"})
    log = operator.control("GET", f"/sims/{OLD}/events")["events"]
    assert [event["type"] for event in log] == ["sim-assigned", "endpoint-deleted", "sim-released"]
