"""Looking at partners and SIMs, and touching one SIM at once (P§3.2, 3.4, 3.5)."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from operator_emulator.core.customers import sims
from operator_emulator.core.customers.model import Caller, SimChange
from operator_emulator.core.network import device, numbering, smsc
from operator_emulator.core.partners import contracts
from operator_emulator.core.partners.model import Contract, ContractState
from tests.portal.conftest import (
    ACTIVE,
    BLOCKED,
    BRANCH,
    BRANCHED,
    EID,
    ESIM,
    FOREIGN,
    INACTIVE,
    MAIN,
    ORDERED,
    OTHER,
    STATES,
    SUSPENDED,
    TERMINATED,
    TEST,
    Client,
)

MakeClient = Any
IMSI, MSISDN = "262015000000004", "4915100000004"
UNKNOWN = "8949020000000000999"


def iccids(page: Any) -> list[str]:
    return [sim["iccid"] for sim in page["sims"]]


# --------------------------------------------------------------------------------------------- the partner


def test_a_partner_has_counts_for_each_state(client: Client) -> None:
    """Its subunits' SIMs count; a subunit's own counts are its own."""
    counts = client.get("")
    assert counts == {
        "partnerID": MAIN,
        "name": "Main Test Company",
        "simCounts": {
            "Ordered": 1,
            "Inactive": 2,
            "Test": 1,
            "Active": 2,
            "Suspended": 1,
            "Blocked": 1,
            "Terminated": 1,
        },
        "total": 9,
    }
    assert client.get("", partner=BRANCH)["total"] == 1


@pytest.mark.parametrize(
    ("as_", "partner", "status"),
    [
        ("portal-demo", MAIN, 200),
        ("portal-demo", BRANCH, 200),
        ("portal-demo", OTHER, 403),
        ("portal-demo", "999999", 403),
        ("branch", BRANCH, 200),
        ("branch", MAIN, 403),
        ("other", OTHER, 200),
        ("other", BRANCH, 403),
        ("portal-demo", "12345", 400),
        ("portal-demo", "none", 400),
    ],
)
def test_which_organisation_sees_which_sims(client: Client, as_: str, partner: str, status: int) -> None:
    """A main user its partner and all subunits, a subunit user its own; nobody learns whether another one exists."""
    answer = client.call("GET", "/sims", as_=as_, partner=partner)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["message"] == "Access denied"
        assert answer.json()["errors"] == [f"No permission for partner {partner}."]


# --------------------------------------------------------------------------------------------- the list


def test_the_list_has_pages_from_zero(client: Client) -> None:
    """In order of insertion, with how many there are in all."""
    whole = client.get("/sims")
    assert (whole["page"], whole["size"], whole["totalElements"]) == (0, 100, 9)
    pages = [client.get("/sims", params={"page": n, "size": 4}) for n in range(4)]
    assert [len(page["sims"]) for page in pages] == [4, 4, 1, 0]
    assert [iccid for page in pages for iccid in iccids(page)] == iccids(whole)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("page=x", "page should be of type int"),
        ("page=99999999999", "page should be of type int"),
        ("page=-1", "page: must be greater than or equal to 0"),
        ("size=0", "size: must be greater than or equal to 1"),
        ("size=1001", "size: must be less than or equal to 1000"),
        ("status=Running", "status: must be one of Ordered, Inactive, Test, Active, Suspended, Blocked, Terminated"),
        ("iccid=x", "iccid: must match [0-9]{1,22}"),
        ("imei=1", "imei: must match [0-9]{14,16}"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(client: Client, query: str, error: str) -> None:
    """With the framework's texts."""
    assert client.refused("GET", f"/sims?{query}", 400)["errors"] == [error]


def test_the_list_can_be_searched(client: Client) -> None:
    """By state and by every identifier, which must all fit."""
    client.device(imei="3569380356438017")
    for query, expected in (
        ({"status": "Active"}, [ACTIVE, BRANCHED]),
        ({"iccid": TEST}, [TEST]),
        ({"imsi": IMSI}, [ACTIVE]),
        ({"msisdn": f"+{MSISDN}"}, [ACTIVE]),
        ({"imei": "356938035643809"}, [ACTIVE]),
        ({"euiccid": EID}, [ESIM]),
        ({"imsi": IMSI, "status": "Test"}, []),
        ({"imsi": IMSI, "iccid": TEST}, []),
        ({"iccid": FOREIGN}, []),
        ({"iccid": UNKNOWN}, []),
    ):
        page = client.get("/sims", params=query)
        assert (iccids(page), page["totalElements"]) == (expected, len(expected)), query


