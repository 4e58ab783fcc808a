"""The short message service centre: from submission to the end of a message (D§9)."""

from datetime import timedelta
from typing import Any

import pytest

from operator_emulator.core.customers import quotas, sims
from operator_emulator.core.customers.model import Caller, SimState
from operator_emulator.core.network import device, smsc
from operator_emulator.core.network.model import (
    AddressType,
    DeliveryFailure,
    Device,
    DeviceStatus,
    Direction,
    Rat,
    Sms,
    SmsStatus,
)
from operator_emulator.core.world.errors import (
    LimitReached,
    Malformed,
    QuotaExhausted,
    SimExpired,
    UnknownSim,
    UnknownSms,
)
from operator_emulator.core.world.model import Event, EventType, Outcome, Subscription, Way
from operator_emulator.core.world.payloads import Forwarded, MissingForwarder
from operator_emulator.core.world.world import World
from tests.core.conftest import BEGAN, CALLER, ICCID, MASTER, OTHER, STRANGER, SUB, CoreWorld, MakeLaboratory

FINAL = (EventType.SMS_DELIVERED, EventType.SMS_FAILED, EventType.SMS_EXPIRED)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
ATTACHED, OFFLINE = DeviceStatus.ATTACHED, DeviceStatus.OFFLINE


def charged(laboratory: CoreWorld, iccid: str = ICCID) -> int:
    quota = laboratory.sim(iccid).sms_quota
    assert quota is not None
    return quota.total - quota.volume


def shown(laboratory: CoreWorld, id: int, iccid: str = ICCID) -> Sms:
    return laboratory.look(smsc.show, CALLER, iccid, id)


def reports(laboratory: CoreWorld) -> list[Event]:
    return laboratory.log(*FINAL)


def send_mo(laboratory: CoreWorld, payload: str = "hello", **more: Any) -> Sms:
    sms = laboratory.do(device.send_mo, ICCID, payload, "12345", **more)
    assert isinstance(sms, Sms)
    return sms


# --------------------------------------------------------------------------------------------- straight


def test_a_message_to_an_attached_device_is_delivered_in_seconds(laboratory: CoreWorld) -> None:
    """Pending, tried after a second, delivered and charged after another, and reported (D§9.3, 9.4)."""
    sim = laboratory.active(status=ATTACHED)
    sms = laboratory.submit(source_address="ping", source_address_type=AddressType.ALPHANUMERIC)
    assert sms.status is SmsStatus.PENDING
    assert (sms.submitted, sms.expires) == (BEGAN, BEGAN + 24 * HOUR)
    assert (sms.imsi, sms.msc, sms.attempted, sms.next_attempt, sms.finished) == ("", None, None, None, None)

    laboratory.advance(1)
    tried = shown(laboratory, sms.id)
    assert (tried.status, tried.attempted, tried.msc) == (SmsStatus.IN_PROGRESS, BEGAN + SECOND, "491700160000")
    assert (charged(laboratory), tried.imsi) == (0, "")

    laboratory.advance(1)
    done = shown(laboratory, sms.id)
    assert (done.status, done.finished, done.imsi) == (SmsStatus.DELIVERED, BEGAN + 2 * SECOND, sim.imsi)
    assert (done.retries, done.next_attempt, done.cause) == (0, None, None)
    assert (done.source_address, done.source_address_type) == ("ping", AddressType.ALPHANUMERIC)
    assert charged(laboratory) == 1
    assert [(event.type, event.sms, event.id) for event in reports(laboratory)] == [
        (EventType.SMS_DELIVERED, sms.id, done.event)
    ]
    assert [outgoing.sms for outgoing in laboratory.sent] == [laboratory.sms(sms.id)]
    assert laboratory.jobs("smsc", sms.id) == []


def test_an_online_device_gets_messages_too(laboratory: CoreWorld) -> None:
    """A data session does not stand in the way."""
    laboratory.active(status=DeviceStatus.ONLINE)
    sms = laboratory.submit()
    laboratory.advance(2)
    assert shown(laboratory, sms.id).status is SmsStatus.DELIVERED


