"""Messages through HTTP (D§9): what may be sent, how it is shown, taken back, and listed."""

from typing import Any

import pytest

from tests.conftest import ATTACHED, FOREIGN, OFFLINE, ONLINE, MakeOperator, Operator

UNKNOWN = "8988228066609999999"


def submitted(operator: Operator, body: Any, iccid: str = OFFLINE) -> Any:
    """A message that must be taken, as it then stands."""
    answer = operator.api("POST", f"/sims/{iccid}/sms", json=body)
    assert answer.status_code == 201, answer.text
    return operator.sms(iccid, int(answer.headers["location"].rpartition("/")[2]))


# --------------------------------------------------------------------------------------------- submitting


def test_trap_3_submitting_has_no_body_and_its_id_is_in_the_location(operator: Operator) -> None:
    """201, empty, and no {"id": …}, which would be v2."""
    answer = operator.api("POST", f"/sims/{OFFLINE}/sms", json={"payload": "hello"})
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == "0"
    assert answer.headers["location"] == f"http://operator.test/management-api/v1/sims/{OFFLINE}/sms/1"


def test_the_location_may_be_the_leaked_internal_one(make_operator: MakeOperator) -> None:
    """As recorded: another host and path, and the id still the last segment (D§9.2)."""
    operator = make_operator(policy={"location": "internal"})
    answer = operator.api("POST", f"/sims/{OFFLINE}/sms", json={"payload": "hello"})
    assert answer.headers["location"] == f"https://bss-global.api.1nce.com/internal-global-api/v1/sims/{OFFLINE}/sms/1"


def test_near_miss_empty_strings_are_the_same_as_nothing(operator: Operator) -> None:
    """Payload is the only mandatory field; clients of Easy Connect send all the others as ""."""
    plain = submitted(operator, {"payload": "x"})
    empty = submitted(
        operator,
        {"payload": "x", "source_address": "", "udh": "", "dcs": "", "expiry_date": "", "source_address_type": ""},
    )
    nothing = submitted(
        operator,
        {"payload": "x", "source_address": None, "udh": None, "dcs": None, "source_address_type": {}, "x": 1},
    )
    assert plain == {**empty, "id": 1} == {**nothing, "id": 1}
    assert plain["source_address_type"] == {"id": 161, "description": "National"}
    assert plain["source_address"] == ""
    assert plain["expiry_date"] == "2026-01-02T00:00:00.000+0000"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"source_address": "ACME"}, {"source_address": "ACME"}),
        ({"source_address_type": {"id": 145}}, {"source_address_type": {"id": 145, "description": "International"}}),
        ({"source_address_type": {"id": "208"}}, {"source_address_type": {"id": 208, "description": "Alphanumeric"}}),
        ({"dcs": "8"}, {"dcs": 8}),
        ({"dcs": 4, "payload": "54657374534d53"}, {"dcs": 4, "payload": "54657374534d53"}),
        ({"udh": "050003CC0301"}, {"udh": "050003CC0301"}),
        ({"udh": "string"}, {"udh": ""}),
        ({"udh": "05000"}, {"udh": ""}),
        ({"payload": 42}, {"payload": "42"}),
        ({"expiry_date": "2026-03-14T16:10:29Z"}, {"expiry_date": "2026-03-14T16:10:29.000+0000"}),
        ({"expiry_date": "2026-03-14T16:10:29.000+0000"}, {"expiry_date": "2026-03-14T16:10:29.000+0000"}),
        ({"expiry_date": "2026-03-14T17:10:29+01:00"}, {"expiry_date": "2026-03-14T16:10:29.000+0000"}),
        ({"expiry_date": "2026-03-14T16:10:29"}, {"expiry_date": "2026-03-14T16:10:29.000+0000"}),
    ],
)
def test_fields_are_read_as_forgivingly_as_clients_need(
    operator: Operator, given: dict[str, Any], shown: dict[str, Any]
) -> None:
    """Strings for ints and ints for strings, Swagger's "string" as header, three notations of a date (D§9.2)."""
    sms = submitted(operator, {"payload": "x", **given})
    assert {name: sms[name] for name in shown} == shown


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"payload": ""},
        {"payload": None},
        {"payload": ["x"]},
        {"payload": True},
        {"payload": "x", "dcs": 1},
        {"payload": "x", "dcs": "seven"},
        {"payload": "x", "dcs": 0.5},
        {"payload": "x", "dcs": -4},
        {"payload": "x", "dcs": 10**40},
        {"payload": "x", "source_address": {}},
        {"payload": "x", "source_address_type": 145},
        {"payload": "x", "source_address_type": {"id": 1}},
        {"payload": "x", "expiry_date": "tomorrow"},
        {"payload": "x", "expiry_date": "9999-12-31T23:59:59-01:00"},
        {"payload": "x", "expiry_date": "9500-01-01T00:00:00Z"},
        {"payload": "x" * 161},
        {"payload": "€" * 81},
        {"payload": "x" * 154, "udh": "050003CC0301"},
        {"payload": "Ж"},
        {"payload": "zz", "dcs": 4},
        {"payload": "ж" * 71, "dcs": 8},
        [],
        "x",
    ],
)
def test_an_invalid_message_is_refused(operator: Operator, body: Any) -> None:
    """400, nothing kept and nothing counted (D§9.2)."""
    answer = operator.api("POST", f"/sims/{OFFLINE}/sms", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "Bad Request")
    assert operator.get(f"/sims/{OFFLINE}/sms") == []
    assert operator.send_mt(OFFLINE, "first") == 1