def test_the_list_shows_the_usage(client: Client) -> None:
    """In megabytes, in this month."""
    client.do(device.use_data, ACTIVE, 1_000_000, 50_000)
    page = client.get("/sims", params={"iccid": ACTIVE})
    assert page["sims"][0]["dataUsage"] == {"volume": 1.05, "unit": "MB"}


# --------------------------------------------------------------------------------------------- details


@pytest.mark.parametrize(("iccid", "state"), [(iccid, state.value) for iccid, state in STATES.items()])
def test_details_show_what_the_state_allows(client: Client, iccid: str, state: str) -> None:
    """A SIM that is not in use has no identity but its ICCID."""
    sim = client.sim(iccid)
    assert sim["status"] == state
    identified = state in ("Test", "Active", "Suspended", "Blocked")
    assert (sim["imsi"] is not None, sim["msisdn"] is not None) == (identified, identified)
    assert sim["productive"] is (state not in ("Ordered", "Inactive", "Test"))
    assert (sim["bindingPeriod"] is None) is (not sim["productive"])
    assert (sim["tariff"] is None) is (state in ("Ordered", "Inactive"))


def test_details_of_an_active_sim(client: Client) -> None:
    """Every element."""
    client.device(imei="3569380356438017")
    client.do(device.use_data, ACTIVE, 10, 20)
    client.do(device.send_mo, ACTIVE, "hello")
    assert client.sim() == {
        "iccid": ACTIVE,
        "euiccid": None,
        "imsi": IMSI,
        "msisdn": MSISDN,
        "imei": "3569380356438017",
        "partnerID": MAIN,
        "simType": "PHYSICAL",
        "status": "Active",
        "productive": True,
        "activationDate": "2026-03-10T12:00:00.000Z",
        "bindingPeriod": {"start": "2026-03-10", "end": "2028-03-09"},
        "activationCode": None,
        "eidProfileStatus": None,
        "tariff": {"offeringID": 800000333, "offeringName": "M2M Standard"},
        "options": [],
        "profiles": {},
        "remarks": {},
        "restrictionStatus": "No Restriction",
        "limitStatus": "OK",
        "fraudStatus": "OK",
        "simAggregatedData": {
            "dataVolume": 30,
            "smsMo": 1,
            "smsMt": 0,
            "voiceSeconds": 0,
            "periodStart": "2026-03-01T00:00:00.000Z",
        },
    }


def test_a_look_up_by_any_identifier_finds_the_same_sim(client: Client) -> None:
    """POST takes one of five."""
    client.device(imei="3569380356438017")
    expected = client.sim()
    for identifier in (
        {"iccid": ACTIVE},
        {"imsi": IMSI},
        {"msisdn": MSISDN},
        {"msisdn": f"+{MSISDN}"},
        {"imei": "3569380356438017"},
    ):
        assert client.post("/sims/details", identifier) == expected
    assert client.post("/sims/details", {"euiccid": EID})["iccid"] == ESIM


