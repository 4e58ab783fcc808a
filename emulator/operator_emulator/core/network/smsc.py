"""SMSC: accepts short messages, delivers or buffers them, and reports (D§9).

An MT message is submitted, attempted and acknowledged; each step is a job. ``expire`` runs at the end of the validity
period. An MO message is passed to the forwarder at once; its status is that of the forwarder's notification.
"""

from datetime import timedelta
from typing import Any, Final

from msgspec.structs import replace

from operator_emulator.core.customers import ownership, quotas, usage_records
from operator_emulator.core.customers.model import Caller, Service, Sim, SimState
from operator_emulator.core.network import networks, tpdu
from operator_emulator.core.network.model import (
    SMS_STEPS,
    AddressType,
    DeliveryFailure,
    DeviceStatus,
    Direction,
    FailedAttempt,
    Rat,
    Sms,
    SmsDraft,
    SmsStatus,
)
from operator_emulator.core.tester import faults
from operator_emulator.core.tester.model import FaultPoint
from operator_emulator.core.world import events, schedule
from operator_emulator.core.world.errors import Malformed, UnknownSms
from operator_emulator.core.world.model import EventType, Fate, JobKind, Notification, Way
from operator_emulator.core.world.payloads import Forwarded, MissingForwarder
from operator_emulator.core.world.world import Since, World

REPORTS: Final = {
    SmsStatus.DELIVERED: EventType.SMS_DELIVERED,
    SmsStatus.FAILED: EventType.SMS_FAILED,
    SmsStatus.EXPIRED: EventType.SMS_EXPIRED,
}

AFTER_VALIDITY: Final = {"failed": SmsStatus.FAILED, "expired": SmsStatus.EXPIRED}

# Source addresses that decide the fate of a message, for testers who can change only their own request: the cause of
# failure, and how many attempts fail (None: all). This is our own invention; the operator knows no such addresses.
MAGIC_ADDRESSES: Final = {
    "emu-fail": (DeliveryFailure.CALL_BARRED, None),
    "emu-buffer": (DeliveryFailure.ABSENT_SUBSCRIBER, None),  # stays buffered until its validity ends
    "emu-late": (DeliveryFailure.ABSENT_SUBSCRIBER, 1),  # delivered by the retry
}
MAGIC_EXPIRY: Final = "emu-expire"  # expires at its first attempt
FAILED_ATTEMPTS_KEPT: Final = 50  # of one message: two days of hourly retries

# --------------------------------------------------------------------------------------------- MT: submission


def submit(world: World, caller: Caller, iccid: str, draft: SmsDraft) -> Sms:
    """Accept a message for one of the caller's SIMs. It is tried as soon as time moves.

    A validity period that is over already is accepted, and ends at once (D§9.4). Raises UnknownSim, SimExpired,
    Malformed, QuotaExhausted and LimitReached.
    """
    return accept(world, ownership.usable(world, caller, iccid), draft)


def accept(world: World, sim: Sim, draft: SmsDraft) -> Sms:
    """Accept a message for a SIM, whoever it belongs to. Raises Malformed, QuotaExhausted and LimitReached."""
    check(draft)
    quotas.require(world, sim, Service.SMS)
    policy = world.policy
    sms = world.sms.put(
        Sms(
            id=world.next_id("sms"),
            iccid=sim.iccid,
            organisation=sim.organisation,
            direction=Direction.MT,
            status=SmsStatus.PENDING,
            payload=draft.payload,
            submitted=world.now,
            expires=draft.expires or world.now + policy.validity_period,
            msisdn=sim.msisdn,
            source_address=draft.source_address,
            source_address_type=draft.source_address_type,
            dcs=draft.dcs,
            udh=draft.udh,
        )
    )
    if sms.expires <= world.now:
        return _end_of_validity(world, sms)
    schedule.at(world, sms.expires, JobKind.SMSC_EXPIRE, sms.id)
    schedule.at(world, world.now + policy.first_attempt, JobKind.SMSC_ATTEMPT, sms.id)
    return sms


