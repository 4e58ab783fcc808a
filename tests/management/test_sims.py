"""SIM cards through HTTP: list, show, change, locate, reset, transfer (D§7, 8.1, 8.2, 12.5, 14)."""

from typing import Any

import pytest

from tests.conftest import ATTACHED, DISABLED, FOREIGN, ISSUED, OFFLINE, ONLINE, MakeOperator, Operator

UNKNOWN = "8988228066609999999"


def iccids(operator: Operator, query: str = "") -> list[str]:
    return [sim["iccid"] for sim in operator.get(f"/sims{query}")]


def changed(operator: Operator, iccid: str, change: Any) -> Any:
    """PUT a change that must succeed, and the SIM after it."""
    answer = operator.api("PUT", f"/sims/{iccid}", json=change)
    assert (answer.status_code, answer.content) == (200, b"")
    return operator.get(f"/sims/{iccid}")


# --------------------------------------------------------------------------------------------- listing


def test_sims_come_in_the_order_in_which_they_came(operator: Operator) -> None:
    """Insertion order, one's own only, and the four headers (D§5)."""
    answer = operator.api("GET", "/sims")
    assert [sim["iccid"] for sim in answer.json()] == [ONLINE, ATTACHED, OFFLINE, DISABLED, ISSUED]
    assert {name: value for name, value in answer.headers.items() if name.startswith("x-c") or "total" in name} == {
        "x-content-type-options": "nosniff",
        "x-count-per-page": "10",
        "x-current-page": "1",
        "x-total-count": "5",
        "x-total-pages": "1",
    }


def test_trap_14_beyond_the_last_page_is_an_empty_list_with_its_headers(operator: Operator) -> None:
    """Clients loop until they get one."""
    answer = operator.api("GET", "/sims?page=3&pageSize=2")
    assert [sim["iccid"] for sim in answer.json()] == [ISSUED]
    assert answer.headers["x-total-pages"] == "3"
    answer = operator.api("GET", "/sims?page=4&pageSize=2")
    assert (answer.status_code, answer.content) == (200, b"[]")
    assert answer.headers["x-total-count"] == "5"


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_client_that_waits_for_the_last_page_comes_to_an_end(make_operator: MakeOperator, version: str) -> None:
    """The operator's own onboarding client stops only when the page is X-Total-Pages (D§5).

    Without SIMs, too, that must be so on the first page: the client would never come to page 0.
    """
    operator = make_operator("{version: 1, organisations: [{id: 1, users: [{username: demo, password: demo}]}]}")
    call = operator.api if version == "v1" else operator.v2
    answer = call("GET", "/sims?page=1&pageSize=100")
    assert (answer.status_code, answer.json()) == (200, [])
    assert (answer.headers["x-total-count"], answer.headers["x-total-pages"]) == ("0", "1")


def test_a_sim_list_is_sorted_and_filtered(operator: Operator) -> None:
    """By imei and ip_address; a minus descends, unknown keys and empty values count for nothing (D§5)."""
    by_address = iccids(operator, "?sort=ip_address")
    assert sorted(by_address) == sorted(iccids(operator))
    assert iccids(operator, "?sort=-ip_address") == by_address[::-1]
    assert iccids(operator, "?sort=&q=&organisationId=7") == iccids(operator)
    assert iccids(operator, "?sort=label,-color") == iccids(operator)
    address = operator.get(f"/sims/{OFFLINE}")["ip_address"]
    assert iccids(operator, f"?q=ip_address:{address}") == [OFFLINE]
    assert iccids(operator, f"?q=ip_address:{address},imei:4711") == []


def test_fourteen_digits_of_an_imei_find_the_device(operator: Operator) -> None:
    """A true IMEI is reduced to fourteen digits by clients, and matches the stored sixteen (D§5, 15)."""
    imei = operator.get(f"/sims/{ONLINE}")["imei"]
    assert len(imei) == 16
    for text in (imei, imei[:14]):
        assert iccids(operator, f"?q=imei:{text}") == [ONLINE]


def test_a_get_with_a_body_is_tolerated(operator: Operator) -> None:
    """TMO24 sends one, with its Content-Type (D§5)."""
    bodies: tuple[Any, ...] = ({}, [])
    for body in bodies:
        assert operator.api("GET", "/sims", json=body).status_code == 200


# --------------------------------------------------------------------------------------------- showing


