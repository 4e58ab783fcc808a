"""Exchanges of the journal in JSON, and how many are expected."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from operator_emulator.control.wire.values import show_time
from operator_emulator.core.world.errors import Malformed
from operator_emulator.runtime.journal import Exchange


@dataclass(frozen=True, slots=True)
class Count:
    """How many are expected: from *low* to *high*, or without an upper end."""

    low: int
    high: int | None

    def __contains__(self, number: int) -> bool:
        return self.low <= number and (self.high is None or number <= self.high)

    def __str__(self) -> str:
        if self.high is None:
            return f"{self.low} or more"
        return str(self.low) if self.low == self.high else f"{self.low} to {self.high}"


def read_count(body: Mapping[str, Any]) -> Count:
    """``count`` exactly, or ``min`` and ``max``, or at least one. Raises Malformed."""
    if "count" in body:
        for name in ("min", "max"):
            if name in body:
                raise Malformed(name, "cannot be given together with count")
        return Count(body["count"], body["count"])
    low, high = body.get("min", 0 if "max" in body else 1), body.get("max")
    if high is not None and high < low:
        raise Malformed("max", "is less than min")
    return Count(low, high)


def show_exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "id": exchange.id,
        "direction": exchange.direction,
        "method": exchange.method,
        "path": exchange.path,
        "operation": exchange.operation,
        "organisation": exchange.organisation,
        "at": show_time(exchange.at),
        "real": show_time(exchange.real),
        "milliseconds": round(exchange.milliseconds, 3),
        "request": {"headers": show_headers(exchange.request_headers), "body": exchange.request_text},
        "status": exchange.status,
        "response": {"headers": show_headers(exchange.response_headers), "body": exchange.response_text},
        "problem": exchange.problem,
        "findings": exchange.findings,
        "fault": exchange.fault,
        "callback": exchange.callback,
    }


def show_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By lower-case name; a header that was repeated is joined with commas."""
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined
