"""Data streams through the control plane: made, listed, paused, resumed, restarted, removed."""

from typing import Any

import pytest

from tests.conftest import ATTACHED, FIXTURE, ONLINE, MakeOperator, Operator

STREAM = {
    "organisation": 4321,
    "kind": "events",
    "generation": "ds2",
    "url": "http://customer.test/events",
    "authorization": "dXNlcjpwYXNzd29yZA==",
}


def create(operator: Operator, **other: Any) -> Any:
    return operator.control("POST", "/data-streams", json={**STREAM, **other})


def refused(operator: Operator, status: int, path: str = "/data-streams", **other: Any) -> Any:
    answer = operator.http.post(f"/_emulator{path}", json={**STREAM, **other})
    assert answer.status_code == status, answer.text
    return answer.json()


def happen(operator: Operator) -> None:
    """One event."""
    operator.device(ONLINE, "OFFLINE")
    operator.device(ONLINE, "ATTACHED")


def test_a_stream_is_created_and_shown_without_its_secret(operator: Operator) -> None:
    """With state, backlog and attempts."""
    shown = create(operator)
    assert shown == {
        "id": 1,
        "organisation": 4321,
        "kind": "events",
        "generation": "ds2",
        "url": "http://customer.test/events",
        "created": shown["created"],
        "state": "RUNNING",
        "backlog": 0,
        "attempts": [],
        "next_try": None,
    }
    assert operator.control("GET", "/data-streams/1") == shown
    happen(operator)
    waiting = operator.control("GET", "/data-streams/1")
    assert waiting["backlog"] > 0
    assert waiting["next_try"] is not None
    operator.advance(5)
    sent = operator.control("GET", "/data-streams/1")
    assert (sent["backlog"], sent["next_try"]) == (0, None)
    assert [(one["records"], one["status"], one["problem"]) for one in sent["attempts"]] == [
        (waiting["backlog"], 200, None)
    ]


def test_streams_are_listed_by_organisation(operator: Operator) -> None:
    create(operator)
    create(operator, organisation=5136, kind="usage")
    create(operator, kind="sms")
    listed = operator.control("GET", "/data-streams")["data_streams"]
    assert [(one["id"], one["organisation"], one["kind"]) for one in listed] == [
        (1, 4321, "events"),
        (2, 5136, "usage"),
        (3, 4321, "sms"),
    ]
    mine = operator.control("GET", "/data-streams?organisation=4321")["data_streams"]
    assert [one["id"] for one in mine] == [1, 3]


def test_history_comes_with_the_first_batch(operator: Operator) -> None:
    """S§2: of the last seven days."""
    happen(operator)
    create(operator, history=True)
    operator.advance(5)
    events = [body for body in operator.customer.bodies if isinstance(body, list)]
    assert len(events) == 1


def test_a_paused_stream_keeps_its_records_and_sends_them_when_it_is_resumed(operator: Operator) -> None:
    create(operator)
    assert operator.control("POST", "/data-streams/1/pause")["state"] == "PAUSED"
    happen(operator)
    operator.advance(3600)
    assert operator.customer.received == []
    assert operator.control("POST", "/data-streams/1/resume")["state"] == "RUNNING"
    operator.advance(0)
    assert len(operator.customer.received) == 1


def test_a_failed_stream_is_restarted(operator: Operator) -> None:
    """S§4: with the batch that failed, the same ids."""
    create(operator)
    operator.customer.answers = [503] * 11
    happen(operator)
    operator.advance(3600)
    failed = operator.control("GET", "/data-streams/1")
    assert (failed["state"], len(failed["attempts"]), failed["next_try"]) == ("FAILED", 11, None)
    assert operator.control("POST", "/data-streams/1/restart")["state"] == "RUNNING"
    operator.advance(0)
    assert len(operator.customer.bodies) == 12
    assert all(body == operator.customer.bodies[0] for body in operator.customer.bodies)


def test_a_removed_stream_sends_nothing(operator: Operator) -> None:
    create(operator)
    happen(operator)
    assert operator.control("DELETE", "/data-streams/1") is None
    operator.advance(60)
    assert operator.customer.received == []
    assert operator.http.get("/_emulator/data-streams/1").status_code == 404


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/data-streams/1/resume", "data stream 1 is RUNNING; only a PAUSED one can do that"),
        ("/data-streams/1/restart", "data stream 1 is RUNNING; only a FAILED one can do that"),
    ],
)
def test_a_stream_in_another_state_is_refused(operator: Operator, path: str, says: str) -> None:
    create(operator)
    assert refused(operator, 409, path)["error"] == says


