"""What is owed and how it is pushed; the queue of jobs, the log, and the clock that drives them (D§10.4, 10.5)."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from operator_emulator.core import outbox
from operator_emulator.core.network import device
from operator_emulator.core.network.model import DeviceStatus, Sms
from operator_emulator.core.partners.model import Contract, ContractState, Partner
from operator_emulator.core.partners.notices import ActionDone
from operator_emulator.core.tester import faults
from operator_emulator.core.world import clock, events, jobs, schedule
from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.model import (
    PUT_OFF,
    Event,
    EventType,
    Fate,
    JobKind,
    Notification,
    Outcome,
    Subscription,
    Way,
)
from operator_emulator.core.world.payloads import DataDisconnection, Forwarded, ForwardingFailure, LocationUpdate
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import World
from operator_emulator.runtime.batches import Batch
from tests.core.conftest import BEGAN, ICCID, MASTER, SUB, CoreWorld, MakeLaboratory

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
URL = "http://customer.test/sms"


def send_mo(laboratory: CoreWorld) -> Notification:
    """An MO message, and what is owed for it."""
    laboratory.active(status=DeviceStatus.ATTACHED)
    sms = laboratory.do(device.send_mo, ICCID, "hello", "12345")
    assert isinstance(sms, Sms)
    return owed(laboratory)


def owed(laboratory: CoreWorld, id: int = 1) -> Notification:
    notification = laboratory.look(lambda world: world.notifications.get(id))
    assert notification is not None
    return notification


def tries(laboratory: CoreWorld, id: int = 1) -> list[float]:
    """Minutes from the beginning to each try."""
    return [(one.at - BEGAN) / MINUTE for one in owed(laboratory, id).tries]


def failures(laboratory: CoreWorld) -> list[Event]:
    return laboratory.log(EventType.FORWARDING_FAILED)


# --------------------------------------------------------------------------------------------- the schedule of tries


def test_waits_double_from_two_minutes(laboratory: CoreWorld) -> None:
    """Cumulative 2, 6, 14, 30, 62 … minutes, as one record shows (D§10.4), and none after 24 hours."""
    send_mo(laboratory)
    laboratory.answers = [Outcome(503)] * 99
    laboratory.advance(hours=30)
    assert tries(laboratory) == [0, 2, 6, 14, 30, 62, 126, 254, 510, 1022]
    end = owed(laboratory)
    assert (end.fate, end.finished, end.next_try) == (Fate.GIVEN_UP, BEGAN + 24 * HOUR, None)
    assert laboratory.jobs() == []


def test_waits_by_the_prose(make_laboratory: MakeLaboratory) -> None:
    """5 minutes, 15 after the first, then doubling (C12)."""
    laboratory = make_laboratory(forwarder_retry="prose")
    send_mo(laboratory)
    laboratory.answers = [Outcome(503)] * 99
    laboratory.advance(hours=24)
    assert tries(laboratory) == [0, 5, 15, 35, 75, 155, 315, 635, 1275]


@given(tries=st.integers(1, 100_000), scale=st.floats(0, 100), retry=st.sampled_from(["record", "prose"]))
def test_some_time_passes_between_two_tries(tries: int, scale: float, retry: str) -> None:
    """Whatever the scale and however many there were; and waits never shrink."""
    policy = Policy(forwarder_retry=retry, forwarder_retry_scale=scale)  # type: ignore[arg-type]
    wait = outbox.wait_after(policy, tries)
    assert wait >= timedelta(seconds=1)
    assert outbox.wait_after(policy, tries + 1) >= wait


def test_waits_can_be_scaled(make_laboratory: MakeLaboratory) -> None:
    """A tenth of the time for those who cannot bend it."""
    laboratory = make_laboratory(forwarder_retry_scale=0.1)
    send_mo(laboratory)
    laboratory.answers = [Outcome(503)] * 3
    laboratory.advance(minutes=1.4)
    assert tries(laboratory) == pytest.approx([0, 0.2, 0.6, 1.4])
    assert owed(laboratory).fate is Fate.TAKEN


@pytest.mark.parametrize(
    ("rule", "status", "taken"),
    [
        ("2xx", 200, True),
        ("2xx", 299, True),
        ("2xx", 199, False),
        ("2xx", 302, False),
        ("2xx", None, False),
        ("200", 200, True),
        ("200", 204, False),
        ("200", None, False),
    ],
)
def test_what_counts_as_taken(rule: str, status: int | None, taken: bool) -> None:
    """Any 2xx, or exactly 200 when strict; never a redirect (D§10.1, C10)."""
    assert Outcome(status).is_taken(Policy(forwarder_success=rule).forwarder_success) is taken  # type: ignore[arg-type]


# --------------------------------------------------------------------------------------------- pushing


def test_a_push_is_owed_and_taken(laboratory: CoreWorld) -> None:
    """Owed at once, sent as soon as time moves, with everything that a renderer needs; then nothing is left."""
    before = send_mo(laboratory)
    assert (before.fate, before.created, before.next_try) == (Fate.OWED, BEGAN, BEGAN)
    assert before.deadline == BEGAN + 24 * HOUR
    assert laboratory.jobs() == ["outbox.attempt", JobKind.OUTBOX_GIVE_UP]
    laboratory.advance()
    (outgoing,) = laboratory.sent
    assert outgoing.notification.id == before.id
    assert (outgoing.event.type, outgoing.subscription.url) == (EventType.MO_RECEIVED, URL)
    assert (outgoing.sms, outgoing.sim) == (laboratory.sms(1), laboratory.sim())
    after = owed(laboratory)
    assert (after.fate, after.finished, after.next_try) == (Fate.TAKEN, BEGAN, None)
    assert [one.outcome for one in after.tries] == [Outcome(200)]
    assert laboratory.jobs() == []
    assert failures(laboratory) == []


def test_the_retry_is_promised_before_the_send(laboratory: CoreWorld) -> None:
    """If the process dies in between, the second try comes all the same."""
    send_mo(laboratory)
    laboratory.answers = [None]
    laboratory.advance()
    assert laboratory.jobs() == ["outbox.attempt", JobKind.OUTBOX_GIVE_UP]
    assert owed(laboratory).next_try == BEGAN + 2 * MINUTE
    laboratory.advance(minutes=2)
    assert owed(laboratory).fate is Fate.TAKEN
    assert [one.outcome for one in owed(laboratory).tries] == [None, Outcome(200)]


@pytest.mark.parametrize(("outcome", "code"), [(Outcome(404), 404), (Outcome(None, "refused"), 500)])
def test_every_failed_try_is_an_event(laboratory: CoreWorld, outcome: Outcome, code: int) -> None:
    """With the URL and the status; 500 where there was none (D§10.5)."""
    send_mo(laboratory)
    laboratory.answers = [outcome, outcome]
    laboratory.advance(minutes=2)
    assert [(event.iccid, event.organisation, event.payload) for event in failures(laboratory)] == [
        (ICCID, MASTER, ForwardingFailure(what=Forwarded.SMS, url=URL, code=code))
    ] * 2


def test_the_event_about_a_failed_report_names_a_report(laboratory: CoreWorld) -> None:
    """DLR, not SMS (D§10.5)."""
    laboratory.active(status=DeviceStatus.ATTACHED)
    laboratory.submit()
    laboratory.answers = [Outcome(500)]
    laboratory.advance(2)
    assert [event.payload for event in failures(laboratory)] == [
        ForwardingFailure(what=Forwarded.REPORT, url=URL, code=500)
    ]


def test_a_failure_to_deliver_a_failure_event_records_no_further_event(laboratory: CoreWorld) -> None:
    """Whoever subscribes to failures starts no avalanche."""
    wants = (EventType.FORWARDING_FAILED,)
    troubles = Subscription(id="troubles", organisation=MASTER, way=Way.FORWARDER, wants=wants, url=URL)
    laboratory.do(lambda world: world.subscriptions.put(troubles))
    send_mo(laboratory)
    laboratory.answers = [Outcome(500)] * 99
    laboratory.advance(minutes=1)
    assert len(failures(laboratory)) == 1
    assert [outgoing.event.type for outgoing in laboratory.sent] == [
        EventType.MO_RECEIVED,
        EventType.FORWARDING_FAILED,
    ]


def test_a_deferred_send_does_not_count_as_a_failure_of_the_customer(laboratory: CoreWorld) -> None:
    """Too many wait already: it is tried later, and nothing is said of the customer."""
    send_mo(laboratory)
    laboratory.answers = [PUT_OFF]
    laboratory.advance()
    assert failures(laboratory) == []
    assert owed(laboratory).fate is Fate.OWED
    laboratory.advance(minutes=2)
    assert owed(laboratory).fate is Fate.TAKEN


def test_no_try_begins_while_one_is_under_way(laboratory: CoreWorld) -> None:
    """What was promised waits as long again as the try has taken; the give-up waits, too."""
    send_mo(laboratory)
    laboratory.answers = [None]
    laboratory.advance()
    instants: list[int] = []
    while (due := laboratory.look(schedule.next_due)) is not None and len(instants) < 14:
        instants.append((due - BEGAN) // MINUTE)
        laboratory.step(due, under_way={1})
    assert instants == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 2048, 2880, 4096]
    assert len(owed(laboratory).tries) == 1


def test_the_wait_counts_from_the_end_of_the_last_try(laboratory: CoreWorld) -> None:
    """A customer that answers late is not called again the sooner for it."""
    send_mo(laboratory)
    laboratory.answers = [None]
    laboratory.advance()
    laboratory.do(clock.move_to, BEGAN + MINUTE)
    laboratory.do(outbox.settle, 1, Outcome(500))
    assert owed(laboratory).next_try == BEGAN + 3 * MINUTE
    assert laboratory.jobs("outbox.attempt") == ["outbox.attempt"]
    laboratory.advance(minutes=2)
    assert owed(laboratory).fate is Fate.TAKEN


def test_a_failure_after_the_deadline_is_the_last(laboratory: CoreWorld) -> None:
    """The try was under way when the time for trying ended."""
    send_mo(laboratory)
    laboratory.answers = [None]
    laboratory.advance()
    laboratory.do(clock.move_to, BEGAN + 25 * HOUR)
    laboratory.do(outbox.settle, 1, Outcome(500))
    assert owed(laboratory).fate is Fate.GIVEN_UP
    assert laboratory.jobs("outbox") == []


def test_an_outcome_after_the_end_changes_nothing(laboratory: CoreWorld) -> None:
    """Nor does one of a notification that is gone, nor a job that comes too late."""
    send_mo(laboratory)
    laboratory.advance()
    end = owed(laboratory)
    laboratory.do(outbox.settle, 1, Outcome(500))
    laboratory.do(outbox.settle, 99, Outcome(500))
    laboratory.do(outbox.give_up, "1")
    laboratory.do(outbox.give_up, "99")
    assert laboratory.do(outbox.attempt, "1") is None
    assert laboratory.do(outbox.attempt, "99") is None
    assert owed(laboratory) == end
    assert failures(laboratory) == []


def test_a_subscription_that_is_gone_is_pushed_to_no_more(laboratory: CoreWorld) -> None:
    """Neither by the next try nor by an event about the one on its way; in the end it is given up."""
    send_mo(laboratory)
    laboratory.answers = [None]
    laboratory.advance()
    laboratory.do(lambda world: world.subscriptions.delete("forwarder 4321"))
    laboratory.do(outbox.settle, 1, Outcome(500))
    assert failures(laboratory) == []
    laboratory.advance(hours=25)
    assert (len(laboratory.sent), owed(laboratory).fate) == (1, Fate.GIVEN_UP)


def test_an_event_that_is_about_no_sim_is_pushed_too(laboratory: CoreWorld) -> None:
    """There is no SIM and no message to send along, and a failure is told of without them."""
    record(laboratory, EventType.SMS_EXPIRED, organisation=MASTER)
    laboratory.answers = [Outcome(500)]
    laboratory.advance()
    assert [(outgoing.sms, outgoing.sim) for outgoing in laboratory.sent] == [(None, None)]
    assert [(event.iccid, event.organisation) for event in failures(laboratory)] == [(None, MASTER)]


def test_a_fault_goes_along_with_what_is_sent(laboratory: CoreWorld) -> None:
    """Chance has been asked already when the sender gets it, about this try of this notification."""
    laboratory.do(
        faults.add, {"name": "customer-down", "point": "callback", "effect": {"problem": "refused"}, "times": 1}
    )
    send_mo(laboratory)
    laboratory.answers = [Outcome(None, "refused")]
    laboratory.advance(minutes=2)
    assert [outgoing.strike is not None for outgoing in laboratory.sent] == [True, False]


# --------------------------------------------------------------------------------------------- who is owed what


def record(laboratory: CoreWorld, type: EventType, **what: object) -> Event:
    return laboratory.do(lambda world: events.record(world, type, **what))  # type: ignore[arg-type]


def subscribe(laboratory: CoreWorld, id: str, **what: object) -> None:
    laboratory.do(lambda world: world.subscriptions.put(Subscription(id=id, **what)))  # type: ignore[arg-type]


def debts(laboratory: CoreWorld) -> list[str]:
    return [one.subscription for one in laboratory.look(lambda world: world.notifications.find(order="id"))]


def test_an_event_is_owed_only_to_its_subscribers(laboratory: CoreWorld) -> None:
    """By organisation and by type."""
    subscribe(laboratory, "south", organisation=SUB, way=Way.FORWARDER, wants=(EventType.SMS_FAILED,), url=URL)
    record(laboratory, EventType.SMS_FAILED, organisation=MASTER)
    record(laboratory, EventType.SMS_FAILED, organisation=SUB)
    record(laboratory, EventType.SMS_DELIVERED, organisation=SUB)
    record(laboratory, EventType.SMS_FAILED)
    assert debts(laboratory) == ["forwarder 4321", "south"]


def test_an_event_contains_the_known_data_of_its_sim(laboratory: CoreWorld) -> None:
    """Organisation, identities, the device that is given or was learnt."""
    sim = laboratory.active(imei="8682390510114404")
    event = record(laboratory, EventType.DATA_DISCONNECTED, sim=sim, payload=DataDisconnection())
    assert (event.organisation, event.iccid, event.imsi, event.imei) == (MASTER, ICCID, sim.imsi, sim.imei)
    assert (event.at, event.payload, event.sms, event.network) == (BEGAN, DataDisconnection(), None, None)
    assert record(laboratory, EventType.SIM_ASSIGNED, sim=sim, imei="1" * 16).imei == "1" * 16
    assert record(laboratory, EventType.SIM_ASSIGNED, sim=sim, organisation=SUB).organisation == SUB
    assert record(laboratory, EventType.SIM_ASSIGNED, sim=sim, partner="GP_1").organisation is None


def test_streams_hear_of_the_partners_that_they_cover(laboratory: CoreWorld) -> None:
    """Their own, or the subunits below them; they fetch what they are owed, and nothing is pushed."""

    def plant(world: World) -> None:
        for partner in (
            Partner(id="GP_1", name="Group", position=1),
            Partner(id="GP_2", name="Subunit", position=2, parent="GP_1"),
        ):
            world.partners.put(partner)

    laboratory.do(plant)
    done = (EventType.SIM_ACTION_DONE,)
    subscribe(laboratory, "all", organisation=None, partner="GP_1", way=Way.STREAM, wants=done, covers=("GP_1", "GP_2"))
    subscribe(laboratory, "top", organisation=None, partner="GP_1", way=Way.STREAM, wants=done, covers=("GP_1",))
    subscribe(laboratory, "sub", organisation=None, partner="GP_2", way=Way.STREAM, wants=done, covers=("GP_2",))
    signup = ActionDone(signup="1")
    record(laboratory, EventType.SIM_ACTION_DONE, partner="GP_2", payload=signup)
    assert debts(laboratory) == ["sub", "all"]
    record(laboratory, EventType.SIM_ACTION_DONE, partner="GP_1", payload=signup)
    assert debts(laboratory)[2:] == ["all", "top"]
    record(laboratory, EventType.SIM_ACTION_DONE, partner="GP_404", payload=signup)
    record(laboratory, EventType.SIM_ASSIGNED, partner="GP_1")
    assert len(debts(laboratory)) == 4
    assert laboratory.jobs("outbox.attempt") == []
    assert owed(laboratory).next_try is None
    laboratory.advance(days=7)
    assert owed(laboratory).fate is Fate.GIVEN_UP


def test_a_partners_sim_is_looked_at_after_what_it_did(laboratory: CoreWorld) -> None:
    """Once, however much happened, and only if it is under contract and it did something that is watched."""
    sim = laboratory.active()
    record(laboratory, EventType.LOCATION_UPDATED, sim=sim, payload=LocationUpdate())
    assert laboratory.jobs("profiles") == []
    contract = Contract(iccid=ICCID, partner="GP_1", position=1, state=ContractState.ACTIVE)
    laboratory.do(lambda world: world.contracts.put(contract))
    record(laboratory, EventType.SIM_ASSIGNED, sim=sim)
    assert laboratory.jobs("profiles") == []
    record(laboratory, EventType.LOCATION_UPDATED, sim=sim, payload=LocationUpdate())
    record(laboratory, EventType.GPRS_LOCATION_UPDATED, sim=sim, payload=LocationUpdate())
    assert laboratory.jobs("profiles") == ["profiles.check"]


# --------------------------------------------------------------------------------------------- jobs


def test_jobs_come_by_due_time_then_by_number(laboratory: CoreWorld) -> None:
    """And only those that are due."""

    def fill(world: World) -> None:
        for minutes, kind in (
            (2, JobKind.ORDERS_PAY),
            (1, JobKind.POOLS_CHECK),
            (2, JobKind.ORDERS_COMPLETE),
            (3, JobKind.ORDERS_PAY),
        ):
            schedule.at(world, BEGAN + minutes * MINUTE, kind, 1)

    laboratory.do(fill)
    assert laboratory.look(schedule.next_due) == BEGAN + MINUTE
    kinds = [JobKind.POOLS_CHECK, JobKind.ORDERS_PAY, JobKind.ORDERS_COMPLETE, JobKind.ORDERS_PAY]
    for ran in range(4):
        assert laboratory.jobs() == kinds[ran:]
        laboratory.step(BEGAN + 2 * MINUTE)


def test_the_next_job_may_be_one_of_some_kinds_only(laboratory: CoreWorld) -> None:
    """However many others come first."""

    def fill(world: World) -> None:
        for _ in range(2 * schedule.PAGE):
            schedule.at(world, BEGAN + MINUTE, JobKind.HOUSEKEEPING)
        schedule.at(world, BEGAN + 2 * MINUTE, JobKind.ORDERS_PAY)

    laboratory.do(fill)
    assert laboratory.look(schedule.next_due, {JobKind.HOUSEKEEPING}) == BEGAN + 2 * MINUTE
    assert laboratory.look(schedule.next_due, {JobKind.HOUSEKEEPING, JobKind.ORDERS_PAY}) is None


def test_jobs_are_cancelled_by_kind_and_row(laboratory: CoreWorld) -> None:
    """All of them, and no others; none is fine."""

    def fill(world: World) -> None:
        pay, complete = JobKind.ORDERS_PAY, JobKind.ORDERS_COMPLETE
        for kind, about in ((pay, 1), (pay, 1), (pay, 2), (complete, 1)):
            schedule.at(world, BEGAN, kind, about)
        schedule.cancel(world, pay, 1)
        schedule.cancel(world, JobKind.POOLS_CHECK)

    laboratory.do(fill)
    left = laboratory.look(lambda world: world.jobs.find(order="id"))
    assert [(job.kind, job.about) for job in left] == [(JobKind.ORDERS_PAY, "2"), (JobKind.ORDERS_COMPLETE, "1")]
    assert laboratory.look(lambda world: schedule.next_due(world)) == BEGAN


def test_an_empty_queue_has_no_next_job(laboratory: CoreWorld) -> None:
    """Nothing is due, and nothing runs."""
    assert laboratory.look(schedule.next_due) is None
    assert laboratory.step() == Batch(0, True, [])
    assert laboratory.now == BEGAN


def test_a_job_runs_at_its_own_due_time(laboratory: CoreWorld) -> None:
    """On the way to a later one; without a target, time stands and only what is due runs."""
    send_mo(laboratory)
    laboratory.answers = [Outcome(500)]
    laboratory.advance()
    assert laboratory.step() == Batch(0, True, [])
    batch = laboratory.step(BEGAN + HOUR)
    assert (batch.ran, batch.over, len(batch.outgoing)) == (1, False, 1)
    assert laboratory.now == BEGAN + 2 * MINUTE
    laboratory.do(outbox.settle, 1, Outcome(200))
    assert laboratory.step(BEGAN + HOUR) == Batch(0, True, [])
    assert laboratory.now == BEGAN + HOUR


def test_a_job_that_is_overdue_does_not_turn_time_back(laboratory: CoreWorld) -> None:
    """It runs now."""
    laboratory.advance(hours=1)
    laboratory.do(lambda world: schedule.at(world, BEGAN, JobKind.OUTBOX_GIVE_UP, 99))
    assert laboratory.step(BEGAN + HOUR).ran == 1
    assert laboratory.now == BEGAN + HOUR


def test_every_kind_of_job_has_its_verb() -> None:
    """What modules schedule is in the table: each name is that of its verb, or of its module."""
    for kind, verb in jobs.JOBS.items():
        module = verb.__module__.rpartition(".")[2]
        assert kind in (f"{module}.{verb.__name__}", module)
    assert set(jobs.JOBS) == set(JobKind)


# --------------------------------------------------------------------------------------------- the clock


def test_time_moves_forward_only(laboratory: CoreWorld) -> None:
    """To an earlier instant means to stay."""
    assert laboratory.do(clock.move_to, BEGAN + HOUR).virtual == BEGAN + HOUR
    assert laboratory.do(clock.move_to, BEGAN).virtual == BEGAN + HOUR


def test_time_ends_before_dates_do(laboratory: CoreWorld) -> None:
    """So that ten years can be added to any now."""
    with pytest.raises(Malformed, match="seconds: would move the clock beyond the year 9000"):
        clock.check(datetime(9000, 1, 1, tzinfo=UTC), "seconds")
    laboratory.do(clock.move_to, datetime(8999, 12, 31, tzinfo=UTC))
    assert laboratory.now.year == 8999


def test_a_rate_makes_virtual_time_pass_in_real_time(laboratory: CoreWorld) -> None:
    """From the moment it is set; what passed before stays passed."""

    def at(world: World, real: datetime) -> datetime:
        return world.clock.at(real)

    assert laboratory.look(at, BEGAN + HOUR) == BEGAN
    laboratory.do(clock.set_rate, 60.0)
    assert laboratory.look(at, BEGAN + MINUTE) == BEGAN + HOUR
    laboratory.do(clock.move_to, BEGAN + 2 * HOUR)
    assert laboratory.look(at, BEGAN + MINUTE) == BEGAN + 3 * HOUR
    laboratory.do(clock.set_rate, 0)
    assert laboratory.now == BEGAN + 2 * HOUR


def test_a_roll_depends_on_seed_and_subject_alone(laboratory: CoreWorld) -> None:
    """Not on what was asked before; it lies in [0, 1) and differs from subject to subject."""

    def roll(world: World, n: int) -> float:
        return world.roll(f"sms {n}")

    rolls = [laboratory.look(roll, n) for n in range(200)]
    again = [laboratory.look(roll, n) for n in reversed(range(200))]
    assert rolls == again[::-1]
    assert len(set(rolls)) == 200
    assert all(0 <= roll < 1 for roll in rolls)
    assert 0.3 < sum(rolls) / 200 < 0.7


# --------------------------------------------------------------------------------------------- all of it


class Debts(RuleBasedStateMachine):
    """The outbox against a model: whatever customers answer and whenever the process dies, nothing is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.laboratory = CoreWorld()
        self.laboratory.active(status=DeviceStatus.ATTACHED)
        self.count = 0

    def teardown(self) -> None:
        self.laboratory.store.close()

    @rule()
    def send(self) -> None:
        assert isinstance(self.laboratory.do(device.send_mo, ICCID, "hello", "12345"), Sms)
        self.count += 1

    @rule(
        minutes=st.sampled_from([0, 1, 2, 10, 300]),
        answers=st.lists(
            st.sampled_from([Outcome(200), Outcome(500), Outcome(None, "refused"), PUT_OFF, None]), max_size=5
        ),
    )
    def advance(self, minutes: int, answers: list[Outcome | None]) -> None:
        self.laboratory.answers = [*answers, *[Outcome(404)] * 99]
        self.laboratory.advance(minutes=minutes)

    @invariant()
    def nothing_is_forgotten(self) -> None:
        rows = self.laboratory.look(lambda world: world.notifications.find(order="id"))
        assert len(rows) == self.count
        for row in rows:
            waiting = self.laboratory.jobs("outbox", row.id)
            if row.fate is not Fate.OWED:
                assert (waiting, row.next_try) == ([], None)
                assert row.finished is not None
                continue
            assert JobKind.OUTBOX_GIVE_UP in waiting
            assert ("outbox.attempt" in waiting) == (row.next_try is not None)
            assert row.next_try is None or self.laboratory.now <= row.next_try < row.deadline
            assert len(waiting) == len(set(waiting))

    @invariant()
    def tries_keep_their_distance_and_end_with_a_success(self) -> None:
        for row in self.laboratory.look(lambda world: world.notifications.find(order="id")):
            for n, (one, other) in enumerate(zip(row.tries, row.tries[1:], strict=False), start=1):
                assert other.at - one.at == outbox.wait_after(self.laboratory.policy, n)
            successes = [n for n, one in enumerate(row.tries) if one.outcome == Outcome(200)]
            assert successes == ([len(row.tries) - 1] if row.fate is Fate.TAKEN else [])
            assert all(one.at < row.deadline for one in row.tries)

    @invariant()
    def every_failure_is_told_of_once(self) -> None:
        rows = self.laboratory.look(lambda world: world.notifications.find())
        outcomes = Counter(one.outcome for row in rows for one in row.tries)
        failed = sum(n for outcome, n in outcomes.items() if outcome not in (None, Outcome(200), PUT_OFF))
        assert len(failures(self.laboratory)) == failed


TestDebts = Debts.TestCase
TestDebts.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


def test_a_message_that_is_no_longer_kept_is_not_sent(laboratory: CoreWorld) -> None:
    """With a retention below a day nothing may be left to send: it is given up, and time goes on."""
    notification = send_mo(laboratory)
    laboratory.do(lambda world: world.sms.delete(1))
    laboratory.advance(1)
    assert owed(laboratory, notification.id).fate is Fate.GIVEN_UP
    assert tries(laboratory, notification.id) == []