def test_every_part_of_a_concatenated_message_is_charged(laboratory: CoreWorld) -> None:
    """One submission per part, and one charge each (D§9.2, 9.6)."""
    laboratory.active(status=ATTACHED)
    for part in ("050003CC0201", "050003CC0202"):
        laboratory.submit("x" * 153, udh=part)
    laboratory.advance(2)
    assert charged(laboratory) == 2


# --------------------------------------------------------------------------------------------- waiting


def test_a_message_waits_for_an_absent_device_and_comes_with_it(laboratory: CoreWorld) -> None:
    """Buffered after the first attempt, due at the instant at which the device attaches (D§9.4)."""
    laboratory.active()
    sms = laboratory.submit()
    laboratory.advance(1)
    waiting = shown(laboratory, sms.id)
    assert (waiting.status, waiting.cause) == (SmsStatus.BUFFERED, DeliveryFailure.ABSENT_SUBSCRIBER)
    assert (waiting.attempted, waiting.next_attempt) == (BEGAN + SECOND, BEGAN + SECOND + HOUR)
    assert (waiting.msc, waiting.imsi, waiting.finished) == (None, "", None)
    assert laboratory.sim().message_waiting

    laboratory.advance(minutes=10)
    there = laboratory.device(ATTACHED)
    assert not there.message_waiting
    attached = laboratory.now
    laboratory.advance(1)
    done = shown(laboratory, sms.id)
    assert (done.status, done.attempted, done.finished) == (SmsStatus.DELIVERED, attached, attached + SECOND)
    assert (done.cause, done.next_attempt, charged(laboratory)) == (None, None, 1)
    assert laboratory.jobs("smsc", sms.id) == []


def test_buffered_messages_come_in_the_order_in_which_they_were_submitted(laboratory: CoreWorld) -> None:
    """The oldest first."""
    laboratory.active()
    ids = [laboratory.submit(f"number {n}").id for n in range(3)]
    laboratory.advance(1)
    laboratory.device(ATTACHED)
    laboratory.advance(1)
    assert [event.sms for event in reports(laboratory)] == ids


def test_without_an_attach_it_is_tried_every_hour(laboratory: CoreWorld) -> None:
    """The last attempt moves by an hour each time, and the retry count stays 0, as recorded (D§9.4)."""
    laboratory.active()
    sms = laboratory.submit()
    laboratory.advance(hours=3, seconds=1)
    waiting = shown(laboratory, sms.id)
    assert (waiting.attempted, waiting.next_attempt) == (BEGAN + 3 * HOUR + SECOND, BEGAN + 4 * HOUR + SECOND)
    assert waiting.retries == 0


def test_the_hourly_attempt_finds_a_device_whose_attach_woke_nobody(laboratory: CoreWorld) -> None:
    """A SIM is enabled while its device, by hand, is there: nothing alerts, and the retry delivers."""
    laboratory.active(state=SimState.SUSPENDED)
    sms = laboratory.submit()
    laboratory.advance(1)
    laboratory.change(state=SimState.ACTIVATED, device=Device(status=ATTACHED))
    laboratory.advance(hours=1, seconds=1)
    assert shown(laboratory, sms.id).status is SmsStatus.DELIVERED
    assert shown(laboratory, sms.id).msc is None  # nobody knows the network of this device


def test_a_disabled_sim_has_its_messages_kept(laboratory: CoreWorld) -> None:
    """Accepted and buffered (D§9.4, assumed); delivered once it is enabled and attaches."""
    laboratory.active(status=ATTACHED)
    laboratory.do(sims.suspend, laboratory.sim())
    sms = laboratory.submit()
    laboratory.advance(minutes=1)
    assert shown(laboratory, sms.id).status is SmsStatus.BUFFERED
    laboratory.do(sims.activate, laboratory.sim())
    laboratory.device(ATTACHED)
    laboratory.advance(2)
    assert shown(laboratory, sms.id).status is SmsStatus.DELIVERED


def test_a_disabled_sim_may_fail_its_messages(make_laboratory: MakeLaboratory) -> None:
    """The other reading of what nobody published."""
    laboratory = make_laboratory(sms_to_disabled_sim="fail")
    laboratory.active(state=SimState.SUSPENDED)
    sms = laboratory.submit()
    laboratory.advance(1)
    done = shown(laboratory, sms.id)
    assert (done.status, done.cause) == (SmsStatus.FAILED, DeliveryFailure.CALL_BARRED)