@pytest.mark.parametrize("path", ["/data-streams/7", "/data-streams/x/pause", "/data-streams/7/restart"])
def test_an_unknown_stream_is_not_found(operator: Operator, path: str) -> None:
    method = "GET" if path.count("/") == 2 else "POST"
    assert operator.http.request(method, f"/_emulator{path}").status_code == 404


@pytest.mark.parametrize(
    ("other", "status", "field"),
    [
        ({"organisation": 99}, 404, None),
        ({"organisation": "x"}, 400, "organisation"),
        ({"kind": "calls"}, 400, "kind"),
        ({"kind": "sms", "generation": "ds1"}, 400, "kind"),
        ({"generation": "ds3"}, 400, "generation"),
        ({"url": "customer.test"}, 400, "url"),
        ({"url": ""}, 400, "url"),
        ({"authorization": "two words"}, 400, "authorization"),
        ({"authorization": ""}, 400, "authorization"),
        ({"history": "yes"}, 400, "history"),
        ({"unknown": 1}, 400, "unknown"),
    ],
)
def test_an_invalid_stream_is_refused_and_not_created(
    operator: Operator, other: dict[str, Any], status: int, field: str | None
) -> None:
    assert refused(operator, status, **other).get("field") == field
    assert operator.control("GET", "/data-streams")["data_streams"] == []


@pytest.mark.parametrize("url", ["http://customer.test/events", "https://192.0.2.1/events", "https://[2001:db8::1]/"])
def test_a_strict_operator_takes_https_and_a_host_name_only(make_operator: MakeOperator, url: str) -> None:
    """S§2."""
    operator = make_operator(FIXTURE.replace("http:", "https:"), policy={"forwarder_strict_url": True})
    assert refused(operator, 400, url=url)["field"] == "url"
    assert create(operator, url="https://customer.test/events")["state"] == "RUNNING"


def test_an_organisation_has_ten_streams_at_most(operator: Operator) -> None:
    """S§1."""
    for _ in range(10):
        create(operator)
    assert refused(operator, 409)["error"].startswith("organisation 4321 already has 10 data streams, the maximum")
    create(operator, organisation=5136)


def test_a_reset_of_an_organisation_brings_back_its_streams(make_operator: MakeOperator) -> None:
    """As they were in the fixture."""
    operator = make_operator(
        FIXTURE.replace(
            "    sims:\n",
            "    data_streams:\n"
            '      - {kind: events, generation: ds2, url: "http://customer.test/first", authorization: dTpw}\n'
            "    sims:\n",
            1,
        )
    )
    operator.control("DELETE", "/data-streams/1")
    create(operator)
    operator.control("POST", "/organisations/4321/reset")
    (stream,) = operator.control("GET", "/data-streams")["data_streams"]
    assert stream["url"] == "http://customer.test/first"
    happen(operator)
    operator.advance(5)
    assert {request.url for request in operator.customer.received} == {"http://customer.test/first"}


def test_a_world_that_was_dumped_has_its_streams(operator: Operator) -> None:
    create(operator)
    operator.control("POST", "/data-streams/1/pause")
    happen(operator)
    dumped = operator.control("GET", "/fixture?secrets=true")
    operator.control("POST", "/fixture", json=dumped)
    (stream,) = operator.control("GET", "/data-streams")["data_streams"]
    assert (stream["state"], stream["backlog"] > 0) == ("PAUSED", True)
    operator.control("POST", "/data-streams/1/resume")
    operator.advance(0)
    assert dict(operator.customer.received[0].headers)["Authorization"] == "Basic dXNlcjpwYXNzd29yZA=="


def test_a_dump_without_secrets_has_no_basic_value(operator: Operator) -> None:
    create(operator)
    assert "dXNlcjpwYXNzd29yZA==" not in operator.http.get("/_emulator/fixture").text


def test_the_backlog_survives_a_day_of_messages(operator: Operator) -> None:
    """Records of several kinds, each to its own stream."""
    for kind in ("events", "usage", "sms"):
        create(operator, kind=kind, url=f"http://customer.test/{kind}")
    operator.send_mo(ATTACHED, "hello", dest_address="12345")
    operator.advance(10)
    told = {request.url.rpartition("/")[2] for request in operator.customer.received}
    assert {"usage", "sms"} <= told
