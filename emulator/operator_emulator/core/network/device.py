"""The device's side: attaching and detaching, data sessions, messages from the device.

A refusal by the network is not an exception here: the operator records an event about the attempt, and an exception
would roll that back. So these verbs return the reason for a refusal.
"""

from msgspec.structs import replace

from operator_emulator.core.customers import ownership, quotas, usage_records
from operator_emulator.core.customers.model import Service, Sim, SimState
from operator_emulator.core.network import networks, numbering, smsc, tpdu
from operator_emulator.core.network.model import (
    AttachFailure,
    DeliveryFailure,
    Device,
    DeviceStatus,
    Direction,
    PdpContext,
    Rat,
    Sms,
)
from operator_emulator.core.partners import partners
from operator_emulator.core.world import events, schedule
from operator_emulator.core.world.errors import LostAtNetwork, Malformed
from operator_emulator.core.world.model import EventType, JobKind
from operator_emulator.core.world.payloads import (
    Cell,
    LocationUpdate,
    Payload,
    PdpContextChange,
    PdpContextRefusal,
)
from operator_emulator.core.world.world import World

# --------------------------------------------------------------------------------------------- status


def set_status(
    world: World,
    iccid: str,
    status: DeviceStatus,
    *,
    imei: str | None = None,
    operator: str | None = None,
    rat: Rat | None = None,
    cell_lac: int | None = None,
    cell_id: int | None = None,
) -> tuple[Sim, AttachFailure | None]:
    """Change the device's status and, where given, its IMEISV, network, radio access technology and cell.

    Returns the SIM afterwards and, if the network refused, the reason. A new device is on the default network, in
    LTE, with an IMEISV derived from the ICCID. Raises UnknownSim and Malformed.
    """
    sim = ownership.existing(world, iccid)
    if status is DeviceStatus.OFFLINE:
        return detach(world, iccid), None
    before = sim.device
    device = _placed(before, imei, operator, rat, cell_lac, cell_id)
    refused = None
    if before.status is DeviceStatus.OFFLINE or device != before:
        sim, refused = _enter(world, sim, device)
    if refused is None and status is DeviceStatus.ONLINE:
        return _open(world, sim)
    return (_close(world, sim) if refused is None else sim), refused


def _placed(
    device: Device,
    imei: str | None,
    operator: str | None,
    rat: Rat | None,
    cell_lac: int | None,
    cell_id: int | None,
) -> Device:
    return replace(
        device,
        imei=device.imei if imei is None else imei,
        network=device.network if operator is None else networks.find(operator),
        rat=device.rat if rat is None else rat,
        cell_lac=device.cell_lac if cell_lac is None else cell_lac,
        cell_id=device.cell_id if cell_id is None else cell_id,
    )


# --------------------------------------------------------------------------------------------- location


def detach(world: World, iccid: str) -> Sim:
    """Detach: the session ends and the locations are purged, but the last network stays known. Raises UnknownSim."""
    sim = ownership.existing(world, iccid)
    return drop(world, world.sims.put(replace(sim, device=replace(sim.device, returns_to=None))))


def _enter(world: World, sim: Sim, device: Device) -> tuple[Sim, AttachFailure | None]:
    """Update the location to that of *device*, unless the network refuses the SIM."""
    if device.imei is None:
        device = replace(device, imei=sim.imei or numbering.imeisv_for(sim.iccid))
    if device.network is None:
        device = replace(device, network=networks.DEFAULT)
    if device.imei != sim.device.imei:
        sim = drop(world, sim)  # a SIM is in one device at a time
    barred = _attach_barred(sim, device)
    if barred is not None:
        sim = drop(world, sim)
        sim = world.sims.put(replace(sim, device=replace(sim.device, imei=device.imei, returns_to=None)))
        return sim, _refuse(world, sim, barred, device)
    has_session = sim.device.pdp is not None
    circuit = device.rat is not Rat.NB_IOT  # NB-IoT has no circuit-switched side, hence no SMS
    sim = world.sims.put(
        replace(
            sim,
            locked_imei=device.imei if sim.imei_lock else None,
            device=replace(
                device,
                status=DeviceStatus.ONLINE if has_session else DeviceStatus.ATTACHED,
                pdp=sim.device.pdp,
                attached=world.now if circuit else None,
                attached_gprs=world.now,
                returns_to=None,
            ),
        )
    )
    location = LocationUpdate(cell=_cell(sim.device))
    if circuit:
        _network_event(world, EventType.LOCATION_UPDATED, sim, location)
    _network_event(world, EventType.GPRS_LOCATION_UPDATED, sim, location)
    if sim.device.pdp is not None:
        _network_event(world, EventType.PDP_CONTEXT_UPDATED, sim, _session(sim, sim.device.pdp))
    return smsc.alert(world, sim), None