def test_a_sim_has_the_recorded_keys_in_the_recorded_order(operator: Operator) -> None:
    """D§7.1; what is empty is left out, never null."""
    sim = operator.get(f"/sims/{ONLINE}")
    assert list(sim) == [
        "iccid",
        "iccid_with_luhn",
        "imsi",
        "current_imsi",
        "msisdn",
        "imei",
        "imei_lock",
        "status",
        "activation_date",
        "ip_address",
        "current_quota",
        "quota_status",
        "current_quota_SMS",
        "quota_status_SMS",
        "label",
    ]
    assert (sim["status"], sim["imei_lock"], sim["label"]) == ("Enabled", False, "online")
    assert (sim["current_quota"], sim["current_quota_SMS"]) == (500, 250)
    assert sim["quota_status"] == {"id": 0, "description": "More than 20% available"}
    assert sim == operator.get("/sims")[0]


def test_a_sim_that_was_never_used_has_fewer_keys(operator: Operator) -> None:
    """Issued counts as Enabled; without activation, device and label there is nothing to show of them."""
    assert not {"activation_date", "imei"} & set(operator.get(f"/sims/{ISSUED}"))
    assert operator.get(f"/sims/{ISSUED}")["status"] == "Enabled"
    assert "label" not in operator.get(f"/sims/{FOREIGN}", user="other")


def test_a_second_imsi_is_shown_where_there_is_one(make_operator: MakeOperator) -> None:
    """imsi_2 is of the China+ network; the current one is the first (D§7.1)."""
    operator = make_operator("""
        version: 1
        organisations:
          - id: 1
            name: One
            users: [{username: demo, password: demo}]
            sims: [{iccid: "8988228066600000001", imsi_2: "460031234567890"}]
    """)
    (sim,) = operator.get("/sims")
    assert list(sim)[:6] == ["iccid", "iccid_with_luhn", "imsi", "imsi_2", "current_imsi", "msisdn"]
    assert (sim["imsi_2"], sim["current_imsi"]) == ("460031234567890", sim["imsi"])


@pytest.mark.parametrize("iccid", [UNKNOWN, FOREIGN, "x", "8988228066600000001 ", "%F0%9F%98%80", "1" * 4000])
def test_neither_an_unknown_sim_nor_another_organisations_sim_is_found(operator: Operator, iccid: str) -> None:
    """C4, edition 1nce: 404 (D§3.2)."""
    answer = operator.api("GET", f"/sims/{iccid}")
    assert answer.status_code == 404
    assert answer.json()["message"] == "SIM not found."


def test_an_unknown_sim_may_be_an_empty_200(make_operator: MakeOperator) -> None:
    """C4, as recorded in 2021: Content-Type application/json and Content-Length 0, on this route alone."""
    operator = make_operator(policy={"unknown_sim": "empty"})
    for iccid in (UNKNOWN, FOREIGN):
        answer = operator.api("GET", f"/sims/{iccid}")
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["content-length"] == "0"
        assert operator.api("GET", f"/sims/{iccid}/quota/data").status_code == 404


def test_a_luhn_digit_in_the_path_is_a_setting(make_operator: MakeOperator) -> None:
    """Unpublished (D§7): an unknown SIM unless accept_luhn is set, and then only with the right digit."""
    luhn = make_operator().get(f"/sims/{ONLINE}")["iccid_with_luhn"]
    assert make_operator().api("GET", f"/sims/{luhn}").status_code == 404
    operator = make_operator(policy={"accept_luhn": True})
    assert operator.get(f"/sims/{luhn}")["iccid"] == ONLINE
    wrong = ONLINE + str((int(luhn[-1]) + 1) % 10)
    assert operator.api("GET", f"/sims/{wrong}").status_code == 404


def test_the_single_get_of_2021_said_activated(make_operator: MakeOperator) -> None:
    """C7: legacy_single_status; the list said Enabled all the same."""
    operator = make_operator(policy={"legacy_single_status": True})
    assert operator.get(f"/sims/{ONLINE}")["status"] == "Activated"
    assert operator.get("/sims")[0]["status"] == "Enabled"
    assert operator.get(f"/sims/{DISABLED}")["status"] == "Disabled"


# --------------------------------------------------------------------------------------------- changing


def test_trap_12_a_put_takes_partial_objects(operator: Operator) -> None:
    """Only what is present changes, though the published file requires iccid and status (D§7.2, C13)."""
    before = operator.get(f"/sims/{ONLINE}")
    assert changed(operator, ONLINE, {}) == before
    assert changed(operator, ONLINE, {"label": "pump 7"}) == {**before, "label": "pump 7"}
    assert changed(operator, ONLINE, {"imei_lock": True})["imei_lock"] is True
    assert changed(operator, ONLINE, {"status": None, "label": None, "imei_lock": ""})["label"] == "pump 7"
    assert changed(operator, ONLINE, {"unknown": {"deep": []}, "imei_lock": "0"})["imei_lock"] is False
    assert "label" not in changed(operator, ONLINE, {"label": ""})


