"""The event list (D§11): sentences, order, paging; and the table that they come from."""

import re
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from operator_emulator.core.customers.model import Quota, Service, SimState
from operator_emulator.core.network import networks
from operator_emulator.core.network.model import AttachFailure, PdpContext, Rat
from operator_emulator.core.world.model import Event, EventType
from operator_emulator.core.world.payloads import (
    Cell,
    DataDisconnection,
    LocationUpdate,
    Payload,
    PdpContextChange,
    PdpContextRefusal,
    QuotaChange,
    SimStateChange,
)
from operator_emulator.core.world.policy import Policy
from operator_emulator.management.editions import EDITIONS
from operator_emulator.management.events import CATALOGUE, REASONS, SMS_ROWS, show_event, shown_types, words_of
from tests.conftest import ATTACHED, ISSUED, OFFLINE, ONLINE, MakeOperator, Operator

NOW = EDITIONS["1nce"]
OLD = EDITIONS["1nce-2019"]
INSTANT = datetime(2018, 5, 7, 14, 8, 5, 999999, tzinfo=UTC)


def texts(operator: Operator, iccid: str) -> list[str]:
    return [event["event_type"] for event in operator.get(f"/sims/{iccid}/events?pageSize=1000")["events"]]


# --------------------------------------------------------------------------------------------- the list


