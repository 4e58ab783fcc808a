"""Everything that can happen by itself, on one page.

``JOBS`` names the verb of each kind of job. A verb gets the world and the key of the row that the job is about, and
may return something to send.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from operator_emulator.core import outbox
from operator_emulator.core.customers import orders, sims
from operator_emulator.core.network import behaviours, device, smsc
from operator_emulator.core.partners import actions, contracts, pools, profiles, sim_transfers
from operator_emulator.core.world import clock, housekeeping, schedule
from operator_emulator.core.world.model import Outgoing
from operator_emulator.core.world.world import World

JOBS: Final[Mapping[str, Callable[[World, str], Outgoing | None]]] = MappingProxyType(
    {
        "smsc.attempt": smsc.attempt,  # try to deliver a pending or buffered MT message
        "smsc.acknowledge": smsc.acknowledge,  # the device has taken it
        "smsc.expire": smsc.expire,  # the validity period is over
        "outbox.attempt": outbox.attempt,  # push a notification to a customer's URL
        "outbox.give_up": outbox.give_up,
        "sims.apply_batch": sims.apply_batch,  # a bulk change of SIMs, accepted earlier
        "sims.complete_transfer": sims.complete_transfer,
        "device.reattach": device.reattach,  # after a reset
        "behaviours.leave": behaviours.leave,  # what a device does unasked
        "behaviours.come_back": behaviours.come_back,
        "behaviours.use_data": behaviours.use_data,
        "behaviours.reply": behaviours.reply,
        "orders.pay": orders.pay,  # a bank transfer arrives
        "orders.complete": orders.complete,  # SIMs are delivered, volumes added
        "orders.auto_topup": orders.auto_topup,
        "contracts.deliver": contracts.deliver,
        "actions.begin": actions.begin,  # the portal's asynchronous work
        "actions.finish": actions.finish,
        "sim_transfers.complete": sim_transfers.complete,
        "profiles.check": profiles.check,  # a SIM did something that its profiles watch
        "profiles.begin_month": profiles.begin_month,
        "pools.check": pools.check,
        "housekeeping": housekeeping.midnight,  # end of life, retention
    }
)

# These come back for ever. A world in which only they are left is idle.
RECURRING: Final = frozenset({"housekeeping", "orders.auto_topup", "profiles.begin_month", *behaviours.CYCLES})


def run_next(world: World, until: datetime | None = None) -> tuple[bool, Outgoing | None]:
    """Run the first job that is due, and say whether there was one and what it wants sent.

    With *until*, virtual time first moves to the job's own due time, provided that is not after *until*; when no
    such job is left, it moves to *until*. Without, only what is due by now runs, and time stays.
    """
    job = schedule.take_due(world, world.now if until is None else until)
    if job is None:
        if until is not None:
            clock.move_to(world, until)
        return False, None
    if until is not None:
        clock.move_to(world, job.due)
    return True, JOBS[job.kind](world, job.about)


def drop_next(world: World, until: datetime | None = None) -> None:
    """Take the job that ``run_next`` would run out of the queue without running it."""
    schedule.take_due(world, world.now if until is None else until)