def test_a_body_about_another_sim_is_ignored(operator: Operator) -> None:
    """The path counts; what the body then says is nobody's (assumed, D§7.2)."""
    before = operator.get(f"/sims/{ONLINE}")
    assert changed(operator, ONLINE, {"iccid": OFFLINE, "label": "x"}) == before
    assert changed(operator, ONLINE, {"iccid": ONLINE, "label": "x"})["label"] == "x"


def test_disabling_takes_the_device_off_the_network(operator: Operator) -> None:
    """Synchronous, with the events of D§14; enabling lets it come back."""
    assert changed(operator, ONLINE, {"status": "Disabled"})["status"] == "Disabled"
    assert operator.get(f"/sims/{ONLINE}/status")["status"] == "OFFLINE"
    texts = [event["event_type"] for event in operator.get(f"/sims/{ONLINE}/events?sort=id")["events"]]
    imsi = operator.get(f"/sims/{ONLINE}")["imsi"]
    assert texts[-5:] == [
        "Status of SIM changed from 'Activated' to 'Suspended'",
        "Disconnecting data access for endpoint, because it has been disabled.",
        "PDP Context deleted.",
        f"VLR location information has been purged for IMSI='{imsi}'.",
        f"SGSN location information has been purged for IMSI='{imsi}'.",
    ]
    assert changed(operator, ONLINE, {"status": "Activated"})["status"] == "Enabled"
    events = operator.get(f"/sims/{ONLINE}/events")
    assert events["events"][0]["event_type"] == "Status of SIM changed from 'Suspended' to 'Activated'"
    assert changed(operator, ONLINE, {"status": "Enabled"})["status"] == "Enabled"
    assert operator.get(f"/sims/{ONLINE}/events")["totalEvents"] == events["totalEvents"]


@pytest.mark.parametrize(
    "body",
    [
        {"status": "Deleted"},
        {"status": 1},
        {"label": ["x"]},
        {"label": {}},
        {"label": "x" * 256},
        {"imei_lock": "maybe"},
        {"imei_lock": []},
        [],
        "x",
        1,
    ],
)
def test_an_unreadable_body_changes_nothing(operator: Operator, body: Any) -> None:
    """400 in the error shape of the resources, and the SIM as it was."""
    before = operator.get(f"/sims/{ONLINE}")
    answer = operator.api("PUT", f"/sims/{ONLINE}", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "Bad Request")
    assert operator.get(f"/sims/{ONLINE}") == before


def test_a_list_of_changes_is_applied_a_little_later(operator: Operator) -> None:
    """201 and empty, no Location; unknown ICCIDs are skipped in silence (D§7.3)."""
    changes = [{"iccid": ONLINE, "label": "a"}, {"iccid": int(OFFLINE), "status": "Disabled"}, {"iccid": UNKNOWN}, {}]
    answer = operator.api("POST", "/sims", json=changes)
    assert (answer.status_code, answer.content) == (201, b"")
    assert "location" not in answer.headers
    assert operator.get(f"/sims/{ONLINE}")["label"] == "online"
    operator.advance(2)
    assert operator.get(f"/sims/{ONLINE}")["label"] == "a"
    assert operator.get(f"/sims/{OFFLINE}")["status"] == "Disabled"


@pytest.mark.parametrize("body", [{}, [1], [[]], [{"status": "no"}], "x"])
def test_a_body_that_is_not_a_list_is_refused(operator: Operator, body: Any) -> None:
    """An empty list is fine (trap 12), an object is not."""
    assert operator.api("POST", "/sims", json=body).status_code == 400
    assert operator.api("POST", "/sims", json=[]).status_code == 201


# --------------------------------------------------------------------------------------------- where it is