def test_nb_iot_carries_no_sms(laboratory: CoreWorld) -> None:
    """Attached, and yet not reachable until the access technology changes (D§9.4)."""
    laboratory.active(status=ATTACHED)
    laboratory.device(ATTACHED, rat=Rat.NB_IOT)
    sms = laboratory.submit()
    laboratory.advance(minutes=5)
    assert shown(laboratory, sms.id).status is SmsStatus.BUFFERED
    laboratory.device(ATTACHED, rat=Rat.CAT_M)
    laboratory.advance(1)
    assert shown(laboratory, sms.id).status is SmsStatus.DELIVERED


def test_a_device_that_leaves_before_it_acknowledges_gets_the_message_later(laboratory: CoreWorld) -> None:
    """Back to the buffer, uncharged, with the switch named at which it was tried."""
    laboratory.active(status=ATTACHED)
    sms = laboratory.submit()
    laboratory.advance(1)
    laboratory.device(OFFLINE)
    laboratory.advance(1)
    waiting = shown(laboratory, sms.id)
    assert (waiting.status, waiting.msc, charged(laboratory)) == (SmsStatus.BUFFERED, "491700160000", 0)
    laboratory.device(ATTACHED)
    laboratory.advance(1)
    assert (shown(laboratory, sms.id).status, charged(laboratory)) == (SmsStatus.DELIVERED, 1)


# --------------------------------------------------------------------------------------------- ending otherwise


def test_after_its_validity_a_message_expires(laboratory: CoreWorld) -> None:
    """24 hours, uncharged, reported, and no job is left (D§9.4)."""
    laboratory.active()
    sms = laboratory.submit()
    laboratory.advance(hours=24)
    done = shown(laboratory, sms.id)
    assert (done.status, done.finished, done.next_attempt) == (SmsStatus.EXPIRED, BEGAN + 24 * HOUR, None)
    assert (done.imsi, done.msc, charged(laboratory)) == ("", None, 0)
    assert [event.type for event in reports(laboratory)] == [EventType.SMS_EXPIRED]
    assert laboratory.jobs("smsc", sms.id) == []


def test_after_its_validity_a_message_may_have_failed(make_laboratory: MakeLaboratory) -> None:
    """The portal's word for it (C8)."""
    laboratory = make_laboratory(mt_after_validity="failed")
    laboratory.active()
    sms = laboratory.submit()
    laboratory.advance(hours=24)
    assert shown(laboratory, sms.id).status is SmsStatus.FAILED
    assert [event.type for event in reports(laboratory)] == [EventType.SMS_FAILED]


def test_a_validity_that_is_over_already_is_taken_and_expires_at_once(laboratory: CoreWorld) -> None:
    """Accepted, final, reported (D§9.4, assumed)."""
    laboratory.active(status=ATTACHED)
    sms = laboratory.submit(expires=BEGAN - HOUR)
    assert (sms.status, sms.finished) == (SmsStatus.EXPIRED, BEGAN)
    assert laboratory.jobs("smsc", sms.id) == []
    laboratory.advance(10)
    assert [outgoing.event.type for outgoing in laboratory.sent] == [EventType.SMS_EXPIRED]


def test_no_attempt_is_planned_beyond_the_validity(laboratory: CoreWorld) -> None:
    """A message of half an hour has no retry date, and still comes with the device."""
    laboratory.active()
    sms = laboratory.submit(expires=BEGAN + HOUR / 2)
    laboratory.advance(1)
    assert shown(laboratory, sms.id).next_attempt is None
    assert laboratory.jobs("smsc", sms.id) == ["smsc.expire"]
    laboratory.device(ATTACHED)
    laboratory.advance(1)
    assert shown(laboratory, sms.id).status is SmsStatus.DELIVERED