def _attach_barred(sim: Sim, device: Device) -> AttachFailure | None:
    if sim.state is SimState.ISSUED:
        return AttachFailure.SIM_NOT_ACTIVATED
    if sim.state is SimState.SUSPENDED:
        return AttachFailure.SIM_SUSPENDED
    if sim.state is SimState.EXPIRED:
        return AttachFailure.QUOTA_EXPIRED
    # The whole IMEISV is compared, so that a new software version is locked out, too (D§14).
    if sim.imei_lock and sim.locked_imei not in (None, device.imei):
        return AttachFailure.IMEI_LOCK_BREACHED
    return None


def drop(world: World, sim: Sim) -> Sim:
    """Take the device off the network: close its session, then purge its locations (D§14: 5, 15, 16)."""
    sim = _close(world, sim)
    if sim.device.status is DeviceStatus.OFFLINE:
        return sim
    sim = world.sims.put(replace(sim, device=replace(sim.device, status=DeviceStatus.OFFLINE)))
    if sim.device.rat is not Rat.NB_IOT:
        _network_event(world, EventType.LOCATION_PURGED, sim)
    _network_event(world, EventType.GPRS_LOCATION_PURGED, sim)
    return sim


def reset(world: World, sim: Sim) -> Sim:
    """Cancel location and session. The device returns to its status after ``policy.reset_delay`` (D§7.4)."""
    was = sim.device.status
    if was is DeviceStatus.OFFLINE:
        return sim
    sim = drop(world, sim)
    schedule.cancel(world, JobKind.DEVICE_REATTACH, sim.iccid)
    schedule.at(world, world.now + world.policy.reset_delay, JobKind.DEVICE_REATTACH, sim.iccid)
    return world.sims.put(replace(sim, device=replace(sim.device, returns_to=was)))


def reattach(world: World, iccid: str) -> None:
    """Bring the device back after a reset, unless it was moved meanwhile or the SIM no longer exists."""
    sim = world.sims.get(iccid)
    if sim is not None and sim.device.returns_to is not None:
        set_status(world, iccid, sim.device.returns_to)


# --------------------------------------------------------------------------------------------- sessions


def close_pdp_context(world: World, iccid: str) -> Sim:
    """Close the data session, if there is one. The device stays attached. Raises UnknownSim."""
    return _close(world, ownership.existing(world, iccid))


def _open(world: World, sim: Sim) -> tuple[Sim, AttachFailure | None]:
    if sim.device.pdp is not None:
        return sim, None
    barred = _session_barred(world, sim)
    if barred is not None:
        return sim, _refuse(world, sim, barred, sim.device)
    imei = sim.device.imei
    pdp = PdpContext(id=world.next_id("pdp context"), opened=world.now, imei=imei)
    # Only now does the operator learn the IMEI (D§7.1).
    sim = world.sims.put(replace(sim, imei=imei, device=replace(sim.device, status=DeviceStatus.ONLINE, pdp=pdp)))
    _network_event(world, EventType.PDP_CONTEXT_CREATED, sim, _session(sim, pdp))
    return sim, None


def _session_barred(world: World, sim: Sim) -> AttachFailure | None:
    if partners.data_restricted(world, sim.iccid):
        return AttachFailure.DATA_SERVICE_BARRED
    return quotas.data_barred(world, sim)


def _close(world: World, sim: Sim) -> Sim:
    pdp = sim.device.pdp
    if pdp is None:
        return sim
    sim = world.sims.put(replace(sim, device=replace(sim.device, status=DeviceStatus.ATTACHED, pdp=None)))
    contract = world.contracts.get(sim.iccid)
    if contract is not None:  # partners can list past sessions
        world.sessions.put(partners.session_of(world, contract, sim, pdp))
    usage_records.count_rest(world, sim, pdp)
    _network_event(world, EventType.PDP_CONTEXT_DELETED, sim, _session(sim, pdp))
    return sim