@pytest.mark.parametrize(
    ("identifier", "kind"),
    [
        ({"iccid": UNKNOWN}, "ICCID"),
        ({"iccid": FOREIGN}, "ICCID"),
        ({"imsi": "262019999999999"}, "IMSI"),
        ({"imsi": "262015000000002"}, "IMSI"),  # of a SIM in stock
        ({"msisdn": "4915199999999"}, "MSISDN"),
        ({"imei": "356938035643809"}, "IMEI"),
        ({"euiccid": "22233356789100043"}, "eUICCID"),
    ],
)
def test_an_unknown_identifier_is_404(client: Client, identifier: Any, kind: str) -> None:
    """For a method about one SIM; a foreign SIM is an unknown one."""
    error = client.refused("POST", "/sims/details", 404, json=identifier)
    assert (error["status"], error["message"]) == ("NOT_FOUND", "SIM not found")
    assert error["errors"] == [f"No SIM found for {kind} {next(iter(identifier.values()))}."]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "identifier: must be exactly one of iccid, euiccid, imsi, imei, msisdn"),
        ({"iccid": None}, "identifier: must be exactly one of iccid, euiccid, imsi, imei, msisdn"),
        ({"iccid": ACTIVE, "imsi": IMSI}, "identifier: must be exactly one of iccid, euiccid, imsi, imei, msisdn"),
        ({"iccid": 8949020000000000004}, "iccid: must match [0-9]{1,22}"),
        ({"imsi": "x"}, "imsi: must match [0-9]{1,15}"),
        ([], "body: must be an object"),
        ("text", "body: must be an object"),
    ],
)
def test_a_look_up_needs_exactly_one_well_formed_identifier(client: Client, body: Any, error: str) -> None:
    """400, with the field's name."""
    assert client.refused("POST", "/sims/details", 400, json=body)["errors"] == [error]


def test_an_imei_in_two_sims_is_ambiguous(client: Client) -> None:
    """One device, two cards: no single SIM is meant."""
    for iccid in (ACTIVE, TEST):
        client.device(iccid, imei="3569380356438017")
    error = client.refused("POST", "/sims/details", 400, json={"imei": "356938035643800"})
    assert error["errors"] == ["imei: matches several SIMs"]


def test_a_path_takes_an_iccid_only(client: Client) -> None:
    """An IMSI is digits, too, and so an unknown ICCID; what is no digits is malformed."""
    assert client.refused("GET", f"/sims/{IMSI}", 404)["errors"] == [f"No SIM found for ICCID {IMSI}."]
    assert client.refused("GET", "/sims/abc", 400)["errors"] == ["iccid: must match [0-9]{1,22}"]


# --------------------------------------------------------------------------------------------- sessions

NO_SESSION = {
    "sessionStatus": "OFFLINE",
    "apnName": None,
    "ipAddress": None,
    "ratType": None,
    "network": None,
    "sessionStart": None,
    "volumeUpload": None,
    "volumeDownload": None,
    "volumeRounded": None,
    "restrictionReason": None,
}
SESSION = {
    "sessionStatus": "ONLINE",
    "apnName": "internet.m2mportal.de",
    "ratType": "LTE",
    "network": "T-Mobile",
    "sessionStart": "2026-03-10T12:00:00.000Z",
    "volumeUpload": 20480,
    "volumeDownload": 81921,
    "volumeRounded": 101,
    "restrictionReason": None,
}


def test_without_a_session_there_are_nulls(client: Client) -> None:
    """And OFFLINE."""
    assert client.get(f"/sims/{ACTIVE}/session") == {"iccid": ACTIVE, **NO_SESSION}


def test_a_session_that_a_device_opened_shows(client: Client) -> None:
    """By path and by identifier; with kilobytes rounded up."""
    client.do(device.use_data, ACTIVE, 20480, 81921)
    session = client.get(f"/sims/{ACTIVE}/session")
    assert session == {"iccid": ACTIVE, "ipAddress": session["ipAddress"], **SESSION}
    assert client.post("/sims/session", {"imsi": IMSI}) == session


def test_parallel_sessions_have_another_shape(client: Client) -> None:
    """A list, in query or body; empty when the device is offline."""
    assert client.get(f"/sims/{ACTIVE}/session?parallelSessions=true") == {"iccid": ACTIVE, "sessions": []}
    client.do(device.use_data, ACTIVE, 20480, 81921)
    (session,) = client.post("/sims/session", {"iccid": ACTIVE, "parallelSessions": True})["sessions"]
    assert {**session, "ipAddress": None} == {**SESSION, "ipAddress": None}
    single = client.get(f"/sims/{ACTIVE}/session?parallelSessions=false")
    assert single["sessionStatus"] == "ONLINE"


def test_parallel_sessions_must_be_booked(client: Client) -> None:
    """403 of the portal otherwise, and 400 for what is no boolean."""
    client.do(unbook, MAIN)
    error = client.refused("GET", f"/sims/{ACTIVE}/session?parallelSessions=true", 403)
    assert error["errors"] == ["Option parallelSessions is not booked."]
    error = client.refused("GET", f"/sims/{ACTIVE}/session?parallelSessions=2", 400)
    assert error["errors"] == ["parallelSessions should be of type boolean"]


