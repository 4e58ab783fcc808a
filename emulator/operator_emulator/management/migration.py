"""The migration report: the calls to version 1 that an organisation still makes, and what replaces them (V§1, 3)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from operator_emulator.core.customers.model import CoreNetwork, Organisation
from operator_emulator.core.world.errors import UnknownOrganisation
from operator_emulator.core.world.world import World
from operator_emulator.management.v2.successors import SUCCESSORS, Route
from operator_emulator.runtime.tally import Calls, Clients
from operator_emulator.web.openapi import Document

Counted = Callable[[int], Mapping[Route, Clients]]
"""The calls of an organisation."""

HIDDEN_MAX: Final = 20  # ICCIDs that are named


def report(world: World, counted: Counted, organisation: int | None, *, document: Document) -> dict[str, Any]:
    """All organisations that call version 1 or have SIMs that it does not show, or just one.

    *document* describes version 1. Raises UnknownOrganisation.
    """
    asked = None if organisation is None else world.organisations.get(organisation)
    if organisation is not None and asked is None:
        raise UnknownOrganisation(organisation)
    found = [
        show_organisation(world, one, counted(one.id), document)
        for one in ([asked] if asked is not None else world.organisations.find(order="id"))
    ]
    retired_at = world.policy.v1_retired_at
    return {
        "now": iso(world.now),
        "retired_at": None if retired_at is None else iso(retired_at),
        "retired": retired_at is not None and world.now >= retired_at,
        "calls": sum(one["calls"] for one in found),
        "organisations": [one for one in found if asked is not None or one["calls"] or one["hidden"]["count"]],
    }


def show_organisation(
    world: World, organisation: Organisation, counted: Mapping[Route, Clients], document: Document
) -> dict[str, Any]:
    """*hidden* are the SIMs that version 1 does not show."""
    hidden = {"organisation": organisation.id, "core": CoreNetwork.PLATFORM_2}
    operations = [
        show_operation(route, counted[route], document.operations[route].id) for route in SUCCESSORS if route in counted
    ]
    named = world.sims.find(order="position", limit=HIDDEN_MAX, **hidden)
    return {
        "id": organisation.id,
        "name": organisation.name,
        "sims": world.sims.count(organisation=organisation.id),
        "hidden": {"count": world.sims.count(**hidden), "iccids": [sim.iccid for sim in named]},
        "calls": sum(one["calls"] for one in operations),
        "operations": operations,
    }


def show_operation(route: Route, clients: Clients, operation: str) -> dict[str, Any]:
    method, path = route
    successor = SUCCESSORS[route]
    return {
        "method": method,
        "path": path,
        "operation": operation,
        "calls": sum(calls.count for calls in clients.values()),
        "last": iso(max(calls.last for calls in clients.values())),
        "clients": [show_client(name, calls) for name, calls in sorted(clients.items())],
        "successor": None if successor.path is None else {"method": method, "path": successor.path},
        "changes": successor.changes,
    }


def show_client(name: str, calls: Calls) -> dict[str, Any]:
    return {"user_agent": name, "calls": calls.count, "last": iso(calls.last)}


def iso(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
