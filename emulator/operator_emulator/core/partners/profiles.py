"""Limit, fraud and cost profiles (P§5.2): the usage of a SIM is checked against the profiles of its contract.

Level 1 is a warning; level 2 is an alarm, which restricts data as the profile says. Each notice is sent once in a
calendar month. Limits are reset with the month, fraud stays until somebody resets it. It is not published when the
operator checks; here it is done at once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from operator_emulator.core.customers import quotas
from operator_emulator.core.customers.model import OCTETS_PER_MB, Sim
from operator_emulator.core.network import device, numbering
from operator_emulator.core.network.model import DeviceStatus
from operator_emulator.core.partners.model import Alarm, Barring, Contract, Profile, Restriction
from operator_emulator.core.partners.notices import CostLimitNotice, ProfileNotice
from operator_emulator.core.partners.partners import sim_of
from operator_emulator.core.partners.pools import month_of
from operator_emulator.core.world import events, schedule
from operator_emulator.core.world.calendar import add_months, midnight_of
from operator_emulator.core.world.model import EventType, JobKind
from operator_emulator.core.world.world import Since, World


@dataclass(frozen=True, slots=True)
class Finding:
    """A level that was reached. *unit* is the unit as events name it."""

    barring: Barring
    level: int
    unit: str
    allowed: str
    detected: str


# What a limit profile counts: the key in Profile.thresholds, the barring, and the unit.
COUNTED: Final = (("sessions", Barring.SESSION, "sessions"), ("usage", Barring.USAGE, "MB"))


def check(world: World, iccid: str) -> None:
    """Check a SIM against its profiles, after it did something that they watch."""
    contract = world.contracts.get(iccid)
    if contract is None:
        return
    sim = sim_of(world, contract)
    if contract.home_imei is None and sim.device.imei is not None:
        contract = replace(contract, home_imei=sim.device.imei)
    for finding in (*limits(world, contract, sim), *frauds(world, contract, sim)):
        contract = notice(world, contract, sim, finding)
    contract = costs(world, contract, sim)
    before = world.contracts.get(iccid)
    world.contracts.put(contract)
    if before is not None and (contract.restriction, contract.apn_restrictions) != (
        before.restriction,
        before.apn_restrictions,
    ):
        device.close_pdp_context(world, iccid)  # a new session gets the new terms


def profile_of(world: World, contract: Contract, kind: str) -> Profile | None:
    key = contract.profiles.get(kind)
    return world.profiles.get(key) if key is not None else None


def begin_month(world: World, iccid: str) -> None:
    """Reset the limits of a SIM, and lift the restrictions that they have set."""
    contract = world.contracts.get(iccid)
    if contract is not None:
        kept = tuple(one for one in contract.notices_sent if one.startswith("fraud"))
        contract = contract.without_restriction("Limit")
        world.contracts.put(replace(contract, limit_status=Alarm.OK, overridden=Restriction.NONE, notices_sent=kept))


# --------------------------------------------------------------------------------------------- findings


def limits(world: World, contract: Contract, sim: Sim) -> list[Finding]:
    profile = profile_of(world, contract, "limit")
    if profile is None:
        return []
    detected = {"sessions": sessions_this_month(world, sim), "usage": megabytes_this_month(world, sim)}
    found = []
    for counted, barring, unit in COUNTED:
        threshold = profile.thresholds.get(counted)
        levels = ((1, threshold.warning), (2, threshold.alarm)) if threshold is not None else ()
        for level, allowed in levels:
            # More than what is allowed: the published sample says allowed 5, detected 6.
            if allowed is not None and detected[counted] > allowed:
                found.append(Finding(barring, level, unit, f"{allowed:g}", f"{detected[counted]:g}"))
    return found


def first_of_month(world: World) -> datetime:
    return midnight_of(world.now.replace(day=1))


def sessions_this_month(world: World, sim: Sim) -> float:
    start = first_of_month(world)
    ended = world.sessions.count(iccid=sim.iccid, opened=Since(start))
    open_now = sim.device.pdp is not None and sim.device.pdp.opened >= start
    return ended + open_now


def megabytes_this_month(world: World, sim: Sim) -> float:
    return quotas.data_of(quotas.month_to_date(world, sim.iccid)) / OCTETS_PER_MB


def frauds(world: World, contract: Contract, sim: Sim) -> list[Finding]:
    profile = profile_of(world, contract, "fraud")
    if profile is None:
        return []
    found = []
    seen, home = sim.device.imei, contract.home_imei
    if profile.device and seen is not None and home is not None and not numbering.same_device(seen, home):
        found.append(Finding(Barring.DEVICE, 2, "IMEI", home, seen))
    network = sim.device.network
    roams = sim.device.status is not DeviceStatus.OFFLINE and network is not None
    if profile.homes and roams and network is not None and network.iso.upper() not in profile.homes:
        found.append(Finding(Barring.LOCATION, 2, "country", ",".join(profile.homes), network.iso.upper()))
    return found


# --------------------------------------------------------------------------------------------- consequences


def notice(world: World, contract: Contract, sim: Sim, finding: Finding) -> Contract:
    """Send a notice of a finding, unless it was sent, and set the status and restriction that follow from it."""
    fraud = finding.barring.type == "Fraud"
    mark = f"{'fraud' if fraud else month_of(world)} {finding.barring} {finding.level}"
    if mark in contract.notices_sent:
        return contract
    profile = profile_of(world, contract, "fraud" if fraud else "limit")
    assert profile is not None, "the profile was there when it was judged by"
    contract = replace(contract, notices_sent=(*contract.notices_sent, mark))
    contract = struck(contract, profile, finding, fraud=fraud)
    if not fraud:
        schedule.cancel(world, JobKind.PROFILES_BEGIN_MONTH, sim.iccid)
        schedule.at(world, add_months(first_of_month(world), 1), JobKind.PROFILES_BEGIN_MONTH, sim.iccid)
    events.record(
        world,
        EventType.PROFILE_NOTICE,
        sim,
        partner=contract.partner,
        payload=ProfileNotice(
            restriction=contract.restriction,
            barring=finding.barring,
            level=finding.level,
            allowed=finding.allowed,
            detected=finding.detected,
            unit=finding.unit,
            apn=profile.apn,
            apn_restriction=contract.apn_restrictions.get(profile.apn, Restriction.NONE) if profile.apn else None,
        ),
    )
    return contract


def struck(contract: Contract, profile: Profile, finding: Finding, *, fraud: bool) -> Contract:
    """The contract with the status that follows from a finding and, at level 2, with the profile's restriction."""
    status = Alarm.ALARM if finding.level == 2 else Alarm.WARNING
    overridden = not fraud and contract.limit_status is Alarm.OVERRIDDEN
    if fraud:
        contract = replace(contract, fraud_status=status)
    elif contract.limit_status in (Alarm.OK, Alarm.WARNING):
        contract = replace(contract, limit_status=status)
    if status is Alarm.WARNING or overridden or profile.restriction is Restriction.NONE:
        return contract
    if profile.apn is not None:
        return replace(contract, apn_restrictions={**contract.apn_restrictions, profile.apn: profile.restriction})
    wanted = contract.restriction.stricter(profile.restriction)
    reason = contract.restriction_reason if wanted is contract.restriction else finding.barring
    return replace(contract, restriction=wanted, restriction_reason=reason)


def costs(world: World, contract: Contract, sim: Sim) -> Contract:
    """Check the month's cost of SMS against the cost profile. There are no calls, so voice costs nothing."""
    profile = profile_of(world, contract, "cost")
    threshold = profile.thresholds.get("sms") if profile is not None else None
    if profile is None or threshold is None:
        return contract
    used = quotas.month_to_date(world, sim.iccid)
    spent = (used.sms_mo + used.sms_mt) * profile.prices.get("sms", 0.0)
    for level, amount in ((1, threshold.warning), (2, threshold.alarm)):
        mark = f"{month_of(world)} cost sms {level}"
        if amount is None or spent < amount or mark in contract.notices_sent:
            continue
        contract = replace(contract, notices_sent=(*contract.notices_sent, mark))
        events.record(
            world,
            EventType.COST_LIMIT_NOTICE,
            sim,
            partner=contract.partner,
            payload=CostLimitNotice(
                euiccid=contract.euiccid,
                msisdn=sim.msisdn,
                offering_name=contract.offering_name,
                offering_id=contract.offering_id,
                level=level,
                limit=amount,
                profile_name=profile.name,
                profile_id=int(profile.id),
            ),
        )
    return contract
