"""What the forwarder sends (D§10), as the customer's endpoint receives it."""

import json
from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest

from operator_emulator.fixtures import FixtureError
from operator_emulator.management.forwarder import without_userinfo
from tests.conftest import ATTACHED, OFFLINE, ONLINE, Customer, MakeOperator, Operator

TO_URL = """
version: 1
organisations:
  - id: 4321
    name: One
    users: [{{username: demo, password: demo}}]
    sms_forwarder: {{url: "{url}"}}
    sims: [{{iccid: "8988228066600000001", device: {{status: ONLINE}}}}]
"""


def test_an_mo_message_by_post_as_published(operator: Operator) -> None:
    """Method, headers, keys in order, values (D§10.2)."""
    operator.advance(3661)
    id = operator.send_mo(ATTACHED, "pressure=4.1", dest_address="12345")
    operator.advance(0)
    (message,) = operator.customer.received
    assert (message.method, message.url) == ("POST", "http://customer.test/sms")
    assert message.headers == (("Content-Type", "application/json"),)
    sim = operator.get(f"/sims/{ATTACHED}")
    body = {
        "multi_part_info": {"partno": 1, "total": 1, "identifier": id},
        "payload": "pressure=4.1",
        "submit_date": "2026-01-01 01:01:01",
        "dest_address": "12345",
        "organisation": {"id": 4321},
        "pid": 0,
        "id": id,
        "endpoint": {"id": 8765402, "name": ATTACHED},
        "source_address": sim["msisdn"],
        "dcs": 0,
    }
    assert message.body == json.dumps(body, separators=(",", ":")).encode()


def test_trap_10_a_report_by_patch_to_the_same_url(operator: Operator) -> None:
    """The callback's ``status.status``, not ``description``; keys in the published order (D§10.3)."""
    id = operator.send_mt(ONLINE, "x")
    operator.advance(5)
    (message,) = operator.customer.received
    assert (message.method, message.url) == ("PATCH", "http://customer.test/sms")
    body = {
        "status": {"status": "DELIVERED", "id": 4},
        "endpoint": {"id": 8765401, "name": ONLINE},
        "submit_date": "2026-01-01 00:00:00",
        "organisation": {"id": 4321},
        "final_date": "2026-01-01 00:00:02",
        "id": id,
    }
    assert message.body == json.dumps(body, separators=(",", ":")).encode()


def test_the_published_report_of_2019(make_operator: MakeOperator) -> None:
    """Strings for ids, the same keys."""
    operator = make_operator(edition="1nce-2019")
    operator.send_mt(ONLINE, "x")
    operator.advance(5)
    (body,) = operator.customer.bodies
    assert body["status"] == {"status": "DELIVERED", "id": "4"}
    assert (body["id"], body["organisation"], body["endpoint"]["id"]) == ("1", {"id": "4321"}, "8765401")


@pytest.mark.parametrize(
    ("choices", "status"),
    [
        ({}, {"status": "FAILED", "id": 5}),
        ({"dlr_on_expiry": "expired"}, {"status": "EXPIRED", "id": 6}),
        ({"dlr_on_expiry": "expired", "mt_after_validity": "failed"}, {"status": "FAILED", "id": 5}),
    ],
)
def test_expiry_is_reported_as_a_failure_unless_asked(
    make_operator: MakeOperator, choices: dict[str, Any], status: dict[str, Any]
) -> None:
    """Documented are DELIVERED and FAILED only (D§9.4); C8 makes it a failure altogether."""
    operator = make_operator(policy=choices)
    id = operator.send_mt(OFFLINE, "x")
    operator.advance(25 * 3600)
    assert [body["status"] for body in operator.customer.bodies] == [status]
    assert operator.sms(OFFLINE, id)["status"]["id"] == (5 if "mt_after_validity" in choices else 6)


def test_parts_of_a_long_message_share_their_identifier(operator: Operator) -> None:
    """One POST each; numbers from the header, which is not sent itself (D§10.2)."""
    ids = [operator.send_mo(ATTACHED, f"part {n}", udh=f"050003CC03{n:02}") for n in (1, 2, 3)]
    ids.append(operator.send_mo(ATTACHED, "wide", udh="0608040ABC0201"))
    operator.advance(0)
    bodies = operator.customer.bodies
    assert [body["id"] for body in bodies] == ids
    assert [body["multi_part_info"] for body in bodies] == [
        {"partno": 1, "total": 3, "identifier": 0xCC},
        {"partno": 2, "total": 3, "identifier": 0xCC},
        {"partno": 3, "total": 3, "identifier": 0xCC},
        {"partno": 1, "total": 2, "identifier": 0x0ABC},
    ]
    assert "udh" not in bodies[0]


def test_codings_in_a_callback(operator: Operator) -> None:
    """Binary stays hexadecimal, UCS-2 is text (D§9.2)."""
    operator.send_mo(ATTACHED, "76616C", dcs=4)
    operator.send_mo(ATTACHED, "✓", dcs=8)
    operator.advance(0)
    assert [(body["payload"], body["dcs"]) for body in operator.customer.bodies] == [("76616C", 4), ("✓", 8)]


