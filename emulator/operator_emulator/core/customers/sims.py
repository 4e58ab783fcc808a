"""SIMs: listing, activation, changes and transfers (D§7, 12.5, 14)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from operator_emulator.core.customers import ownership, quotas
from operator_emulator.core.customers.model import Batch, Caller, CoreNetwork, Sim, SimChange, SimState, Transfer
from operator_emulator.core.customers.ownership import owned as owned
from operator_emulator.core.network import device, numbering
from operator_emulator.core.network.model import DeviceStatus
from operator_emulator.core.partners import partners
from operator_emulator.core.world import events, schedule
from operator_emulator.core.world.calendar import add_months, midnight_of
from operator_emulator.core.world.errors import (
    Malformed,
    SimExpired,
    TransferForbidden,
    UnknownOrganisation,
    UnknownSim,
)
from operator_emulator.core.world.model import EventType, JobKind
from operator_emulator.core.world.payloads import DataDisconnection, SimStateChange
from operator_emulator.core.world.world import Between, Prefix, World

# Where the ICCIDs of ordered SIMs begin, away from those of fixtures.
ORDERED_FROM: Final = {
    CoreNetwork.PLATFORM_1: int(numbering.GLOBAL.iccid + "09900000"),
    CoreNetwork.PLATFORM_2: int(numbering.GLOBAL.iccid + "89900000"),  # like recorded ones (V§4.3)
}
APPLIED_AT_ONCE: Final = 500  # changes of a batch in one transaction

# --------------------------------------------------------------------------------------------- views


def page(
    world: World,
    caller: Caller,
    *,
    offset: int,
    limit: int,
    order: str = "",
    imei: str | None = None,
    ip_address: str | None = None,
) -> tuple[list[Sim], int]:
    """A page of the caller's SIMs, by position unless *order* is given, and their number in all.

    An IMEI, with or without its check digit, matches every software version of the device (D§5, 15).
    """
    asked: dict[str, Any] = {"organisation": caller.organisation}
    if caller.core is not None:
        asked["core"] = caller.core
    if imei is not None:
        asked["imei"] = Prefix(imei[:14]) if len(imei) in (14, 15) else imei
    if ip_address is not None:
        asked["ip_address"] = ip_address
    by = ",".join(name for name in (order, "position") if name)
    return world.sims.find(order=by, offset=offset, limit=limit, **asked), world.sims.count(**asked)


# --------------------------------------------------------------------------------------------- creation


def new(
    world: World,
    *,
    organisation: int | None,
    iccid: str | None = None,
    imsi: str | None = None,
    msisdn: str | None = None,
    ip_address: str | None = None,
    imsi_2: str | None = None,
    label: str | None = None,
    core: CoreNetwork = CoreNetwork.PLATFORM_1,
) -> Sim:
    """Create a SIM in state Issued, without volumes. Omitted identities are derived from the ICCID."""
    if iccid is None:
        iccid = next_iccid(world, core)
    return world.sims.put(
        Sim(
            iccid=iccid,
            organisation=organisation,
            position=world.next_id("sim"),
            imsi=imsi or numbering.imsi_for(iccid),
            msisdn=msisdn or numbering.msisdn_for(iccid, core),
            ip_address=ip_address or next_ip_address(world, organisation),
            core=core,
            imsi_2=imsi_2,
            label=label,
            delivered=world.now,
        )
    )


def next_iccid(world: World, core: CoreNetwork) -> str:
    """The next ICCID on sale that this world does not have yet."""
    while True:
        iccid = str(ORDERED_FROM[core] + world.next_id("iccid"))
        if world.sims.get(iccid) is None:
            return iccid


def core_at(world: World, delivered: datetime) -> CoreNetwork:
    """The core network of SIMs that are shipped at this time (V§1)."""
    since = world.policy.platform_2_since
    return CoreNetwork.PLATFORM_1 if since is None or delivered < since else CoreNetwork.PLATFORM_2


def next_ip_address(world: World, organisation: int | None) -> str:
    """The next free address of an organisation's network. SIMs without an organisation share one network."""
    while True:
        index = world.next_id(f"ip address {organisation}") - 1
        address = numbering.ip_address_for(organisation or 0, index)
        if not world.sims.count(organisation=organisation, ip_address=address):
            return address


def deliver(world: World, organisation: int, product: int) -> Sim:
    """Create a SIM that was ordered, with its volumes (D§14: 51, 56, 58)."""
    core = core_at(world, world.now)
    sim = world.sims.put(replace(new(world, organisation=organisation, core=core), product=product))
    events.record(world, EventType.SIM_ASSIGNED, sim)
    return quotas.top_up(world, sim, world.policy.data_quota_mb, world.policy.sms_quota)


# --------------------------------------------------------------------------------------------- activation


