"""What midnight brings: the end of a SIM's life, and of what is kept (D§8.3, 8.4, 9.4, 14)."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from operator_emulator.core.customers.model import DailyUsage, SimState, Token
from operator_emulator.core.network import device, smsc
from operator_emulator.core.network.model import DeviceStatus, SmsStatus
from operator_emulator.core.partners.model import DataSession
from operator_emulator.core.world import housekeeping
from operator_emulator.core.world.calendar import next_midnight
from operator_emulator.core.world.model import EventType, Outcome
from operator_emulator.core.world.world import World
from tests.core.conftest import BEGAN, CALLER, ICCID, OTHER, CoreWorld, MakeLaboratory

MIDNIGHT = datetime(2026, 3, 11, tzinfo=UTC)
DAY = timedelta(days=1)


def rounds(laboratory: CoreWorld) -> list[datetime]:
    """When housekeeping is due."""
    return [job.due for job in laboratory.look(lambda world: world.jobs.find(kind="housekeeping", order="due"))]


# --------------------------------------------------------------------------------------------- when


def test_housekeeping_comes_at_every_midnight(laboratory: CoreWorld) -> None:
    """Once a day, in UTC, and beginning twice makes no second one."""
    laboratory.do(housekeeping.begin)
    laboratory.do(housekeeping.begin)
    assert rounds(laboratory) == [MIDNIGHT]
    assert laboratory.advance(days=3) == 3
    assert rounds(laboratory) == [MIDNIGHT + 3 * DAY]


def test_missed_midnights_are_no_backlog(laboratory: CoreWorld) -> None:
    """After ten days of standstill there is one round, and the next is tonight."""

    def sleep(world: World) -> None:
        job = world.jobs.find(kind="housekeeping")[0]
        world.jobs.put(replace(job, due=BEGAN - 10 * DAY))

    laboratory.do(housekeeping.begin)
    laboratory.do(sleep)
    assert laboratory.step().ran == 1
    assert rounds(laboratory) == [MIDNIGHT]


def test_at_midnight_itself_the_next_one_is_tomorrows(laboratory: CoreWorld) -> None:
    """The first midnight after an instant is never that instant."""
    assert next_midnight(MIDNIGHT) == MIDNIGHT + DAY
    assert next_midnight(MIDNIGHT - timedelta(microseconds=1)) == MIDNIGHT


# --------------------------------------------------------------------------------------------- lives


def test_a_sim_expires_at_the_end_of_its_life(laboratory: CoreWorld) -> None:
    """Off the network, with events 60 and 61; its volumes stay for an extension (D§12.4, 14)."""
    before = laboratory.active(status=DeviceStatus.ONLINE, expires=MIDNIGHT)
    laboratory.active(OTHER, expires=MIDNIGHT + DAY)
    laboratory.do(housekeeping.begin)
    laboratory.move_to(MIDNIGHT)
    after = laboratory.sim()
    assert (after.state, after.device.status) == (SimState.EXPIRED, DeviceStatus.OFFLINE)
    assert (after.data_quota, after.sms_quota) == (before.data_quota, before.sms_quota)
    assert laboratory.sim(OTHER).state is SimState.ACTIVATED
    assert laboratory.happened() == [
        EventType.PDP_CONTEXT_DELETED,
        EventType.LOCATION_PURGED,
        EventType.GPRS_LOCATION_PURGED,
        EventType.DATA_QUOTA_EXPIRED,
        EventType.SMS_QUOTA_EXPIRED,
    ]
    laboratory.advance(days=2)
    assert [event.iccid for event in laboratory.log(EventType.DATA_QUOTA_EXPIRED)] == [ICCID, OTHER]


@pytest.mark.parametrize("state", [SimState.ISSUED, SimState.SUSPENDED])
def test_every_sim_expires_whatever_its_state(laboratory: CoreWorld, state: SimState) -> None:
    """A SIM without an end does not."""
    laboratory.active(state=state, expires=BEGAN)
    laboratory.new(OTHER)
    laboratory.do(housekeeping.midnight)
    assert laboratory.sim().state is SimState.EXPIRED
    assert laboratory.sim(OTHER).state is SimState.ISSUED


def test_an_expired_sim_is_deleted_after_its_time_of_grace(laboratory: CoreWorld) -> None:
    """18 months during which it could be extended (D§12.4)."""
    laboratory.active(state=SimState.EXPIRED, expires=datetime(2024, 9, 11, tzinfo=UTC))
    laboratory.do(housekeeping.begin)
    laboratory.move_to(MIDNIGHT - timedelta(seconds=1))
    assert laboratory.sim().state is SimState.EXPIRED
    laboratory.move_to(MIDNIGHT)
    assert laboratory.look(lambda world: world.sims.count()) == 0


# --------------------------------------------------------------------------------------------- what is let go


def test_rows_older_than_seven_days_are_deleted(laboratory: CoreWorld) -> None:
    """Messages, events and settled notifications; rows and what the API shows agree."""
    laboratory.active(status=DeviceStatus.ATTACHED)
    laboratory.submit()
    laboratory.do(device.send_mo, ICCID, "hello", "12345")
    laboratory.do(housekeeping.begin)
    laboratory.move_to(MIDNIGHT + 6 * DAY)
    kept = laboratory.look(lambda world: (world.sms.count(), world.events.count(), world.notifications.count()))
    assert kept == (2, 2, 2)
    laboratory.move_to(MIDNIGHT + 7 * DAY)
    gone = laboratory.look(lambda world: (world.sms.count(), world.events.count(), world.notifications.count()))
    assert gone == (0, 0, 0)
    assert laboratory.jobs() == ["housekeeping"]


def test_rows_that_are_exactly_seven_days_old_stay(laboratory: CoreWorld) -> None:
    """It is still shown, so it is still there."""
    laboratory.active()
    laboratory.move_to(MIDNIGHT)
    sms = laboratory.submit()
    laboratory.advance(days=7)
    laboratory.do(housekeeping.midnight)
    assert laboratory.look(smsc.show, CALLER, ICCID, sms.id).status is SmsStatus.EXPIRED
    laboratory.advance(1)
    laboratory.do(housekeeping.midnight)
    assert laboratory.look(lambda world: world.sms.count()) == 0


def test_a_message_that_may_still_be_delivered_stays(laboratory: CoreWorld) -> None:
    """A validity of a month outlives retention; then it goes."""
    laboratory.active()
    sms = laboratory.submit(expires=BEGAN + 30 * DAY)
    laboratory.do(housekeeping.begin)
    laboratory.advance(days=10)
    assert laboratory.sms(sms.id).status is SmsStatus.BUFFERED
    laboratory.advance(days=21)
    assert laboratory.look(lambda world: world.sms.count()) == 0


def test_a_notification_that_is_still_owed_stays(make_laboratory: MakeLaboratory) -> None:
    """Where pushing goes on for longer than retention, nothing that is owed is lost."""
    laboratory = make_laboratory(forwarder_give_up=timedelta(days=20))
    laboratory.active(status=DeviceStatus.ATTACHED)
    laboratory.submit()
    laboratory.answers = [Outcome(500)] * 99
    laboratory.do(housekeeping.begin)
    laboratory.advance(days=12)
    assert laboratory.look(lambda world: world.notifications.count()) == 1
    laboratory.advance(days=20)
    assert laboratory.look(lambda world: world.notifications.count()) == 0


def test_without_retention_messages_and_events_stay(make_laboratory: MakeLaboratory) -> None:
    """As in the editions of 2019 (C18)."""
    laboratory = make_laboratory(retention=None)
    laboratory.active(status=DeviceStatus.ATTACHED)
    laboratory.submit()
    laboratory.do(housekeeping.begin)
    laboratory.advance(days=60)
    kept = laboratory.look(lambda world: (world.sms.count(), world.events.count(), world.notifications.count()))
    assert kept == (1, 1, 1)


def test_usage_reaches_back_six_months(laboratory: CoreWorld) -> None:
    """The day before the oldest that can be asked for is let go (D§8.3)."""

    def use(world: World) -> None:
        for day in ("2025-09-09", "2025-09-10", "2026-03-10"):
            world.usage.put(DailyUsage(id=f"{ICCID} {day}", iccid=ICCID, day=day))

    laboratory.do(use)
    laboratory.do(housekeeping.midnight)
    left = laboratory.look(lambda world: world.usage.find(order="day"))
    assert [row.day for row in left] == ["2025-09-10", "2026-03-10"]


def test_sessions_are_kept_as_long_as_usage(laboratory: CoreWorld) -> None:
    """The portal's history of sessions grows no longer than that (assumed)."""

    def close(world: World) -> None:
        for id, closed in ((1, datetime(2025, 9, 10, 12, tzinfo=UTC)), (2, datetime(2025, 9, 10, 13, tzinfo=UTC))):
            session = DataSession(
                id=id, iccid=ICCID, opened=closed - DAY, closed=closed, ip_address="10.0.0.1", apn="a.test", rat=6
            )
            world.sessions.put(session)

    laboratory.do(close)
    laboratory.do(housekeeping.midnight)
    assert [session.id for session in laboratory.look(lambda world: world.sessions.find())] == [2]