@pytest.mark.parametrize(("seconds", "status"), [(0, OFFLINE), (1, ATTACHED), (1, OFFLINE)])
def test_a_message_that_is_not_delivered_yet_can_be_cancelled(
    laboratory: CoreWorld, seconds: int, status: DeviceStatus
) -> None:
    """Pending, on the air, buffered: no report, no charge, no final date, no job (D§9.3, 9.5)."""
    laboratory.active(status=status)
    sms = laboratory.submit()
    laboratory.advance(seconds)
    cancelled = laboratory.do(smsc.cancel, CALLER, ICCID, sms.id)
    assert (cancelled.status, cancelled.finished, cancelled.next_attempt) == (SmsStatus.CANCELED, None, None)
    assert laboratory.jobs("smsc", sms.id) == []
    laboratory.device(ATTACHED)
    laboratory.advance(hours=48)
    assert shown(laboratory, sms.id) == cancelled
    assert (reports(laboratory), charged(laboratory)) == ([], 0)


def test_cancelling_a_final_message_changes_nothing(laboratory: CoreWorld) -> None:
    """D§19, trap 2: a delivered message stays delivered."""
    laboratory.active(status=ATTACHED)
    sms = laboratory.submit()
    laboratory.advance(2)
    done = shown(laboratory, sms.id)
    assert laboratory.do(smsc.cancel, CALLER, ICCID, sms.id) == done == shown(laboratory, sms.id)


def test_cancelling_an_mo_changes_nothing(laboratory: CoreWorld) -> None:
    """It is answered as it stands (D§9.5, assumed)."""
    laboratory.active(status=ATTACHED)
    sms = send_mo(laboratory)
    laboratory.advance()
    assert laboratory.do(smsc.cancel, CALLER, ICCID, sms.id).status is SmsStatus.DELIVERED


# --------------------------------------------------------------------------------------------- volumes


def test_at_zero_a_message_is_refused(laboratory: CoreWorld) -> None:
    """Nothing is submitted, and no id is used up (D§9.6)."""
    laboratory.active(status=ATTACHED)
    laboratory.with_volume(sms=0)
    with pytest.raises(QuotaExhausted):
        laboratory.submit()
    laboratory.with_volume(sms=1)
    assert laboratory.submit().id == 1


def test_at_zero_a_message_may_be_taken_and_fail(make_laboratory: MakeLaboratory) -> None:
    """The other reading of what nobody published (D§9.6)."""
    laboratory = make_laboratory(sms_without_quota="fail")
    laboratory.active(status=ATTACHED)
    laboratory.with_volume(sms=0)
    sms = laboratory.submit()
    laboratory.advance(1)
    done = shown(laboratory, sms.id)
    assert (done.status, done.cause, done.finished) == (
        SmsStatus.FAILED,
        DeliveryFailure.QUOTA_EXHAUSTED,
        BEGAN + SECOND,
    )
    assert [event.type for event in reports(laboratory)] == [EventType.SMS_FAILED]


def test_the_last_volume_goes_to_the_first_message(laboratory: CoreWorld) -> None:
    """Two are on the air and one is left: the second fails, and nothing goes below zero."""
    laboratory.active(status=ATTACHED)
    laboratory.with_volume(sms=1)
    first, second = laboratory.submit(), laboratory.submit()
    laboratory.advance(2)
    assert shown(laboratory, first.id).status is SmsStatus.DELIVERED
    assert (shown(laboratory, second.id).status, shown(laboratory, second.id).cause) == (
        SmsStatus.FAILED,
        DeliveryFailure.QUOTA_EXHAUSTED,
    )
    quota = laboratory.sim().sms_quota
    assert quota is not None
    assert quota.volume == 0


def test_the_monthly_limit_refuses_messages_and_fails_buffered_ones(laboratory: CoreWorld) -> None:
    """Ten a month: of twelve that waited ten are delivered, and a further one is refused (D§9.6)."""
    laboratory.active()
    laboratory.do(quotas.set_limits, CALLER, sms_mt=45)
    ids = [laboratory.submit().id for _ in range(12)]
    laboratory.advance(1)
    laboratory.device(ATTACHED)
    laboratory.advance(2)
    ends = [shown(laboratory, id) for id in ids]
    assert [sms.status for sms in ends] == [SmsStatus.DELIVERED] * 10 + [SmsStatus.FAILED] * 2
    assert ends[-1].cause is DeliveryFailure.LIMIT_REACHED
    with pytest.raises(LimitReached) as refused:
        laboratory.submit()
    assert refused.value.limit == 10


