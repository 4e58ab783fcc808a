"""Volumes: quotas of SIMs, monthly limits of organisations, and daily usage."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from operator_emulator.core.customers import ownership
from operator_emulator.core.customers.model import (
    OCTETS_PER_MB,
    Caller,
    CoreNetwork,
    DailyUsage,
    Organisation,
    Quota,
    Service,
    Sim,
)
from operator_emulator.core.network.model import AttachFailure, DeliveryFailure, Direction
from operator_emulator.core.partners import pools
from operator_emulator.core.world import events
from operator_emulator.core.world.calendar import add_months
from operator_emulator.core.world.errors import LimitReached, Malformed, QuotaExhausted
from operator_emulator.core.world.model import DAY, EventType
from operator_emulator.core.world.payloads import QuotaChange
from operator_emulator.core.world.policy import Policy
from operator_emulator.core.world.world import Since, World

# --------------------------------------------------------------------------------------------- monthly limits


@dataclass(frozen=True, slots=True)
class Limit:
    """A monthly limit that can be selected. *amount* None means no limit."""

    id: int
    amount: int | None
    unit: str

    @property
    def description(self) -> str:
        return "No Limit" if self.amount is None else f"{self.amount} {self.unit} per 1 month"


def _selectable(unit: str, amounts: dict[int, int]) -> Mapping[int, Limit]:
    limits = (Limit(id, amount, unit) for id, amount in amounts.items())
    return MappingProxyType({0: Limit(0, None, unit), **{limit.id: limit for limit in limits}})


# The ids are published (D§12.1); that 0 removes a limit is assumed.
SELECTABLE: Final = MappingProxyType(
    {
        "data": _selectable("MB", {9: 10, 10: 20, 17: 30, 16: 40}),
        "smsMT": _selectable("SMS", {45: 10, 29: 25, 28: 50, 5: 100}),
        "smsMO": _selectable("SMS", {35: 10, 31: 25, 30: 50, 7: 100}),
    }
)
UNLIMITED: Final = MappingProxyType({service: limits[0] for service, limits in SELECTABLE.items()})
# The events at the two marks of a quota: threshold, and used up.
MARKS: Final = MappingProxyType(
    {
        Service.DATA: (EventType.DATA_THRESHOLD_REACHED, EventType.DATA_USED_UP),
        Service.SMS: (EventType.SMS_THRESHOLD_REACHED, EventType.SMS_USED_UP),
    }
)
SMS_LIMITS: Final = MappingProxyType({Direction.MT: "smsMT", Direction.MO: "smsMO"})


def selectable(service: str) -> Mapping[int, Limit]:
    """The limits that can be set for a service, whose name is read in any case (D§7). Raises Malformed."""
    for name, limits in SELECTABLE.items():
        if name.casefold() == service.casefold():
            return limits
    raise Malformed("service", f"must be one of {', '.join(SELECTABLE)}")


def set_limits(
    world: World,
    caller: Caller,
    data: int | None = None,
    sms_mt: int | None = None,
    sms_mo: int | None = None,
) -> None:
    """Set the limits of the caller's organisation by id. None leaves a limit unchanged. Raises Malformed.

    Earlier usage still counts (D§12.1).
    """
    organisation = world.organisations.get(caller.organisation)
    assert organisation is not None, "a caller has an organisation"
    chosen = dict(organisation.limits)
    for service, id in (("data", data), ("smsMT", sms_mt), ("smsMO", sms_mo)):
        if id is None:
            continue
        if id not in SELECTABLE[service]:
            known = ", ".join(str(one) for one in SELECTABLE[service])
            raise Malformed(service, f"must be one of the selectable limits {known}")
        chosen[service] = id
    world.organisations.put(replace(organisation, limits={name: id for name, id in chosen.items() if id}))


def limits(world: World, caller: Caller) -> dict[str, Limit]:
    """The limits in force by service: data, smsMT, smsMO. Services without a limit are absent (D§12.1)."""
    organisation = world.organisations.get(caller.organisation)
    assert organisation is not None, "a caller has an organisation"
    return limits_of(organisation)


def limits_of(organisation: Organisation) -> dict[str, Limit]:
    """The limits in force by service; those without a limit are absent."""
    return {
        service: SELECTABLE[service][organisation.limits[service]]
        for service in SELECTABLE
        if service in organisation.limits
    }


def limit_of(world: World, sim: Sim, service: str) -> int | None:
    """The volume that each SIM of the organisation may use in a month, in MB or messages; None: unlimited."""
    organisation = None if sim.organisation is None else world.organisations.get(sim.organisation)
    if organisation is None or service not in organisation.limits:
        return None
    return SELECTABLE[service][organisation.limits[service]].amount


# --------------------------------------------------------------------------------------------- barring


def sms_barred(world: World, sim: Sim, direction: Direction) -> DeliveryFailure | None:
    """The reason why quota or monthly limit bar another message; None if they do not."""
    if sim.sms_quota is not None and sim.sms_quota.volume <= 0:
        return DeliveryFailure.QUOTA_EXHAUSTED
    limit = limit_of(world, sim, SMS_LIMITS[direction])
    if limit is None:
        return None
    used = month_to_date(world, sim.iccid)
    sent = used.sms_mt if direction is Direction.MT else used.sms_mo
    return DeliveryFailure.LIMIT_REACHED if sent >= limit else None


def data_barred(world: World, sim: Sim) -> AttachFailure | None:
    """The reason why quota or monthly limit bar a new data session; None if they do not (D§11.2).

    A SIM without an organisation belongs to a partner, whose volumes are pools.
    """
    if sim.organisation is None:
        return None
    if sim.data_quota is None:
        return AttachFailure.NO_QUOTA_FOUND
    if sim.data_quota.volume <= 0:
        return AttachFailure.QUOTA_EXHAUSTED
    return AttachFailure.MONTHLY_USAGE_LIMIT_EXCEEDED if data_limit_reached(world, sim) else None


def data_limit_reached(world: World, sim: Sim) -> bool:
    """Whether the SIM has used what its organisation allows it in this month (D§12.1)."""
    limit = limit_of(world, sim, "data")
    return limit is not None and data_of(month_to_date(world, sim.iccid)) >= limit * OCTETS_PER_MB


def require(world: World, sim: Sim, service: Service) -> None:
    """Raises QuotaExhausted or LimitReached if no further MT message, or no session, is possible.

    With ``policy.sms_without_quota`` "fail" a message is accepted and fails later.
    """
    if service is Service.SMS:
        cause: DeliveryFailure | AttachFailure | None = sms_barred(world, sim, Direction.MT)
        if cause is DeliveryFailure.QUOTA_EXHAUSTED and world.policy.sms_without_quota == "fail":
            return
        limited = "smsMT"
    else:
        cause = data_barred(world, sim)
        limited = "data"
    if cause in (DeliveryFailure.LIMIT_REACHED, AttachFailure.MONTHLY_USAGE_LIMIT_EXCEEDED):
        raise LimitReached(sim.iccid, limited, limit_of(world, sim, limited) or 0)
    if cause is not None:
        raise QuotaExhausted(sim.iccid, service.value)


# --------------------------------------------------------------------------------------------- charging


def charge_sms(world: World, sim: Sim, direction: Direction) -> Sim:
    """Charge one message, or one part of a concatenated one (D§9.6), and count it on its day."""
    count = world.policy.sms_charge
    row = used_on(world, sim.iccid, world.now.date())
    if direction is Direction.MT:
        row = replace(row, sms_mt=row.sms_mt + count)
    else:
        row = replace(row, sms_mo=row.sms_mo + count)
    world.usage.put(row)
    pools.add(world, sim, sms=count)
    if sim.sms_quota is None:
        return sim
    return world.sims.put(replace(sim, sms_quota=_less(world, sim, Service.SMS, sim.sms_quota, count)))


def charge_data(world: World, sim: Sim, octets_tx: int, octets_rx: int) -> Sim:
    """Charge data and count it on its day. The remaining volume may become negative (D§8.4).

    Crossing the monthly limit records an event; only new sessions are refused (D§12.1).
    """
    octets = octets_tx + octets_rx
    limit = limit_of(world, sim, "data")
    if limit is not None:
        before = data_of(month_to_date(world, sim.iccid))
        if before < limit * OCTETS_PER_MB <= before + octets:
            events.record(world, EventType.DATA_LIMIT_REACHED, sim)
    row = used_on(world, sim.iccid, world.now.date())
    world.usage.put(replace(row, octets_tx=row.octets_tx + octets_tx, octets_rx=row.octets_rx + octets_rx))
    pools.add(world, sim, octets=octets)
    if sim.data_quota is None:
        return sim
    return world.sims.put(replace(sim, data_quota=_less(world, sim, Service.DATA, sim.data_quota, octets)))


def billed(world: World, sim: Sim, octets: int) -> int:
    """The charged octets of one direction of a session. The second core rounds up to whole kilobytes (V§1)."""
    unit = world.policy.session_rounding if sim.core is CoreNetwork.PLATFORM_2 else 1
    return -(-octets // unit) * unit


def _less(world: World, sim: Sim, service: Service, quota: Quota, count: int) -> Quota:
    """The quota less *count*. Each of its two marks is dated and recorded once (D§9.6, 14)."""
    threshold, used_up = MARKS[service]
    quota = replace(quota, volume=quota.volume - count)
    if quota.threshold_reached is None and below_threshold(world, quota):
        quota = replace(quota, threshold_reached=world.now, changed=world.now)
        events.record(world, threshold, sim, payload=change_of(sim, service, quota))
    if quota.exceeded is None and quota.volume <= 0:
        quota = replace(quota, exceeded=world.now, changed=world.now)
        events.record(world, used_up, sim, payload=change_of(sim, service, quota))
    return quota


def change_of(sim: Sim, service: Service, quota: Quota) -> QuotaChange:
    return QuotaChange(service=service, quota=quota, expires=sim.expires)


def below_threshold(world: World, quota: Quota) -> bool:
    """Whether the threshold is reached, not only passed (V§6)."""
    return quota.volume <= threshold(world.policy, quota)


def threshold(policy: Policy, quota: Quota) -> float:
    """The volume at which a quota is low; a top-up moves it (V§6)."""
    return quota.full * policy.threshold_percentage / 100


# --------------------------------------------------------------------------------------------- adding


def top_up(world: World, sim: Sim, mb: int, sms: int) -> Sim:
    """Add volume to both quotas, or create them. A device that was blocked may attach again (D§12.2)."""
    data, messages = _more(world, sim.data_quota, mb * OCTETS_PER_MB), _more(world, sim.sms_quota, sms)
    sim = world.sims.put(replace(sim, data_quota=data, sms_quota=messages))
    events.record(world, EventType.DATA_QUOTA_ASSIGNED, sim, payload=change_of(sim, Service.DATA, data))
    events.record(world, EventType.SMS_QUOTA_ASSIGNED, sim, payload=change_of(sim, Service.SMS, messages))
    return sim


def _more(world: World, quota: Quota | None, volume: int) -> Quota:
    if quota is None:
        return Quota(volume=volume, total=volume, last_added=volume, changed=world.now, created=world.now)
    quota = replace(
        quota,
        volume=quota.volume + volume,
        total=quota.total + volume,
        last_added=volume,
        changed=world.now,
        refilled=quota.volume + volume,
    )
    return replace(
        quota,
        threshold_reached=quota.threshold_reached if below_threshold(world, quota) else None,
        exceeded=quota.exceeded if quota.volume <= 0 else None,
    )


# --------------------------------------------------------------------------------------------- usage


def used_on(world: World, iccid: str, day: date) -> DailyUsage:
    """The usage of one SIM on one day, which may be zero."""
    key = f"{iccid} {day}"
    return world.usage.get(key) or DailyUsage(id=key, iccid=iccid, day=str(day))


def data_of(usage: DailyUsage) -> int:
    return usage.octets_tx + usage.octets_rx


def total(iccid: str, period: str, rows: Iterable[DailyUsage]) -> DailyUsage:
    """The sum of several days, under the name *period*."""
    rows = tuple(rows)
    return DailyUsage(
        id=f"{iccid} {period}",
        iccid=iccid,
        day=period,
        octets_tx=sum(row.octets_tx for row in rows),
        octets_rx=sum(row.octets_rx for row in rows),
        sms_mo=sum(row.sms_mo for row in rows),
        sms_mt=sum(row.sms_mt for row in rows),
    )


def month_to_date(world: World, iccid: str) -> DailyUsage:
    """The usage of one SIM in this calendar month in UTC (D§9.6, assumed)."""
    month = f"{world.now:%Y-%m}"
    return total(iccid, month, world.usage.find(iccid=iccid, day=Since(f"{month}-01")))


def usage(
    world: World, caller: Caller, iccid: str, start: date | None = None, end: date | None = None
) -> list[DailyUsage]:
    """The usage of a SIM by day, newest first, including idle days and both ends (D§8.3). Raises UnknownSim.

    Without *start* the window begins with the month of *end*; without both, ``policy.usage_window`` decides. The
    window ends today at the latest, begins ``policy.usage_months`` ago at the earliest, and may be empty.
    """
    sim = ownership.owned(world, caller, iccid)
    today = world.now.date()
    last = min(end or today, today)
    first = start
    if first is None:
        first = last.replace(day=1)
        if end is None and world.policy.usage_window == "fortnight":
            first = today - 13 * DAY
        elif end is None and world.policy.usage_window == "today":
            first = today
    first = max(first, oldest_day(world))
    rows = {row.day: row for row in world.usage.find(iccid=sim.iccid, day=Since(str(first)))}
    days = [last - n * DAY for n in range((last - first).days + 1)]
    return [rows.get(str(day)) or DailyUsage(id=f"{sim.iccid} {day}", iccid=sim.iccid, day=str(day)) for day in days]


def oldest_day(world: World) -> date:
    """The oldest day whose usage is kept: six months ago (D§8.3)."""
    return add_months(world.now, -world.policy.usage_months).date()