def test_status_of_an_online_device(operator: Operator) -> None:
    """Location, session and services; every value a string but the two ids in "operator" (D§8.1)."""
    operator.device(OFFLINE, "ONLINE", rat="GERAN_2G")
    operator.advance(3 * 3600 + 62)
    status = operator.get(f"/sims/{OFFLINE}/status")
    assert list(status) == ["status", "location", "pdp_context", "services"]
    assert (status["status"], status["services"]) == ("ONLINE", ["GSM", "GPRS"])
    location, pdp = status["location"], status["pdp_context"]
    assert location["operator"]["id"] == int(location["operator_id"])
    assert location["operator"]["country"] == {"id": 74, "name": "Germany", "iso_code": "de"}
    assert location["last_updated"] == "2026-01-01 00:00:00"
    assert {type(value) for name, value in location.items() if name not in ("operator", "country")} == {str}
    assert {type(value) for value in location["country"].values()} == {str}
    assert {type(value) for name, value in pdp.items() if name != "rat_type"} == {str}
    assert pdp["rat_type"] == {"rat_type_id": "2", "description": "2G"}
    assert pdp["duration"] == "03:01:02"
    sim = operator.get(f"/sims/{OFFLINE}")
    assert (pdp["ue_ip_address"], pdp["imeisv"], pdp["organisation_id"]) == (sim["ip_address"], sim["imei"], "4321")


def test_status_of_an_attached_and_of_an_absent_device(operator: Operator) -> None:
    """No session when attached; nothing at all when never seen; the last place when gone (D§8.1)."""
    assert "pdp_context" not in operator.get(f"/sims/{ATTACHED}/status")
    assert operator.get(f"/sims/{OFFLINE}/status") == {"status": "OFFLINE", "services": []}
    operator.device(ATTACHED, "OFFLINE")
    status = operator.get(f"/sims/{ATTACHED}/status")
    assert (status["status"], status["services"]) == ("OFFLINE", [])
    assert status["location"]["operator"]["name"]


def test_nb_iot_has_no_circuit_side(operator: Operator) -> None:
    """Neither VLR nor MSC, and GPRS alone (D§8.1, 9.4)."""
    operator.device(OFFLINE, "ATTACHED", rat="NB-IoT")
    status = operator.get(f"/sims/{OFFLINE}/status")
    assert status["services"] == ["GPRS"]
    assert not {"vlr_number", "msc", "last_updated"} & set(status["location"])


def test_connectivity_of_a_device_on_2g(operator: Operator) -> None:
    """The recorded body: strings and ints where they were, the network code without its zero (D§8.2)."""
    operator.device(OFFLINE, "ATTACHED", rat="GERAN_2G")
    operator.advance(150)
    info = operator.get(f"/sims/{OFFLINE}/connectivity_info")
    assert list(info) == ["subscriber_info", "request_timestamp", "reply_timestamp"]
    subscriber = info["subscriber_info"]
    assert (subscriber["success"], subscriber["state"]) == (True, "assumed_idle")
    location = subscriber["location"]
    assert (location["current_location_retrieved"], location["age_of_location"]) == (False, 2)
    assert location["cell_global_id"]["mcc"] == "262"
    assert location["cell_global_id"]["mnc"] == "1"
    assert info["request_timestamp"] == "2026-01-01T00:02:30.000+0000"
    assert info["reply_timestamp"] == "2026-01-01T00:02:30.200+0000"


@pytest.mark.parametrize("rat", ["LTE", "NB-IoT", "CAT-M"])
def test_a_failed_look_up_is_in_the_body(operator: Operator, rat: str) -> None:
    """Always 200: what is offline, or on another technology than 2G and 3G, is absent (D§8.2)."""
    absent = {"success": False, "error": "Absent Subscriber"}
    assert operator.get(f"/sims/{OFFLINE}/connectivity_info")["subscriber_info"] == absent
    operator.device(OFFLINE, "ATTACHED", rat=rat)
    assert operator.get(f"/sims/{OFFLINE}/connectivity_info")["subscriber_info"] == absent


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("", {"subscriber_info"}),
        ("?subscriber=false", set()),
        ("?subscriber=0&ussd=1", {"ussd_info"}),
        ("?subscriber=true&ussd=true", {"subscriber_info", "ussd_info"}),
        ("?subscriber=&ussd=false", {"subscriber_info"}),
    ],
)
def test_connectivity_contains_only_the_requested_parts(operator: Operator, query: str, keys: set[str]) -> None:
    """Booleans also as 1 and 0 (D§5); the USSD look-up times out as published."""
    info = operator.get(f"/sims/{ONLINE}/connectivity_info{query}")
    assert set(info) - {"request_timestamp", "reply_timestamp"} == keys
    assert info.get("ussd_info", {"success": False, "error": "Request Timeout Error"}) == {
        "success": False,
        "error": "Request Timeout Error",
    }


def test_an_invalid_boolean_is_refused(operator: Operator) -> None:
    """400, as for any wrong type (D§3.2)."""
    assert operator.api("GET", f"/sims/{ONLINE}/connectivity_info?ussd=maybe").status_code == 400


