"""Usage records: what the Data Streamer tells of a SIM's data and messages (S§6).

Within a data session there is at most one in fifteen minutes, and only once enough has come together; the end of the
session brings the rest. Each message that is charged has one of its own.
"""

from datetime import datetime

from msgspec.structs import replace

from operator_emulator.core.customers import data_streams, quotas
from operator_emulator.core.customers.model import Service, Sim, UsageRecord
from operator_emulator.core.network.model import Direction, PdpContext
from operator_emulator.core.world.world import World


def count_data(world: World, sim: Sim) -> Sim:
    """Write a record of the open session if it is time for one, and enough was used since the last."""
    pdp = sim.device.pdp
    if pdp is None or sim.organisation is None:
        return sim
    used = pdp.octets_tx + pdp.octets_rx - pdp.counted_tx - pdp.counted_rx
    waited = pdp.counted is None or world.now - pdp.counted >= world.policy.usage_record_interval
    if used <= world.policy.usage_record_octets or not waited:
        return sim
    _write_data(world, sim, pdp)
    pdp = replace(pdp, counted=world.now, counted_tx=pdp.octets_tx, counted_rx=pdp.octets_rx)
    return world.sims.put(replace(sim, device=replace(sim.device, pdp=pdp)))


def count_rest(world: World, sim: Sim, pdp: PdpContext) -> None:
    """Write what no record has of a session that has ended; nothing if that is nothing."""
    if (pdp.octets_tx, pdp.octets_rx) != (pdp.counted_tx, pdp.counted_rx):
        _write_data(world, sim, pdp)


def count_sms(world: World, sim: Sim, direction: Direction) -> None:
    count = world.policy.sms_charge
    tx, rx = (count, 0) if direction is Direction.MO else (0, count)
    _write(world, sim, Service.SMS, world.now, tx=tx, rx=rx)


def _write_data(world: World, sim: Sim, pdp: PdpContext) -> None:
    """Volumes are as they are charged: on the second core in whole kilobytes of the session (V§1)."""
    _write(
        world,
        sim,
        Service.DATA,
        pdp.counted or pdp.opened,
        tx=quotas.billed(world, sim, pdp.octets_tx) - quotas.billed(world, sim, pdp.counted_tx),
        rx=quotas.billed(world, sim, pdp.octets_rx) - quotas.billed(world, sim, pdp.counted_rx),
        session=pdp.id,
    )


def _write(
    world: World, sim: Sim, service: Service, start: datetime, *, tx: int, rx: int, session: int | None = None
) -> None:
    """Write one record, unless the SIM is a partner's: the portal has no streamer."""
    if sim.organisation is None:
        return
    record = world.usage_records.put(
        UsageRecord(
            id=world.next_id("usage record"),
            at=world.now,
            start=start,
            organisation=sim.organisation,
            iccid=sim.iccid,
            imsi=sim.imsi,
            service=service,
            tx=tx,
            rx=rx,
            imei=sim.device.imei or sim.imei,
            network=sim.device.network,
            rat=sim.device.rat,
            session=session,
        )
    )
    data_streams.noted(world, record)
