"""Which exchanges a pattern means, and why it does not mean the others."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from operator_emulator.runtime.journal import BODY_LIMIT, Exchange, Journal, Pattern

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def sample() -> Exchange:
    return Exchange(
        "outbound",
        "POST",
        "http://customer.test:9099/sms?key=1",
        NOW,
        NOW,
        id=7,
        operation="forwardMo",
        organisation=4321,
        raw_request_headers=[(b"Content-Type", b"application/json")],
        request_body=b'{"payload":"hello","endpoint":{"id":12,"name":"8988228066600000001"}}',
        status=503,
        response_body=b"sorry",
        fault="maintenance",
    )


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"direction": "outbound"},
        {"method": "post"},
        {"path": "http://customer.test:9099/sms?key=1"},
        {"path": "http://customer.test:9099/sms"},
        {"path": "/sms"},
        {"path": "/sms?key=1"},
        {"path": "/s*"},
        {"status": 503},
        {"status": "503"},
        {"status": "5xx"},
        {"organisation": 4321},
        {"operation": "forward*"},
        {"fault": "maintenance"},
        {"headers": {"Content-Type": "application/*"}},
        {"body": {"endpoint": {"id": 12}}},
        {"body": '*"payload":"hello"*'},
        {"answer": "sorry"},
        {"since": 6},
    ],
)
def test_an_exchange_matches(wanted: dict[str, Any]) -> None:
    """Every condition that is given must hold, and no other matters."""
    assert Pattern(**wanted).differences(sample()) == []


@pytest.mark.parametrize(
    ("wanted", "difference"),
    [
        ({"direction": "inbound"}, "direction is outbound, not inbound"),
        ({"method": "PATCH"}, "method is POST, not PATCH"),
        ({"path": "/other"}, "path is http://customer.test:9099/sms?key=1, not /other"),
        ({"status": 200}, "status is 503, not 200"),
        ({"status": "4xx"}, "status is 503, not 4xx"),
        ({"organisation": 1}, "organisation is 4321, not 1"),
        ({"headers": {"Accept": "*"}}, "header Accept is none, not *"),
        ({"body": {"payload": "bye"}}, 'not {"payload": "bye"}'),
        ({"answer": {"a": 1}}, 'answer is sorry, not {"a": 1}'),
        ({"since": 7}, "id is 7, not after 7"),
    ],
)
def test_the_difference_is_said(wanted: dict[str, Any], difference: str) -> None:
    """Why an exchange is not meant, with what it has and what was wanted."""
    (found,) = Pattern(**wanted).differences(sample())
    assert difference in found


def test_what_never_was_differs_too() -> None:
    """An exchange without operation, organisation, status and fault meets no condition on them."""
    nothing = Exchange("inbound", "GET", "/", NOW, NOW)
    wanted = Pattern(operation="*", organisation=1, status="2xx", fault="*")
    assert wanted.differences(nothing) == [
        "operation is none, not *",
        "fault is none, not *",
        "status is none, not 2xx",
        "organisation is none, not 1",
    ]


def test_long_bodies_are_cut_in_sentences() -> None:
    """A difference stays readable."""
    (found,) = Pattern(body="x").differences(Exchange("inbound", "GET", "/", NOW, NOW, request_body=b"y" * 5000))
    assert len(found) < 250


def test_bodies_are_bounded_in_all() -> None:
    """When bodies outgrow their room, the oldest exchanges go."""
    journal = Journal(room=100)
    for _ in range(4):
        journal.add(Exchange("inbound", "GET", "/", NOW, NOW, request_body=b"x" * 20, response_body=b"x" * 20))
    assert [one.id for one in journal] == [3, 4]


def test_an_answer_grows_while_it_goes_on() -> None:
    """A stream is in the journal from its first piece on; it counts for the room, and is cut like all bodies."""
    journal = Journal(room=BODY_LIMIT + 10)
    journal.add(sample())
    stream = journal.add(Exchange("inbound", "GET", "/stream", NOW, NOW, response_body=b"one"))

    async def listen() -> None:
        heard = journal.bell.listen()
        journal.grow(stream, b" two")
        assert heard.is_set()

    asyncio.run(listen())
    assert (stream.response_text, [one.path for one in journal]) == ("one two", [sample().path, "/stream"])
    journal.grow(stream, b"x" * (BODY_LIMIT + 5))
    assert len(stream.response_body) == BODY_LIMIT
    assert [one.path for one in journal] == ["/stream"]
    journal.grow(stream, b"more")
    assert len(stream.response_body) == BODY_LIMIT


def test_a_stream_that_is_forgotten_takes_no_room() -> None:
    """It goes on, but a cleared journal keeps nothing of it, whatever took its number."""
    journal = Journal(room=20)
    stream = journal.add(Exchange("inbound", "GET", "/stream", NOW, NOW))
    journal.clear()
    journal.grow(stream, b"x" * 100)
    other = journal.add(Exchange("inbound", "GET", "/other", NOW, NOW))
    assert other.id == stream.id
    journal.grow(stream, b"x" * 100)
    assert list(journal) == [other]


def test_forgetting_keeps_the_count() -> None:
    """Who follows the journal by id misses nothing when it is emptied."""
    journal = Journal()
    journal.add(sample())
    journal.forget()
    assert (len(journal), journal.last) == (0, 1)
    assert journal.add(sample()).id == 2
