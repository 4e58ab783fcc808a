"""The state of a request that endpoints of this surface use: dialect, version, caller."""

from dataclasses import dataclass

from starlette.requests import Request

from operator_emulator.core.customers.model import Caller, Sim
from operator_emulator.management.editions import Dialect
from operator_emulator.web.context import context_of
from operator_emulator.web.respond import JsonCache


@dataclass(frozen=True, slots=True)
class Management:
    """State of the surface. *sim_json* caches the JSON of SIMs."""

    dialect: Dialect
    sim_json: JsonCache[Sim]
    version: str = "v1"


def dialect_of(request: Request) -> Dialect:
    management: Management = context_of(request).surface
    return management.dialect


def sim_json_of(request: Request) -> JsonCache[Sim]:
    management: Management = context_of(request).surface
    return management.sim_json


def version_of(request: Request) -> str:
    management: Management = context_of(request).surface
    return management.version


def caller_of(request: Request) -> Caller:
    """The user whose token the request carries. Only endpoints behind the token check have one."""
    caller = context_of(request).caller
    assert isinstance(caller, Caller)
    return caller
