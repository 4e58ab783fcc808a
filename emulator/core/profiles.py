"""Limit, fraud and cost profiles at work (P§5.2): what a SIM does is held against those that its contract has.

Level 1 warns, level 2 alarms and does to the data session what the profile says. Each notice goes out once in a
calendar month; the counters begin anew with it. When the operator evaluates is unpublished: here, at once.
"""

from dataclasses import dataclass, replace

from emulator.core import device, events
from emulator.core.model import OCTETS_PER_MB, DeviceStatus, EventType, Sim
from emulator.core.partner_model import Alarm, Contract, Profile, Restriction
from emulator.core.pools import month_of
from emulator.core.world import Since, World


@dataclass(frozen=True, slots=True)
class Finding:
    """A level that was reached."""

    barring: str  # Session Limit | Usage Limit | Device Fraud | Location Fraud
    level: int
    unit: str
    allowed: str
    detected: str


def check(world: World, iccid: str) -> None:
    """Look at a SIM again after it did something."""
    contract, sim = world.contracts.get(iccid), world.sims.get(iccid)
    if contract is None or sim is None:
        return
    before = contract.restriction
    contract = forget_last_month(world, contract)
    if contract.home_imei is None and sim.device.imei is not None:
        contract = replace(contract, home_imei=sim.device.imei)
    for kind, judge in (("limit", limits), ("fraud", frauds)):
        profile = profile_of(world, contract, kind)
        if profile is not None:
            for finding in judge(world, profile, contract, sim):
                contract = notice(world, contract, sim, profile, kind, finding)
    contract = costs(world, contract, sim)
    world.contracts.put(contract)
    if contract.restriction is not before and contract.restriction is Restriction.DATA:
        device.close_pdp_context(world, iccid)


def profile_of(world: World, contract: Contract, kind: str) -> Profile | None:
    key = contract.profiles.get(kind)
    return world.profiles.get(key) if key is not None else None


def forget_last_month(world: World, contract: Contract) -> Contract:
    month = month_of(world)
    kept = tuple(one for one in contract.noticed if one.startswith(("fraud", month)))
    return contract if kept == contract.noticed else replace(contract, noticed=kept)


def limits(world: World, profile: Profile, contract: Contract, sim: Sim) -> list[Finding]:
    detected = {"sessions": sessions_this_month(world, sim), "usage": megabytes_this_month(world, sim)}
    names = {"sessions": "Session Limit", "usage": "Usage Limit"}
    units = {"sessions": "sessions", "usage": "MB"}
    found = []
    for counted, threshold in profile.thresholds.items():
        for level, allowed in ((1, threshold.warning), (2, threshold.alarm)):
            # More than what is allowed: the published sample says allowed 5, detected 6.
            if counted in detected and allowed is not None and detected[counted] > allowed:
                found.append(
                    Finding(names[counted], level, units[counted], f"{allowed:g}", f"{detected[counted]:g}")
                )
    return found


def sessions_this_month(world: World, sim: Sim) -> float:
    start = world.now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    ended = world.sessions.count(iccid=sim.iccid, opened=Since(start))
    open_now = sim.device.pdp is not None and sim.device.pdp.opened >= start
    return ended + open_now


def megabytes_this_month(world: World, sim: Sim) -> float:
    rows = world.usage.find(iccid=sim.iccid, day=Since(f"{month_of(world)}-01"))
    return sum(row.octets_tx + row.octets_rx for row in rows) / OCTETS_PER_MB


def frauds(world: World, profile: Profile, contract: Contract, sim: Sim) -> list[Finding]:
    found = []
    seen, home = sim.device.imei, contract.home_imei
    if profile.device and seen is not None and home is not None and seen[:14] != home[:14]:
        found.append(Finding("Device Fraud", 2, "IMEI", home, seen))
    network = sim.device.network
    roams = sim.device.status is not DeviceStatus.OFFLINE and network is not None
    if profile.homes and roams and network is not None and network.iso.upper() not in profile.homes:
        found.append(
            Finding("Location Fraud", 2, "country", ",".join(profile.homes), network.iso.upper())
        )
    return found


def notice(
    world: World, contract: Contract, sim: Sim, profile: Profile, kind: str, finding: Finding
) -> Contract:
    """Tell of a finding, once, and set the status and restriction that follow from it."""
    period = "fraud" if kind == "fraud" else month_of(world)
    mark = f"{period} {finding.barring} {finding.level}"
    if mark in contract.noticed:
        return contract
    status = Alarm.ALARM if finding.level == 2 else Alarm.WARNING
    contract = replace(contract, noticed=(*contract.noticed, mark))
    if kind == "fraud":
        contract = replace(contract, fraud_status=status)
    elif contract.limit_status not in (Alarm.OVERRIDDEN, Alarm.ALARM):
        contract = replace(contract, limit_status=status)
    if status is Alarm.ALARM and contract.limit_status is not Alarm.OVERRIDDEN:
        if profile.apn is None:
            contract = replace(contract, restriction=profile.restriction)
        else:
            apns = {**contract.apn_restrictions, profile.apn: profile.restriction}
            contract = replace(contract, apn_restrictions=apns)
    events.record(
        world,
        EventType.PROFILE_NOTICE,
        sim,
        partner=contract.partner,
        restriction=contract.restriction,
        barring=finding.barring,
        barring_type="Fraud" if kind == "fraud" else "Limit",
        level=finding.level,
        allowed=finding.allowed,
        detected=finding.detected,
        unit=finding.unit,
        apn=profile.apn,
        apn_restriction=contract.apn_restrictions.get(profile.apn) if profile.apn else None,
    )
    return contract


def costs(world: World, contract: Contract, sim: Sim) -> Contract:
    """SMS costs of the month against the cost profile; nobody speaks here, so voice costs nothing."""
    profile = profile_of(world, contract, "cost")
    threshold = profile.thresholds.get("sms") if profile is not None else None
    if profile is None or threshold is None:
        return contract
    rows = world.usage.find(iccid=sim.iccid, day=Since(f"{month_of(world)}-01"))
    spent = sum(row.sms_mo + row.sms_mt for row in rows) * profile.prices.get("sms", 0.0)
    for level, amount in ((1, threshold.warning), (2, threshold.alarm)):
        mark = f"{month_of(world)} cost sms {level}"
        if amount is None or spent < amount or mark in contract.noticed:
            continue
        contract = replace(contract, noticed=(*contract.noticed, mark))
        events.record(
            world,
            EventType.COST_LIMIT_NOTICE,
            sim,
            partner=contract.partner,
            euiccid=contract.euiccid,
            msisdn=sim.msisdn,
            offering_name=contract.offering_name,
            offering_id=contract.offering_id,
            threshold=f"SMS Limit {level}",
            limit=amount,
            profile_name=profile.name,
            profile_id=int(profile.id),
        )
    return contract