def test_userinfo_in_the_url_becomes_a_basic_header(make_operator: MakeOperator) -> None:
    """Assumed (D§10.1): the URL is called without it, and the event about a failure does not show it either."""
    operator = make_operator(TO_URL.format(url="https://me:p%40ss@customer.test:8443/in?x=1"))
    operator.send_mo(ONLINE, "x")
    operator.advance(0)
    (message,) = operator.customer.received
    assert message.url == "https://customer.test:8443/in?x=1"
    assert dict(message.headers)["Authorization"] == f"Basic {b64encode(b'me:p@ss').decode()}"


@pytest.mark.parametrize(
    ("url", "called", "pair"),
    [
        ("http://h/sms", "http://h/sms", None),
        ("http://u@h", "http://h", "u:"),
        ("http://u:p@h?x=a@b", "http://h?x=a@b", "u:p"),
        ("http://h/a@b", "http://h/a@b", None),
        ("http://h?x=a@b", "http://h?x=a@b", None),
        ("http://u:a@b@h/", "http://h/", "u:a@b"),
        ("no url", "no url", None),
    ],
)
def test_userinfo_is_what_stands_before_the_host(url: str, called: str, pair: str | None) -> None:
    """An @ elsewhere is none."""
    header = () if pair is None else (("Authorization", f"Basic {b64encode(pair.encode()).decode()}"),)
    assert without_userinfo(url) == (called, header)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://customer.test:8443/sms", None),
        ("http://customer.test/sms", "must begin with https://"),
        ("https://10.0.0.1/sms", "must have a host name"),
        ("https://[::1]:8443/sms", "must have a host name"),
    ],
)
def test_a_strict_operator_takes_https_and_names_only(
    make_operator: MakeOperator, url: str, problem: str | None
) -> None:
    """C11: addresses and plain http are fine unless forwarder_strict_url says otherwise."""
    world = TO_URL.format(url=url)
    assert make_operator(world).get("/sims")
    if problem is None:
        assert make_operator(world, policy={"forwarder_strict_url": True}).get("/sims")
    else:
        with pytest.raises(FixtureError, match=rf"organisations\[0\].sms_forwarder.url: {problem}"):
            make_operator(world, policy={"forwarder_strict_url": True})


def test_a_world_without_callbacks_pleases_a_strict_operator(make_operator: MakeOperator) -> None:
    """No URL, or an empty one, is off (D§10.1)."""
    for url in ("", "null"):
        world = TO_URL.replace('sms_forwarder: {{url: "{url}"}}', "" if url else 'sms_forwarder: {{url: ""}}')
        assert make_operator(world.format(), policy={"forwarder_strict_url": True}).get("/sims")


def test_strict_success_is_exactly_200(make_operator: MakeOperator) -> None:
    """C10: any 2xx unless forwarder_success=200 (D§10.1)."""
    for rule, methods in (("2xx", ["POST"]), ("200", ["POST", "POST"])):
        customer = Customer()
        customer.answers = [201, 200]
        operator = make_operator(customer=customer, policy={"forwarder_success": rule})
        operator.send_mo(ATTACHED, "x")
        operator.advance(10 * 60)
        assert customer.methods == methods


@pytest.mark.parametrize(("retry", "minutes"), [("record", [0, 2, 6, 14, 30, 62]), ("prose", [0, 5, 15, 35, 75])])
def test_retries_come_as_recorded_or_as_the_guide_says(
    make_operator: MakeOperator, retry: str, minutes: list[int]
) -> None:
    """C12: 2, 4, 8, 16 … minutes apart, or after 5 and 15 minutes and then doubling (D§10.4)."""
    customer = Customer()
    customer.answers = [500] * 99
    operator = make_operator(customer=customer, policy={"forwarder_retry": retry})
    operator.send_mo(ATTACHED, "x")
    found: list[int] = []
    for minute in range(minutes[-1] + 1):
        operator.advance(60 if minute else 0)
        found += [minute] * (len(customer.received) - len(found))
    assert found == minutes


def test_near_miss_no_report_beyond_24_hours(operator: Operator) -> None:
    """After a day nothing is sent any more, however long one waits; an MO then is EXPIRED (D§9.7, C9)."""
    operator.customer.answers = [500] * 999
    operator.send_mt(ONLINE, "x")
    id = operator.send_mo(ATTACHED, "x")
    operator.advance(24 * 3600 + 60)
    count = len(operator.customer.received)
    operator.advance(48 * 3600)
    assert len(operator.customer.received) == count
    assert operator.sms(ATTACHED, id)["status"] == {"id": 6, "description": "EXPIRED"}


def test_an_mo_may_fail_after_24_hours(make_operator: MakeOperator) -> None:
    """C9, the other setting."""
    customer = Customer()
    customer.answers = [500] * 999
    operator = make_operator(customer=customer, policy={"mo_after_validity": "failed"})
    id = operator.send_mo(ATTACHED, "x")
    operator.advance(25 * 3600)
    assert operator.sms(ATTACHED, id)["status"] == {"id": 5, "description": "FAILED"}


def test_what_is_sent_is_checked_against_its_description(operator: Operator) -> None:
    """In tests a breach raises; here is none, and the message says what operation it is."""
    operator.send_mo(ATTACHED, "x")
    operator.send_mt(ATTACHED, "x")
    operator.advance(5)
    sent = operator.customer.received
    assert [(message.operation, message.findings) for message in sent] == [
        ("mobileOriginatedSms", ()),
        ("deliveryReport", ()),
    ]
    assert replace(sent[0], operation="") != sent[0]
