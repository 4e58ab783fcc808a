"""Volumes, monthly limits and usage (D§8.3, 8.4, 9.6, 12.1)."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operator_emulator.core.customers import quotas
from operator_emulator.core.customers.model import OCTETS_PER_MB, Caller, CoreNetwork, DailyUsage, Quota, Service
from operator_emulator.core.network import device
from operator_emulator.core.network.model import AttachFailure, DeliveryFailure, DeviceStatus, Direction
from operator_emulator.core.world.errors import LimitReached, Malformed, QuotaExhausted, UnknownSim
from operator_emulator.core.world.model import EventType
from operator_emulator.core.world.payloads import QuotaChange
from tests.core.conftest import BEGAN, CALLER, ICCID, STRANGER, CoreWorld, MakeLaboratory

MB = OCTETS_PER_MB
DATA = (EventType.DATA_THRESHOLD_REACHED, EventType.DATA_USED_UP)
SMS = (EventType.SMS_THRESHOLD_REACHED, EventType.SMS_USED_UP)


def used(laboratory: CoreWorld, day: str, **what: int) -> None:
    laboratory.do(lambda world: world.usage.put(DailyUsage(id=f"{ICCID} {day}", iccid=ICCID, day=day, **what)))


def charge_data(laboratory: CoreWorld, tx: int, rx: int = 0) -> Quota:
    sim = laboratory.do(quotas.charge_data, laboratory.sim(), tx, rx)
    assert sim.data_quota is not None
    return sim.data_quota


def charge_sms(laboratory: CoreWorld, direction: Direction = Direction.MT) -> Quota:
    sim = laboratory.do(quotas.charge_sms, laboratory.sim(), direction)
    assert sim.sms_quota is not None
    return sim.sms_quota


# --------------------------------------------------------------------------------------------- charging


def test_data_is_charged_both_ways_and_counted_on_its_day(laboratory: CoreWorld) -> None:
    """What is sent and what is received come off one volume, and stand apart in the day's usage."""
    laboratory.active()
    assert charge_data(laboratory, 3 * MB, 2 * MB).volume == 495 * MB
    charge_data(laboratory, 1)
    row = laboratory.look(quotas.used_on, ICCID, BEGAN.date())
    assert (row.octets_tx, row.octets_rx, row.day) == (3 * MB + 1, 2 * MB, "2026-03-10")


def test_messages_count_by_direction(laboratory: CoreWorld) -> None:
    """MT and MO each cost one of the same volume (D§9.6), and are counted apart."""
    laboratory.active()
    charge_sms(laboratory, Direction.MT)
    charge_sms(laboratory, Direction.MT)
    assert charge_sms(laboratory, Direction.MO).volume == 247
    row = laboratory.look(quotas.month_to_date, ICCID)
    assert (row.sms_mt, row.sms_mo, row.day) == (2, 1, "2026-03")


def test_each_threshold_of_a_quota_is_reported_once(laboratory: CoreWorld) -> None:
    """At 20 % comes an event, at 0 another, and neither comes again (D§9.6, 14; V§6)."""
    laboratory.active()
    laboratory.with_volume(sms=52)
    assert charge_sms(laboratory).threshold_reached is None  # 50 of 250 are 20 %
    laboratory.advance(60)
    below = charge_sms(laboratory)
    assert below.threshold_reached == below.changed == laboratory.now
    assert [event.type for event in laboratory.log(*SMS)] == [EventType.SMS_THRESHOLD_REACHED]
    laboratory.with_volume(sms=1)
    laboratory.advance(60)
    assert charge_sms(laboratory).exceeded == laboratory.now
    laboratory.advance(60)
    again = charge_sms(laboratory)
    assert (again.volume, again.exceeded) == (-1, laboratory.now - timedelta(seconds=60))
    assert [event.type for event in laboratory.log(*SMS)] == list(SMS)


