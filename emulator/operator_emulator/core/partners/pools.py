"""Pools: volumes that the SIMs of a partner share (P§3.2, 5.2), counted by calendar month."""

from msgspec.structs import replace

from operator_emulator.core.customers.model import OCTETS_PER_MB, Sim
from operator_emulator.core.partners.model import Pool, PoolType
from operator_emulator.core.partners.notices import PoolLimitNotice
from operator_emulator.core.world import events, schedule
from operator_emulator.core.world.model import EventType, JobKind
from operator_emulator.core.world.world import World


def month_of(world: World) -> str:
    """The present calendar month in UTC (assumed), as YYYY-MM."""
    return f"{world.now:%Y-%m}"


def add(world: World, sim: Sim, *, octets: int = 0, sms: int = 0) -> None:
    """Count what a partner's SIM has used, and schedule a check of pools and profiles."""
    contract = world.contracts.get(sim.iccid)
    if contract is None:
        return
    partner = world.partners.get(contract.partner)
    owner = partner.parent if partner is not None and partner.parent else contract.partner
    for pool in world.pools.find(partner=owner, order="position"):
        amount = {PoolType.DATA: octets, PoolType.SMS: sms, PoolType.VOICE: 0}[pool.type]
        if amount:
            used = {month_of(world): pool.used.get(month_of(world), 0) + amount}
            world.pools.put(replace(pool, used=used))
            schedule.cancel(world, JobKind.POOLS_CHECK, pool.id)
            schedule.at(world, world.now, JobKind.POOLS_CHECK, pool.id)
    events.watch(world, sim)


def used_of(world: World, pool: Pool) -> float:
    """The volume used this month, in MB, messages or seconds."""
    used = pool.extra_used + pool.used.get(month_of(world), 0) / (OCTETS_PER_MB if pool.type is PoolType.DATA else 1)
    return float(used)


def percent_of(world: World, pool: Pool) -> float:
    """The percentage of the pool that is used; 100 for a pool of size 0."""
    return 100.0 * used_of(world, pool) / pool.size if pool.size else 100.0


def check(world: World, pool_id: str) -> None:
    """Notify the partner, once a month, of each level that is reached."""
    pool = world.pools.get(pool_id)
    if pool is None:
        return
    month = month_of(world)
    sent = [one for one in pool.notices_sent if one.startswith(month)]
    for number, level in ((1, pool.levels.warning), (2, pool.levels.alarm)):
        mark = f"{month} {number}"
        if level is not None and mark not in sent and percent_of(world, pool) >= level:
            sent.append(mark)
            events.record(
                world,
                EventType.POOL_LIMIT_NOTICE,
                partner=pool.partner,
                payload=PoolLimitNotice(
                    pool=pool.name,
                    offering_name=pool.offering_name,
                    offering_id=pool.offering_id,
                    counted=pool.type,
                    level=number,
                    limit=float(level),
                ),
            )
    world.pools.put(replace(pool, notices_sent=tuple(sent)))