def test_trap_11_events_are_sentences_in_an_object_with_totals(operator: Operator) -> None:
    """No ids, no names: text, severity and whom it concerns, newest first (D§11.1)."""
    operator.device(OFFLINE, "ONLINE")
    answer = operator.api("GET", f"/sims/{OFFLINE}/events?pageSize=2&page=1")
    body = answer.json()
    assert list(body) == ["events", "totalEvents", "totalPages"]
    assert body["totalPages"] == -(-body["totalEvents"] // 2)
    assert answer.headers["x-total-count"] == str(body["totalEvents"])
    assert answer.headers["x-total-pages"] == str(body["totalPages"])
    newest = body["events"][0]
    sim = operator.get(f"/sims/{OFFLINE}")
    assert list(newest.items()) == [
        ("timestamp", "2026-01-01T00:00:00.000+0000"),
        ("event_type", "New PDP Context successfully activated with SGSN CP=198.18.4.2, DP=198.19.4.2."),
        ("iccid", OFFLINE),
        ("imsi", sim["imsi"]),
        ("imei", sim["imei"]),
        ("country", "Germany"),
        ("operator", "T-Mobile"),
        ("mcc", "262"),
        ("mnc", "01"),
        ("alert", False),
        ("event_severity", "Info"),
    ]


def test_the_first_activation_is_written_without_a_full_stop(operator: Operator) -> None:
    """From 'Issued', with straight quotes (trap 11); then come the volumes."""
    assert operator.api("PUT", f"/sims/{ISSUED}", json={"status": "Enabled"}).status_code == 200
    assert "Status of SIM changed from 'Issued' to 'Activated'" in texts(operator, ISSUED)


def test_a_failing_endpoint_writes_one_event_for_each_attempt(operator: Operator) -> None:
    """The code received, or 500 for none; SMS or DLR (D§10.5)."""
    operator.customer.answers = [503, "connection refused", 200, 404, 200]
    operator.send_mo(ATTACHED, "x")
    operator.advance(10 * 60)
    operator.send_mt(ATTACHED, "x")
    operator.advance(10 * 60)
    told = [text for text in texts(operator, ATTACHED) if text.startswith("Unable")]
    rest = "please verify the URL is correct and the application server is accepting requests."
    assert told[::-1] == [
        f"Unable to dispatch SMS to API Callback URL 'http://customer.test/sms' (HTTP code=503), {rest}",
        f"Unable to dispatch SMS to API Callback URL 'http://customer.test/sms' (HTTP code=500), {rest}",
        f"Unable to dispatch DLR to API Callback URL 'http://customer.test/sms' (HTTP code=404), {rest}",
    ]


def test_without_a_forwarder_an_event_says_so(make_operator: MakeOperator) -> None:
    """The message stays readable, pending (D§9.7, 10.5)."""
    operator = make_operator("""
        version: 1
        organisations:
          - id: 1
            name: One
            users: [{username: demo, password: demo}]
            sims: [{iccid: "8988228066600000002", device: {status: ATTACHED}}]
    """)
    id = operator.send_mo(ATTACHED, "x", dest_address="12345")
    event = operator.get(f"/sims/{ATTACHED}/events")["events"][0]
    assert event["event_type"] == (
        "SMS to 12345 cannot be forwarded, because no API Callback URL defined in service profile."
    )
    assert (event["alert"], event["event_severity"]) == (True, "Warn")
    assert operator.sms(ATTACHED, id)["status"]["id"] == 3


def test_messages_are_no_events_unless_the_portals_rows_are_asked_for(make_operator: MakeOperator) -> None:
    """sms_rows_in_events mixes in SMS MT and SMS MO (D§11.1)."""
    for rows, expected in ((False, []), (True, ["SMS MO", "SMS MT"])):
        operator = make_operator(policy={"sms_rows_in_events": rows})
        operator.send_mt(ATTACHED, "x")
        operator.advance(5)
        operator.send_mo(ATTACHED, "x")
        assert [text for text in texts(operator, ATTACHED) if text.startswith("SMS M")] == expected


def test_events_are_sorted_when_asked(operator: Operator) -> None:
    """The published example is ``-timestamp,id``; unknown keys are ignored."""
    operator.device(OFFLINE, "ONLINE")
    operator.advance(60)
    operator.device(OFFLINE, "OFFLINE")
    newest = texts(operator, OFFLINE)
    oldest = [event["event_type"] for event in operator.get(f"/sims/{OFFLINE}/events?sort=id,nonsense")["events"]]
    assert oldest == newest[::-1]
    for sort in ("-timestamp,id", "event_type", "-imei"):
        found = operator.get(f"/sims/{OFFLINE}/events?sort={sort}")["events"]
        assert sorted(event["event_type"] for event in found) == sorted(newest)


def test_events_are_gone_after_a_week(operator: Operator) -> None:
    """Retention (D§11.1); an unknown SIM is 404."""
    operator.device(OFFLINE, "ATTACHED")
    operator.advance(7 * 86400 + 1)
    assert operator.get(f"/sims/{OFFLINE}/events") == {"events": [], "totalEvents": 0, "totalPages": 1}
    assert operator.api("GET", "/sims/8988228066609999999/events").status_code == 404


# --------------------------------------------------------------------------------------------- the table

QUOTA = Quota(volume=0, total=0, last_added=500_000_000, changed=INSTANT)
SESSION = PdpContextChange(pdp=PdpContext(id=1, opened=INSTANT))
DATA = QuotaChange(service=Service.DATA, quota=QUOTA)
SMS = QuotaChange(service=Service.SMS, quota=replace(QUOTA, last_added=250))
# (type, payload, number, severity, source, alert, sentence), word for word (D§11.2)
PUBLISHED: list[tuple[EventType, Payload | None, int, str, str, bool, str]] = [
    (
        EventType.LOCATION_UPDATED,
        LocationUpdate(),
        1,
        "Info",
        "Network",
        False,
        "New location received from VLR for IMSI='901405100009036', now attached to VLR='491700970000'.",
    ),
    (
        EventType.GPRS_LOCATION_UPDATED,
        LocationUpdate(cell=Cell(rat=Rat.LTE)),
        2,
        "Info",
        "Network",
        False,
        "New location received from SGSN for IMSI='901405100009036', now attached to SGSN='491700300000', "
        "IP='198.18.4.2', RAT type='E_UTRAN'.",
    ),
    (
        EventType.PDP_CONTEXT_CREATED,
        SESSION,
        3,
        "Info",
        "Network",
        False,
        "New PDP Context successfully activated with SGSN CP=198.18.4.2, DP=198.19.4.2.",
    ),
    (
        EventType.PDP_CONTEXT_REFUSED,
        PdpContextRefusal(cause=AttachFailure.MONTHLY_USAGE_LIMIT_EXCEEDED),
        3,
        "Warn",
        "Policy Control",
        True,
        "PDP Context Request rejected, because endpoint is currently blocked due to exceeded traffic limit.",
    ),
    (EventType.PDP_CONTEXT_UPDATED, SESSION, 4, "Info", "Network", False, "PDP Context updated."),
    (EventType.PDP_CONTEXT_DELETED, SESSION, 5, "Info", "Network", False, "PDP Context deleted."),
    (
        EventType.SIM_STATE_CHANGED,
        SimStateChange(before=SimState.SUSPENDED, after=SimState.ACTIVATED),
        8,
        "Info",
        "API",
        False,
        "Status of SIM changed from 'Suspended' to 'Activated'",
    ),
    (
        EventType.SIM_STATE_CHANGED,
        SimStateChange(before=SimState.ACTIVATED, after=SimState.SUSPENDED),
        9,
        "Info",
        "API",
        False,
        "Status of SIM changed from 'Activated' to 'Suspended'",
    ),
    (
        EventType.DATA_LIMIT_REACHED,
        None,
        11,
        "Warn",
        "Policy Control",
        True,
        "Blocking data access for endpoint, traffic limit exceeded.",
    ),
    (
        EventType.LOCATION_PURGED,
        None,
        15,
        "Info",
        "Network",
        False,
        "VLR location information has been purged for IMSI='901405100009036'.",
    ),
    (
        EventType.GPRS_LOCATION_PURGED,
        None,
        16,
        "Info",
        "Network",
        False,
        "SGSN location information has been purged for IMSI='901405100009036'.",
    ),
    (
        EventType.DATA_THRESHOLD_REACHED,
        DATA,
        18,
        "Warn",
        "Policy Control",
        True,
        "Endpoint quota threshold reached, volume is below 20%.",
    ),
    (
        EventType.DATA_USED_UP,
        DATA,
        19,
        "Warn",
        "Policy Control",
        True,
        "Quota volume is completely used up and data access denied for endpoint.",
    ),
    (
        EventType.SMS_THRESHOLD_REACHED,
        SMS,
        20,
        "Warn",
        "Policy Control",
        True,
        "SMS quota threshold reached, volume is below 20%.",
    ),
    (
        EventType.SMS_USED_UP,
        SMS,
        21,
        "Warn",
        "Policy Control",
        True,
        "SMS quota volume is completely used up and SMS access denied for endpoint.",
    ),
    (EventType.SIM_RELEASED, None, 50, "Info", "API", False, "SIM 1907036 released from endpoint 9771436"),
    (EventType.SIM_ASSIGNED, None, 51, "Info", "API", False, "SIM 1907036 assigned to endpoint 9771436"),
    (
        EventType.DATA_QUOTA_ASSIGNED,
        DATA,
        56,
        "Info",
        "API",
        True,
        "Data quota got assigned with volume of 500.000000 MB. On exhaustion, the data service will be blocked.",
    ),
    (
        EventType.SMS_QUOTA_ASSIGNED,
        SMS,
        58,
        "Info",
        "API",
        True,
        "SMS quota got assigned with volume of 250 SMS. On exhaustion, the SMS service will be blocked.",
    ),
    (EventType.DATA_QUOTA_EXPIRED, None, 60, "Warn", "Policy Control", True, "Data quota expired."),
    (
        EventType.DATA_DISCONNECTED,
        DataDisconnection(),
        0,
        "Warn",
        "Policy Control",
        True,
        "Disconnecting data access for endpoint, because it has been disabled.",
    ),
]


def event(type: EventType, payload: Payload | None) -> Event:
    return Event(
        id=1,
        at=INSTANT,
        type=type,
        organisation=4321,
        iccid="8988280666001006036",
        imsi="901405100009036",
        network=networks.DEFAULT,
        payload=payload,
    )


@pytest.mark.parametrize(("type", "payload", "id", "severity", "source", "alert", "sentence"), PUBLISHED)
def test_each_type_has_its_number_severity_and_sentence(
    type: EventType, payload: Payload | None, id: int, severity: str, source: str, alert: bool, sentence: str
) -> None:
    """The catalogue, word for word."""
    one = event(type, payload)
    words = words_of(one)
    assert (words.id, words.severity, words.source, words.alert) == (id, severity, source, alert)
    shown = show_event(one, NOW)
    assert shown["event_type"] == sentence
    assert (shown["alert"], shown["event_severity"]) == (alert, severity)
    assert shown["timestamp"] == "2018-05-07T14:08:05.000+0000"


@pytest.mark.parametrize("cause", AttachFailure)
def test_every_refusal_has_a_reason(cause: AttachFailure) -> None:
    """No cause of the network is left without words."""
    text = show_event(event(EventType.PDP_CONTEXT_REFUSED, PdpContextRefusal(cause=cause)), NOW)["event_type"]
    assert text == f"PDP Context Request rejected, because {REASONS[cause]}."
    assert cause.value not in text


@pytest.mark.parametrize("rat", Rat)
def test_the_rat_is_named_today_and_was_not_in_2019(rat: Rat) -> None:
    """D§16: MT event text for location."""
    one = event(EventType.GPRS_LOCATION_UPDATED, LocationUpdate(cell=Cell(rat=rat)))
    assert re.search(r", RAT type='[A-Z_]+'\.$", show_event(one, NOW)["event_type"])
    assert "RAT" not in show_event(one, OLD)["event_type"]


def test_an_event_without_a_network_has_no_numbers_of_switches() -> None:
    bare = Event(id=1, at=INSTANT, type=EventType.LOCATION_UPDATED, organisation=None, payload=LocationUpdate())
    assert show_event(bare, NOW)["event_type"].endswith("IMSI='', now attached to VLR=''.")
    assert set(show_event(bare, NOW)) == {"timestamp", "event_type", "alert", "event_severity"}
    placed = replace(bare, network=networks.DEFAULT)
    assert f"VLR='{networks.vlr(networks.DEFAULT)}'" in show_event(placed, NOW)["event_type"]


def test_the_catalogue_and_the_rows_of_messages_do_not_overlap() -> None:
    """What is shown is what has words."""
    assert shown_types(Policy()) == tuple(CATALOGUE)
    assert not set(CATALOGUE) & set(SMS_ROWS)
    numbers = {words.id for words in CATALOGUE.values()}
    assert numbers == {0, 1, 2, 3, 4, 5, 8, 11, 15, 16, 18, 19, 20, 21, 30, 50, 51, 56, 57, 58, 59, 60}


def test_an_online_device_shows_its_own_imei(operator: Operator) -> None:
    """Sixteen digits (trap 15), also in events."""
    operator.device(OFFLINE, "ONLINE", imei="8682390510114404")
    assert operator.get(f"/sims/{OFFLINE}/events")["events"][0]["imei"] == "8682390510114404"
    assert operator.get(f"/sims/{ONLINE}/events")["totalEvents"] >= 0
