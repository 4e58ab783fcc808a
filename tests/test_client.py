"""EmulatorClient: the control plane in Python."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from operator_emulator.client import EmulatorClient, EmulatorError, NotVerified, Refused, TimedOut, Unreachable
from tests.conftest import DISABLED, OFFLINE, ONLINE, Operator

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def emulator(operator: Operator) -> Iterator[EmulatorClient]:
    with EmulatorClient("http://operator.test/", transport=operator.http._transport) as client:
        yield client


def test_a_day_in_the_life(emulator: EmulatorClient, operator: Operator) -> None:
    """A device is offline, a message waits, time passes, it attaches, and the report arrives."""
    sim = emulator.sim(OFFLINE)
    operator.send_mt(OFFLINE, "wake up")
    assert emulator.clock.advance(hours=3).now == BEGIN + timedelta(hours=3)
    assert operator.customer.received == []
    sim.attach()
    emulator.clock.advance(seconds=5)
    (pushed,) = emulator.verify(direction="outbound", method="PATCH", count=1)
    assert pushed.body["status"]["status"] == "DELIVERED"
    assert (pushed.at, pushed.status, pushed.organisation) == (BEGIN + timedelta(hours=3, seconds=1), 200, 4321)


def test_the_clock(emulator: EmulatorClient) -> None:
    """Shown, advanced by, to and until; set."""
    assert (emulator.clock.now, emulator.clock.show().mode) == (BEGIN, "manual")
    assert emulator.clock.advance().jobs_run == 0
    assert emulator.clock.advance(timedelta(minutes=1), seconds=30, days=1).now == BEGIN + timedelta(days=1, seconds=90)
    later = BEGIN + timedelta(days=2)
    assert emulator.clock.advance(to=later).now == later
    assert emulator.clock.advance(until="idle").jobs_run == 0
    assert emulator.clock.set(now=later + timedelta(hours=1)).now == later + timedelta(hours=1)
    assert emulator.clock.set("real", speed=60).speed == 60
    assert emulator.clock.set("manual").mode == "manual"


def test_a_device(emulator: EmulatorClient) -> None:
    """What it does reads as a sentence; what the network refuses is raised, or told if it was only tried."""
    sim = emulator.sim(OFFLINE).online(operator="Plus", rat="3G")
    assert (sim.device.status, sim.device.rat) == ("ONLINE", "3G")
    assert sim.move(operator="26202").device.operator == {
        "id": 5,
        "name": "Vodafone",
        "country": "Germany",
        "mcc": "262",
        "mnc": "02",
    }
    id = sim.send_mo("hello", dest_address="12345")
    (message,) = sim.messages(direction="MO")
    assert (message.id, message.payload, message.submitted) == (id, "hello", BEGIN)
    quota = sim.use_data(tx=1.5, rx=0.5).show().data_quota
    assert quota is not None
    assert quota["total"] - quota["left"] == 2
    assert sim.offline().device.status == "OFFLINE"
    assert emulator.sim(DISABLED).try_to("ATTACHED").cause == "SIM_SUSPENDED"
    with pytest.raises(Refused, match="SIM_SUSPENDED"):
        emulator.sim(DISABLED).attach()
    with pytest.raises(EmulatorError, match="absent subscriber") as refused:
        sim.send_mo("nobody hears it")
    assert refused.value.status == 409
    assert repr(sim) == f"Sim('{OFFLINE}')"


def test_sims(emulator: EmulatorClient) -> None:
    """All, or those that match."""
    assert len(emulator.sims()) == 6
    (online,) = emulator.sims(label="online")
    assert (online.iccid, online.device["status"], online.expires is not None) == (ONLINE, "ONLINE", True)


def test_what_is_wrong_is_said(emulator: EmulatorClient) -> None:
    """Status, sentence and field of a refusal."""
    with pytest.raises(EmulatorError) as refused:
        emulator.sim(ONLINE).try_to("ASLEEP")
    assert (refused.value.status, refused.value.field) == (400, "status")
    assert refused.value.error in str(refused.value)
    with pytest.raises(EmulatorError) as unknown:
        emulator.sim("1").show()
    assert (unknown.value.status, unknown.value.field) == (404, None)


def test_a_missed_expectation_explains_itself(emulator: EmulatorClient) -> None:
    """An AssertionError, so that a test fails rather than breaks, with what comes closest."""
    emulator.sim(ONLINE).send_mo("hello")
    emulator.clock.advance()
    with pytest.raises(AssertionError, match="0 exchanges match, not 1") as missed:
        emulator.verify(direction="outbound", body={"payload": "goodbye"}, count=1)
    assert isinstance(missed.value, NotVerified)
    assert "#1 outbound POST http://customer.test/sms" in str(missed.value)
    assert 'body is {"' in str(missed.value)
    assert len(emulator.verify(min=1, max=1)) == 1
    with pytest.raises(EmulatorError) as refused:
        emulator.verify(colour="red")
    assert refused.value.status == 400


def test_the_journal(emulator: EmulatorClient, operator: Operator) -> None:
    """Filtered by what is known of an exchange; emptied."""
    operator.get(f"/sims/{ONLINE}")
    (looked,) = emulator.journal(operation="getSimUsingGET")
    assert (looked.answer["iccid"], looked.findings, looked.fault) == (ONLINE, (), None)
    emulator.clear_journal()
    assert emulator.journal() == []


def test_callbacks_are_seen_and_retried(emulator: EmulatorClient, operator: Operator) -> None:
    """What is owed, its attempts, and one more of them."""
    operator.customer.answers = [500]
    emulator.sim(ONLINE).send_mo("hello")
    emulator.clock.advance()
    (owed,) = emulator.callbacks(fate="owed")
    assert (owed.tries[0]["status"], owed.next_try) == (500, BEGIN + timedelta(minutes=2))
    assert emulator.retry(owed.id).fate == "taken"


def test_a_wait(emulator: EmulatorClient) -> None:
    """Answers what matched, or raises a TimeoutError with what came."""
    emulator.sim(ONLINE).send_mo("hello")
    assert [one.payload for one in emulator.wait("messages", payload="hel*")] == ["hello"]
    assert emulator.wait("callbacks", fate="owed")[0].event == "mo-received"
    with pytest.raises(TimeoutError, match="0 exchanges match, not 1") as late:
        emulator.wait("exchanges", direction="outbound")
    assert isinstance(late.value, TimedOut)
    assert late.value.body["matched"] == []
    with pytest.raises(EmulatorError) as refused:
        emulator.wait("messages", timeout=-1)
    assert refused.value.field == "timeout"


def test_what_is_new_is_expected(emulator: EmulatorClient) -> None:
    """What was there before the block does not count, nor when a wait names an id or an instant."""
    old = emulator.sim(ONLINE).send_mo("hello")
    with emulator.expecting("messages", payload="hel*") as messages, emulator.expecting("callbacks") as callbacks:
        emulator.sim(ONLINE).send_mo("help")
    assert [one.payload for one in messages] == ["help"]
    assert [one.sms for one in callbacks] == [messages[0].id]
    with pytest.raises(TimedOut), emulator.expecting("exchanges"):
        pass
    assert [one.payload for one in emulator.wait("messages", since=old)] == ["help"]
    assert len(emulator.wait("messages", since=emulator.clock.now)) == 2


def test_faults(emulator: EmulatorClient, operator: Operator) -> None:
    """Added, listed, removed; for as long as a block takes."""
    own = emulator.faults.add(point="http", match={"path": "*/sims*"}, effect={"status": 500}, times=2)
    assert (own.name, own.times) == ("fault-1", 2)
    assert operator.api("GET", "/sims").status_code == 500
    assert [fault.struck for fault in emulator.faults.list()] == [1]
    emulator.faults.remove(own.id)
    with emulator.faults.during("maintenance"):
        assert operator.http.get("/management-api/v1/sims").status_code == 503
    assert operator.api("GET", "/sims").status_code == 200
    emulator.faults.add("maintenance")
    emulator.faults.clear()
    assert emulator.faults.list() == []


def test_limits(emulator: EmulatorClient) -> None:
    """The operator's, one's own, none."""
    emulator.limits.on()
    assert emulator.limits.show()[0]["name"] == "sims"
    own = {"name": "all", "path": "*", "per": "address", "requests": 1, "seconds": 1.0}
    emulator.limits.set([own])
    assert emulator.limits.show() == [own]
    emulator.limits.off()
    assert emulator.limits.show() == []


def test_snapshots(emulator: EmulatorClient) -> None:
    """Saved, restored, listed, discarded."""
    saved = emulator.snapshots.save("before")
    assert (saved.name, saved.now, saved.sims) == ("before", BEGIN, 6)
    emulator.clock.advance(hours=1)
    emulator.snapshots.restore("before")
    assert emulator.clock.now == BEGIN
    assert emulator.snapshots.list()[0].name == "before"
    emulator.snapshots.discard("before")
    assert emulator.snapshots.list() == []


def test_organisations(emulator: EmulatorClient, operator: Operator) -> None:
    """Made with all that a test needs, reset, pushed elsewhere, removed."""
    mine = emulator.organisations.create(sims=2, forwarder="http://customer.test/mine", seed=7)
    assert mine.username is not None
    assert mine.password is not None
    assert operator.token(mine.username, mine.password)
    mine.sims[0].attach().send_mo("hello")
    mine.forward_to("http://customer.test/other")
    emulator.clock.advance()
    assert operator.customer.received[0].url == mine.forwarder == "http://customer.test/other"
    one_more = mine.add_sim("Pump 7", sms_left=1)
    assert (one_more.show().label, mine.sims[2]) == ("Pump 7", one_more)
    mine.reset()
    assert emulator.messages(organisation=mine.id) == []
    assert len(mine.sims) == 2
    assert emulator.organisations.get(mine.id).cards == mine.cards
    assert len(emulator.organisations.list()) == 3
    assert repr(mine) == "Organisation(100001, 'Organisation 100001')"
    mine.remove()
    with pytest.raises(EmulatorError):
        emulator.organisations.get(mine.id)
    assert emulator.organisations.create(username="x", password="y", id=5, name="z").username == "x"


def test_data_streams(emulator: EmulatorClient, operator: Operator) -> None:
    """Made, shown, stopped, let go, removed."""
    url = "http://customer.test/events"
    stream = emulator.data_streams.create(4321, kind="events", url=url, authorization="dTpw")
    assert (stream.id, stream.generation, stream.state, stream.next_try) == (1, "ds2", "RUNNING", None)
    assert emulator.data_streams.pause(1).state == "PAUSED"
    emulator.sim(OFFLINE).attach()
    emulator.clock.advance(hours=1)
    operator.customer.answers = [503] * 11
    assert emulator.data_streams.resume(1).state == "RUNNING"
    emulator.clock.advance(hours=1)
    failed = emulator.data_streams.get(1)
    assert (failed.state, failed.backlog > 0, failed.attempts[-1]["status"]) == ("FAILED", True, 503)
    emulator.data_streams.restart(1)
    emulator.clock.advance()
    assert [one.backlog for one in emulator.data_streams.list(4321)] == [0]
    assert emulator.data_streams.list(5136) == []
    emulator.data_streams.remove(1)
    assert emulator.data_streams.list() == []


def test_the_world(emulator: EmulatorClient) -> None:
    """Ready, due, reset."""
    assert emulator.health()["status"] == "ready"
    assert [job.kind for job in emulator.jobs("housekeeping")] == ["housekeeping"]
    assert len(emulator.jobs(limit=1)) == 1
    emulator.sim(ONLINE).offline()
    emulator.reset()
    assert emulator.sim(ONLINE).device.status == "ONLINE"


def test_nobody_there() -> None:
    """A clear error, for whoever forgot to start one."""
    with EmulatorClient("http://127.0.0.1:9") as emulator, pytest.raises(Unreachable, match=r"127\.0\.0\.1:9"):
        emulator.health()


@pytest.mark.parametrize(("status", "body"), [(502, b"<html>Bad gateway"), (500, b"[]"), (403, b'{"message": "no"}')])
def test_something_else_there(status: int, body: bytes) -> None:
    """What does not speak as the emulator does is quoted."""
    transport = httpx2.MockTransport(lambda request: httpx2.Response(status, content=body))
    with EmulatorClient(transport=transport) as emulator, pytest.raises(EmulatorError, match=f"HTTP {status}"):
        emulator.health()


def test_the_token_is_sent() -> None:
    """In its own header, with each call."""
    seen: list[str | None] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers.get("x-emulator-token"))
        return httpx2.Response(204)

    with EmulatorClient(token="open sesame", transport=httpx2.MockTransport(answer)) as emulator:
        emulator.clear_journal()
    assert seen == ["open sesame"]


def test_an_inbox_and_a_will_of_its_own(emulator: EmulatorClient, operator: Operator) -> None:
    """What a device received, and what it does unasked."""
    sim = emulator.sim(ONLINE).behave(auto_reply="thanks")
    id = operator.send_mt(ONLINE, "hello", source_address="12345")
    emulator.clock.advance(until="idle")
    (received,) = sim.inbox()
    assert (received.text, received.source_address, received.parts) == ("hello", "12345", (id,))
    assert received.at == BEGIN + timedelta(seconds=2)
    assert [one.payload for one in sim.messages(direction="MO")] == ["thanks"]
    sim.behave(goes_offline={"seconds": 60, "away": 10}, uses_data={"seconds": 5}, acknowledges_after=3)
    assert len([job for job in emulator.jobs() if job.kind.startswith("behaviours")]) == 2
    sim.behave()
    assert not [job for job in emulator.jobs() if job.kind.startswith("behaviours")]


def test_fixtures_while_it_runs(emulator: EmulatorClient, operator: Operator) -> None:
    """Another world, as text or data; more in it; and back to a dump of the first."""
    dumped = emulator.dump()
    emulator.load("version: 1\norganisations: [{id: 1}]")
    assert [one["id"] for one in emulator.organisations.list()] == [1]
    emulator.load({"version": 1, "organisations": [{"id": 2}]}, add=True)
    assert [one["id"] for one in emulator.organisations.list()] == [1, 2]
    with pytest.raises(EmulatorError):
        emulator.load("version: 0")
    emulator.load(dumped)
    assert emulator.sim(ONLINE).device.status == "ONLINE"
    assert emulator.dump(secrets=True) != emulator.dump()