# --------------------------------------------------------------------------------------------- refusing


def test_a_message_that_does_not_fit_is_malformed(laboratory: CoreWorld) -> None:
    """Long texts are the customer's to split (D§9.2)."""
    laboratory.active()
    with pytest.raises(Malformed):
        laboratory.submit("x" * 161)
    with pytest.raises(Malformed):
        laboratory.submit("")


def test_messages_are_for_ones_own_living_sims(laboratory: CoreWorld) -> None:
    """Unknown, foreign, expired (D§3.2)."""
    laboratory.active()
    with pytest.raises(UnknownSim):
        laboratory.submit(iccid=OTHER)
    with pytest.raises(UnknownSim):
        laboratory.submit(caller=Caller("other", STRANGER))
    laboratory.change(state=SimState.EXPIRED)
    with pytest.raises(SimExpired) as refused:
        laboratory.submit()
    assert refused.value.iccids == (ICCID,)


# --------------------------------------------------------------------------------------------- reporting


def test_without_a_forwarder_an_event_says_so(laboratory: CoreWorld) -> None:
    """For a delivery report as for an MO; the message stays (D§9.7, 10.5)."""
    laboratory.active(OTHER, ATTACHED, organisation=SUB)
    caller = Caller("south", SUB)
    sms = laboratory.submit(iccid=OTHER, caller=caller)
    laboratory.advance(2)
    mo = laboratory.do(device.send_mo, OTHER, "hello", "12345")
    assert isinstance(mo, Sms)
    told = laboratory.log(EventType.FORWARDING_IMPOSSIBLE)
    assert [(event.sms, event.organisation, event.payload) for event in told] == [
        (sms.id, SUB, MissingForwarder(what=Forwarded.REPORT, address=sms.msisdn)),
        (mo.id, SUB, MissingForwarder(what=Forwarded.SMS, address="12345")),
    ]
    laboratory.advance(hours=48)
    kept = laboratory.look(smsc.show, caller, OTHER, mo.id)
    assert (kept.status, kept.finished, kept.attempted) == (SmsStatus.BUFFERED, None, None)
    assert laboratory.sent == []


def test_a_forwarder_that_wants_other_things_forwards_nothing(laboratory: CoreWorld) -> None:
    """Somebody listens, yet nobody forwards."""
    laboratory.active(OTHER, ATTACHED, organisation=SUB)
    for way, wants in ((Way.FORWARDER, EventType.MO_RECEIVED), (Way.STREAM, EventType.SMS_DELIVERED)):
        subscription = Subscription(id=way, organisation=SUB, way=way, wants=(wants,), url="http://south.test")
        laboratory.do(lambda world, one: world.subscriptions.put(one), subscription)
    laboratory.submit(iccid=OTHER, caller=Caller("south", SUB))
    laboratory.advance(2)
    (event,) = laboratory.log(EventType.FORWARDING_IMPOSSIBLE)
    assert event.payload == MissingForwarder(what=Forwarded.REPORT, address=laboratory.sim(OTHER).msisdn)


def test_a_report_is_owed_to_the_organisation_that_submitted(laboratory: CoreWorld) -> None:
    """The SIM may be another's by the time of the delivery."""
    laboratory.active()
    laboratory.submit()
    laboratory.advance(1)
    laboratory.change(organisation=SUB)
    laboratory.device(ATTACHED)
    laboratory.advance(1)
    assert [(event.organisation, event.iccid) for event in reports(laboratory)] == [(MASTER, ICCID)]
    assert len(laboratory.sent) == 1


# --------------------------------------------------------------------------------------------- MO


def test_an_mo_is_charged_at_once_and_forwarded(laboratory: CoreWorld) -> None:
    """Its id is from the same row as the others'; its fate is its notification's (D§9.6, 9.7)."""
    laboratory.active(status=ATTACHED)
    mt = laboratory.submit()
    sms = send_mo(laboratory, "22 degrees")
    assert sms.id == mt.id + 1
    assert (sms.direction, sms.imsi, sms.source_address, sms.dest_address) == (Direction.MO, "", "", "12345")
    assert (sms.source_address_type, charged(laboratory)) == (AddressType.INTERNATIONAL, 1)
    fresh = shown(laboratory, sms.id)
    assert (fresh.status, fresh.attempted, fresh.next_attempt) == (SmsStatus.PENDING, None, None)
    laboratory.advance()
    done = shown(laboratory, sms.id)
    assert (done.status, done.finished, done.attempted) == (SmsStatus.DELIVERED, BEGAN, BEGAN)
    assert (done.retries, done.next_attempt) == (0, None)
    assert [outgoing.sms and outgoing.sms.payload for outgoing in laboratory.sent] == ["22 degrees"]


