"""Callbacks and messages as they stand, and waiting for them, through HTTP."""

from typing import Any

import httpx2
import pytest

from operator_emulator.runtime.sender import OutboundRequest, Reply
from tests.conftest import FOREIGN, OFFLINE, ONLINE, Customer, MakeOperator, Operator


def callbacks(operator: Operator, **query: Any) -> Any:
    return operator.control("GET", "/callbacks", params=query)["callbacks"]


def wait(operator: Operator, what: str, **how: Any) -> Any:
    return operator.http.post("/_emulator/wait", json={"for": what, **how})


# --------------------------------------------------------------------------------------------- callbacks


def test_a_callback_shows_its_attempts(operator: Operator) -> None:
    """What is owed, to which URL, each attempt with its outcome, and when the next one is."""
    operator.customer.answers = [503, "connection refused"]
    id = operator.send_mo(ONLINE, "hello")
    (owed,) = callbacks(operator)
    assert (owed["fate"], owed["tries"], owed["next_try"]) == ("owed", [], "2026-01-01T00:00:00Z")
    operator.advance(130)
    (failing,) = callbacks(operator)
    assert (failing["event"], failing["sms"], failing["iccid"]) == ("mo-received", id, ONLINE)
    assert [(one["status"], one["problem"]) for one in failing["tries"]] == [(503, None), (None, "connection refused")]
    assert failing["next_try"] == "2026-01-01T00:06:00Z"
    operator.advance(3600)
    (taken,) = callbacks(operator)
    assert (taken["fate"], taken["tries"][-1]["status"], taken["next_try"]) == ("taken", 200, None)


def test_callbacks_are_filtered(operator: Operator) -> None:
    """By SIM, fate, event, URL, organisation, message; and only the newest if so asked."""
    first, second = operator.send_mo(ONLINE, "one"), operator.send_mo(ONLINE, "two")
    operator.send_mt(ONLINE, "three")
    operator.advance(10)
    for query, count in (
        ({}, 3),
        ({"iccid": ONLINE}, 3),
        ({"iccid": "*0002"}, 0),
        ({"fate": "taken"}, 3),
        ({"fate": "owed"}, 0),
        ({"event": "mo-*"}, 2),
        ({"url": "*customer.test*"}, 3),
        ({"organisation": 4321}, 3),
        ({"organisation": 5136}, 0),
        ({"sms": second}, 1),
        ({"limit": 1}, 1),
    ):
        assert len(callbacks(operator, **query)) == count, query
    assert callbacks(operator, event="mo-*", limit=1)[0]["sms"] == second != first


def test_callbacks_come_in_pages(operator: Operator) -> None:
    """The newest first; ``next`` leads to those before, and is null at the end."""
    ids = [operator.send_mo(ONLINE, text) for text in ("one", "two", "three")]
    operator.advance(10)
    newest = operator.control("GET", "/callbacks", params={"limit": 2, "event": "mo-*"})
    assert [one["sms"] for one in newest["callbacks"]] == ids[1:]
    oldest = operator.control("GET", "/callbacks", params={"limit": 2, "before": newest["next"]})
    assert ([one["sms"] for one in oldest["callbacks"]], oldest["next"]) == (ids[:1], None)


def test_a_callback_is_retried_now(operator: Operator) -> None:
    """In manual time, without moving it; the answer shows what came of it, and the promised retry is moved on."""
    operator.customer.answers = [500, 500]
    operator.send_mo(ONLINE, "hello")
    operator.advance(0)
    failed = operator.control("POST", "/callbacks/1/retry")
    assert ([one["status"] for one in failed["tries"]], failed["fate"]) == ([500, 500], "owed")
    assert failed["next_try"] == "2026-01-01T00:04:00Z"
    taken = operator.control("POST", "/callbacks/1/retry")
    assert (taken["fate"], taken["finished"]) == ("taken", "2026-01-01T00:00:00Z")
    assert operator.customer.methods == ["POST"] * 3
    operator.advance(86400)
    assert len(operator.customer.received) == 3