def check(draft: SmsDraft) -> None:
    """Raises Malformed for a message that does not fit, or that a customer may not submit."""
    if draft.dcs not in set(tpdu.Dcs):
        raise Malformed("dcs", f"must be one of {', '.join(str(int(known)) for known in tpdu.Dcs)}")
    tpdu.check(draft.payload, draft.dcs, draft.udh)
    if draft.source_address_type is AddressType.ALPHANUMERIC:
        tpdu.check_sender("source_address", draft.source_address)


# --------------------------------------------------------------------------------------------- MT: delivery


def reach(world: World, sim: Sim) -> DeliveryFailure | None:
    """Why a message cannot be delivered to the device now; None if it can (D§9.4)."""
    if sim.state is not SimState.ACTIVATED and world.policy.sms_to_disabled_sim == "fail":
        return DeliveryFailure.CALL_BARRED
    if sim.state is not SimState.ACTIVATED or sim.device.status is DeviceStatus.OFFLINE:
        return DeliveryFailure.ABSENT_SUBSCRIBER
    if sim.device.rat is Rat.NB_IOT:
        return DeliveryFailure.ABSENT_SUBSCRIBER  # NB-IoT carries no SMS: wait for another radio
    return quotas.sms_barred(world, sim, Direction.MT)


def attempt(world: World, sms_id: str) -> None:
    """Attempt delivery. If the device cannot be reached, the message is buffered or fails."""
    sms, sim = _expected(world, sms_id, SmsStatus.PENDING, SmsStatus.BUFFERED)
    if sms is None or sim is None:
        return
    schedule.cancel(world, JobKind.SMSC_ATTEMPT, sms.id)
    sms = replace(sms, attempted=world.now, attempts=sms.attempts + 1, next_attempt=None)
    if sms.source_address == MAGIC_EXPIRY and world.policy.magic_addresses:
        _end_of_validity(world, sms)
        return
    if sim.device.status is not DeviceStatus.OFFLINE and sim.device.network is not None:
        sms = replace(sms, msc=networks.msc(sim.device.network))
    cause = _injected_failure(world, sms) or reach(world, sim)
    if cause is not None:
        _failed_attempt(world, sms, sim, cause)
        return
    world.sms.put(step(sms, SmsStatus.IN_PROGRESS))
    schedule.at(world, world.now + _time_on_air(world, sim), JobKind.SMSC_ACKNOWLEDGE, sms.id)


def _time_on_air(world: World, sim: Sim) -> timedelta:
    """The time that the device takes to acknowledge a message."""
    behaviour = world.behaviours.get(sim.iccid)
    if behaviour is None or behaviour.acknowledges_after is None:
        return world.policy.radio_time
    return timedelta(seconds=behaviour.acknowledges_after)


def _injected_failure(world: World, sms: Sms) -> DeliveryFailure | None:
    """The cause of failure that a tester chose for this attempt, by a magic source address or a fault."""
    if world.policy.magic_addresses and sms.source_address in MAGIC_ADDRESSES:
        cause, attempts = MAGIC_ADDRESSES[sms.source_address]
        if attempts is None or sms.attempts <= attempts:
            return cause
    strike = faults.strike(
        world,
        FaultPoint.NETWORK,
        f"sms {sms.id} attempt {sms.attempts}",
        iccid=sms.iccid,
        organisation=sms.organisation,
        payload=sms.payload,
        source_address=sms.source_address,
    )
    return None if strike is None else DeliveryFailure(strike.fault.effect["cause"])


def acknowledge(world: World, sms_id: str) -> None:
    """The device acknowledges the message, unless it can no longer be reached."""
    sms, sim = _expected(world, sms_id, SmsStatus.IN_PROGRESS)
    if sms is None or sim is None:
        return
    cause = reach(world, sim)
    if cause is not None:
        _failed_attempt(world, sms, sim, cause)
        return
    # Only delivered messages are charged (D§9.6) and show the IMSI (D§9.3).
    sim = quotas.charge_sms(world, sim, Direction.MT)
    usage_records.count_sms(world, sim, Direction.MT)
    finish(world, replace(sms, imsi=sim.imsi, cause=None), SmsStatus.DELIVERED)
    behaviour = world.behaviours.get(sim.iccid)
    if behaviour is not None and behaviour.auto_reply is not None:
        schedule.at(
            world, world.now + timedelta(seconds=behaviour.auto_reply.seconds), JobKind.BEHAVIOURS_REPLY, sms.id
        )


