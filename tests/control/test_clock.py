"""The world's clock, through HTTP."""

from typing import Any

import pytest

from tests.conftest import OFFLINE, Operator


def test_time_stands_until_it_is_moved(operator: Operator) -> None:
    """A manual clock moves by exactly what it is advanced."""
    assert operator.control("GET", "/clock") == {
        "now": "2026-01-01T00:00:00Z",
        "mode": "manual",
        "speed": 0.0,
        "jobs": operator.control("GET", "/clock")["jobs"],
    }
    assert operator.advance(90.5)["now"] == "2026-01-01T00:01:30.500000Z"
    assert operator.control("GET", "/clock")["now"] == "2026-01-01T00:01:30.500000Z"


def test_advancing_runs_what_is_due_on_the_way(operator: Operator) -> None:
    """The answer counts the jobs that ran, and comes after they did."""
    assert operator.advance(10)["jobs_run"] == 0
    id = operator.send_mt(OFFLINE, "hello")
    assert operator.advance(2)["jobs_run"] == 1
    assert operator.sms(OFFLINE, id)["status"]["id"] == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"seconds": -1}, "seconds"),
        ({"seconds": "10"}, "seconds"),
        ({"seconds": 1e300}, "seconds"),
        ({"seconds": None}, "seconds"),
        ({"seconds": True}, "seconds"),
        ({}, "seconds"),
        ({"seconds": 1, "minutes": 1}, "minutes"),
        ([], None),
        ("NaN", None),
    ],
)
def test_absurd_steps_are_refused(operator: Operator, body: Any, field: str | None) -> None:
    """400 names the field, and no time has passed."""
    answer = operator.http.post("/_emulator/clock/advance", json=body)
    assert answer.status_code == 400
    assert answer.json().get("field") == field
    assert answer.json()["error"]
    assert operator.control("GET", "/clock")["now"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("text", ['{"seconds": NaN}', '{"seconds": 1e999}', '{"seconds": 1', "", "\xff"])
def test_what_is_no_json_is_refused(operator: Operator, text: str) -> None:
    """JSON knows no NaN and no infinity."""
    headers = {"Content-Type": "application/json"}
    answer = operator.http.post("/_emulator/clock/advance", content=text.encode("latin-1"), headers=headers)
    assert answer.status_code == 400
    assert "not JSON" in answer.json()["error"]


def test_what_is_not_called_json_is_refused(operator: Operator) -> None:
    """415: a form, which any web page could send without asking, changes nothing."""
    answer = operator.http.post("/_emulator/clock/advance", data={"seconds": "1"})
    assert answer.status_code == 415


def test_a_huge_body_is_refused(operator: Operator) -> None:
    """413, before it is in memory."""
    answer = operator.http.post("/_emulator/clock/advance", json={"seconds": "x" * 5_000_000})
    assert answer.status_code == 413


def test_beyond_the_end_of_time_is_refused(operator: Operator) -> None:
    """Dates stay printable: a century at a time, and never past the year 9000."""
    for _ in range(2):
        assert operator.http.post("/_emulator/clock/advance", json={"seconds": 3155760001}).status_code == 400
