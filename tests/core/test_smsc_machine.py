"""The SMSC against a simple model: whatever happens in whatever order, every message ends once, and rightly."""

from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from operator_emulator.core.customers import quotas, sims
from operator_emulator.core.network import smsc
from operator_emulator.core.network.model import SMS_STEPS, DeviceStatus, SmsStatus
from operator_emulator.core.world import schedule
from operator_emulator.core.world.errors import QuotaExhausted
from operator_emulator.core.world.model import EventType
from tests.core.conftest import CALLER, ICCID, CoreWorld

REPORTS = {
    SmsStatus.DELIVERED: EventType.SMS_DELIVERED,
    SmsStatus.FAILED: EventType.SMS_FAILED,
    SmsStatus.EXPIRED: EventType.SMS_EXPIRED,
}
HAS_THE_JOB = {SmsStatus.PENDING: "smsc.attempt", SmsStatus.IN_PROGRESS: "smsc.acknowledge"}
FEW = 3  # messages that the SIM may receive before it needs a top-up
FIRST_ATTEMPT = RADIO = timedelta(seconds=1)


class Messages(RuleBasedStateMachine):
    """The model: is the device there, since when, how much was bought, and where each message was last seen."""

    def __init__(self) -> None:
        super().__init__()
        self.laboratory = CoreWorld()
        self.laboratory.active()
        self.laboratory.with_volume(sms=FEW)
        self.bought = FEW
        self.enabled = True
        self.there_since: datetime | None = None
        self.seen: dict[int, SmsStatus] = {}

    def teardown(self) -> None:
        self.laboratory.store.close()

    # ---------------------------------------------------------------------------------- what may happen

    @rule(minutes=st.sampled_from([None, 0, 1, 45, 180]))
    def submit(self, minutes: int | None) -> None:
        expires = None if minutes is None else self.laboratory.now + timedelta(minutes=minutes)
        volume = self.volume
        try:
            sms = self.laboratory.submit(expires=expires)
        except QuotaExhausted:
            assert volume == 0
            return
        assert volume > 0
        assert sms.status is (SmsStatus.EXPIRED if minutes == 0 else SmsStatus.PENDING)
        self.seen[sms.id] = sms.status

    @rule()
    def attach(self) -> None:
        self.laboratory.device(DeviceStatus.ATTACHED)
        if self.enabled and self.there_since is None:
            self.there_since = self.laboratory.now

    @rule()
    def detach(self) -> None:
        self.laboratory.device(DeviceStatus.OFFLINE)
        self.there_since = None

    @rule()
    def disable(self) -> None:
        self.laboratory.do(sims.suspend, self.laboratory.sim())
        self.enabled, self.there_since = False, None

    @rule()
    def enable(self) -> None:
        self.laboratory.do(sims.activate, self.laboratory.sim())
        self.enabled = True

    @rule()
    def top_up(self) -> None:
        self.laboratory.do(quotas.top_up, self.laboratory.sim(), 0, FEW)
        self.bought += FEW

    @rule(which=st.integers(0, 20))
    @precondition(lambda self: self.seen)
    def cancel(self, which: int) -> None:
        id = sorted(self.seen)[which % len(self.seen)]
        before = self.seen[id]
        after = self.laboratory.do(smsc.cancel, CALLER, ICCID, id).status
        assert after is (before if before.final else SmsStatus.CANCELED)
        self.seen[id] = after

    @rule(seconds=st.sampled_from([0, 0.5, 1, 2, 60, 1800, 3600, 86400]))
    def advance(self, seconds: float) -> None:
        """One job at a time, so that each step of a message is seen."""
        target = self.laboratory.now + timedelta(seconds=seconds)
        while self.laboratory.step(target).ran:
            self.look()

    @rule()
    def run_one_job(self) -> None:
        """Just the next one, at its time: so messages are met on the air, too."""
        due = self.laboratory.look(schedule.next_due)
        if due is not None:
            self.laboratory.step(due)
            self.look()

    # ---------------------------------------------------------------------------------- what must be true

    @property
    def volume(self) -> int:
        quota = self.laboratory.sim().sms_quota
        assert quota is not None
        return quota.volume

    def look(self) -> None:
        """A message goes from one status to the next as the table says, and is delivered to a device that is there."""
        for id, before in self.seen.items():
            after = self.laboratory.sms(id).status
            assert after is before or after in SMS_STEPS[before], (before, after)
            if after is not before and after is SmsStatus.DELIVERED:
                assert self.there_since is not None
            self.seen[id] = after

    @invariant()
    def steps_are_those_of_the_table(self) -> None:
        self.look()

    @invariant()
    def only_what_is_delivered_is_charged(self) -> None:
        delivered = sum(status is SmsStatus.DELIVERED for status in self.seen.values())
        assert self.bought - self.volume == delivered
        assert self.laboratory.look(quotas.month_to_date, ICCID).sms_mt <= delivered  # a month may have passed
        assert self.volume >= 0

    @invariant()
    def every_end_is_reported_once_but_a_cancellation(self) -> None:
        told = [(event.sms, event.type) for event in self.laboratory.log(*REPORTS.values())]
        ended = [(id, REPORTS[status]) for id, status in self.seen.items() if status in REPORTS]
        assert sorted(told) == sorted(ended)

    @invariant()
    def what_is_open_leads_on_and_what_is_final_rests(self) -> None:
        for id, status in self.seen.items():
            sms = self.laboratory.sms(id)
            waiting = self.laboratory.jobs("smsc", id)
            if status.final:
                assert waiting == []
                continue
            assert sms.expires > self.laboratory.now or self.laboratory.jobs("smsc.expire", id)
            expected = [HAS_THE_JOB[status]] if status in HAS_THE_JOB else []
            if status is SmsStatus.BUFFERED and sms.next_attempt is not None:
                expected = ["smsc.attempt"]  # otherwise an attach leads on
            if self.there_since is not None:
                expected = expected or ["smsc.attempt"]
            assert sorted(waiting) == sorted([*expected, "smsc.expire"])

    @invariant()
    def a_device_that_is_there_gets_its_messages(self) -> None:
        for id, status in self.seen.items():
            sms = self.laboratory.sms(id)
            assert status.final or sms.expires >= self.laboratory.now
            if not status.final and self.there_since is not None:
                latest = max(self.there_since, sms.submitted + FIRST_ATTEMPT) + RADIO
                assert self.laboratory.now <= latest


TestMessages = Messages.TestCase
TestMessages.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