def alert(world: World, sim: Sim) -> Sim:
    """The subscriber is present again: attempt every buffered message now, oldest first."""
    for sms in world.sms.find(iccid=sim.iccid, status=SmsStatus.BUFFERED, direction=Direction.MT):
        schedule.cancel(world, JobKind.SMSC_ATTEMPT, sms.id)
        schedule.at(world, world.now, JobKind.SMSC_ATTEMPT, sms.id)
        world.sms.put(replace(sms, next_attempt=world.now))
    return world.sims.put(replace(sim, message_waiting=False))


def expire(world: World, sms_id: str) -> None:
    """The validity period is over."""
    sms, _ = _expected(world, sms_id, SmsStatus.PENDING, SmsStatus.IN_PROGRESS, SmsStatus.BUFFERED)
    if sms is not None:
        _end_of_validity(world, sms)


def cancel(world: World, caller: Caller, iccid: str, sms_id: int) -> Sms:
    """Cancel a message that is not final. Final ones, and MO messages, stay unchanged (D§9.5).

    Raises UnknownSim and UnknownSms.
    """
    sms = _find(world, caller, iccid, sms_id)
    if sms.direction is Direction.MO or sms.status.final:
        return present(world, sms)
    return finish(world, sms, SmsStatus.CANCELED)


def _expected(world: World, sms_id: str, *statuses: SmsStatus) -> tuple[Sms | None, Sim | None]:
    """The message and its SIM, or None if its status is not one that the job expects."""
    sms = world.sms.get(int(sms_id))
    if sms is None or sms.status not in statuses:
        return None, None
    return sms, world.sims.get(sms.iccid)


def _failed_attempt(world: World, sms: Sms, sim: Sim, cause: DeliveryFailure) -> None:
    """Buffer the message if the cause is temporary; otherwise it fails.

    ``retries`` stays 0 for MT messages, as in recordings of messages that were attempted for a day (D§9.4).
    """
    failed = (*sms.failed_attempts[1 - FAILED_ATTEMPTS_KEPT :], FailedAttempt(world.now, cause))
    sms = replace(sms, cause=cause, failed_attempts=failed)
    if cause.permanent:
        finish(world, sms, SmsStatus.FAILED)
        return
    world.sims.put(replace(sim, message_waiting=True))
    again = world.now + world.policy.retry_after
    if again < sms.expires:
        sms = replace(sms, next_attempt=again)
        schedule.at(world, again, JobKind.SMSC_ATTEMPT, sms.id)
    world.sms.put(step(sms, SmsStatus.BUFFERED))


def _end_of_validity(world: World, sms: Sms) -> Sms:
    return finish(world, sms, AFTER_VALIDITY[world.policy.mt_after_validity])


def step(sms: Sms, status: SmsStatus) -> Sms:
    """The message in its next status, which may equal the present one."""
    assert status in SMS_STEPS[sms.status] or (status is sms.status and not status.final), (sms, status)
    return replace(sms, status=status)


def finish(world: World, sms: Sms, status: SmsStatus) -> Sms:
    """Set the final status of an MT message, cancel its jobs, and report unless the customer cancelled it (D§9.4).

    A cancelled message has no final date (D§9.3).
    """
    for kind in (JobKind.SMSC_ATTEMPT, JobKind.SMSC_ACKNOWLEDGE, JobKind.SMSC_EXPIRE):
        schedule.cancel(world, kind, sms.id)
    sms = replace(step(sms, status), next_attempt=None)
    if status is SmsStatus.CANCELED:
        return world.sms.put(sms)
    sms = replace(sms, finished=world.now)
    return _report(world, sms, REPORTS[status], world.sims.get(sms.iccid))