def test_an_mo_that_was_not_taken_shows_its_retries(laboratory: CoreWorld) -> None:
    """After four tries, 14 minutes: three retries done, the next in 16 minutes, as recorded (D§9.3, 10.4)."""
    laboratory.active(status=ATTACHED)
    sms = send_mo(laboratory)
    laboratory.answers = [Outcome(500)] * 4
    laboratory.advance(minutes=14)
    waiting = shown(laboratory, sms.id)
    assert (waiting.status, waiting.retries, waiting.finished) == (SmsStatus.BUFFERED, 3, None)
    assert waiting.attempted == BEGAN + timedelta(minutes=14)
    assert waiting.next_attempt == BEGAN + timedelta(minutes=30)
    laboratory.advance(minutes=16)
    assert (shown(laboratory, sms.id).status, shown(laboratory, sms.id).retries) == (SmsStatus.DELIVERED, 4)


def test_an_mo_on_its_way_is_in_progress(laboratory: CoreWorld) -> None:
    """While the customer's answer is awaited, or was never heard."""
    laboratory.active(status=ATTACHED)
    sms = send_mo(laboratory)
    laboratory.answers = [None]
    laboratory.advance()
    assert shown(laboratory, sms.id).status is SmsStatus.IN_PROGRESS


@pytest.mark.parametrize(("choice", "status"), [("failed", SmsStatus.FAILED), ("expired", SmsStatus.EXPIRED)])
def test_an_mo_that_the_customer_never_accepts_ends_after_a_day(
    make_laboratory: MakeLaboratory, choice: str, status: SmsStatus
) -> None:
    """EXPIRED or, by the other page, failed (C9)."""
    laboratory = make_laboratory(mo_after_validity=choice)
    laboratory.active(status=ATTACHED)
    sms = send_mo(laboratory)
    laboratory.answers = [Outcome(None, "refused")] * 99
    laboratory.advance(hours=24)
    done = shown(laboratory, sms.id)
    assert (done.status, done.finished) == (status, BEGAN + 24 * HOUR)
    assert done.next_attempt is None


def test_a_stream_that_hears_of_an_mo_does_not_forward_it(laboratory: CoreWorld) -> None:
    """What counts is the forwarder's notification, also when the forwarder itself is gone."""
    laboratory.active(status=ATTACHED)
    stream = Subscription(id="a stream", organisation=MASTER, way=Way.STREAM, wants=(EventType.MO_RECEIVED,))
    laboratory.do(lambda world: world.subscriptions.put(stream))
    sms = send_mo(laboratory)
    laboratory.advance()
    assert shown(laboratory, sms.id).status is SmsStatus.DELIVERED
    laboratory.do(lambda world: world.subscriptions.delete("forwarder 4321"))
    assert shown(laboratory, sms.id).status is SmsStatus.DELIVERED


def test_an_alert_leaves_mo_messages_alone(laboratory: CoreWorld) -> None:
    """Only what goes to the device is due when it attaches."""
    laboratory.active(OTHER, ATTACHED, organisation=SUB)
    laboratory.do(device.send_mo, OTHER, "hello", "12345")
    laboratory.device(ATTACHED, OTHER)
    assert "smsc.attempt" not in laboratory.jobs()


# --------------------------------------------------------------------------------------------- looking