def activate(world: World, sim: Sim) -> Sim:
    """Activate a SIM. The first activation starts its lifetime and adds missing quotas (D§8.4, 14)."""
    if sim.state is SimState.ACTIVATED:
        return sim
    policy = world.policy
    before = sim.state
    sim = replace(
        sim,
        state=SimState.ACTIVATED,
        activated=sim.activated or world.now,
        expires=sim.expires or end_of_life(world, sim.activated or world.now),
    )
    sim = _state_changed(world, sim, before)
    _endpoint_changed(world, sim, EventType.ENDPOINT_ENABLED)
    partners.follow(world, sim)
    # A partner's SIM has no quotas: its volumes are in its contract.
    if sim.organisation is not None and (sim.data_quota is None or sim.sms_quota is None):
        sim = quotas.top_up(
            world,
            sim,
            policy.data_quota_mb if sim.data_quota is None else 0,
            policy.sms_quota if sim.sms_quota is None else 0,
        )
    return sim


def suspend(world: World, sim: Sim) -> Sim:
    """Suspend an activated SIM and take it off the network (D§14: 9, 0, 5, 15, 16)."""
    if sim.state is not SimState.ACTIVATED:
        return sim
    sim = _state_changed(world, replace(sim, state=SimState.SUSPENDED), SimState.ACTIVATED)
    _endpoint_changed(world, sim, EventType.ENDPOINT_DISABLED)
    partners.follow(world, sim)
    if sim.device.pdp is not None:
        events.record(world, EventType.DATA_DISCONNECTED, sim, payload=DataDisconnection())
    sim = replace(sim, device=replace(sim.device, returns_to=None))
    return device.drop(world, world.sims.put(sim))


def end_of_life(world: World, activated: datetime) -> datetime:
    """When a SIM expires: ten years and three months after activation, at midnight (D§8.4)."""
    months = 12 * world.policy.lifetime_years + world.policy.lifetime_months
    return midnight_of(add_months(activated, months))


def _state_changed(world: World, sim: Sim, before: SimState) -> Sim:
    payload = SimStateChange(before=before, after=sim.state)
    events.record(world, EventType.SIM_STATE_CHANGED, sim, payload=payload)
    return world.sims.put(sim)


def _endpoint_changed(world: World, sim: Sim, type: EventType) -> None:
    """Tell that what the customer did to the SIM was done to its endpoint, too (S§5.2, assumed)."""
    if world.policy.endpoint_events:
        events.record(world, type, sim)


# --------------------------------------------------------------------------------------------- changes


def change(world: World, caller: Caller, iccid: str, change: SimChange) -> Sim:
    """Change one SIM at once (D§7.2). Values that are set already cause no event.

    A change that names another ICCID is ignored. Raises UnknownSim, SimExpired and Malformed.
    """
    sim = ownership.usable(world, caller, iccid)
    check(world, change)
    if change.iccid not in (None, sim.iccid, iccid):
        return sim
    return _apply(world, sim, change)


def check(world: World, change: SimChange) -> None:
    """Raises Malformed for a label that is too long."""
    most = world.policy.max_label
    if change.label is not None and len(change.label) > most:
        raise Malformed("label", f"has {len(change.label)} characters; the limit is {most}")


def _apply(world: World, sim: Sim, change: SimChange) -> Sim:
    if change.label is not None:
        sim = world.sims.put(replace(sim, label=change.label or None))
    if change.imei_lock is not None and change.imei_lock is not sim.imei_lock:
        sim = _lock(world, sim, change.imei_lock)
    if change.enabled is not None:
        sim = activate(world, sim) if change.enabled else suspend(world, sim)
    return sim


def _lock(world: World, sim: Sim, on: bool) -> Sim:
    """Lock the SIM to the attached device, closing its session, or else to the next device that attaches (D§14)."""
    attached = sim.device.status is not DeviceStatus.OFFLINE
    sim = world.sims.put(replace(sim, imei_lock=on, locked_imei=sim.device.imei if on and attached else None))
    return device.close_pdp_context(world, sim.iccid) if on else sim


def submit_batch(world: World, caller: Caller, changes: tuple[SimChange, ...]) -> None:
    """Change many SIMs after ``policy.bulk_delay`` (D§7.3). Unknown ICCIDs and SIMs of others are skipped.

    Raises Malformed, and SimExpired with all expired SIMs.
    """
    expired = []
    for one in changes:
        check(world, one)
        sim = _of(world, caller, one)
        if sim is not None and sim.state is SimState.EXPIRED:
            expired.append(sim.iccid)
    if expired:
        raise SimExpired(tuple(dict.fromkeys(expired)))
    if changes:
        batch = world.batches.put(
            Batch(id=world.next_id("batch"), organisation=caller.organisation, changes=changes, core=caller.core)
        )
        schedule.at(world, world.now + world.policy.bulk_delay, JobKind.SIMS_APPLY_BATCH, batch.id)


def skipped(world: World, caller: Caller, changes: tuple[SimChange, ...]) -> list[str]:
    """The ICCIDs of changes that no SIM of the caller has; "none" where there is no ICCID."""
    return [one.iccid or "none" for one in changes if _of(world, caller, one) is None]


def apply_batch(world: World, batch_id: str) -> None:
    """Apply a batch in portions, to SIMs that still belong to the customer and have not expired."""
    batch = world.batches.get(int(batch_id))
    if batch is None:
        return
    caller = Caller("", batch.organisation, core=batch.core)
    for one in batch.changes[:APPLIED_AT_ONCE]:
        sim = _of(world, caller, one)
        if sim is not None and sim.state is not SimState.EXPIRED:
            _apply(world, sim, one)
    rest = batch.changes[APPLIED_AT_ONCE:]
    if rest:
        world.batches.put(replace(batch, changes=rest))
        schedule.at(world, world.now, JobKind.SIMS_APPLY_BATCH, batch.id)
    else:
        world.batches.delete(batch.id)


def _of(world: World, caller: Caller, change: SimChange) -> Sim | None:
    sim = None if change.iccid is None else world.sims.get(change.iccid)
    return sim if sim is not None and ownership.visible(sim, caller) else None


def reset(world: World, caller: Caller, iccid: str) -> None:
    """Detach the device, which returns by itself (D§7.4). Raises UnknownSim and SimExpired.

    ``policy.reset_wraps_status`` also records the two changes of state that the operator's portal mentions.
    """
    sim = ownership.usable(world, caller, iccid)
    wrapped = world.policy.reset_wraps_status and sim.state is SimState.ACTIVATED
    if wrapped:
        _state_changed(world, replace(sim, state=SimState.SUSPENDED), SimState.ACTIVATED)
    sim = device.reset(world, sim)
    if wrapped:
        _state_changed(world, sim, SimState.SUSPENDED)


# --------------------------------------------------------------------------------------------- transfers


def transfer(
    world: World,
    caller: Caller,
    *,
    target: int | None,
    iccids: Iterable[str] = (),
    ranges: Iterable[tuple[str, str]] = (),
) -> Transfer:
    """Transfer SIMs between a master organisation and a sub-organisation, after ``policy.transfer_time`` (D§12.5).

    *target* None is the caller's master. Ranges include both ends and select the caller's SIMs.

    Raises UnknownOrganisation, TransferForbidden, UnknownSim, SimExpired and Malformed.
    """
    source = world.organisations.get(caller.organisation)
    assert source is not None, "a caller has an organisation"
    if target is None:
        target = source.id if source.parent is None else source.parent
    other = world.organisations.get(target)
    if other is None:
        raise UnknownOrganisation(target)
    if source.parent != other.id and other.parent != source.id:
        raise TransferForbidden(source.id, other.id)
    named = {sim.iccid: sim for sim in (ownership.owned(world, caller, iccid) for iccid in iccids)}
    for first, last in ranges:
        if len(first) != len(last) or first > last:
            raise Malformed("iccid_ranges", f"contains no SIM from {first} to {last}")
        ranged = world.sims.find(organisation=source.id, iccid=Between(first, last))
        within = [sim for sim in ranged if ownership.visible(sim, caller)]
        if not within:
            raise UnknownSim(first)
        named |= {sim.iccid: sim for sim in within}
    if not named:
        raise Malformed("iccids", "must name at least one SIM")
    expired = tuple(iccid for iccid, sim in named.items() if sim.state is SimState.EXPIRED)
    if expired:
        raise SimExpired(expired)
    moving = world.transfers.put(
        Transfer(id=world.next_id("transfer"), source=source.id, target=other.id, iccids=tuple(named))
    )
    schedule.at(world, world.now + world.policy.transfer_time, JobKind.SIMS_COMPLETE_TRANSFER, moving.id)
    return moving


def complete_transfer(world: World, transfer_id: str) -> None:
    """Move the SIMs that still belong to the source. Each gets a new IP address (D§12.5: 50, 51)."""
    moving = world.transfers.get(int(transfer_id))
    if moving is None:
        return
    for iccid in moving.iccids:
        sim = world.sims.get(iccid)
        if sim is None or sim.organisation != moving.source:
            continue
        sim = device.close_pdp_context(world, iccid)  # the address of a session never changes
        events.record(world, EventType.SIM_RELEASED, sim)
        _endpoint_changed(world, sim, EventType.ENDPOINT_DELETED)
        sim = replace(sim, organisation=moving.target, ip_address=next_ip_address(world, moving.target))
        events.record(world, EventType.SIM_ASSIGNED, world.sims.put(sim))
    world.transfers.delete(moving.id)