# --------------------------------------------------------------------------------------------- reset, transfer


def test_a_reset_sends_the_device_away_and_lets_it_return(operator: Operator) -> None:
    """201 and empty, queued; events 5, 15, 16, and after some seconds 1, 2, 3 (D§7.4)."""
    answer = operator.api("POST", f"/sims/{ONLINE}/reset")
    assert (answer.status_code, answer.content) == (201, b"")
    assert operator.get(f"/sims/{ONLINE}/status")["status"] == "OFFLINE"
    operator.advance(10)
    assert operator.get(f"/sims/{ONLINE}/status")["status"] == "ONLINE"
    starts = [event["event_type"][:22] for event in operator.get(f"/sims/{ONLINE}/events?sort=id")["events"]]
    assert starts[-6:] == [
        "PDP Context deleted.",
        "VLR location informati",
        "SGSN location informat",
        "New location received ",
        "New location received ",
        "New PDP Context succes",
    ]


FAMILY = """
version: 1
organisations:
  - id: 10
    name: Master
    users: [{username: master, password: master}]
    sims: [{iccid: "8988228066600000011"}, {iccid: "8988228066600000012"}, {iccid: "8988228066600000013"}]
  - id: 11
    name: Sub
    parent: 10
    users: [{username: sub, password: sub}]
    sims: [{iccid: "8988228066600000021"}]
  - id: 12
    name: Stranger
    users: [{username: stranger, password: stranger}]
"""


def test_sims_move_between_master_and_sub_organisation(make_operator: MakeOperator) -> None:
    """201, and a little later they are there, with another address and events 50 and 51 (D§12.5)."""
    operator = make_operator(FAMILY)
    moved = "8988228066600000011"
    address = operator.get(f"/sims/{moved}", user="master")["ip_address"]
    body = {
        "target_organisation": "11",
        "iccids": [moved],
        "iccid_ranges": [{"from": "8988228066600000012", "to": "8988228066600000013"}],
    }
    answer = operator.api("POST", "/sims/simTransfer", json=body, user="master")
    assert (answer.status_code, answer.content) == (201, b"")
    operator.advance(60)
    assert iccids_of(operator, "master") == []
    assert len(iccids_of(operator, "sub")) == 4
    assert operator.get(f"/sims/{moved}", user="sub")["ip_address"] != address
    texts = [event["event_type"] for event in operator.get(f"/sims/{moved}/events", user="sub")["events"]]
    assert texts[:2] == ["SIM 901011 assigned to endpoint 8765411", "SIM 901011 released from endpoint 8765411"]


def iccids_of(operator: Operator, user: str) -> list[str]:
    return [sim["iccid"] for sim in operator.get("/sims", user=user)]


def test_a_transfer_without_a_target_goes_back_to_the_master(make_operator: MakeOperator) -> None:
    """Omitted target, assumed (D§12.5)."""
    operator = make_operator(FAMILY)
    body = {"iccids": [8988228066600000021], "iccid_ranges": None}
    assert operator.api("POST", "/sims/simTransfer", json=body, user="sub").status_code == 201
    operator.advance(60)
    assert "8988228066600000021" in iccids_of(operator, "master")


@pytest.mark.parametrize(
    ("user", "body", "status"),
    [
        ("master", {"target_organisation": 12, "iccids": ["8988228066600000011"]}, 403),
        ("master", {"target_organisation": 99, "iccids": ["8988228066600000011"]}, 404),
        ("master", {"target_organisation": 10**30, "iccids": ["8988228066600000011"]}, 400),
        ("master", {"target_organisation": 11, "iccids": ["8988228066600000021"]}, 404),
        ("master", {"target_organisation": 11, "iccids": []}, 400),
        ("master", {"target_organisation": 11, "iccids": "8988228066600000011"}, 400),
        ("master", {"target_organisation": "x", "iccids": ["8988228066600000011"]}, 400),
        ("master", {"target_organisation": 11, "iccid_ranges": [{"from": "1"}]}, 400),
        ("master", {"target_organisation": 11, "iccid_ranges": ["1"]}, 400),
        ("master", [], 400),
        ("stranger", {"iccids": ["8988228066600000011"]}, 403),
    ],
)
def test_transfers_that_are_refused(make_operator: MakeOperator, user: str, body: Any, status: int) -> None:
    """Only between a master and its own, and only of one's own SIMs; nothing moves."""
    operator = make_operator(FAMILY)
    assert operator.api("POST", "/sims/simTransfer", json=body, user=user).status_code == status
    operator.advance(60)
    assert len(iccids_of(operator, "master")) == 3
