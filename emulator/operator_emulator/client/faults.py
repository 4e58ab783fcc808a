"""Faults and rate limits."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from operator_emulator.client.connection import Part, path_to, without_none
from operator_emulator.client.values import Fault, FaultList, Json


class Faults(Part):
    """Injected faults."""

    def add(
        self,
        name: str | None = None,
        *,
        point: Literal["http", "network", "callback", "data-stream"] | None = None,
        match: Mapping[str, Any] | None = None,
        effect: Mapping[str, Any] | None = None,
        probability: float | None = None,
        times: int | None = None,
    ) -> Fault:
        """Add a fault: a predefined one by its *name*, or one with a *point* and an *effect* of your own."""
        fault = {
            "name": name,
            "point": point,
            "match": match,
            "effect": effect,
            "probability": probability,
            "times": times,
        }
        return Fault.read(self._call("POST", "/faults", json=without_none(fault)))

    @contextmanager
    def during(self, name: str | None = None, **how: Any) -> Iterator[Fault]:
        """As ``add``, for the length of a block."""
        fault = self.add(name, **how)
        try:
            yield fault
        finally:
            self.remove(fault.id)

    def show(self) -> FaultList:
        """The active faults, and the predefined ones."""
        shown = self._call("GET", "/faults")
        return FaultList([Fault.read(one) for one in shown["faults"]], shown["ready"], json=shown)

    def list(self) -> "list[Fault]":
        """The active faults."""
        return list(self.show().faults)

    def remove(self, id: int) -> None:
        self._call("DELETE", path_to("faults", id))

    def clear(self) -> None:
        self._call("DELETE", "/faults")


class Limits(Part):
    """How many requests customers may make."""

    def show(self) -> list[Json]:
        return list(self._call("GET", "/limits")["limits"])

    def set(self, limits: Sequence[Mapping[str, Any]]) -> None:
        """Each has *name*, *path*, *per* ("organisation" or "address"), *requests*, *seconds*."""
        self._call("PUT", "/limits", json={"limits": list(limits)})

    def on(self) -> None:
        """Set the operator's own limits."""
        self._call("PUT", "/limits", json={"limits": "operator"})

    def off(self) -> None:
        self.set([])