def test_a_callback_that_was_given_up_can_be_retried(operator: Operator) -> None:
    """It is owed again, for another day at most, and the message is pending once more."""
    operator.customer.answers = [500] * 30
    id = operator.send_mo(ONLINE, "hello")
    operator.advance(86401)
    assert callbacks(operator)[0]["fate"] == "given-up"
    operator.customer.answers = [500]
    again = operator.control("POST", "/callbacks/1/retry")
    assert (again["fate"], again["deadline"]) == ("owed", "2026-01-03T00:00:01Z")
    assert operator.sms(ONLINE, id)["status"]["id"] == 3
    assert operator.control("POST", "/callbacks/1/retry")["fate"] == "taken"
    assert operator.sms(ONLINE, id)["status"]["id"] == 4


def test_an_accepted_callback_is_not_sent_again(operator: Operator) -> None:
    """409; and 404 for what never was."""
    operator.send_mo(ONLINE, "hello")
    operator.advance(0)
    assert operator.http.post("/_emulator/callbacks/1/retry").status_code == 409
    for id in ("2", "x"):
        assert operator.http.post(f"/_emulator/callbacks/{id}/retry").status_code == 404
    assert len(operator.customer.received) == 1


def test_an_accepted_callback_is_sent_again_by_force(operator: Operator) -> None:
    """It is owed once more until the customer takes it, and its earlier tries stay."""
    operator.send_mo(ONLINE, "hello")
    operator.advance(0)
    operator.customer.answers = [500]
    again = operator.control("POST", "/callbacks/1/retry", json={"force": True})
    assert ([one["status"] for one in again["tries"]], again["fate"]) == ([200, 500], "owed")
    operator.advance(300)
    assert operator.customer.bodies == [operator.customer.bodies[0]] * 3
    assert operator.http.post("/_emulator/callbacks/1/retry", json={"force": False}).status_code == 409


def test_what_is_owed_to_nobody_is_not_sent(operator: Operator) -> None:
    """404, when the endpoint is no longer pushed to."""
    operator.send_mo(ONLINE, "hello")
    operator.control("PATCH", "/organisations/4321", json={"forwarder": None})
    assert operator.http.post("/_emulator/callbacks/1/retry").status_code == 404
    assert operator.customer.received == []


def test_a_world_that_begins_again_meanwhile_owes_nothing(make_operator: MakeOperator) -> None:
    """404, when a reset overtakes the retry."""

    class Meddler(Customer):
        async def __call__(self, message: OutboundRequest) -> Reply:
            async with httpx2.AsyncClient(transport=httpx2.ASGITransport(operator.http.app)) as http:
                await http.post("http://localhost/_emulator/reset")
            return await super().__call__(message)

    operator = make_operator(customer=Meddler())
    operator.send_mo(ONLINE, "hello")
    assert operator.http.post("/_emulator/callbacks/1/retry").status_code == 404


# --------------------------------------------------------------------------------------------- messages


def test_messages_are_listed(operator: Operator) -> None:
    """Of all SIMs and both directions, with the status that customers see."""
    operator.send_mt(ONLINE, "one", source_address="12")
    operator.send_mo(ONLINE, "two", dest_address="34")
    operator.api("POST", f"/sims/{FOREIGN}/sms", json={"payload": "three"}, user="other")
    operator.advance(10)
    listed = operator.control("GET", "/messages")["messages"]
    assert [(one["direction"], one["status"], one["payload"]) for one in listed] == [
        ("MT", "DELIVERED", "one"),
        ("MO", "DELIVERED", "two"),
        ("MT", "BUFFERED", "three"),
    ]
    assert (listed[0]["source_address"], listed[1]["dest_address"]) == ("12", "34")
    assert listed[2]["cause"] == "absent subscriber"
    for query, count in (
        ({"iccid": ONLINE}, 2),
        ({"iccid": "*09*"}, 1),
        ({"organisation": 5136}, 1),
        ({"direction": "MO"}, 1),
        ({"status": "DELIVERED"}, 2),
        ({"payload": "t*"}, 2),
        ({"limit": 2}, 2),
    ):
        assert len(operator.control("GET", "/messages", params=query)["messages"]) == count, query


# --------------------------------------------------------------------------------------------- waiting