def test_one_large_step_passes_both_marks(laboratory: CoreWorld) -> None:
    """Data that uses everything up at once writes both events, and the rest may be below zero (D§8.4)."""
    laboratory.active()
    assert charge_data(laboratory, 501 * MB).volume == -MB
    assert [event.type for event in laboratory.log()] == list(DATA)


@given(steps=st.lists(st.one_of(st.integers(1, 300), st.just(-1)), max_size=12))
def test_an_event_for_every_crossing_and_none_besides(steps: list[int]) -> None:
    """Whatever is used and topped up, each crossing of 20 % and of 0 from above is told of exactly once.

    20 % of what there was right after the latest top-up (V§6).
    """
    laboratory = CoreWorld()
    laboratory.active()
    volume = total = full = 500
    expected = []
    for step in steps:
        if step == -1:
            laboratory.do(quotas.top_up, laboratory.sim(), 500, 250)
            volume, total = volume + 500, total + 500
            full = volume
            continue
        before, volume = volume, volume - step
        if before * 5 > full >= volume * 5:
            expected.append(EventType.DATA_THRESHOLD_REACHED)
        if before > 0 >= volume:
            expected.append(EventType.DATA_USED_UP)
        charge_data(laboratory, step * MB)
    quota = laboratory.sim().data_quota
    assert quota is not None
    assert (quota.volume, quota.total) == (volume * MB, total * MB)
    assert (quota.threshold_reached is not None, quota.exceeded is not None) == (volume * 5 <= full, volume <= 0)
    assert [event.type for event in laboratory.log(*DATA)] == expected
    laboratory.store.close()


def test_a_sim_without_quotas_is_counted_and_not_charged(laboratory: CoreWorld) -> None:
    """Usage is written for a SIM that has no volumes, too."""
    laboratory.active(data_quota=None, sms_quota=None)
    sim = laboratory.do(quotas.charge_data, laboratory.sim(), 5, 7)
    sim = laboratory.do(quotas.charge_sms, sim, Direction.MO)
    assert (sim.data_quota, sim.sms_quota) == (None, None)
    row = laboratory.look(quotas.month_to_date, ICCID)
    assert (row.octets_tx, row.octets_rx, row.sms_mo) == (5, 7, 1)


# --------------------------------------------------------------------------------------------- topping up


def test_a_top_up_adds_to_what_is_left_and_to_the_total(laboratory: CoreWorld) -> None:
    """500 MB and 250 SMS more, with events 56 and 58 that name the volumes (D§12.2)."""
    laboratory.active()
    charge_data(laboratory, 20 * MB)
    laboratory.advance(60)
    sim = laboratory.do(quotas.top_up, laboratory.sim(), 500, 250)
    assert sim.data_quota == Quota(
        volume=980 * MB, total=1000 * MB, last_added=500 * MB, changed=laboratory.now, refilled=980 * MB, created=BEGAN
    )
    assert sim.sms_quota == Quota(
        volume=500, total=500, last_added=250, changed=laboratory.now, refilled=500, created=BEGAN
    )
    told = laboratory.log(EventType.DATA_QUOTA_ASSIGNED, EventType.SMS_QUOTA_ASSIGNED)
    assert [(event.type, event.payload) for event in told] == [
        (
            EventType.DATA_QUOTA_ASSIGNED,
            QuotaChange(service=Service.DATA, quota=sim.data_quota, expires=sim.expires),
        ),
        (EventType.SMS_QUOTA_ASSIGNED, QuotaChange(service=Service.SMS, quota=sim.sms_quota, expires=sim.expires)),
    ]


def test_a_top_up_forgets_marks_that_are_no_longer_true(laboratory: CoreWorld) -> None:
    """What is there then is full, so both dates go; with less than nothing left, neither does."""
    laboratory.active()
    charge_data(laboratory, 520 * MB)
    sim = laboratory.do(quotas.top_up, laboratory.sim(), 10, 250)
    assert sim.data_quota is not None
    assert (sim.data_quota.threshold_reached, sim.data_quota.exceeded) == (BEGAN, BEGAN)
    sim = laboratory.do(quotas.top_up, sim, 30, 250)
    assert sim.data_quota is not None
    assert (sim.data_quota.threshold_reached, sim.data_quota.exceeded) == (None, None)
    assert laboratory.look(quotas.data_barred, sim) is None


