"""Rate limits, by the world's clock (D§4).

A bucket for each caller, as large as the limit, from which every request takes one; it fills evenly. The operator's
algorithm is unpublished, and this is the usual one. Time that is manual does not pass by itself, so there a bucket
fills only as the clock is advanced: the eleventh request of an instant is refused, however long one waits in reality.

Why no library: limits has windows but no bucket; pyrate-limiter has one and takes a clock, but its state would need an
adapter to our tables, so that snapshots and resets find it, and that is longer than the bucket.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import Final

from operator_emulator.core.tester.matching import like
from operator_emulator.core.tester.model import Bucket, Per, RateLimit
from operator_emulator.core.world.world import World

API: Final = "/management-api"

# Published: the numbers and who shares them. Assumed: a bucket (D§4).
OPERATORS: Final = (
    RateLimit(name="sims", path=f"{API}/v1/sims*", per=Per.ORGANISATION, requests=10, seconds=1, position=1),
    RateLimit(name="oauth", path=f"{API}/oauth/*", per=Per.ADDRESS, requests=600, seconds=60, position=2),
    RateLimit(name="orders", path=f"{API}/v1/orders*", per=Per.ADDRESS, requests=100, seconds=300, position=3),
    RateLimit(name="products", path=f"{API}/v1/products*", per=Per.ADDRESS, requests=100, seconds=300, position=4),
    RateLimit(name="support", path=f"{API}/v1/support*", per=Per.ADDRESS, requests=100, seconds=300, position=5),
)
NONE: Final = "none"  # the name of the row that says: none, whatever the settings say


def current(world: World) -> Sequence[RateLimit]:
    """The limits that hold: those that were put, or the operator's if the settings want them."""
    rows = world.rate_limits.find(order="position")
    if rows:
        return [limit for limit in rows if limit.name != NONE]
    return OPERATORS if world.policy.rate_limits else ()


def put(world: World, wanted: Sequence[RateLimit]) -> Sequence[RateLimit]:
    """From now on these hold, and no others; every bucket is full."""
    for row in world.rate_limits.find():
        world.rate_limits.delete(row.name)
    for bucket in world.buckets.find():
        world.buckets.delete(bucket.id)
    if not wanted:
        world.rate_limits.put(RateLimit(name=NONE, path="", per=Per.ADDRESS, requests=1, seconds=1))
    for position, limit in enumerate(wanted, 1):
        world.rate_limits.put(replace(limit, position=position))
    return current(world)


def take(world: World, path: str, organisation: int | None, address: str) -> int | None:
    """Let one request pass; or the whole seconds after which the next one may, if it may not pass now."""
    for limit in current(world):
        if not like(limit.path, path):
            continue
        key = organisation if limit.per is Per.ORGANISATION else address
        if key is None:
            return None  # whoever has no token is refused anyway
        return take_one(world, limit, f"{limit.name} {key}")
    return None


def take_one(world: World, limit: RateLimit, id: str) -> int | None:
    bucket = world.buckets.get(id) or Bucket(id=id, tokens=limit.requests, at=world.now)
    rate = limit.requests / limit.seconds
    tokens = min(limit.requests, bucket.tokens + (world.now - bucket.at).total_seconds() * rate)
    if tokens < 1:
        return max(1, ceil((1 - tokens) / rate))
    world.buckets.put(Bucket(id=id, tokens=tokens - 1, at=world.now))
    return None