def unbook(world: Any, partner: str) -> None:
    world.partners.put(replace(world.partners.get(partner), booked=()))


def test_the_history_has_past_sessions_newest_first(client: Client) -> None:
    """The one that still runs has no end yet."""
    client.do(device.use_data, ACTIVE, 1, 0)
    client.advance(60)
    client.device(status="ATTACHED")
    client.advance(60)
    client.do(device.use_data, ACTIVE, 2, 0)
    client.advance(60)
    sessions = client.get(f"/sims/{ACTIVE}/sessionhistory")["sessions"]
    assert [(one["volumeUpload"], one["sessionStatus"], one["sessionEnd"]) for one in sessions] == [
        (2, "ONLINE", None),
        (1, "OFFLINE", "2026-03-10T12:01:00.000Z"),
    ]
    assert client.post("/sims/sessionhistory", {"msisdn": MSISDN})["sessions"] == sessions


def test_the_history_reaches_back_seven_days_unless_asked(client: Client) -> None:
    """``dateFrom`` and ``dateTo``, each optional, in query or body; a plain day is whole."""
    client.do(device.use_data, ACTIVE, 1, 0)
    client.device(status="OFFLINE")
    client.advance(8 * 86400)
    path = f"/sims/{ACTIVE}/sessionhistory"
    for query, count in (
        ({}, 0),
        ({"dateFrom": "2026-03-10"}, 1),
        ({"dateFrom": "2026-03-11"}, 0),
        ({"dateFrom": "2026-03-10", "dateTo": "2026-03-10"}, 1),
        ({"dateTo": "2026-03-12T00:00:00Z"}, 1),
        ({"dateTo": "0001-01-01"}, 0),
        ({"dateFrom": "2026-03-10T13:00:00+01:00"}, 1),
        ({"dateFrom": "2026-03-10T12:00:01.000Z"}, 0),
    ):
        assert len(client.get(path, params=query)["sessions"]) == count, query
    body = {"iccid": ACTIVE, "dateFrom": "2026-03-10"}
    assert len(client.post("/sims/sessionhistory", body)["sessions"]) == 1


def test_a_running_session_is_in_the_history_of_its_time_only(client: Client) -> None:
    """It began today."""
    client.device()
    path = f"/sims/{ACTIVE}/sessionhistory"
    assert len(client.get(path)["sessions"]) == 1
    assert client.get(path, params={"dateTo": "2026-03-09"})["sessions"] == []


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("dateFrom=yesterday", "dateFrom should be of type date"),
        ("dateTo=9999-01-01", "dateTo should be of type date"),
        ("dateFrom=2026-03-11&dateTo=2026-03-10", "dateFrom: must not be after dateTo"),
    ],
)
def test_dates_that_are_none_are_refused(client: Client, query: str, error: str) -> None:
    """400."""
    assert client.refused("GET", f"/sims/{ACTIVE}/smshistory?{query}", 400)["errors"] == [error]
    assert client.refused("POST", "/sims/smshistory", 400, json={"iccid": ACTIVE, "dateFrom": 5})


# --------------------------------------------------------------------------------------------- messages


def test_messages_go_through_the_same_smsc_and_show_in_the_history(client: Client) -> None:
    """Sent by the portal, delivered to the device; and what the device sends shows beside it."""
    client.device(status="ATTACHED")
    sent = client.post(f"/sims/{ACTIVE}/sms", {"message": "wake up", "sender": "Operations"}, 202)
    assert sent == {
        "messageId": sent["messageId"],
        "iccid": ACTIVE,
        "status": "PENDING",
        "submittedAt": "2026-03-10T12:00:00.000Z",
    }
    client.advance(10)
    client.do(device.send_mo, ACTIVE, "here I am", "4915199999999")
    history = client.get(f"/sims/{ACTIVE}/smshistory")
    assert history["smsHistory"] == [
        {
            "direction": "MO",
            "timestamp": "2026-03-10T12:00:10.000Z",
            "source": MSISDN,
            "destination": "4915199999999",
            "status": "BUFFERED",  # its organisation has no forwarder
        },
        {
            "direction": "MT",
            "timestamp": "2026-03-10T12:00:00.000Z",
            "source": "Operations",
            "destination": MSISDN,
            "status": "DELIVERED",
        },
    ]
    assert client.get(f"/sims/{ACTIVE}/sms") == history
    assert client.post("/sims/smshistory", {"imsi": IMSI}) == history


@pytest.mark.parametrize("message", ["x" * 160, "\u20ac" * 80, "\u4f60" * 70])
def test_a_message_is_one_short_message(client: Client, message: str) -> None:
    """160 characters of the GSM alphabet, or 70 of any other, by path or identifier."""
    assert client.post("/sims/sms", {"msisdn": MSISDN, "message": message}, 202)["iccid"] == ACTIVE


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"message": "x" * 161}, "message: takes 161 septets, but only 160 fit"),
        ({"message": "\u4f60" * 71}, "message: takes 71 UCS-2 units, but only 70 fit"),
        ({"message": ""}, "message: must not be blank"),
        ({}, "message: must not be blank"),
        ({"message": 5}, "message: must not be blank"),
        ({"message": "x", "sender": ""}, "sender: size must be between 1 and 15"),
        ({"message": "x", "sender": "x" * 16}, "sender: size must be between 1 and 15"),
        ({"message": "x", "sender": "x" * 12}, "sender: takes 12 septets, but an alphanumeric one may take at most 11"),
        ({"message": "x", "sender": "٣"}, "sender: must use only the GSM 7-bit alphabet if it is alphanumeric"),
    ],
)
def test_an_invalid_short_message_is_refused(client: Client, body: Any, error: str) -> None:
    """400."""
    assert client.refused("POST", f"/sims/{ACTIVE}/sms", 400, json=body)["errors"] == [error]


@pytest.mark.parametrize("sender", ["x" * 11, "491511234567890", "+49151123456789"])
def test_a_sender_is_a_name_or_a_number(client: Client, sender: str) -> None:
    """Eleven characters, or fifteen of a number."""
    client.post(f"/sims/{ACTIVE}/sms", {"message": "x", "sender": sender}, 202)


@pytest.mark.parametrize("iccid", [ORDERED, INACTIVE, TERMINATED])
def test_a_sim_without_a_number_gets_no_message(client: Client, iccid: str) -> None:
    """409, for its state."""
    error = client.refused("POST", f"/sims/{iccid}/sms", 409, json={"message": "x"})
    assert (error["status"], error["message"]) == ("CONFLICT", "Conflict")


def test_a_used_up_volume_sends_no_message(client: Client) -> None:
    """A SIM that is an organisation's, too, has a volume of its own: 409."""

    def use_up(world: Any) -> None:
        sim = world.sims.get(ACTIVE)
        world.sims.put(replace(sim, sms_quota=replace(sim.sms_quota, volume=0)))

    client.do(use_up)
    error = client.refused("POST", f"/sims/{ACTIVE}/sms", 409, json={"message": "x"})
    assert error["errors"] == [f"SIM {ACTIVE} has no sms volume left."]


def test_a_monthly_limit_sends_no_message(client: Client) -> None:
    """The one that the organisation set itself: 409."""

    def limit(world: Any) -> None:
        organisation = world.organisations.get(4321)
        world.organisations.put(replace(organisation, limits={"smsMT": 45}))

    client.do(limit)
    client.device(status="ATTACHED")
    for _ in range(10):
        client.post(f"/sims/{ACTIVE}/sms", {"message": "x"}, 202)
    client.advance(10)
    error = client.refused("POST", f"/sims/{ACTIVE}/sms", 409, json={"message": "x"})
    assert error["errors"] == [f"SIM {ACTIVE} has reached its monthly limit."]


def test_a_cancelled_message_is_spelled_with_two_l(client: Client) -> None:
    """The other API writes CANCELED."""
    sent = client.post(f"/sims/{ACTIVE}/sms", {"message": "x"}, 202)
    client.do(smsc.cancel, Caller("demo", 4321), ACTIVE, int(sent["messageId"]))
    assert client.get(f"/sims/{ACTIVE}/sms")["smsHistory"][0]["status"] == "CANCELLED"


# --------------------------------------------------------------------------------------------- HLR


