"""The Data Streamer (S§1 to 4): what is sent, when, and what becomes of it."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from operator_emulator.core.customers import data_streams, organisations, stream_log
from operator_emulator.core.customers.model import CoreNetwork, DataStream, Generation, StreamKind, StreamState
from operator_emulator.core.network import device
from operator_emulator.core.network.model import DeviceStatus
from operator_emulator.core.tester import faults
from operator_emulator.core.world import events
from operator_emulator.core.world.errors import (
    Malformed,
    StreamNotInState,
    TooManyStreams,
    UnknownDataStream,
    UnknownOrganisation,
)
from operator_emulator.core.world.model import PUT_OFF, EventType, JobKind, Outcome, RecordBatch
from operator_emulator.core.world.world import World
from tests.core.conftest import ICCID, MASTER, OTHER, SUB, CoreWorld, MakeLaboratory

BUSY = Outcome(503)


def create(laboratory: CoreWorld, kind: StreamKind = StreamKind.EVENTS, **how: Any) -> int:
    how = {"generation": Generation.DS2, "url": "http://customer.test/stream", "authorization": "dTpw", **how}
    return laboratory.do(data_streams.create, MASTER, kind=kind, **how).id


def happen(laboratory: CoreWorld, times: int = 1, iccid: str = ICCID) -> list[int]:
    """Record so many events; answer their ids."""

    def record(world: World) -> list[int]:
        sim = world.sims.get(iccid)
        return [events.record(world, EventType.LOCATION_PURGED, sim).id for _ in range(times)]

    return laboratory.do(record)


def stream(laboratory: CoreWorld, id: int = 1) -> DataStream:
    return laboratory.look(data_streams.existing, id)


def ids(batch: RecordBatch) -> list[int]:
    return [record.id for record in batch.records]


def sent(laboratory: CoreWorld) -> list[list[int]]:
    return [ids(batch) for batch in laboratory.batches]


# --------------------------------------------------------------------------------------------- what is sent


def test_accumulated_records_are_sent_at_the_next_interval(laboratory: CoreWorld) -> None:
    """Five seconds after the first record, all in one batch; then there is nothing to do."""
    laboratory.active()
    create(laboratory)
    assert laboratory.jobs("data_streams") == []
    first = happen(laboratory, 2)
    laboratory.advance(3)
    second = happen(laboratory)
    laboratory.advance(1.9)
    assert sent(laboratory) == []
    laboratory.advance(0.1)
    assert sent(laboratory) == [[*first, *second]]
    assert (stream(laboratory).next_try, laboratory.jobs("data_streams")) == (None, [])


def test_a_stream_begins_with_the_records_after_its_creation(laboratory: CoreWorld) -> None:
    laboratory.active()
    happen(laboratory)
    create(laboratory)
    later = happen(laboratory)
    laboratory.advance(5)
    assert sent(laboratory) == [later]


def test_history_begins_seven_days_back(laboratory: CoreWorld) -> None:
    """S§2: an option at creation."""
    laboratory.active()
    happen(laboratory)
    laboratory.advance(days=2)
    recent = happen(laboratory)
    laboratory.advance(days=6)
    create(laboratory, history=True)
    laboratory.advance(5)
    assert sent(laboratory) == [recent]


def test_3000_records_go_at_once_and_the_rest_follows(laboratory: CoreWorld) -> None:
    """S§3: at most 3000 in a request, and no waiting for the interval when so many are there."""
    laboratory.active()
    create(laboratory)
    made = happen(laboratory, 3001)
    laboratory.advance()
    assert sent(laboratory) == [made[:3000]]
    laboratory.advance(4)
    assert len(laboratory.batches) == 1
    laboratory.advance(1)
    assert sent(laboratory)[1:] == [made[3000:]]


def test_a_stream_carries_the_sims_of_sub_organisations(laboratory: CoreWorld) -> None:
    """S§1: every SIM of the organisation; the sub-organisation's own stream has its own only."""
    laboratory.active()
    laboratory.active(OTHER, organisation=SUB)
    create(laboratory)
    how: dict[str, Any] = {"kind": StreamKind.EVENTS, "generation": Generation.DS2, "authorization": "dTpw"}
    laboratory.do(data_streams.create, SUB, url="http://sub.test/", **how)
    made = happen(laboratory) + happen(laboratory, iccid=OTHER)
    laboratory.advance(5)
    assert sorted(sent(laboratory)) == sorted([made, made[1:]])
    assert {batch.organisation for batch in laboratory.batches} == {MASTER, SUB}