@pytest.mark.parametrize("iccid", [UNKNOWN, FOREIGN])
def test_messages_of_other_sims_are_not_found(operator: Operator, iccid: str) -> None:
    """Neither sent nor listed."""
    assert operator.api("POST", f"/sims/{iccid}/sms", json={"payload": "x"}).status_code == 404
    assert operator.api("GET", f"/sims/{iccid}/sms").status_code == 404
    assert operator.api("GET", f"/sims/{iccid}/sms/1").status_code == 404


def test_near_miss_an_integer_as_source_address(operator: Operator) -> None:
    """Clients send the ICCID as a number; it is shown as a string."""
    assert submitted(operator, {"payload": "x", "source_address": int(OFFLINE)})["source_address"] == OFFLINE


def test_a_used_up_quota_is_422_with_a_lone_message(make_operator: MakeOperator) -> None:
    """D§9.6; with sms_without_quota=fail it is taken, and fails."""
    world = """
        version: 1
        organisations:
          - id: 1
            name: One
            users: [{username: demo, password: demo}]
            sims: [{iccid: "8988228066600000001", device: {status: ATTACHED}, quota: {sms: {left: 0}}}]
    """
    answer = make_operator(world).api("POST", f"/sims/{ONLINE}/sms", json={"payload": "x"})
    assert answer.status_code == 422
    assert answer.json() == {"message": "SMS quota volume is completely used up and SMS access denied for endpoint."}
    operator = make_operator(world, policy={"sms_without_quota": "fail"})
    id = operator.send_mt(ONLINE, "x")
    operator.advance(5)
    assert operator.sms(ONLINE, id)["status"] == {"id": 5, "description": "FAILED"}


def test_near_miss_limits_hold_for_every_sim_and_reset_nothing(operator: Operator) -> None:
    """422 with the published words (D§9.6); what was used before the limit was set counts (D§12.1)."""
    for n in range(10):
        operator.send_mt(ONLINE, str(n))
    operator.advance(5)
    assert operator.api("POST", "/sims/limits", json={"smsMtLimitId": 45}).status_code == 201
    answer = operator.api("POST", f"/sims/{ONLINE}/sms", json={"payload": "x"})
    assert answer.status_code == 422
    assert answer.json() == {"message": "Traffic limit of 10 SMS per month exceeded"}
    assert operator.api("POST", f"/sims/{ATTACHED}/sms", json={"payload": "x"}).status_code == 201


# --------------------------------------------------------------------------------------------- showing


def test_a_delivered_mt_message_as_recorded(operator: Operator) -> None:
    """Keys, order and values of the recorded one (D§9.3); traps 1, 5 and 6 in one object."""
    operator.advance(3600)
    id = operator.send_mt(ONLINE, "hello", source_address="")
    operator.advance(5)
    sms = operator.sms(ONLINE, id)
    sim = operator.get(f"/sims/{ONLINE}")
    assert list(sms.items()) == [
        ("id", 1),
        ("submit_date", "2026-01-01T01:00:00.000+0000"),
        ("delivery_date", "2026-01-01T01:00:00.000+0000"),
        ("expiry_date", "2026-01-02T01:00:00.000+0000"),
        ("final_date", "2026-01-01T01:00:02.000+0000"),
        ("last_delivery_attempt", "2026-01-01T01:00:01.000+0000"),
        ("retry_count", "0"),
        ("source_address", ""),
        ("iccid", ONLINE),
        ("msisdn", sim["msisdn"]),
        ("imsi", sim["imsi"]),
        ("msc", sms["msc"]),
        ("udh", ""),
        ("payload", "hello"),
        ("status", {"id": 4, "description": "DELIVERED"}),
        ("sms_type", {"id": 1, "description": "MT"}),
        ("source_address_type", {"id": 161, "description": "National"}),
    ]
    assert sms["msc"].startswith("49")
    assert operator.get(f"/sims/{ONLINE}/sms") == [sms]


