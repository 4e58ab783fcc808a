"""Faults and rate limits in JSON."""

from collections.abc import Sequence
from typing import Any

from operator_emulator.core.tester.model import Fault, RateLimit


def show_fault(fault: Fault) -> dict[str, Any]:
    return {
        "id": fault.id,
        "name": fault.name,
        "point": fault.point,
        "match": fault.match,
        "effect": fault.effect,
        "probability": fault.probability,
        "times": fault.times,
        "considered": fault.considered,
        "struck": fault.struck,
    }


def show_limits(limits: Sequence[RateLimit]) -> dict[str, Any]:
    return {
        "limits": [
            {
                "name": limit.name,
                "path": limit.path,
                "per": limit.per,
                "requests": limit.requests,
                "seconds": limit.seconds,
            }
            for limit in limits
        ]
    }
