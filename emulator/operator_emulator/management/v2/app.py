"""The app of version 2: its routes behind a token. Only today's edition has it, so it speaks as that does."""

from dataclasses import replace
from functools import partial
from typing import Any, Final

from starlette.types import ASGIApp

from operator_emulator.core.customers.model import Sim
from operator_emulator.core.world.policy import Policy
from operator_emulator.management import auth
from operator_emulator.management.context import Management
from operator_emulator.management.editions import NOW, Dialect
from operator_emulator.management.links import BASE
from operator_emulator.management.v2 import errors, routes
from operator_emulator.management.wire.sims import show_sim
from operator_emulator.web.faults import HttpFaults
from operator_emulator.web.openapi import Document
from operator_emulator.web.respond import JsonCache
from operator_emulator.web.router import Router

# Choices about recorded oddities of version 1, which version 2 does not have.
SETTLED: Final[dict[str, Any]] = {
    "unknown_sim": "404",
    "legacy_single_status": False,
    "date_style": "recorded",
    "location": "public",
}


def app(document: Document, policy: Policy, faults: HttpFaults) -> ASGIApp:
    dialect = Dialect(NOW, replace(policy, **SETTLED))
    return Router(
        routes.build(document),
        base=BASE,
        refuse=errors.refuse,
        admit=auth.admit,
        faults=faults,
        surface=Management(dialect, JsonCache[Sim](partial(show_sim, dialect=dialect), document, "Sim"), "v2"),
    )