def test_trap_1_delivery_date_is_the_submission(operator: Operator) -> None:
    """Always, delivered or not; retry_date is the next attempt (D§9.3)."""
    id = operator.send_mt(OFFLINE, "hello")
    operator.advance(60)
    sms = operator.sms(OFFLINE, id)
    assert sms["delivery_date"] == sms["submit_date"]
    assert (sms["status"]["description"], sms["imsi"]) == ("BUFFERED", "")
    assert sms["retry_date"] == "2026-01-01T01:00:01.000+0000"
    assert not {"final_date", "msc", "dcs"} & set(sms)


def test_trap_5_retry_count_is_a_string_and_id_a_number(operator: Operator) -> None:
    """As every recording has it."""
    sms = operator.sms(OFFLINE, operator.send_mt(OFFLINE, "x"))
    assert (type(sms["retry_count"]), type(sms["id"])) == (str, int)


def test_trap_6_empty_fields_are_left_out_but_three(operator: Operator) -> None:
    """udh, source_address and imsi stay as ""; nothing is null."""
    sms = operator.sms(OFFLINE, operator.send_mt(OFFLINE, "x"))
    assert (sms["udh"], sms["source_address"], sms["imsi"]) == ("", "", "")
    assert None not in sms.values()


def test_a_buffered_mo_message_has_the_fate_of_its_forwarding(operator: Operator) -> None:
    """Type 2, address type 145, retries counted as the forwarder retries (D§9.3, 9.7)."""
    operator.customer.answers = [500, 500, 500, 200]
    id = operator.send_mo(ATTACHED, "data")
    operator.advance(14 * 60)
    sms = operator.sms(ATTACHED, id)
    assert sms["sms_type"] == {"id": 2, "description": "MO"}
    assert sms["source_address_type"] == {"id": 145, "description": "International"}
    assert sms["status"] == {"id": 4, "description": "DELIVERED"}
    assert (sms["retry_count"], sms["imsi"]) == ("3", "")
    assert sms["final_date"] == "2026-01-01T00:14:00.000+0000"


def test_date_style_spec_prints_z(make_operator: MakeOperator) -> None:
    """C5, the other setting: messages, quota, usage and status as in today's published examples (D§6)."""
    operator = make_operator(policy={"date_style": "spec"})
    sms = operator.sms(ONLINE, operator.send_mt(ONLINE, "x"))
    assert sms["submit_date"] == "2026-01-01T00:00:00.000Z"
    assert operator.get(f"/sims/{ONLINE}/quota/data")["expiry_date"].endswith("T00:00:00.000Z")
    assert operator.get(f"/sims/{ONLINE}/usage")["stats"][0]["date"] == "2026-01-01T00:00:00.000Z"
    status = operator.get(f"/sims/{ONLINE}/status")
    dates = [status["location"]["last_updated"], status["location"]["last_updated_gprs"]]
    assert all(date.endswith(".000Z") for date in (*dates, status["pdp_context"]["created"]))
    operator.control("POST", f"/sims/{ONLINE}/usage", json={"volume_tx": 500, "volume_rx": 0})
    quota = operator.get(f"/sims/{ONLINE}")["quota_status"]
    assert quota["quota_exceeded_date"] == quota["threshold_reached_date"] == "2026-01-01T00:00:00.000Z"
    assert operator.get(f"/sims/{ONLINE}")["activation_date"].endswith("+0000")


# --------------------------------------------------------------------------------------------- listing


