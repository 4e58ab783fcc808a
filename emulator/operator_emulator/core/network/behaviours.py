"""Behaviours: what devices do by themselves. Each is a job that schedules the next one."""

import contextlib
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from operator_emulator.core.customers import ownership
from operator_emulator.core.customers.model import Sim
from operator_emulator.core.network import device, inbox, tpdu
from operator_emulator.core.network.model import DeviceStatus, Sms
from operator_emulator.core.tester.model import Behaviour
from operator_emulator.core.world import schedule
from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.model import JobKind
from operator_emulator.core.world.world import World

CYCLES: Final = (JobKind.BEHAVIOURS_LEAVE, JobKind.BEHAVIOURS_COME_BACK, JobKind.BEHAVIOURS_USE_DATA)


def behave(world: World, wanted: Behaviour) -> Behaviour:
    """Replace the behaviour of a device. Raises UnknownSim."""
    ownership.existing(world, wanted.iccid)
    stop(world, wanted.iccid)
    if wanted.goes_offline is not None:
        _plan(world, JobKind.BEHAVIOURS_LEAVE, wanted.iccid, wanted.goes_offline.seconds)
    if wanted.uses_data is not None:
        _plan(world, JobKind.BEHAVIOURS_USE_DATA, wanted.iccid, wanted.uses_data.seconds)
    return world.behaviours.put(wanted)


def stop(world: World, iccid: str) -> None:
    """End the behaviour of a device, which stays in its present state."""
    for kind in CYCLES:
        schedule.cancel(world, kind, iccid)
    world.behaviours.delete(iccid)


def shown(world: World, iccid: str) -> Behaviour:
    """The behaviour of a device, which may be empty. Raises UnknownSim."""
    return world.behaviours.get(ownership.existing(world, iccid).iccid) or Behaviour(iccid=iccid)


# --------------------------------------------------------------------------------------------- jobs


def leave(world: World, iccid: str) -> None:
    """Go offline and schedule the return; a device that is offline already stays so."""
    sim, behaviour = _at_work(world, iccid)
    if sim is None or behaviour.goes_offline is None:
        return
    _plan(world, JobKind.BEHAVIOURS_LEAVE, iccid, behaviour.goes_offline.seconds)
    status = sim.device.status
    if status is not DeviceStatus.OFFLINE:
        device.detach(world, iccid)
        world.behaviours.put(replace(behaviour, left_as=status))
        _plan(world, JobKind.BEHAVIOURS_COME_BACK, iccid, behaviour.goes_offline.away)


def come_back(world: World, iccid: str) -> None:
    """Return to the status that the device had when it left."""
    sim, behaviour = _at_work(world, iccid)
    if sim is None or behaviour.left_as is None:
        return
    world.behaviours.put(replace(behaviour, left_as=None))
    device.set_status(world, iccid, DeviceStatus(behaviour.left_as))


def use_data(world: World, iccid: str) -> None:
    """Use data if the device is attached. Nothing happens if the network refuses."""
    sim, behaviour = _at_work(world, iccid)
    if sim is None or behaviour.uses_data is None:
        return
    _plan(world, JobKind.BEHAVIOURS_USE_DATA, iccid, behaviour.uses_data.seconds)
    if sim.device.status is not DeviceStatus.OFFLINE:
        device.use_data(world, iccid, behaviour.uses_data.octets_tx, behaviour.uses_data.octets_rx)


def reply(world: World, sms_id: str) -> None:
    """Answer a message once all of its parts have arrived. An answer that the network refuses is lost."""
    sms = world.sms.get(int(sms_id))
    sim, behaviour = _at_work(world, "" if sms is None else sms.iccid)
    if sms is None or sim is None or behaviour.auto_reply is None:
        return
    payload = _whole(world, sms)
    if payload is None:
        return
    template = behaviour.auto_reply.payload
    same_coding = template == "{payload}" and sms.dcs != tpdu.Dcs.GSM7
    with contextlib.suppress(Malformed):  # it takes more than 255 parts
        device.send(
            world,
            sms.iccid,
            template.replace("{payload}", payload),
            _answerable(sms),
            sms.dcs if same_coding else None,
        )


def _whole(world: World, sms: Sms) -> str | None:
    """The payload of the message that *sms* completed. None if parts are missing, or if *sms* repeats one."""
    if tpdu.header_of(sms.udh).concatenation is None:
        return sms.payload
    for message in inbox.messages(world, sms.iccid):
        if sms in message.parts:
            completed = not message.missing and max(message.parts, key=inbox.arrival) == sms
            return "".join(part.payload for part in message.parts) if completed else None
    return None


def _at_work(world: World, iccid: str) -> tuple[Sim | None, Behaviour]:
    """The SIM, if it still exists, and its present behaviour."""
    return world.sims.get(iccid), world.behaviours.get(iccid) or Behaviour(iccid=iccid)


def _answerable(sms: Sms) -> str:
    """The destination of an answer: the source address if it is a number, otherwise none."""
    return sms.source_address if sms.source_address.removeprefix("+").isdigit() else ""


def _plan(world: World, kind: JobKind, iccid: str, seconds: float) -> None:
    schedule.at(world, world.now + timedelta(seconds=seconds), kind, iccid)