@pytest.mark.parametrize("kind", [StreamKind.EVENTS, StreamKind.USAGE])
def test_the_old_generation_knows_no_sims_on_the_new_core(laboratory: CoreWorld, kind: StreamKind) -> None:
    """S§9: they need a stream of the new generation, which has SIMs on both cores."""
    laboratory.active()
    laboratory.change(core=CoreNetwork.PLATFORM_2)
    create(laboratory, kind, generation=Generation.DS1)
    create(laboratory, kind, generation=Generation.DS2)
    laboratory.do(device.use_data, ICCID, 200_000, 0)
    assert [laboratory.look(stream_log.backlog, stream(laboratory, id)) > 0 for id in (1, 2)] == [False, True]
    laboratory.advance(10)
    assert {batch.stream.id for batch in laboratory.batches} == {2}


@pytest.mark.parametrize("generation", Generation)
def test_only_the_old_generation_has_general_events(laboratory: CoreWorld, generation: Generation) -> None:
    """S§5.2: type 0, under which the SMS forwarder's failures go, is gone in ds2."""
    laboratory.active(status=DeviceStatus.ATTACHED)
    create(laboratory, generation=generation)
    laboratory.answers = [Outcome(500)]
    laboratory.do(device.send_mo, ICCID, "hello", "12345")
    happen(laboratory)
    laboratory.advance(5)
    types = [record.type for record in laboratory.batches[-1].records]  # type: ignore[union-attr]
    general = [EventType.FORWARDING_FAILED] if generation is Generation.DS1 else []
    assert types == [EventType.LOCATION_PURGED, *general]


def test_the_sms_stream_carries_messages_and_reports_alone(laboratory: CoreWorld) -> None:
    laboratory.active(status=DeviceStatus.ATTACHED)
    create(laboratory, StreamKind.SMS)
    happen(laboratory)
    mo = laboratory.do(device.send_mo, ICCID, "hello", "12345")
    mt = laboratory.submit()
    laboratory.advance(10)
    (batch,) = laboratory.batches
    assert [record.sms for record in batch.records] == [mo.id, mt.id]  # type: ignore[union-attr]
    assert set(batch.messages) == {mo.id, mt.id}  # type: ignore[union-attr]


def test_messages_go_alone_if_they_are_to_look_like_the_forwarders(make_laboratory: MakeLaboratory) -> None:
    """One request each, without waiting in between."""
    laboratory = make_laboratory(data_stream_sms="forwarder")
    laboratory.active(status=DeviceStatus.ATTACHED)
    create(laboratory, StreamKind.SMS)
    for _ in range(3):
        laboratory.do(device.send_mo, ICCID, "hello", "12345")
    laboratory.advance()
    assert [len(batch.records) for batch in laboratory.batches] == [1, 1, 1]


def test_an_old_message_that_is_gone_before_its_report_is_left_out(make_laboratory: MakeLaboratory) -> None:
    """A message is kept from its submission on, its report from its delivery on."""
    laboratory = make_laboratory(data_stream_sms="array")
    laboratory.active(status=DeviceStatus.ATTACHED)
    id = create(laboratory, StreamKind.SMS)
    laboratory.do(data_streams.pause, id)
    gone, kept = laboratory.submit(), laboratory.submit()
    laboratory.advance(10)
    laboratory.do(lambda world: world.sms.delete(gone.id))
    laboratory.do(data_streams.resume, id)
    laboratory.advance()
    assert [record.sms for batch in laboratory.batches for record in batch.records] == [kept.id]  # type: ignore[union-attr]


# --------------------------------------------------------------------------------------------- failures


