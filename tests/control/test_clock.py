"""The world's clock, through HTTP."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from operator_emulator.core.world import clock, schedule
from operator_emulator.core.world.model import JobKind
from operator_emulator.core.world.world import World
from operator_emulator.runtime.sender import OutboundRequest, Reply
from operator_emulator.settings import Settings
from tests.conftest import OFFLINE, ONLINE, Customer, MakeOperator, Operator
from tests.direct import Direct


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


def test_advancing_runs_the_jobs_on_the_way(operator: Operator) -> None:
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
        ({}, None),
        ({"minutes": 1}, "minutes"),
        ({"seconds": 1, "until": "idle"}, None),
        ({"to": "yesterday"}, "to"),
        ({"to": "2025-12-31T23:59:59Z"}, "to"),
        ({"to": "2126-02-01T00:00:00Z"}, "to"),
        ({"to": "0001-01-01T00:00:00+14:00"}, "to"),
        ({"to": 5}, "to"),
        ({"until": "doomsday"}, "until"),
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
def test_a_body_that_is_not_json_is_refused(operator: Operator, text: str) -> None:
    """JSON knows no NaN and no infinity."""
    headers = {"Content-Type": "application/json"}
    answer = operator.http.post("/_emulator/clock/advance", content=text.encode("latin-1"), headers=headers)
    assert answer.status_code == 400
    assert "not JSON" in answer.json()["error"]


def test_a_body_of_another_content_type_is_refused(operator: Operator) -> None:
    """415: a form, which any web page could send without asking, changes nothing."""
    answer = operator.http.post("/_emulator/clock/advance", data={"seconds": "1"})
    assert answer.status_code == 415


def test_a_huge_body_is_refused(operator: Operator) -> None:
    """413, before it is in memory."""
    answer = operator.http.post("/_emulator/clock/advance", json={"seconds": "x" * 5_000_000})
    assert answer.status_code == 413


def test_beyond_the_end_of_time_is_refused(operator: Operator) -> None:
    """A century at a time."""
    assert operator.http.post("/_emulator/clock/advance", json={"seconds": 3155760001}).status_code == 400


def test_time_is_advanced_to_an_instant(operator: Operator) -> None:
    """In any offset; what has none is UTC."""
    for to, now in (
        ("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z"),
        ("2026-01-01T12:00:00", "2026-01-01T12:00:00Z"),
        ("2026-01-02", "2026-01-02T00:00:00Z"),
    ):
        assert operator.control("POST", "/clock/advance", json={"to": to})["now"] == now


def test_time_is_advanced_to_the_next_job(operator: Operator) -> None:
    """To the instant at which it is due, and everything that is due then."""
    operator.send_mt(OFFLINE, "one")
    operator.send_mt(OFFLINE, "two")
    advanced = operator.control("POST", "/clock/advance", json={"until": "next-job"})
    assert advanced == {"now": "2026-01-01T00:00:01Z", "jobs_run": 2}


def test_time_is_advanced_until_nothing_is_left(operator: Operator) -> None:
    """Messages end, callbacks are given up; the work of each midnight goes on for ever and does not count."""
    operator.customer.answers = [500] * 99
    operator.send_mt(OFFLINE, "hello")
    advanced = operator.control("POST", "/clock/advance", json={"until": "idle"})
    assert advanced["now"] == "2026-01-03T00:00:00Z"  # a day to expire, another to give up the report of it
    (callback,) = operator.control("GET", "/callbacks")["callbacks"]
    assert callback["fate"] == "given-up"
    assert operator.control("POST", "/clock/advance", json={"until": "idle"})["jobs_run"] == 0


def test_far_off_things_are_not_waited_for(operator: Operator) -> None:
    """A message that is valid for years keeps no world busy."""
    operator.send_mt(OFFLINE, "hello", expiry_date="2036-01-01T00:00:00Z")
    now = operator.control("POST", "/clock/advance", json={"until": "idle"})["now"]
    assert "2027-02-0" in now


def test_due_jobs_are_listed(operator: Operator) -> None:
    """In the order in which it will run; by kind, and only the next so many."""
    id = operator.send_mt(OFFLINE, "hello")
    listed = operator.control("GET", "/jobs")["jobs"]
    assert listed[0] == {
        "id": listed[0]["id"],
        "due": "2026-01-01T00:00:01Z",
        "kind": "smsc.attempt",
        "about": str(id),
    }
    assert [job["due"] for job in listed] == sorted(job["due"] for job in listed)
    assert operator.control("GET", "/jobs", params={"limit": 1})["jobs"] == listed[:1]
    assert [job["kind"] for job in operator.control("GET", "/jobs", params={"kind": "smsc.expire"})["jobs"]] == [
        "smsc.expire"
    ]


def test_an_empty_world_has_no_next_job(operator: Operator) -> None:
    """Then nothing happens, and no time passes."""

    def nothing(world: World) -> None:
        for job in world.jobs.find():
            world.jobs.delete(job.id)

    operator.http.portal.call(operator.http.app.engine.write, nothing)  # type: ignore[union-attr, attr-defined]
    advanced = operator.control("POST", "/clock/advance", json={"until": "next-job"})
    assert advanced == {"now": "2026-01-01T00:00:00Z", "jobs_run": 0}


def test_a_manual_clock_is_let_go(operator: Operator) -> None:
    """Set to real, time passes by itself and jobs run; set to manual, it stands again."""
    assert operator.control("PUT", "/clock", json={"mode": "real", "speed": 1000})["speed"] == 1000
    operator.send_mo(ONLINE, "hello")
    assert operator.control("POST", "/wait", json={"for": "callbacks", "match": {"fate": "taken"}})["count"] == 1
    stopped = operator.control("PUT", "/clock", json={"mode": "manual"})
    assert (stopped["mode"], stopped["speed"]) == ("manual", 0)
    assert stopped["now"] > "2026-01-01T00:00:00"
    assert operator.control("GET", "/clock")["now"] == stopped["now"]


def test_the_time_is_set(operator: Operator) -> None:
    """Forward, with everything that is due on the way; the pace stays unless it is given."""
    id = operator.send_mt(OFFLINE, "hello")
    set_to = operator.control("PUT", "/clock", json={"now": "2026-01-02T00:00:00Z"})
    assert (set_to["now"], set_to["mode"]) == ("2026-01-02T00:00:00Z", "manual")
    assert operator.sms(OFFLINE, id)["status"]["id"] == 6
    running = operator.control("PUT", "/clock", json={"now": "2026-01-03T00:00:00Z", "speed": 2})
    assert (running["mode"], running["speed"]) == ("real", 2)
    assert operator.control("PUT", "/clock", json={"mode": "real"})["speed"] == 2
    assert operator.control("PUT", "/clock", json={"mode": "manual", "now": "2026-02-01T00:00:00Z"})["now"] == (
        "2026-02-01T00:00:00Z"
    )
    assert operator.control("PUT", "/clock", json={"mode": "real"})["speed"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, None),
        ({"mode": "slow"}, "mode"),
        ({"speed": 0}, "speed"),
        ({"speed": -1}, "speed"),
        ({"speed": 1e300}, "speed"),
        ({"mode": "manual", "speed": 2}, "speed"),
        ({"now": "2025-01-01T00:00:00Z"}, "now"),
        ({"now": "soon"}, "now"),
        ({"now": 0}, "now"),
    ],
)
def test_absurd_clocks_are_refused(operator: Operator, body: Any, field: str | None) -> None:
    """400 names the field, and the clock is as it was."""
    before = operator.control("GET", "/clock")
    answer = operator.http.put("/_emulator/clock", json=body)
    assert (answer.status_code, answer.json().get("field")) == (400, field)
    assert operator.control("GET", "/clock") == before


def test_a_reset_ends_an_advance(make_operator: MakeOperator) -> None:
    """The one who advances is told why: 409. What the customer then answers is written down nowhere."""

    class Resetting(Customer):
        def __init__(self) -> None:
            super().__init__()
            self.operator: Operator | None = None

        async def __call__(self, message: OutboundRequest) -> Reply:
            assert self.operator is not None
            transport = httpx2.ASGITransport(self.operator.http.app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
                assert (await http.post("/_emulator/reset")).status_code == 200
            return Reply(500)

    resetting = Resetting()
    resetting.operator = operator = make_operator(customer=resetting)
    operator.send_mo(ONLINE, "hello")
    answer = operator.http.post("/_emulator/clock/advance", json={"seconds": 3600})
    assert (answer.status_code, answer.json()["error"]) == (409, "the advance was ended by a reset")
    assert operator.control("GET", "/clock")["now"] == "2026-01-01T00:00:00Z"
    assert operator.control("GET", "/callbacks")["callbacks"] == []


def test_an_advance_ends_if_its_caller_hangs_up() -> None:
    """The clock is free for the next one."""
    hangs = asyncio.Event()

    async def customer(message: OutboundRequest) -> Reply:
        hangs.set()
        await asyncio.Event().wait()
        return Reply(200)

    with Direct(Settings(clock="manual"), customer) as direct:
        direct.ask("POST", f"/_emulator/sims/{ONLINE}/mo", json={"payload": "hello"})
        direct.hang_up("POST", "/_emulator/clock/advance", json={"seconds": 3600}, after=hangs)
        assert direct.ask("POST", "/_emulator/clock/advance", json={"seconds": 1}).status == 200


def test_only_one_hand_moves_the_clock(make_operator: MakeOperator) -> None:
    """A customer that is called during an advance cannot advance: 409, and the pace stays what it was."""

    class Meddler(Customer):
        def __init__(self) -> None:
            super().__init__()
            self.operator: Operator | None = None
            self.refused: list[Any] = []

        async def __call__(self, message: OutboundRequest) -> Reply:
            assert self.operator is not None
            transport = httpx2.ASGITransport(self.operator.http.app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
                self.refused += [
                    await http.post("/_emulator/clock/advance", json={"seconds": 1}),
                    await http.put("/_emulator/clock", json={"now": "2026-02-01T00:00:00Z"}),
                ]
            return await super().__call__(message)

    meddler = Meddler()
    meddler.operator = operator = make_operator(customer=meddler)
    operator.send_mo(ONLINE, "hello")
    operator.advance(5)
    assert [answer.status_code for answer in meddler.refused] == [409, 409]
    clock = operator.control("GET", "/clock")
    assert (clock["now"], clock["mode"]) == ("2026-01-01T00:00:05Z", "manual")


def test_time_does_not_go_beyond_the_last_year() -> None:
    """A move that would is refused, and time stays where it is."""
    with Direct(Settings(clock="manual"), Customer()) as direct:
        direct.write(clock.move_to, datetime(8999, 12, 31, 12, tzinfo=UTC))
        direct.write(schedule.at, datetime(9000, 1, 1, tzinfo=UTC), JobKind.HOUSEKEEPING, "")
        for job in direct.everything()["jobs"]:
            if job.due.year < 9000:
                direct.write(schedule.drop, job.id)
        for method, path, body, field in (
            ("POST", "/clock/advance", {"seconds": 86400}, "seconds"),
            ("POST", "/clock/advance", {"to": "9000-01-01T00:00:00Z"}, "to"),
            ("POST", "/clock/advance", {"until": "next-job"}, "until"),
            ("PUT", "/clock", {"now": "9000-01-01T00:00:00Z"}, "now"),
        ):
            answer = direct.ask(method, f"/_emulator{path}", json=body)
            assert (answer.status, answer.json()["field"]) == (400, field), body
            assert answer.json()["error"] == f"{field}: would move the clock beyond the year 9000"
            assert direct.ask("GET", "/_emulator/clock").json()["now"] == "8999-12-31T12:00:00Z"