def test_manual_time_answers_at_once(operator: Operator) -> None:
    """200 if it is so, otherwise 408 with what there is, however long one would have waited."""
    operator.send_mt(OFFLINE, "hello")
    assert wait(operator, "messages", match={"status": "PENDING"}).json()["count"] == 1
    late = wait(operator, "messages", match={"iccid": OFFLINE}, count=2, timeout=300)
    assert late.status_code == 408
    assert late.json()["error"] == "1 messages match, not 2"
    assert [one["payload"] for one in late.json()["matched"]] == ["hello"]


@pytest.mark.parametrize(
    ("what", "match", "count"),
    [
        ("exchanges", {"direction": "outbound", "body": {"payload": "hel*"}}, 1),
        ("exchanges", {"direction": "outbound"}, 2),
        ("callbacks", {"fate": "taken"}, 2),
        ("messages", {"iccid": ONLINE, "direction": "MO", "status": "DELIVERED"}, 2),
    ],
)
def test_real_time_is_waited_for(make_operator: MakeOperator, what: str, match: dict[str, Any], count: int) -> None:
    """The answer comes when it is so, with all that matches."""
    operator = make_operator(clock="real")
    operator.send_mo(ONLINE, "hello")
    operator.send_mo(ONLINE, "world")
    waited = wait(operator, what, match=match, count=count)
    assert waited.status_code == 200
    assert waited.json()["count"] >= count


def test_older_matches_do_not_count(operator: Operator) -> None:
    """Since an id, of each kind, or since an instant."""
    old = operator.send_mo(ONLINE, "old")
    operator.advance(60)
    for what in ("messages", "callbacks", "exchanges"):
        (last,) = wait(operator, what, match={"direction": "outbound"} if what == "exchanges" else {}).json()["matched"]
        match = {"since": 0} if what == "exchanges" else {}
        assert wait(operator, what, match=match, since=last["id"]).status_code == 408, what
        assert wait(operator, what, match=match, since="2026-01-01T00:01:00Z").status_code == 408, what
        assert wait(operator, what, match=match, since="2026-01-01T00:00:00+00:00").status_code == 200, what
    new = operator.send_mo(ONLINE, "new")
    assert [one["id"] for one in wait(operator, "messages", since=old).json()["matched"]] == [new]
    assert wait(operator, "messages", since="2026-01-01T00:01:00").json()["count"] == 1


def test_the_time_is_over(make_operator: MakeOperator) -> None:
    """408 after the time-out, with what came until then."""
    operator = make_operator(clock="real")
    operator.send_mo(ONLINE, "hello")
    late = wait(operator, "callbacks", count=2, timeout=0.05)
    assert (late.status_code, late.json()["count"]) == (408, 1)


def test_a_slow_customer_is_waited_for(make_operator: MakeOperator) -> None:
    """The wait sees retries of the sped-up world, too."""
    customer = Customer()
    customer.answers = [500, "refused"]
    operator = make_operator(clock="real", speed=100_000.0, customer=customer)
    operator.send_mo(ONLINE, "hello")
    assert wait(operator, "callbacks", match={"fate": "taken"}).status_code == 200
    assert len(customer.received) == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "for"),
        ({"for": "godot"}, "for"),
        ({"for": "messages", "match": {"colour": "red"}}, "match.colour"),
        ({"for": "callbacks", "match": {"status": "DELIVERED"}}, "match.status"),
        ({"for": "exchanges", "match": {"status": "six"}}, "match.status"),
        ({"for": "messages", "count": -1}, "count"),
        ({"for": "messages", "timeout": 1e6}, "timeout"),
        ({"for": "messages", "timeout": -1}, "timeout"),
        ({"for": "messages", "since": -1}, "since"),
        ({"for": "messages", "since": "yesterday"}, "since"),
    ],
)
def test_absurd_waits_are_refused(operator: Operator, body: Any, field: str) -> None:
    """400 names the field."""
    answer = operator.http.post("/_emulator/wait", json=body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


@pytest.mark.parametrize(("path", "name"), [("callbacks", "fate"), ("messages", "status"), ("messages", "limit")])
def test_absurd_queries_are_refused(operator: Operator, path: str, name: str) -> None:
    """400 names the parameter."""
    answer = operator.http.get(f"/_emulator/{path}", params={name: "x"})
    assert (answer.status_code, answer.json()["field"]) == (400, name)
