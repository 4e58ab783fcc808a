"""Messages in version 2 of the management API (V§4.2, 8)."""

from typing import Any

import pytest

from tests.conftest import ATTACHED, DISABLED, OFFLINE, MakeOperator, Operator
from tests.management.test_v2_sims import error, ok


def send(operator: Operator, iccid: str, payload: str = "hello", **how: Any) -> str:
    answer = operator.v2("POST", f"/sims/{iccid}/sms", json={"payload": payload, **how})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_the_id_of_a_new_message_is_a_string_in_the_body(operator: Operator) -> None:
    """There is no Location (V§8, trap 2); the object has the id as a number."""
    answer = operator.v2("POST", f"/sims/{ATTACHED}/sms", json={"payload": "hello"})
    assert answer.json() == {"id": "1"}
    assert "location" not in answer.headers
    assert ok(operator.v2("GET", f"/sims/{ATTACHED}/sms/1"))["id"] == 1


def test_a_setting_sends_a_location(make_operator: MakeOperator) -> None:
    operator = make_operator(policy={"v2_sms_location": True})
    answer = operator.v2("POST", f"/sims/{ATTACHED}/sms", json={"payload": "hello"})
    assert answer.headers["location"] == f"http://operator.test/management-api/v2/sims/{ATTACHED}/sms/1"


def test_a_message_to_an_absent_device_is_pending(operator: Operator) -> None:
    """1, 2 and 3 of version 1 are all 2; null stands for what there is not (V§8)."""
    send(operator, OFFLINE, source_address="4321", dcs=8)
    operator.advance(60)
    sms = ok(operator.v2("GET", f"/sims/{OFFLINE}/sms/1"))
    assert sms == {
        "submit_date": "2026-01-01T00:00:00.000Z",
        "delivery_date": "2026-01-01T00:00:00.000Z",
        "expiry_date": "2026-01-02T00:00:00.000Z",
        "retry_date": "2026-01-01T01:00:01.000Z",
        "last_delivery_attempt": "2026-01-01T00:00:01.000Z",
        "retry_count": 0,
        "gsm_map_error": "ABSENT_SUBSCRIBER",
        "dcs": 8,
        "pid": 0,
        "source_address": "4321",
        "endpoint": {"id": 8765403, "name": OFFLINE},
        "sim_id": 901003,
        "iccid": OFFLINE,
        "msisdn": "882285100000003",
        "imsi": "",
        "udh": "",
        "payload": "hello",
        "id": 1,
        "status": {"description": "PENDING", "id": 2},
        "sms_type": {"description": "MT", "id": 1},
        "source_address_type": {"description": "National", "id": 161},
    }
    assert operator.sms(OFFLINE, 1)["status"] == {"id": 3, "description": "BUFFERED"}


def test_a_delivered_message_has_no_error_and_no_retry(operator: Operator) -> None:
    """Its switch is a number now (V§8)."""
    send(operator, OFFLINE)
    operator.advance(60)
    operator.device(OFFLINE, "ATTACHED")
    operator.advance(10)
    sms = ok(operator.v2("GET", f"/sims/{OFFLINE}/sms/1"))
    assert sms["status"] == {"description": "DELIVERED", "id": 4}
    assert (sms["retry_date"], sms["gsm_map_error"]) == (None, None)
    assert sms["msc"] == 491700160000
    assert sms["final_date"] > sms["submit_date"]


@pytest.mark.parametrize(
    ("source", "status"),
    [("emu-fail", {"description": "FAILED", "id": 5}), ("emu-buffer", {"description": "EXPIRED", "id": 6})],
)
def test_messages_that_end_badly(operator: Operator, source: str, status: Any) -> None:
    """FAILED is 5 and EXPIRED 6, as in version 1."""
    send(operator, ATTACHED, source_address=source, source_address_type={"id": 208})
    operator.advance(25 * 3600)
    assert ok(operator.v2("GET", f"/sims/{ATTACHED}/sms/1"))["status"] == status


def test_messages_are_paged_by_per_page(operator: Operator) -> None:
    """Newest first, both directions; ``pageSize`` means nothing here (V§4.2, trap 1)."""
    for number in range(3):
        send(operator, ATTACHED, f"to {number}")
    operator.send_mo(ATTACHED, "from it")
    answer = operator.v2("GET", f"/sims/{ATTACHED}/sms?page=2&per_page=3&pageSize=1")
    assert [(sms["id"], sms["sms_type"]["description"]) for sms in ok(answer)] == [(1, "MT")]
    assert (answer.headers["x-count-per-page"], answer.headers["x-total-count"]) == ("3", "4")
    first = ok(operator.v2("GET", f"/sims/{ATTACHED}/sms"))
    assert [sms["sms_type"] for sms in first[:2]] == [{"description": "MO", "id": 2}, {"description": "MT", "id": 1}]
    assert ok(operator.v2("GET", f"/sims/{ATTACHED}/sms?page=9")) == []


def test_a_page_size_has_a_maximum_to_which_it_is_cut(operator: Operator) -> None:
    """20 unless asked for, 1000 at most (V§4.2)."""
    sizes = [
        operator.v2("GET", f"/sims/{ATTACHED}/sms{query}").headers["x-count-per-page"]
        for query in ("", "?per_page=1000", "?per_page=1001")
    ]
    assert sizes == ["20", "1000", "1000"]
    assert error(operator.v2("GET", f"/sims/{ATTACHED}/sms?per_page=abc")) == (
        400,
        "BadRequest",
        'Cannot parse parameter per_page as Int: For Input String "abc"',
    )