def test_a_batch_that_failed_is_repeated_and_nothing_overtakes_it(laboratory: CoreWorld) -> None:
    """S§4: the same records again after 1, 2, 4 … seconds."""
    laboratory.active()
    create(laboratory)
    first = happen(laboratory)
    laboratory.answers = [BUSY, Outcome(None, "refused"), Outcome(302)]
    laboratory.advance(5)
    second = happen(laboratory)
    for wait, count in ((0.9, 1), (0.1, 2), (1.9, 2), (0.1, 3), (3.9, 3), (0.1, 4)):
        laboratory.advance(wait)
        assert sent(laboratory) == [first] * count
    laboratory.advance(5)
    assert sent(laboratory)[4:] == [second]
    tries = [(one.status, one.problem, one.records) for one in stream(laboratory).tries]
    assert tries == [(503, None, 1), (None, "refused", 1), (302, None, 1), (200, None, 1), (200, None, 1)]


def test_a_stream_fails_after_ten_repetitions_and_stops(laboratory: CoreWorld) -> None:
    """S§4: about 17 minutes; the customer restarts it; then the batch that failed comes first."""
    laboratory.active()
    create(laboratory)
    first = happen(laboratory)
    laboratory.answers = [BUSY] * 11
    laboratory.advance(hours=1)
    second = happen(laboratory)
    assert (len(laboratory.batches), stream(laboratory).state) == (11, StreamState.FAILED)
    assert stream(laboratory).tries[-1].at - stream(laboratory).tries[0].at == timedelta(seconds=1023)
    assert laboratory.jobs("data_streams") == []
    laboratory.do(data_streams.restart, 1)
    laboratory.advance()
    laboratory.advance(5)
    assert sent(laboratory)[11:] == [first, second]
    assert stream(laboratory).state is StreamState.RUNNING


def test_only_200_is_a_success_if_a_setting_says_so(make_laboratory: MakeLaboratory) -> None:
    """S§3: 200 alone is documented."""
    laboratory = make_laboratory(data_stream_success="200")
    laboratory.active()
    create(laboratory)
    happen(laboratory)
    laboratory.answers = [Outcome(204)]
    laboratory.advance(6)
    assert [one.status for one in stream(laboratory).tries] == [204, 200]


def test_a_batch_that_was_put_off_has_not_failed(laboratory: CoreWorld) -> None:
    """The emulator was busy, not the customer."""
    laboratory.active()
    create(laboratory)
    happen(laboratory)
    laboratory.answers = [PUT_OFF] * 12
    laboratory.advance(30)
    assert (len(laboratory.batches), stream(laboratory).state) == (13, StreamState.RUNNING)


def test_a_batch_is_sent_again_after_the_process_died(laboratory: CoreWorld) -> None:
    """At least once: nobody knows whether the customer got it."""
    laboratory.active()
    create(laboratory)
    made = happen(laboratory)
    laboratory.answers = [None]
    laboratory.advance(6)
    assert sent(laboratory) == [made]
    laboratory.do(data_streams.recover)
    laboratory.advance()
    assert sent(laboratory) == [made, made]
    assert stream(laboratory).position >= made[0]


def test_one_batch_is_under_way_at_a_time(laboratory: CoreWorld) -> None:
    """However much time passes before the customer answers."""
    laboratory.active()
    create(laboratory)
    first = happen(laboratory)
    laboratory.answers = [None]
    laboratory.advance(5)
    second = happen(laboratory)
    laboratory.advance(hours=1)
    assert sent(laboratory) == [first]
    laboratory.do(data_streams.settle, 1, first[-1], Outcome(200))
    laboratory.do(data_streams.settle, 1, first[-1], BUSY)
    laboratory.advance(5)
    assert sent(laboratory) == [first, second]


# --------------------------------------------------------------------------------------------- pause, restart, remove


def test_records_are_kept_during_a_pause(laboratory: CoreWorld) -> None:
    laboratory.active()
    id = create(laboratory)
    made = happen(laboratory)
    laboratory.do(data_streams.pause, id)
    made += happen(laboratory)
    laboratory.advance(days=1)
    assert (sent(laboratory), laboratory.look(stream_log.backlog, stream(laboratory))) == ([], 2)
    laboratory.do(data_streams.resume, id)
    laboratory.advance()
    assert sent(laboratory) == [made]


