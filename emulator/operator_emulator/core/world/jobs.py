"""Everything that can happen by itself, on one page.

``JOBS`` names the verb of each kind of job. A verb gets the world and the key of the row that the job is about, and
may return something to send.
"""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Final

from operator_emulator.core import outbox
from operator_emulator.core.customers import data_streams, orders, sims
from operator_emulator.core.network import behaviours, device, smsc
from operator_emulator.core.partners import actions, contracts, pools, profiles, sim_transfers
from operator_emulator.core.world import housekeeping
from operator_emulator.core.world.model import Job, JobKind, Outcome, Push, RecordBatch
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


def run(world: World, job: Job, under_way: Collection[int] = ()) -> Push | None:
    """Take a job out of the queue and run it; answer what it wants sent. *under_way* are notifications being sent."""
    world.jobs.delete(job.id)
    if job.kind in outbox.KINDS and int(job.about) in under_way:
        outbox.put_off(world, job)
        return None
    return JOBS[job.kind](world, job.about)


def settle(world: World, sent: Push, outcome: Outcome) -> None:
    """Write down what came of something that a job wanted sent."""
    if isinstance(sent, RecordBatch):
        data_streams.settle(world, sent.stream.id, sent.stream.until, outcome)
    else:
        outbox.settle(world, sent.notification.id, outcome)
