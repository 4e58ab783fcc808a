"""Faults: what should go wrong, where and how often.

A fault matches on facts, such as the path of a request; then chance decides. Chance depends only on the seed and on
what the fault strikes, so the same story goes wrong in the same way twice.
"""

from collections.abc import Iterable, Mapping
from math import exp
from statistics import NormalDist
from types import MappingProxyType
from typing import Any, Final

from msgspec.structs import replace

from operator_emulator.core.tester.matching import like
from operator_emulator.core.tester.model import Fault, FaultPoint, Strike
from operator_emulator.core.world.errors import Malformed, UnknownFault
from operator_emulator.core.world.world import World

# Predefined faults by name. Latency and throughput of "slow-3g" are those that browsers simulate under that name.
PREDEFINED: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "unauthorized-once": {"point": "http", "effect": {"token": "revoked"}, "times": 1},
        "rate-limited": {"point": "http", "effect": {"status": 429, "headers": {"Retry-After": "1"}}},
        "maintenance": {"point": "http", "effect": {"status": 503, "headers": {"Retry-After": "120"}}},
        "flaky-10-percent": {"point": "http", "effect": {"status": 500}, "probability": 0.1},
        "slow-3g": {
            "point": "http",
            "effect": {"delay": {"lognormal": {"median": 0.4, "sigma": 0.3}}, "rate": 50_000},
        },
        "network-down": {"point": "network", "effect": {"cause": "absent subscriber"}},
        "customer-down": {"point": "callback", "effect": {"problem": "refused"}},
        "duplicate-batch": {"point": "data-stream", "effect": {"twice": True}},
    }
)

# The members of an effect that ``phase`` is about.
PHASED: Final[Mapping[FaultPoint, frozenset[str]]] = MappingProxyType(
    {
        FaultPoint.HTTP: frozenset({"delay", "status", "body", "token"}),
        FaultPoint.NETWORK: frozenset(),
        FaultPoint.CALLBACK: frozenset({"problem", "status"}),
        FaultPoint.DATA_STREAM: frozenset({"problem", "status"}),
    }
)
ENDS: Final = frozenset({"problem", "status", "twice"})  # what may come of a callback

LONGEST: Final = 600.0  # seconds of delay
LARGEST_ROLL: Final = 1 - 2**-53  # a roll may round to 1.0, whose quantile is infinite


def complete(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Complete a fault that has the name of a predefined one.

    Raises Malformed if point or effect are still missing.
    """
    name = asked.get("name", "")
    given = {**PREDEFINED.get(name, {}), **asked}
    for field in ("point", "effect"):
        if field not in given:
            raise Malformed(field, f"is required unless name is one of {', '.join(PREDEFINED)}")
    return given


def check_effect(point: FaultPoint, effect: Mapping[str, Any]) -> None:
    """Raises Malformed for members that make no sense together, or alone."""
    phased = PHASED[point]
    if "phase" in effect and phased.isdisjoint(effect):
        raise Malformed("effect.phase", f"requires {or_(phased)}")
    if point is FaultPoint.CALLBACK and len(ENDS.intersection(effect)) != 1:
        raise Malformed("effect", f"must have exactly one of {or_(ENDS)}")


def or_(names: Iterable[str]) -> str:
    *others, last = sorted(names)
    return f"{', '.join(others)} or {last}"


def add(world: World, wanted: Mapping[str, Any]) -> Fault:
    """Add a fault. *wanted* is complete and as described."""
    id = world.next_id("fault")
    return world.faults.put(
        Fault(
            id=id,
            name=wanted.get("name") or f"fault-{id}",
            point=FaultPoint(wanted["point"]),
            match=dict(wanted.get("match", {})),
            effect=dict(wanted["effect"]),
            probability=wanted.get("probability", 1.0),
            times=wanted.get("times"),
        )
    )


def remove(world: World, id: int) -> None:
    """Raises UnknownFault."""
    if world.faults.get(id) is None:
        raise UnknownFault(id)
    world.faults.delete(id)


def remove_all(world: World) -> int:
    faults = world.faults.find()
    for fault in faults:
        world.faults.delete(fault.id)
    return len(faults)


def any_at(world: World, point: FaultPoint) -> bool:
    return world.faults.count(point=point) > 0


def strike(world: World, /, point: FaultPoint, about: str = "", **facts: Any) -> Strike | None:
    """Find the fault that strikes now, the oldest one first, and count it.

    *facts* are what ``match`` is held against. Chance depends on *about*, or, if that is empty, on how often the
    fault was considered before.
    """
    for fault in world.faults.find(point=point):
        if fault.times == 0 or not matches(fault, facts):
            continue
        number = fault.considered
        chance = chance_key(world, fault, about or str(number))
        strikes = world.roll(chance) < fault.probability
        fault = world.faults.put(counted(replace(fault, considered=number + 1), int(strikes)))
        if strikes:
            return Strike(fault, delay_of(world, fault, chance))
    return None


def spare(world: World, id: int) -> None:
    """Do not count a strike after all: it found nothing that it could spoil."""
    fault = world.faults.get(id)
    if fault is not None:
        world.faults.put(counted(fault, -1))


def counted(fault: Fault, strikes: int) -> Fault:
    times = None if fault.times is None else fault.times - strikes
    return replace(fault, struck=fault.struck + strikes, times=times)


def matches(fault: Fault, facts: Mapping[str, Any]) -> bool:
    """Whether *fault* concerns what *facts* describe. A revoked token concerns only requests that brought one."""
    if "token" in fault.effect and not facts.get("token"):
        return False
    return all(matches_value(wanted, facts.get(name)) for name, wanted in fault.match.items())


def matches_value(wanted: Any, fact: Any) -> bool:
    """Strings are case-insensitive patterns. Every member of an object must match. Of several facts one is enough."""
    if isinstance(wanted, dict):
        members = {name.lower(): value for name, value in (fact or {}).items()}
        return all(matches_value(one, members.get(name.lower())) for name, one in wanted.items())
    if isinstance(fact, tuple):
        return any(matches_value(wanted, one) for one in fact)
    if isinstance(wanted, str):
        return fact is not None and like(wanted.lower(), str(fact).lower())
    return bool(wanted == fact)


def chance_key(world: World, fault: Fault, about: str) -> str:
    """The key of the random decision whether a fault strikes.

    A fault that concerns one organisation, which has a seed, depends on that seed and on how often it was considered:
    neither other organisations nor the ids that they use up change what it does.
    """
    organisation = world.organisations.get(fault.match.get("organisation"))
    if organisation is None or organisation.seed is None:
        return f"fault {fault.id} {about}"
    return f"seed {organisation.seed} fault {fault.name} {fault.considered}"


def delay_of(world: World, fault: Fault, chance: str) -> float:
    """The real seconds of a delay: fixed, or drawn from a distribution; ten minutes at most."""
    delay = fault.effect.get("delay", 0)
    if isinstance(delay, int | float):
        return float(delay)
    roll = world.roll(f"delay {chance}")
    if "uniform" in delay:
        low, high = sorted(delay["uniform"])
        return float(low + (high - low) * roll)
    shape = delay["lognormal"]
    quantile = NormalDist().inv_cdf(min(max(roll, 1 - LARGEST_ROLL), LARGEST_ROLL))
    return float(min(shape["median"] * exp(shape["sigma"] * quantile), LONGEST))