def use_data(world: World, iccid: str, octets_tx: int, octets_rx: int) -> Sim | LostAtNetwork:
    """Send and receive data. A session is opened if there is none, and stays open.

    The whole volume is charged at once: if it uses up the quota, the session is closed afterwards (D§14). Returns
    the reason if no session is possible. Raises UnknownSim and Malformed.
    """
    if min(octets_tx, octets_rx) < 0:
        raise Malformed("volume", "must not be negative")
    sim, refused = set_status(world, iccid, DeviceStatus.ONLINE)
    if refused is not None:
        return LostAtNetwork(sim.iccid, refused)
    before = sim.device.pdp
    assert before is not None, "an online device has a session"
    pdp = replace(before, octets_tx=before.octets_tx + octets_tx, octets_rx=before.octets_rx + octets_rx)
    sim = world.sims.put(replace(sim, device=replace(sim.device, pdp=pdp)))
    sim = quotas.charge_data(
        world,
        sim,
        quotas.billed(world, sim, pdp.octets_tx) - quotas.billed(world, sim, before.octets_tx),
        quotas.billed(world, sim, pdp.octets_rx) - quotas.billed(world, sim, before.octets_rx),
    )
    sim = usage_records.count_data(world, sim)
    if sim.data_quota is not None and sim.data_quota.volume <= 0:
        sim = _close(world, sim)
    return sim


# --------------------------------------------------------------------------------------------- messages


def send(
    world: World, iccid: str, payload: str, dest_address: str = "", dcs: int | None = None, udh: str = ""
) -> tuple[list[Sms], LostAtNetwork | None]:
    """Send a text from the device, in as many short messages as it needs.

    Without *dcs* the device chooses the coding. Returns the messages that the network accepted and, if it refused
    one, the reason; the remaining parts are not sent. Raises UnknownSim and Malformed.
    """
    reference = (world.last_ids().get("sms", 0) + 1) % 256  # of the first part's id
    sent: list[Sms] = []
    for part in tpdu.split(payload, dcs, udh, reference):
        taken = send_mo(world, iccid, part.payload, dest_address, part.dcs, part.udh)
        if isinstance(taken, LostAtNetwork):
            return sent, taken
        sent.append(taken)
    return sent, None


def send_mo(
    world: World, iccid: str, payload: str, dest_address: str = "", dcs: int = 0, udh: str = ""
) -> Sms | LostAtNetwork:
    """Send one short message from the device, or return the reason why the network refused it (D§9.6).

    A used-up quota records its event again; the monthly limit records none. Raises UnknownSim and Malformed.
    """
    sim = ownership.existing(world, iccid)
    tpdu.check(payload, dcs, udh)
    cause = _mo_barred(world, sim)
    if cause is DeliveryFailure.QUOTA_EXHAUSTED and sim.sms_quota is not None:
        events.record(world, EventType.SMS_USED_UP, sim, payload=quotas.change_of(sim, Service.SMS, sim.sms_quota))
    if cause is not None:
        return LostAtNetwork(sim.iccid, cause)
    return smsc.receive_mo(world, sim, payload, dest_address, dcs, udh)


def _mo_barred(world: World, sim: Sim) -> DeliveryFailure | None:
    if sim.state is not SimState.ACTIVATED:
        return DeliveryFailure.CALL_BARRED
    if sim.device.status is DeviceStatus.OFFLINE:
        return DeliveryFailure.ABSENT_SUBSCRIBER
    if sim.device.rat is Rat.NB_IOT:
        return DeliveryFailure.TELESERVICE_NOT_PROVISIONED
    return quotas.sms_barred(world, sim, Direction.MO)


# --------------------------------------------------------------------------------------------- events


def _network_event(world: World, type: EventType, sim: Sim, payload: Payload | None = None) -> None:
    events.record(world, type, sim, network=sim.device.network, imei=sim.device.imei, payload=payload)


def _cell(device: Device) -> Cell:
    return Cell(rat=device.rat, lac=device.cell_lac, id=device.cell_id)


def _session(sim: Sim, pdp: PdpContext) -> PdpContextChange:
    return PdpContextChange(pdp=pdp, cell=_cell(sim.device), ip_address=sim.ip_address)


def _refuse(world: World, sim: Sim, cause: AttachFailure, device: Device) -> AttachFailure:
    payload = PdpContextRefusal(cause=cause, cell=_cell(device))
    events.record(world, EventType.PDP_CONTEXT_REFUSED, sim, network=device.network, imei=device.imei, payload=payload)
    return cause
