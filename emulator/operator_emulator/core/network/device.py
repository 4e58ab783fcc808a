"""The device's side: it attaches and leaves, opens and closes a data session, uses data, sends messages.

What the network refuses is no exception: the device did try, the operator writes an event about it, and that must
stay. So these verbs change what they can and say why they could not do the rest.
"""

from msgspec.structs import replace

from operator_emulator.core.customers import ownership, quotas
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

# --------------------------------------------------------------------------------------------- as a whole


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
    """Let the device become OFFLINE, ATTACHED or ONLINE, where and as what it is told.

    Answers the SIM as it then is and, if the network refused, why. What is left out stays as it was, at first the
    default network, LTE, and an IMEISV of the SIM's own. Raises UnknownSim and Malformed.
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
    """The device as it was, but for what is given."""
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
    """The device leaves: session and locations are gone, what is known of the last one stays. Raises UnknownSim."""
    sim = ownership.existing(world, iccid)
    return drop(world, world.sims.put(replace(sim, device=replace(sim.device, returns_to=None))))


def _enter(world: World, sim: Sim, device: Device) -> tuple[Sim, AttachFailure | None]:
    """Let the SIM in as *device*, unless something bars it."""
    if device.imei is None:
        device = replace(device, imei=sim.imei or numbering.imeisv_for(sim.iccid))
    if device.network is None:
        device = replace(device, network=networks.DEFAULT)
    if device.imei != sim.device.imei:
        sim = drop(world, sim)  # the card is in one device at a time
    barred = _attach_barred(sim, device)
    if barred is not None:
        sim = drop(world, sim)
        sim = world.sims.put(replace(sim, device=replace(sim.device, imei=device.imei, returns_to=None)))
        return sim, _refuse(world, sim, barred, device)
    on_air = sim.device.pdp is not None
    circuit = device.rat is not Rat.NB_IOT  # which has no circuit-switched side, and so no SMS
    sim = world.sims.put(
        replace(
            sim,
            locked_imei=device.imei if sim.imei_lock else None,
            device=replace(
                device,
                status=DeviceStatus.ONLINE if on_air else DeviceStatus.ATTACHED,
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
    """Take the device off the network: its session first, then where it was (D§14: 5, 15, 16)."""
    sim = _close(world, sim)
    if sim.device.status is DeviceStatus.OFFLINE:
        return sim
    sim = world.sims.put(replace(sim, device=replace(sim.device, status=DeviceStatus.OFFLINE)))
    if sim.device.rat is not Rat.NB_IOT:
        _network_event(world, EventType.LOCATION_PURGED, sim)
    _network_event(world, EventType.GPRS_LOCATION_PURGED, sim)
    return sim


def reset(world: World, sim: Sim) -> Sim:
    """Cancel location and session; the device comes back as what it was after ``policy.reset_delay`` (D§7.4)."""
    was = sim.device.status
    if was is DeviceStatus.OFFLINE:
        return sim
    sim = drop(world, sim)
    schedule.cancel(world, JobKind.DEVICE_REATTACH, sim.iccid)
    schedule.at(world, world.now + world.policy.reset_delay, JobKind.DEVICE_REATTACH, sim.iccid)
    return world.sims.put(replace(sim, device=replace(sim.device, returns_to=was)))


def reattach(world: World, iccid: str) -> None:
    """The device is back after a reset, unless it was moved meanwhile or the SIM is gone."""
    sim = world.sims.get(iccid)
    if sim is not None and sim.device.returns_to is not None:
        set_status(world, iccid, sim.device.returns_to)


# --------------------------------------------------------------------------------------------- sessions


def close_pdp_context(world: World, iccid: str) -> Sim:
    """Close the data session, if there is one; the device stays attached. Raises UnknownSim."""
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
    if contract is not None:  # a partner may look back at its sessions
        world.sessions.put(partners.session_of(world, contract, sim, pdp))
    _network_event(world, EventType.PDP_CONTEXT_DELETED, sim, _session(sim, pdp))
    return sim


def use_data(world: World, iccid: str, octets_tx: int, octets_rx: int) -> Sim | LostAtNetwork:
    """The device sends and receives data, in a session that opens for it if there is none and stays open.

    One report is accounted as one step: if it uses the quota up, all of it counts, and the session is closed
    (D§14). Answers the refusal if there can be no session. Raises UnknownSim and Malformed.
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
    if sim.data_quota is not None and sim.data_quota.volume <= 0:
        sim = _close(world, sim)
    return sim


# --------------------------------------------------------------------------------------------- messages


def send(
    world: World, iccid: str, payload: str, dest_address: str = "", dcs: int | None = None, udh: str = ""
) -> tuple[list[Sms], LostAtNetwork | None]:
    """Let the device say something, in as many short messages as it takes.

    Without *dcs* the device chooses the coding. Answers the messages that the network took and, if it refused one,
    why; the rest is not sent. Raises UnknownSim and Malformed.
    """
    reference = (world.last_ids().get("sms", 0) + 1) % 256  # that of the first part, as its own id is
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
    """The device sends one short message. Answers it, or the refusal if it is lost at the network (D§9.6).

    A device that is not there sends nothing, and the monthly limit writes no event; a used-up quota writes its
    event again. Raises UnknownSim and Malformed.
    """
    sim = ownership.existing(world, iccid)
    tpdu.check(payload, dcs, udh)
    cause = _mo_barred(world, sim)
    if cause is DeliveryFailure.QUOTA_EXHAUSTED and sim.sms_quota is not None:
        events.record(world, EventType.SMS_USED_UP, sim, payload=quotas.told(sim, Service.SMS, sim.sms_quota))
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


# --------------------------------------------------------------------------------------------- telling


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