def test_records_wait_for_seven_days(laboratory: CoreWorld) -> None:
    """S§4: what is older is not sent any more, nor repeated."""
    laboratory.active()
    id = create(laboratory)
    happen(laboratory)
    laboratory.answers = [BUSY]
    laboratory.advance(5)
    laboratory.do(data_streams.pause, id)
    laboratory.advance(days=2)
    recent = happen(laboratory)
    laboratory.advance(days=6)
    laboratory.do(data_streams.resume, id)
    laboratory.advance()
    assert sent(laboratory)[1:] == [recent]


@pytest.mark.parametrize(("outcome", "again"), [(Outcome(200), False), (BUSY, True)])
def test_an_answer_that_comes_during_a_pause_counts(laboratory: CoreWorld, outcome: Outcome, again: bool) -> None:
    laboratory.active()
    id = create(laboratory)
    first = happen(laboratory)
    laboratory.answers = [None]
    laboratory.advance(5)
    laboratory.do(data_streams.pause, id)
    second = happen(laboratory)
    laboratory.do(data_streams.settle, id, first[-1], outcome)
    laboratory.advance(60)
    assert stream(laboratory).state is StreamState.PAUSED
    laboratory.do(data_streams.resume, id)
    laboratory.advance(5)
    assert sent(laboratory)[1:] == ([first, second] if again else [second])


def test_a_pause_survives_the_death_of_the_process(laboratory: CoreWorld) -> None:
    laboratory.active()
    id = create(laboratory)
    made = happen(laboratory)
    laboratory.answers = [None]
    laboratory.advance(5)
    laboratory.do(data_streams.pause, id)
    laboratory.do(data_streams.recover)
    laboratory.advance(60)
    assert (stream(laboratory).state, len(laboratory.batches)) == (StreamState.PAUSED, 1)
    laboratory.do(data_streams.resume, id)
    laboratory.advance()
    assert sent(laboratory) == [made, made]


def test_a_stream_that_was_removed_sends_nothing(laboratory: CoreWorld) -> None:
    """Nor does an answer that comes too late harm."""
    laboratory.active()
    id = create(laboratory)
    (made,) = happen(laboratory)
    laboratory.answers = [None]
    laboratory.advance(5)
    laboratory.do(data_streams.remove, id)
    laboratory.do(data_streams.settle, id, made, Outcome(200))
    happen(laboratory)
    laboratory.advance(60)
    assert len(laboratory.batches) == 1


def test_a_change_that_the_state_of_a_stream_forbids_is_refused(laboratory: CoreWorld) -> None:
    id = create(laboratory)
    for verb in (data_streams.resume, data_streams.restart):
        with pytest.raises(StreamNotInState):
            laboratory.do(verb, id)
    laboratory.do(data_streams.pause, id)
    for verb in (data_streams.pause, data_streams.restart):
        with pytest.raises(StreamNotInState):
            laboratory.do(verb, id)
    for verb in (data_streams.pause, data_streams.resume, data_streams.restart):
        with pytest.raises(UnknownDataStream):
            laboratory.do(verb, 99)
    with pytest.raises(UnknownDataStream):
        laboratory.do(data_streams.remove, 99)


def test_an_invalid_stream_is_refused(make_laboratory: MakeLaboratory) -> None:
    """S§1: ten for an organisation; S§7: messages in the new generation only."""
    laboratory = make_laboratory(data_streams_max=2)
    with pytest.raises(Malformed, match="is sms, which requires generation ds2"):
        create(laboratory, StreamKind.SMS, generation=Generation.DS1)
    how: dict[str, Any] = {"kind": StreamKind.USAGE, "generation": Generation.DS1, "authorization": "dTpw"}
    with pytest.raises(UnknownOrganisation):
        laboratory.do(data_streams.create, 99, url="http://customer.test/", **how)
    create(laboratory)
    create(laboratory)
    with pytest.raises(TooManyStreams):
        create(laboratory)


def test_streams_go_with_their_organisation(laboratory: CoreWorld) -> None:
    laboratory.active()
    create(laboratory)
    create(laboratory, StreamKind.USAGE)
    laboratory.do(device.use_data, ICCID, 200_000, 0)
    laboratory.do(organisations.remove, MASTER)
    left = laboratory.look(lambda world: (world.data_streams.count(), world.usage_records.count()))
    assert (left, laboratory.jobs("data_streams")) == ((0, 0), [])