def test_messages_are_listed_newest_first_or_sorted(operator: Operator) -> None:
    """MT and MO from one row of ids (D§9.7), with paging headers."""
    ids = [operator.send_mt(ATTACHED, "a"), operator.send_mo(ATTACHED, "b"), operator.send_mt(ATTACHED, "c")]
    assert ids == [1, 2, 3]
    operator.advance(10)
    answer = operator.api("GET", f"/sims/{ATTACHED}/sms?pageSize=2")
    assert [sms["id"] for sms in answer.json()] == [3, 2]
    assert (answer.headers["x-total-count"], answer.headers["x-total-pages"]) == ("3", "2")
    for sort, order in (("id", [1, 2, 3]), ("-submit_date,id", [1, 2, 3]), ("status,ip_address", None)):
        found = [sms["id"] for sms in operator.get(f"/sims/{ATTACHED}/sms?sort={sort}")]
        assert found == (order or found)
        assert sorted(found) == ids


def test_messages_are_gone_after_a_week_unless_kept(make_operator: MakeOperator) -> None:
    """C18: retention 7 days, and off in 2019, when a GET two months later still worked (D§9.4)."""
    operator = make_operator()
    id = operator.send_mt(ONLINE, "x")
    operator.advance(7 * 86400)
    assert operator.sms(ONLINE, id)
    operator.advance(1)
    assert operator.api("GET", f"/sims/{ONLINE}/sms/{id}").status_code == 404
    assert operator.get(f"/sims/{ONLINE}/sms") == []
    old = make_operator(edition="1nce-2019")
    id = old.send_mt(ONLINE, "x")
    old.advance(60 * 86400)
    assert old.sms(ONLINE, id)["payload"] == "x"


@pytest.mark.parametrize(("id", "status"), [("999", 404), ("9" * 30, 404), ("x", 400), ("-1", 400), ("1.0", 400)])
def test_invalid_ids(operator: Operator, id: str, status: int) -> None:
    """An unknown number is not found, what is no number is malformed; also on DELETE."""
    assert operator.api("GET", f"/sims/{ONLINE}/sms/{id}").status_code == status
    assert operator.api("DELETE", f"/sims/{ONLINE}/sms/{id}").status_code == status


# --------------------------------------------------------------------------------------------- cancelling


def test_trap_2_deleting_a_delivered_message_is_an_empty_200(operator: Operator) -> None:
    """It changes nothing: the walk-through of 2018 deletes 6026, long delivered (D§9.5)."""
    id = operator.send_mt(ONLINE, "x")
    operator.advance(5)
    before = operator.sms(ONLINE, id)
    answer = operator.api("DELETE", f"/sims/{ONLINE}/sms/{id}")
    assert (answer.status_code, answer.headers["content-length"]) == (200, "0")
    assert operator.sms(ONLINE, id) == before


def test_near_miss_canceled_has_one_l_and_no_final_date(operator: Operator) -> None:
    """D§9.1, 9.3."""
    id = operator.send_mt(OFFLINE, "x")
    assert operator.api("DELETE", f"/sims/{OFFLINE}/sms/{id}").content == b""
    sms = operator.sms(OFFLINE, id)
    assert sms["status"] == {"id": 7, "description": "CANCELED"}
    assert "final_date" not in sms


def test_deleting_an_mo_message_changes_nothing(operator: Operator) -> None:
    """200, empty (D§9.5)."""
    id = operator.send_mo(ATTACHED, "x")
    operator.advance(0)
    before = operator.sms(ATTACHED, id)
    assert operator.api("DELETE", f"/sims/{ATTACHED}/sms/{id}").status_code == 200
    assert operator.sms(ATTACHED, id) == before


@pytest.mark.parametrize(("edition", "status"), [("1nce", 404), ("easyconnect", 200), ("1nce-2019", 200)])
def test_deleting_an_unknown_message_differs_by_edition(make_operator: MakeOperator, edition: str, status: int) -> None:
    """404 today, an empty 200 elsewhere (assumed, D§9.5); an unknown SIM is 404 everywhere."""
    operator = make_operator(edition=edition)
    assert operator.api("DELETE", f"/sims/{ONLINE}/sms/999").status_code == status
    assert operator.api("DELETE", f"/sims/{UNKNOWN}/sms/999").status_code == 404


# --------------------------------------------------------------------------------------------- charging


def test_near_miss_mo_is_charged_at_once_and_mt_when_delivered(operator: Operator) -> None:
    """D§9.6, each counts one."""

    def left(iccid: str) -> Any:
        return operator.get(f"/sims/{iccid}/quota/sms")["volume"]

    operator.send_mt(OFFLINE, "x")
    operator.advance(60)
    assert left(OFFLINE) == 250
    operator.send_mo(ATTACHED, "x")
    assert left(ATTACHED) == 249
    operator.device(OFFLINE, "ATTACHED")
    operator.advance(5)
    assert left(OFFLINE) == 249
