"""Rate limits, by the world's clock (D§4). Which ones an operator publishes, its surface knows.

A bucket for each caller, as large as the limit, from which every request takes one; it fills evenly. The operator's
algorithm is unpublished, and this is the usual one. Time that is manual does not pass by itself, so there a bucket
fills only as the clock is advanced: the eleventh request of an instant is refused, no matter how much real time passes.

Why no library: limits has windows but no bucket; pyrate-limiter has one and takes a clock, but its state would need an
adapter to our tables, so that snapshots and resets find it, and that is longer than the bucket.
"""

from collections.abc import Sequence
from math import ceil
from typing import Final

from msgspec.structs import replace

from operator_emulator.core.tester.matching import like
from operator_emulator.core.tester.model import Bucket, Per, RateLimit
from operator_emulator.core.world.world import World

# Names of rows that say what holds whatever the settings say: no limits, or the operators' own.
NONE: Final = "none"
OPERATOR: Final = "operator"


def operators_hold(world: World) -> bool:
    """Whether the limits that the operators publish hold: by the settings or by hand, and with no others instead."""
    rows = world.rate_limits.find()
    return [row.name for row in rows] == [OPERATOR] if rows else world.policy.rate_limits


def current(world: World, published: Sequence[RateLimit]) -> Sequence[RateLimit]:
    """The limits that hold: those that were put, or the *published* ones."""
    if operators_hold(world):
        return published
    return [limit for limit in world.rate_limits.find(order="position") if limit.name != NONE]


def put(world: World, wanted: Sequence[RateLimit]) -> None:
    """From now on these hold, and no others; every bucket is full."""
    clear(world)
    if not wanted:
        world.rate_limits.put(standing_for(NONE))
    for position, limit in enumerate(wanted, 1):
        world.rate_limits.put(replace(limit, position=position))


def put_operators(world: World) -> None:
    """From now on the published limits hold; every bucket is full."""
    clear(world)
    world.rate_limits.put(standing_for(OPERATOR))


def clear(world: World) -> None:
    for row in world.rate_limits.find():
        world.rate_limits.delete(row.name)
    for bucket in world.buckets.find():
        world.buckets.delete(bucket.id)


def standing_for(name: str) -> RateLimit:
    return RateLimit(name=name, path="", per=Per.ADDRESS, requests=1, seconds=1)


def allow(
    world: World, published: Sequence[RateLimit], path: str, organisation: int | None, address: str
) -> int | None:
    """Let one request pass; or the whole seconds after which the next one may, if it may not pass now."""
    for limit in current(world, published):
        if not like(limit.path, path):
            continue
        owner = organisation if limit.per is Per.ORGANISATION else None
        key = address if limit.per is Per.ADDRESS else owner
        if key is None:
            return None  # no token: the request will be refused with 401 anyway
        full = Bucket(id=f"{limit.name} {key}", organisation=owner, tokens=limit.requests, at=world.now)
        return take_one(world, limit, full)
    return None


def take_one(world: World, limit: RateLimit, full: Bucket) -> int | None:
    bucket = world.buckets.get(full.id) or full
    rate = limit.requests / limit.seconds
    tokens = min(limit.requests, bucket.tokens + (world.now - bucket.at).total_seconds() * rate)
    if tokens < 1:
        return max(1, ceil((1 - tokens) / rate))
    world.buckets.put(replace(full, tokens=tokens - 1))
    return None