def test_tokens_that_have_long_ended_are_let_go(laboratory: CoreWorld) -> None:
    """One that ended lately stays, so that it is refused as expired and not as nonsense."""

    def issue(world: World) -> None:
        for number, expires in ((1, BEGAN - housekeeping.REMEMBERED), (2, BEGAN)):
            world.tokens.put(
                Token(digest=str(number), number=number, username="demo", issued=BEGAN - DAY, expires=expires)
            )

    laboratory.do(issue)
    laboratory.do(housekeeping.midnight)
    assert [token.number for token in laboratory.look(lambda world: world.tokens.find())] == [2]


@pytest.mark.parametrize("rows", [1, 2 * housekeeping.BATCH - 1, 2 * housekeeping.BATCH])
def test_much_is_let_go_in_parts(laboratory: CoreWorld, rows: int) -> None:
    """Some rows in a transaction, the rest at once in further ones, and one next midnight."""

    def use(world: World) -> None:
        for n in range(rows):
            world.usage.put(DailyUsage(id=f"{n} 2020-01-01", iccid=str(n), day="2020-01-01"))

    laboratory.do(use)
    laboratory.do(housekeeping.begin)
    laboratory.move_to(MIDNIGHT - timedelta(seconds=1))
    assert laboratory.advance(1) == rows // housekeeping.BATCH + 1
    assert laboratory.look(lambda world: world.usage.count()) == 0
    assert rounds(laboratory) == [MIDNIGHT + DAY]


def test_many_lives_end_in_parts(laboratory: CoreWorld) -> None:
    """All in the same night."""
    sim = laboratory.active(expires=BEGAN)

    def multiply(world: World) -> None:
        for n in range(2, housekeeping.BATCH + 2):
            world.sims.put(replace(sim, iccid=str(int(ICCID) + n)))

    laboratory.do(multiply)
    laboratory.do(housekeeping.midnight)
    assert laboratory.advance() == 1
    assert laboratory.look(lambda world: world.sims.count(state=SimState.EXPIRED)) == housekeeping.BATCH + 1
