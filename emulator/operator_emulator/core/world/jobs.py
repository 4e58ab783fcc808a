"""Everything that can happen by itself, on one page.

``JOBS`` names the verb of each kind of job. A verb gets the world and the key of the row that the job is about, and
may return something to send.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from operator_emulator.core import outbox
from operator_emulator.core.customers import data_streams, orders, sims
from operator_emulator.core.network import behaviours, device, smsc
from operator_emulator.core.partners import actions, contracts, pools, profiles, sim_transfers
from operator_emulator.core.world import clock, housekeeping, schedule
from operator_emulator.core.world.model import JobKind, Outcome, Push, RecordBatch
from operator_emulator.core.world.world import World

JOBS: Final[Mapping[str, Callable[[World, str], Push | None]]] = MappingProxyType(
    {
        JobKind.SMSC_ATTEMPT: smsc.attempt,  # try to deliver a pending or buffered MT message
        JobKind.SMSC_ACKNOWLEDGE: smsc.acknowledge,  # the device has taken it
        JobKind.SMSC_EXPIRE: smsc.expire,  # the validity period is over
        JobKind.OUTBOX_ATTEMPT: outbox.attempt,  # push a notification to a customer's URL
        JobKind.OUTBOX_GIVE_UP: outbox.give_up,
        JobKind.SIMS_APPLY_BATCH: sims.apply_batch,  # a bulk change of SIMs, accepted earlier
        JobKind.SIMS_COMPLETE_TRANSFER: sims.complete_transfer,
        JobKind.DEVICE_REATTACH: device.reattach,  # after a reset
        JobKind.BEHAVIOURS_LEAVE: behaviours.leave,  # what a device does unasked
        JobKind.BEHAVIOURS_COME_BACK: behaviours.come_back,
        JobKind.BEHAVIOURS_USE_DATA: behaviours.use_data,
        JobKind.BEHAVIOURS_REPLY: behaviours.reply,
        JobKind.ORDERS_PAY: orders.pay,  # a bank transfer arrives
        JobKind.ORDERS_COMPLETE: orders.complete,  # SIMs are delivered, volumes added
        JobKind.ORDERS_AUTO_TOPUP: orders.auto_topup,
        JobKind.CONTRACTS_DELIVER: contracts.deliver,
        JobKind.ACTIONS_BEGIN: actions.begin,  # the portal's asynchronous work
        JobKind.ACTIONS_FINISH: actions.finish,
        JobKind.SIM_TRANSFERS_COMPLETE: sim_transfers.complete,
        JobKind.PROFILES_CHECK: profiles.check,  # a SIM did something that its profiles watch
        JobKind.PROFILES_BEGIN_MONTH: profiles.begin_month,
        JobKind.POOLS_CHECK: pools.check,
        JobKind.DATA_STREAMS_SEND: data_streams.send,  # push a batch of records to a customer's URL
        JobKind.HOUSEKEEPING: housekeeping.midnight,  # end of life, retention
    }
)

# These come back for ever. A world in which only they are left is idle.
RECURRING: Final = frozenset(
    {JobKind.HOUSEKEEPING, JobKind.ORDERS_AUTO_TOPUP, JobKind.PROFILES_BEGIN_MONTH, *behaviours.CYCLES}
)


def run_next(world: World, until: datetime | None = None) -> tuple[bool, Push | None]:
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


def settle(world: World, sent: Push, outcome: Outcome) -> None:
    """Write down what came of something that a job wanted sent."""
    if isinstance(sent, RecordBatch):
        data_streams.settle(world, sent.stream.id, sent.stream.until, outcome)
    else:
        outbox.settle(world, sent.notification.id, outcome, len(sent.notification.tries))