def test_the_hlr_knows_where_a_device_is(client: Client) -> None:
    """Deprecated, and answers as ever."""
    offline = client.post(f"/sims/{ACTIVE}/hlr/check")
    assert (offline["attached"], offline["network"], offline["ratType"]) == (False, None, None)
    client.device(status="ATTACHED")
    assert client.post("/sims/hlr/check", {"imsi": IMSI}) == {
        "iccid": ACTIVE,
        "imsi": IMSI,
        "msisdn": MSISDN,
        "imei": None,  # learnt with the first session
        "attached": True,
        "network": "T-Mobile",
        "ratType": "LTE",
        "locationUpdatedAt": "2026-03-10T12:00:00.000Z",
        "gprsLocationUpdatedAt": "2026-03-10T12:00:00.000Z",
    }


def test_a_reset_sends_the_device_off_and_it_returns(client: Client) -> None:
    """The same reset as the management API's."""
    client.device()
    assert client.post(f"/sims/{ACTIVE}/hlr/reset") == {"iccid": ACTIVE, "resetAt": "2026-03-10T12:00:00.000Z"}
    assert client.post(f"/sims/{ACTIVE}/hlr/check")["attached"] is False
    client.advance(5)
    assert client.post(f"/sims/{ACTIVE}/hlr/check")["attached"] is True
    assert client.post("/sims/hlr/reset", {"msisdn": MSISDN})["iccid"] == ACTIVE


def test_deprecated_methods_can_be_switched_off(make_client: MakeClient) -> None:
    """410, to see how a client takes it."""
    client = make_client(deprecated_methods="gone")
    for method, path in (("GET", "/apiusage"), ("POST", f"/sims/{ACTIVE}/hlr/check")):
        error = client.refused(method, path, 410)
        assert (error["status"], error["errors"]) == ("GONE", ["This method has been removed."])


# --------------------------------------------------------------------------------------------- pools, orders, usage


def test_pools_show_their_usage(client: Client) -> None:
    """By all SIMs of the partner and its subunits, in this month."""
    client.do(device.use_data, ACTIVE, 1_500_000, 0)
    client.do(device.use_data, BRANCHED, 0, 1_000_000)
    client.do(device.send_mo, ACTIVE, "hello")
    pools = client.get("/pools/usage")["pools"]
    assert pools[0] == {
        "poolName": "Data Pool",
        "offeringName": "M2M Pool",
        "offeringID": 800206106,
        "type": "DATA",
        "size": 10,
        "used": 2.5,
        "unit": "MB",
        "usedPercent": 25.0,
        "periodStart": "2026-03-01T00:00:00.000Z",
        "periodEnd": "2026-04-01T00:00:00.000Z",
    }
    others = [(pool["type"], pool["used"], pool["unit"]) for pool in pools[1:]]
    assert others == [("SMS", 1, "MESSAGES"), ("VOICE", 0, "SECONDS")]
    assert client.get("/pools/usage", partner=BRANCH)["pools"] == pools
    client.advance(22 * 86400)
    assert client.get("/pools/usage")["pools"][0]["used"] == 0


def test_ordered_sims_arrive_in_stock(make_client: MakeClient) -> None:
    """Ordered at once, Inactive after the delivery; an eSIM then has its activation code."""
    client = make_client(delivery_time=timedelta(days=2))
    order = client.post("/orders", {"materialID": "M2M-ESIM", "quantity": 2}, 201)
    assert order == {
        "orderID": "500000001",
        "status": "IN_PROGRESS",
        "materialID": "M2M-ESIM",
        "quantity": 2,
        "createdAt": "2026-03-10T12:00:00.000Z",
    }
    assert client.get("")["simCounts"]["Ordered"] == 3
    new = iccids(client.get("/sims", params={"status": "Ordered"}))[1:]
    assert client.sim(new[0])["activationCode"] is None
    client.advance(2 * 86400)
    sim = client.sim(new[0])
    assert (sim["status"], sim["simType"]) == ("Inactive", "VIRTUAL")
    assert sim["activationCode"].startswith("LPA:1$")
    assert len(new[0]) == 20
    assert client.done("activation", *new)["status"] == "DONE"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"materialID": "M2M-MFF2", "quantity": 99}, "quantity: must be greater than or equal to 100"),
        ({"materialID": "M2M-ESIM", "quantity": 1001}, "quantity: must be less than or equal to 1000"),
        ({"materialID": "M2M-ESIM", "quantity": 0}, "quantity: must be greater than or equal to 1"),
        ({"materialID": "M2M-ESIM", "quantity": "1"}, "quantity: must be a number"),
        ({"materialID": "M2M-ESIM"}, "quantity: must be a number"),
        ({"quantity": 1}, "materialID: must not be blank"),
        ({"materialID": "x", "quantity": 1}, "materialID: must be one of M2M-PLUGIN, M2M-MFF2, M2M-ESIM"),
        ({"materialID": "x", "quantity": 1, "deliveryAddress": "here"}, "deliveryAddress: must be an object of texts"),
    ],
)
def test_orders_that_cannot_be_are_refused(client: Client, body: Any, error: str) -> None:
    """400."""
    assert client.refused("POST", "/orders", 400, json=body)["errors"] == [error]