def _report(world: World, sms: Sms, type: EventType, sim: Sim | None) -> Sms:
    """Record the event that the forwarder pushes, for the organisation that owns the message.

    A second event says so if the organisation has no forwarder (D§10.5).
    """
    event = events.record(world, type, sim, organisation=sms.organisation, sms=sms)
    if not any(one.way is Way.FORWARDER for one in events.subscribers(world, event)):
        events.record(
            world,
            EventType.FORWARDING_IMPOSSIBLE,
            sim,
            organisation=sms.organisation,
            sms=sms,
            payload=MissingForwarder(
                what=Forwarded.SMS if type is EventType.MO_RECEIVED else Forwarded.REPORT,
                address=sms.dest_address or sms.msisdn,
            ),
        )
    return world.sms.put(replace(sms, event=event.id))


# --------------------------------------------------------------------------------------------- MO


def receive_mo(world: World, sim: Sim, payload: str, dest_address: str, dcs: int = 0, udh: str = "") -> Sms:
    """Accept a message from a device. It is charged at once (D§9.6) and forwarded. Raises Malformed."""
    tpdu.check(payload, dcs, udh)
    sms = world.sms.put(
        Sms(
            id=world.next_id("sms"),
            iccid=sim.iccid,
            organisation=sim.organisation,
            direction=Direction.MO,
            status=SmsStatus.BUFFERED,  # it stays so if there is no forwarder (D§9.7)
            payload=payload,
            submitted=world.now,
            expires=world.now + world.policy.validity_period,
            msisdn=sim.msisdn,
            source_address_type=AddressType.INTERNATIONAL,  # recorded (D§9.3)
            dest_address=dest_address,
            dcs=dcs,
            udh=udh,
        )
    )
    sim = quotas.charge_sms(world, sim, Direction.MO)
    usage_records.count_sms(world, sim, Direction.MO)
    return _report(world, sms, EventType.MO_RECEIVED, sim)


# --------------------------------------------------------------------------------------------- views


def show(world: World, caller: Caller, iccid: str, sms_id: int) -> Sms:
    """One message of a caller's SIM. Raises UnknownSim and UnknownSms."""
    return present(world, _find(world, caller, iccid, sms_id))


def page(
    world: World,
    caller: Caller,
    iccid: str,
    *,
    offset: int,
    limit: int,
    order: str = "",
    statuses: tuple[SmsStatus, ...] | None = None,
) -> tuple[list[Sms], int]:
    """A page of a SIM's messages, newest first by default, and their number in all. Raises UnknownSim.

    *statuses* applies to messages to the device; None means all.
    """
    sim = ownership.owned(world, caller, iccid)
    shown: dict[str, Any] = {"iccid": sim.iccid, "submitted": Since(events.horizon(world))}
    if statuses is not None:
        shown["status"] = statuses
    rows = world.sms.find(order=order or "-id", offset=offset, limit=limit, **shown)
    return [present(world, sms) for sms in rows], world.sms.count(**shown)


def present(world: World, sms: Sms) -> Sms:
    """The message as a customer sees it: an MO has the status of the notification that forwards it (D§9.7)."""
    notification = None if sms.direction is Direction.MT else _forwarding(world, sms)
    if notification is None:
        return sms
    tries = notification.tries
    if notification.fate is Fate.TAKEN:
        status = SmsStatus.DELIVERED
    elif notification.fate is Fate.GIVEN_UP:
        status = AFTER_VALIDITY[world.policy.mo_after_validity]
    elif not tries:
        status = SmsStatus.PENDING
    elif tries[-1].outcome is None:
        status = SmsStatus.IN_PROGRESS
    else:
        status = SmsStatus.BUFFERED
    return replace(
        sms,
        status=status,
        attempted=tries[-1].at if tries else None,
        next_attempt=notification.next_try if tries else None,
        retries=max(len(tries) - 1, 0),
        finished=notification.finished,
    )


def _forwarding(world: World, sms: Sms) -> Notification | None:
    """The notification that forwards an MO message."""
    for notification in world.notifications.find(event=sms.event):
        subscription = world.subscriptions.get(notification.subscription)
        if subscription is None or subscription.way is Way.FORWARDER:
            return notification
    return None


def _find(world: World, caller: Caller, iccid: str, sms_id: int) -> Sms:
    sim = ownership.owned(world, caller, iccid)
    sms = world.sms.get(sms_id)
    if sms is None or sms.iccid != sim.iccid or sms.submitted < events.horizon(world):
        raise UnknownSms(str(sms_id))
    return sms