def test_a_setting_leaves_undeclared_headers_out(make_operator: MakeOperator) -> None:
    """The list of SIMs declares them, the list of messages does not (V§4.2)."""
    operator = make_operator(policy={"v2_paging_headers": False})
    assert "x-total-count" not in operator.v2("GET", f"/sims/{ATTACHED}/sms").headers
    assert "x-total-count" in operator.v2("GET", "/sims").headers


def test_a_canceled_message_is_gone(operator: Operator) -> None:
    """There is no status for it in version 2 (V§8, assumed); version 1 still shows it."""
    send(operator, OFFLINE)
    assert ok(operator.v2("DELETE", f"/sims/{OFFLINE}/sms/1")) == {"id": "1"}
    not_found = (404, "NotFound", "Element not found")
    assert error(operator.v2("GET", f"/sims/{OFFLINE}/sms/1")) == not_found
    assert error(operator.v2("DELETE", f"/sims/{OFFLINE}/sms/1")) == not_found
    answer = operator.v2("GET", f"/sims/{OFFLINE}/sms")
    assert (ok(answer), answer.headers["x-total-count"]) == ([], "0")
    assert operator.sms(OFFLINE, 1)["status"]["description"] == "CANCELED"


def test_a_setting_shows_a_canceled_message_as_failed(make_operator: MakeOperator) -> None:
    operator = make_operator(policy={"v2_canceled_sms": "failed"})
    send(operator, OFFLINE)
    operator.v2("DELETE", f"/sims/{OFFLINE}/sms/1")
    (sms,) = ok(operator.v2("GET", f"/sims/{OFFLINE}/sms"))
    assert (sms["status"], "final_date" in sms) == ({"description": "FAILED", "id": 5}, False)


def test_canceling_what_has_ended_changes_nothing(operator: Operator) -> None:
    """200 with its id all the same (V§8, assumed)."""
    send(operator, ATTACHED)
    operator.advance(10)
    assert ok(operator.v2("DELETE", f"/sims/{ATTACHED}/sms/1")) == {"id": "1"}
    assert ok(operator.v2("GET", f"/sims/{ATTACHED}/sms/1"))["status"]["description"] == "DELIVERED"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_message_of_another_sim_is_not_found(operator: Operator, method: str) -> None:
    """Nor one that never was; what is no number is a bad request (V§4.1)."""
    send(operator, OFFLINE)
    not_found = (404, "NotFound", "Element not found")
    assert error(operator.v2(method, f"/sims/{ATTACHED}/sms/1")) == not_found
    assert error(operator.v2(method, f"/sims/{OFFLINE}/sms/{9**30}")) == not_found
    assert error(operator.v2(method, f"/sims/{OFFLINE}/sms/one")) == (400, "BadRequest", "id: must be a number")
    assert operator.sms(OFFLINE, 1)["status"]["description"] == "DELIVERY ATTEMPT PENDING"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "payload: is missing"),
        ([], "must be an object"),
        ({"payload": "x" * 161}, None),
        ({"payload": "x", "dcs": 245}, None),
        ({"payload": "x", "expiry_date": "tomorrow"}, "expiry_date: must be a date and time in ISO 8601"),
        ({"payload": "x", "source_address_type": {"id": 1}}, "source_address_type: must be 145, 161 or 208"),
    ],
)
def test_an_invalid_message_is_refused_and_not_kept(operator: Operator, body: Any, message: str | None) -> None:
    """In the shape of version 2 (V§4.1); nothing is kept."""
    status, token, said = error(operator.v2("POST", f"/sims/{ATTACHED}/sms", json=body))
    assert (status, token) == (400, "BadRequest")
    assert message in (None, said)
    assert ok(operator.v2("GET", f"/sims/{ATTACHED}/sms")) == []


def test_a_disabled_sim_takes_no_messages(make_operator: MakeOperator, operator: Operator) -> None:
    """409 (V§4.1, assumed); with a setting they wait for it, as in version 1."""
    body = {"payload": "hello"}
    answer = operator.v2("POST", f"/sims/{DISABLED}/sms", json=body)
    assert error(answer) == (409, "Conflict", "Conflicting request")
    assert operator.api("POST", f"/sims/{DISABLED}/sms", json=body).status_code == 201
    operator = make_operator(policy={"v2_disabled_sim": "accept"})
    assert operator.v2("POST", f"/sims/{DISABLED}/sms", json=body).status_code == 201


def test_used_up_volumes_are_conflicts(make_operator: MakeOperator) -> None:
    """Where version 1 answers 422 (V§4.1, assumed)."""
    operator = make_operator(f"""
        version: 1
        organisations:
          - id: 1
            users: [{{username: demo, password: demo}}]
            limits: {{smsMT: 45}}
            sims:
              - {{iccid: "{ATTACHED}", quota: {{sms: {{left: 0}}}}}}
              - {{iccid: "{OFFLINE}", core: 2, usage: [{{day: now, sms_mt: 10}}]}}
        """)
    quota = operator.v2("POST", f"/sims/{ATTACHED}/sms", json={"payload": "x"})
    said = "SMS quota volume is completely used up and SMS access denied for endpoint."
    assert error(quota) == (409, "Conflict", said)
    limit = operator.v2("POST", f"/sims/{OFFLINE}/sms", json={"payload": "x"})
    assert error(limit) == (409, "Conflict", "Traffic limit of 10 SMS per month exceeded")