def test_a_page_is_newest_first_and_of_one_sim(laboratory: CoreWorld) -> None:
    """With how many there are in all; another order is possible (D§5)."""
    laboratory.active()
    laboratory.active(OTHER)
    ids = [laboratory.submit(f"number {n}").id for n in range(5)]
    laboratory.submit(iccid=OTHER)
    page, total = laboratory.look(smsc.page, CALLER, ICCID, offset=1, limit=2)
    assert ([sms.id for sms in page], total) == ([ids[3], ids[2]], 5)
    laboratory.do(smsc.cancel, CALLER, ICCID, ids[4])
    page, _ = laboratory.look(smsc.page, CALLER, ICCID, offset=0, limit=3, order="-status,id")
    assert [sms.id for sms in page] == [ids[4], ids[0], ids[1]]
    assert laboratory.look(smsc.page, CALLER, ICCID, offset=9, limit=2) == ([], 5)


def test_a_page_shows_what_became_of_an_mo(laboratory: CoreWorld) -> None:
    """As the single message does."""
    laboratory.active(status=ATTACHED)
    sms = send_mo(laboratory)
    laboratory.advance()
    page, _ = laboratory.look(smsc.page, CALLER, ICCID, offset=0, limit=10)
    assert page == [shown(laboratory, sms.id)]


def test_after_seven_days_a_message_is_gone(make_laboratory: MakeLaboratory) -> None:
    """To the moment, whenever housekeeping comes; and never where retention is off (C18)."""
    for retention, there in ((timedelta(days=7), False), (None, True)):
        laboratory = make_laboratory(retention=retention)
        laboratory.active()
        sms = laboratory.submit()
        laboratory.advance(days=7)
        assert shown(laboratory, sms.id).id == sms.id
        laboratory.advance(0.000001)
        _, total = laboratory.look(smsc.page, CALLER, ICCID, offset=0, limit=10)
        assert total == there
        if there:
            shown(laboratory, sms.id)
        else:
            for verb in (smsc.show, smsc.cancel):
                with pytest.raises(UnknownSms):
                    laboratory.do(verb, CALLER, ICCID, sms.id)


def test_a_message_is_looked_up_under_its_own_sim(laboratory: CoreWorld) -> None:
    """Elsewhere it is unknown, as is a number that was never given."""
    laboratory.active()
    laboratory.active(OTHER)
    sms = laboratory.submit()
    for iccid, id in ((OTHER, sms.id), (ICCID, 99)):
        with pytest.raises(UnknownSms) as refused:
            laboratory.look(smsc.show, CALLER, iccid, id)
        assert refused.value.id == str(id)
    with pytest.raises(UnknownSim):
        laboratory.look(smsc.page, Caller("other", STRANGER), ICCID, offset=0, limit=1)


# --------------------------------------------------------------------------------------------- late jobs


def test_a_job_that_comes_too_late_does_nothing(laboratory: CoreWorld) -> None:
    """The message is final, on the air, or there is none: nothing changes."""
    laboratory.active(status=ATTACHED)
    sms = laboratory.submit()
    laboratory.do(smsc.acknowledge, str(sms.id))
    assert shown(laboratory, sms.id).status is SmsStatus.PENDING
    laboratory.advance(2)
    done = laboratory.sms(sms.id)
    for job in (smsc.attempt, smsc.acknowledge, smsc.expire):
        laboratory.do(job, str(sms.id))
        laboratory.do(job, "99")
    assert laboratory.sms(sms.id) == done
    assert len(reports(laboratory)) == 1


def test_a_message_whose_sim_is_gone_ends_with_its_validity(laboratory: CoreWorld) -> None:
    """It is tried in vain, then expires."""

    def delete(world: World) -> None:
        world.sims.delete(ICCID)

    laboratory.active(status=ATTACHED)
    gone = laboratory.submit()
    laboratory.do(delete)
    laboratory.advance(1)
    assert laboratory.sms(gone.id).status is SmsStatus.PENDING
    laboratory.advance(hours=24)
    assert laboratory.sms(gone.id).status is SmsStatus.EXPIRED


def test_the_steps_of_a_message_are_those_of_the_table(laboratory: CoreWorld) -> None:
    """A step that is not in SMS_STEPS is a bug, and says so."""
    laboratory.active(status=ATTACHED)
    sms = laboratory.submit()
    laboratory.advance(2)
    with pytest.raises(AssertionError):
        smsc.step(laboratory.sms(sms.id), SmsStatus.BUFFERED)
    with pytest.raises(AssertionError):
        smsc.step(laboratory.sms(sms.id), SmsStatus.DELIVERED)
