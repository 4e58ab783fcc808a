"""Faults: what should go wrong, where and how often.

A fault matches on facts of the moment, such as the path of a request; then chance decides, which depends on the seed
and on what it is about, so that the same story goes wrong in the same way twice.
"""

from collections.abc import Mapping
from math import exp
from statistics import NormalDist
from types import MappingProxyType
from typing import Any, Final

from msgspec.structs import replace

from operator_emulator.core.tester.matching import like
from operator_emulator.core.tester.model import Fault, FaultPoint, Strike
from operator_emulator.core.world.errors import Malformed, UnknownFault
from operator_emulator.core.world.world import World

# Ready-made faults by name. Latency and throughput of "slow-3g" are those that browsers simulate under that name.
READY: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
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
    }
)

LONGEST: Final = 600.0  # seconds of delay
LARGEST_ROLL: Final = 1 - 2**-53  # a roll may round to 1.0, whose quantile is infinite


def complete(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked for; one that only has a ready-made name is completed from READY.

    Raises Malformed where that leaves open what it is.
    """
    name = asked.get("name", "")
    given = {**READY.get(name, {}), **asked}
    for field in ("point", "effect"):
        if field not in given:
            raise Malformed(field, f"is required unless name is one of {', '.join(READY)}")
    return given


def add(world: World, wanted: Mapping[str, Any]) -> Fault:
    """Arm a fault, complete and as described."""
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
    """The first fault, by age, that strikes now; it is counted.

    *facts* are what ``match`` is held against. Chance depends on *about*, or, where nothing has a name of its own,
    on how often the fault was considered before.
    """
    for fault in world.faults.find(point=point):
        if fault.times == 0 or not meant(fault, facts):
            continue
        number = fault.considered
        chance = what_chance_is_about(world, fault, about or str(number))
        roll = world.roll(chance)
        strikes = roll < fault.probability
        times = fault.times
        fault = world.faults.put(
            replace(
                fault,
                considered=number + 1,
                struck=fault.struck + strikes,
                times=times - strikes if times is not None else None,
            )
        )
        if strikes:
            return Strike(fault, delay_of(world, fault, chance))
    return None


def meant(fault: Fault, facts: Mapping[str, Any]) -> bool:
    """Does *fault* concern what *facts* describe? A revoked token concerns only who came in by one."""
    if "token" in fault.effect and not facts.get("token"):
        return False
    return all(fits(wanted, facts.get(name)) for name, wanted in fault.match.items())


def fits(wanted: Any, fact: Any) -> bool:
    """Texts are patterns, in any case; of objects each member must fit; of several facts one is enough."""
    if isinstance(wanted, dict):
        members = {name.lower(): value for name, value in (fact or {}).items()}
        return all(fits(one, members.get(name.lower())) for name, one in wanted.items())
    if isinstance(fact, tuple):
        return any(fits(wanted, one) for one in fact)
    if isinstance(wanted, str):
        return fact is not None and like(wanted.lower(), str(fact).lower())
    return bool(wanted == fact)


def what_chance_is_about(world: World, fault: Fault, about: str) -> str:
    """What a roll depends on. A fault that concerns one organisation only, and this one has a seed, is its own story:

    then neither other organisations nor the ids that they use up change it.
    """
    organisation = world.organisations.get(fault.match.get("organisation"))
    if organisation is None or organisation.seed is None:
        return f"fault {fault.id} {about}"
    return f"seed {organisation.seed} fault {fault.name} {fault.considered}"


def delay_of(world: World, fault: Fault, chance: str) -> float:
    """Real seconds: fixed, or drawn from a distribution; ten minutes at most."""
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