def test_the_minimum_order_quantity_can_be_overridden(client: Client) -> None:
    """That is what ``overrideMoq`` is for. A number that is taken is left out."""
    taken = numbering.iccid_with_luhn(str(contracts.ORDERED_FROM + 1))
    client.do(contracts.sign, MAIN, taken, ContractState.INACTIVE)
    address = {"name": "A", "street": "B", "postalCode": "1", "city": "C", "country": "DE"}
    body = {"materialID": "M2M-PLUGIN", "quantity": 1, "overrideMoq": True, "deliveryAddress": address}
    assert client.post("/orders", body, 201)["quantity"] == 1
    assert client.get("")["total"] == 11


def test_a_sim_has_one_contract(client: Client) -> None:
    """A second one is refused where it would be signed."""
    with pytest.raises(Exception, match="already has a contract"):
        client.do(contracts.sign, OTHER, ACTIVE, ContractState.ACTIVE)


def test_the_use_of_the_api_is_counted(client: Client) -> None:
    """By method and month, for each partner; by the names of the operator."""
    client.sim()
    client.post("/sims/details", {"iccid": ACTIVE})
    client.get("", partner=BRANCH)
    client.refused("GET", f"/sims/{UNKNOWN}", 404)
    usage = client.get("/apiusage")
    assert usage["partnerID"] == MAIN
    assert usage["periodStart"] == "2026-03-01T00:00:00.000Z"
    assert usage["methods"] == [{"name": "Get API Usage", "requests": 1}, {"name": "Get SIM Details", "requests": 3}]
    client.advance(22 * 86400)
    assert client.get("/apiusage")["methods"] == [{"name": "Get API Usage", "requests": 1}]


# --------------------------------------------------------------------------------------------- one world, two windows


def test_a_sim_that_the_other_api_disables_is_suspended_here(client: Client) -> None:
    """And is what it was when it is enabled again."""
    caller = Caller("demo", 4321)
    client.do(sims.change, caller, ACTIVE, SimChange(enabled=False))
    assert client.sim()["status"] == "Suspended"
    client.do(sims.change, caller, ACTIVE, SimChange(enabled=True))
    assert client.sim()["status"] == "Active"


@pytest.mark.parametrize(("iccid", "becomes"), [(INACTIVE, "Test"), (SUSPENDED, "Active"), (BLOCKED, "Active")])
def test_a_sim_that_is_enabled_elsewhere_is_in_use_here(client: Client, iccid: str, becomes: str) -> None:
    """The network lets it in, so the contract cannot say otherwise."""
    client.do(lambda world: sims.activate(world, world.sims.get(iccid)))
    sim = client.sim(iccid)
    assert (sim["status"], sim["activationDate"] is not None) == (becomes, True)


def test_a_sim_at_the_end_of_its_life_leaves_the_list(client: Client) -> None:
    """The operator deletes it for good; its contract alone is nothing to show."""

    def delete(world: Any) -> Contract | None:
        world.sims.delete(TEST)
        contract: Contract | None = world.contracts.get(TEST)
        return contract

    assert client.do(delete) is not None
    assert TEST not in iccids(client.get("/sims"))
    assert client.refused("GET", f"/sims/{TEST}", 404)
    assert client.act("block", TEST)["sims"][0]["status"] == "FAILED"