# --------------------------------------------------------------------------------------------- faults


def struck(laboratory: CoreWorld, effect: dict[str, Any]) -> tuple[list[int], list[int]]:
    """Ids of five records, and of those that were sent in their stead."""
    laboratory.active()
    create(laboratory)
    made = happen(laboratory, 5)
    laboratory.do(faults.add, {"point": "data-stream", "match": {"kind": "events"}, "effect": effect, "times": 1})
    laboratory.advance(5)
    return made, ids(laboratory.batches[0])


def test_a_fault_sends_records_out_of_order(laboratory: CoreWorld) -> None:
    made, got = struck(laboratory, {"shuffle": True})
    assert got != made
    assert sorted(got) == made
    assert stream(laboratory).position == made[-1]


def test_a_fault_fills_a_batch_up(laboratory: CoreWorld) -> None:
    """With its own records again, whose ids a receiver knows."""
    made, got = struck(laboratory, {"records": 12})
    assert got == [*made, *made, *made[:2]]
    assert stream(laboratory).tries[0].records == 5


# --------------------------------------------------------------------------------------------- all of it


class Streaming(RuleBasedStateMachine):
    """A stream against a receiver that drops duplicates: it gets every record, in order, whatever goes wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.laboratory = CoreWorld(data_stream_retries=2)
        self.laboratory.active()
        self.id = create(self.laboratory)
        self.made: list[int] = []
        self.batches = 0
        self.received: list[int] = []  # every record once, in the order of its first arrival

    def teardown(self) -> None:
        self.settle_all()
        self.laboratory.store.close()

    @property
    def state(self) -> StreamState:
        return stream(self.laboratory, self.id).state

    @rule(times=st.integers(1, 3))
    def record(self, times: int) -> None:
        self.made += happen(self.laboratory, times)

    @rule(
        seconds=st.sampled_from([0, 1, 5, 60]),
        answers=st.lists(st.sampled_from([Outcome(200), BUSY, Outcome(None, "refused"), PUT_OFF, None]), max_size=5),
    )
    def advance(self, seconds: int, answers: list[Outcome | None]) -> None:
        self.laboratory.answers = [*answers, *[BUSY] * 99]
        self.laboratory.advance(seconds)

    @rule()
    def begin_again_after_a_crash(self) -> None:
        self.laboratory.do(data_streams.recover)

    @precondition(lambda self: self.state is StreamState.RUNNING)
    @rule()
    def pause(self) -> None:
        self.laboratory.do(data_streams.pause, self.id)

    @precondition(lambda self: self.state is StreamState.PAUSED)
    @rule()
    def resume(self) -> None:
        self.laboratory.do(data_streams.resume, self.id)

    @precondition(lambda self: self.state is StreamState.FAILED)
    @rule()
    def restart(self) -> None:
        self.laboratory.do(data_streams.restart, self.id)

    @invariant()
    def records_come_in_order_and_a_repetition_is_the_same_batch(self) -> None:
        for batch in self.laboratory.batches[self.batches :]:
            got = ids(batch)
            assert got == sorted(got)
            new = [id for id in got if id not in self.received]
            assert new in ([], got)
            self.received += new
        self.batches = len(self.laboratory.batches)
        assert self.received == self.made[: len(self.received)]

    @invariant()
    def what_runs_has_at_most_one_job(self) -> None:
        now = stream(self.laboratory, self.id)
        waiting = self.laboratory.jobs(JobKind.DATA_STREAMS_SEND)
        assert len(waiting) <= 1
        if now.state is not StreamState.RUNNING:
            assert (waiting, now.next_try) == ([], None)
        elif self.laboratory.look(stream_log.backlog, now) and not now.sending:
            assert len(waiting) == 1

    def settle_all(self) -> None:
        """In the end the receiver answers well, and has everything."""
        self.begin_again_after_a_crash()
        if self.state is StreamState.PAUSED:
            self.resume()
        if self.state is StreamState.FAILED:
            self.restart()
        self.laboratory.answers = []
        self.laboratory.advance(600)
        self.records_come_in_order_and_a_repetition_is_the_same_batch()
        assert self.received == self.made


TestStreaming = Streaming.TestCase
TestStreaming.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