def test_a_top_up_moves_the_threshold(laboratory: CoreWorld) -> None:
    """20 % of what was left and what was added, not of everything ever bought (V§6)."""
    laboratory.active()
    charge_data(laboratory, 459 * MB)
    laboratory.do(quotas.top_up, laboratory.sim(), 500, 250)
    quota = charge_data(laboratory, 432 * MB)  # 109 of 541 MB are left, 1,000 were bought
    assert (quota.full, quota.threshold_reached) == (541 * MB, None)
    assert charge_data(laboratory, MB).threshold_reached is not None


@pytest.mark.parametrize(
    ("core", "volumes"), [(CoreNetwork.PLATFORM_1, (1500, 100)), (CoreNetwork.PLATFORM_2, (2048, 1024))]
)
def test_a_session_on_the_second_core_counts_in_whole_kilobytes(
    laboratory: CoreWorld, core: CoreNetwork, volumes: tuple[int, int]
) -> None:
    """Rounded up for each session, however many reports it was used in (V§1, 13)."""
    laboratory.active(core=core)
    for tx, rx in ((1000, 0), (400, 100), (100, 0)):
        laboratory.do(device.use_data, ICCID, tx, rx)
    row = laboratory.look(quotas.month_to_date, ICCID)
    assert (row.octets_tx, row.octets_rx) == volumes
    laboratory.do(device.close_pdp_context, ICCID)
    laboratory.do(device.use_data, ICCID, 1, 0)
    row = laboratory.look(quotas.month_to_date, ICCID)
    assert row.octets_tx == volumes[0] + (1 if core == 1 else 1024)


# --------------------------------------------------------------------------------------------- what bars


def test_at_zero_nothing_more_can_be_sent(make_laboratory: MakeLaboratory) -> None:
    """A used-up SMS volume refuses further messages, or takes them to fail if the policy says so (D§9.6)."""
    laboratory = make_laboratory()
    laboratory.active()
    laboratory.look(quotas.require, laboratory.sim(), Service.SMS)
    laboratory.with_volume(sms=0)
    with pytest.raises(QuotaExhausted) as refused:
        laboratory.look(quotas.require, laboratory.sim(), Service.SMS)
    assert (refused.value.iccid, refused.value.service) == (ICCID, "sms")

    lenient = make_laboratory(sms_without_quota="fail")
    lenient.active()
    lenient.with_volume(sms=0)
    lenient.look(quotas.require, lenient.sim(), Service.SMS)
    assert lenient.look(quotas.sms_barred, lenient.sim(), Direction.MT) is DeliveryFailure.QUOTA_EXHAUSTED


def test_a_monthly_limit_counts_one_direction_of_this_month(laboratory: CoreWorld) -> None:
    """Ten MT a month: last month's do not count, nor do MO, and changing the limit forgets nothing (D§9.6)."""
    laboratory.active()
    laboratory.do(quotas.set_limits, CALLER, sms_mt=45)
    used(laboratory, "2026-02-28", sms_mt=99)
    used(laboratory, "2026-03-01", sms_mt=9, sms_mo=50)
    assert laboratory.look(quotas.sms_barred, laboratory.sim(), Direction.MT) is None
    charge_sms(laboratory)
    with pytest.raises(LimitReached) as refused:
        laboratory.look(quotas.require, laboratory.sim(), Service.SMS)
    assert (refused.value.iccid, refused.value.service, refused.value.limit) == (ICCID, "smsMT", 10)
    assert laboratory.look(quotas.sms_barred, laboratory.sim(), Direction.MO) is None
    laboratory.do(quotas.set_limits, CALLER, sms_mt=29)
    laboratory.look(quotas.require, laboratory.sim(), Service.SMS)
    laboratory.do(quotas.set_limits, CALLER, sms_mt=45, sms_mo=30)
    assert laboratory.look(quotas.sms_barred, laboratory.sim(), Direction.MO) is DeliveryFailure.LIMIT_REACHED
    laboratory.advance(days=22)  # April
    laboratory.look(quotas.require, laboratory.sim(), Service.SMS)


def test_a_data_limit_is_reported_when_crossed_and_refuses_new_sessions(laboratory: CoreWorld) -> None:
    """Event 11 comes once in the month; from then on a session is refused (D§11.2, 12.1)."""
    laboratory.active()
    laboratory.do(quotas.set_limits, CALLER, data=9)
    charge_data(laboratory, 9 * MB)
    laboratory.look(quotas.require, laboratory.sim(), Service.DATA)
    charge_data(laboratory, MB)
    charge_data(laboratory, MB)
    assert [event.type for event in laboratory.log(EventType.DATA_LIMIT_REACHED)] == [EventType.DATA_LIMIT_REACHED]
    assert laboratory.look(quotas.data_barred, laboratory.sim()) is AttachFailure.MONTHLY_USAGE_LIMIT_EXCEEDED
    with pytest.raises(LimitReached) as refused:
        laboratory.look(quotas.require, laboratory.sim(), Service.DATA)
    assert (refused.value.service, refused.value.limit) == ("data", 10)


def test_data_needs_a_quota_that_is_not_used_up(laboratory: CoreWorld) -> None:
    """No volume, and none left, are told apart (D§11.2); a partner's SIM needs none."""
    sim = laboratory.active(data_quota=None)
    assert laboratory.look(quotas.data_barred, sim) is AttachFailure.NO_QUOTA_FOUND
    with pytest.raises(QuotaExhausted):
        laboratory.look(quotas.require, sim, Service.DATA)
    assert laboratory.look(quotas.data_barred, laboratory.change(organisation=None)) is None
    assert laboratory.look(quotas.limit_of, laboratory.sim(), "data") is None


def test_a_used_up_data_volume_refuses_sessions(laboratory: CoreWorld) -> None:
    """At 0 the cause is exhaustion."""
    laboratory.active(status=DeviceStatus.ATTACHED)
    sim = laboratory.with_volume(data=0)
    assert laboratory.look(quotas.data_barred, sim) is AttachFailure.QUOTA_EXHAUSTED
    with pytest.raises(QuotaExhausted) as refused:
        laboratory.look(quotas.require, sim, Service.DATA)
    assert refused.value.service == "data"


# --------------------------------------------------------------------------------------------- limits


def test_limits_are_set_by_id_and_taken_away_by_zero(laboratory: CoreWorld) -> None:
    """Each is optional, an omitted one stays, and none that is set is absent (D§12.1)."""
    assert laboratory.look(quotas.limits, CALLER) == {}
    laboratory.do(quotas.set_limits, CALLER, data=17, sms_mt=45, sms_mo=7)
    laboratory.do(quotas.set_limits, CALLER, sms_mt=0)
    limits = laboratory.look(quotas.limits, CALLER)
    assert {name: (limit.id, limit.amount, limit.unit) for name, limit in limits.items()} == {
        "data": (17, 30, "MB"),
        "smsMO": (7, 100, "SMS"),
    }


def test_an_unknown_limit_changes_nothing(laboratory: CoreWorld) -> None:
    """One wrong id, and the right ones beside it are not set either."""
    with pytest.raises(Malformed, match="smsMT: must be one of the selectable limits 0, 45, 29, 28, 5"):
        laboratory.do(quotas.set_limits, CALLER, data=9, sms_mt=9)
    assert laboratory.look(quotas.limits, CALLER) == {}


@pytest.mark.parametrize("service", ["smsMT", "smsMt", "SMSMT"])
def test_a_service_is_named_in_any_case(service: str) -> None:
    """Clients write smsMt where the description has smsMT (D§12.1)."""
    limits = quotas.selectable(service)
    assert [limit.description for limit in limits.values()] == [
        "No Limit",
        "10 SMS per 1 month",
        "25 SMS per 1 month",
        "50 SMS per 1 month",
        "100 SMS per 1 month",
    ]


def test_an_unknown_service_has_no_limits() -> None:
    """The message says which there are."""
    with pytest.raises(Malformed, match="service: must be one of data, smsMT, smsMO"):
        quotas.selectable("voice")


# --------------------------------------------------------------------------------------------- usage


def days(laboratory: CoreWorld, **window: Any) -> list[str]:
    return [row.day for row in laboratory.look(quotas.usage, CALLER, ICCID, **window)]


def test_usage_is_this_month_newest_first_with_idle_days(laboratory: CoreWorld) -> None:
    """Ten days on 10 March, as recorded of another month (D§8.3); idle ones are there and zero."""
    laboratory.active()
    used(laboratory, "2026-02-28", octets_tx=1)
    used(laboratory, "2026-03-09", octets_tx=2, sms_mt=3)
    rows = laboratory.look(quotas.usage, CALLER, ICCID)
    assert [row.day for row in rows] == [f"2026-03-{day:02}" for day in range(10, 0, -1)]
    assert (rows[0].octets_tx, rows[0].sms_mt, rows[1].octets_tx, rows[1].sms_mt) == (0, 0, 2, 3)
    assert quotas.total(ICCID, "TOTAL", rows).octets_tx == 2


@pytest.mark.parametrize(
    ("window", "first", "last", "count"),
    [
        ({"start": date(2026, 3, 8)}, "2026-03-08", "2026-03-10", 3),
        ({"end": date(2026, 2, 3)}, "2026-02-01", "2026-02-03", 3),
        ({"start": date(2026, 2, 27), "end": date(2026, 3, 1)}, "2026-02-27", "2026-03-01", 3),
        ({"start": date(2020, 1, 1)}, "2025-09-10", "2026-03-10", 182),
        ({"start": date(2026, 3, 10), "end": date(2030, 1, 1)}, "2026-03-10", "2026-03-10", 1),
    ],
)
def test_a_window_has_both_its_ends_and_six_months_at_most(
    laboratory: CoreWorld, window: dict[str, date], first: str, last: str, count: int
) -> None:
    """Start alone leads to today, end alone begins with its month, and neither leaves what is kept (D§8.3)."""
    laboratory.active()
    shown = days(laboratory, **window)
    assert (shown[-1], shown[0], len(shown)) == (first, last, count)


@pytest.mark.parametrize(
    "window",
    [
        {"start": date(2026, 3, 9), "end": date(2026, 3, 1)},
        {"start": date(2027, 1, 1)},
        {"end": date(2020, 1, 1)},
    ],
)
def test_a_nonsense_window_is_empty(laboratory: CoreWorld, window: dict[str, date]) -> None:
    """No error, and no day (D§8.3)."""
    laboratory.active()
    assert days(laboratory, **window) == []


@pytest.mark.parametrize(("choice", "count"), [("month", 10), ("fortnight", 14), ("today", 1)])
def test_the_window_without_dates_is_a_choice(make_laboratory: MakeLaboratory, choice: str, count: int) -> None:
    """Three sources say three things (C17)."""
    laboratory = make_laboratory(usage_window=choice)
    laboratory.active()
    assert len(days(laboratory)) == count
    assert days(laboratory, end=date(2026, 3, 2)) == ["2026-03-02", "2026-03-01"]


def test_usage_of_another_organisations_sim_is_unknown(laboratory: CoreWorld) -> None:
    """A SIM of another organisation behaves like an unknown one (D§3.2)."""
    laboratory.active()
    with pytest.raises(UnknownSim):
        laboratory.look(quotas.usage, Caller("other", STRANGER), ICCID)
