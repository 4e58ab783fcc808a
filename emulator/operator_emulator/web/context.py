"""RequestContext: what is known of one request beside its bytes, in one typed value."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from operator_emulator.core.world.principal import Principal
from operator_emulator.runtime.engine import Engine
from operator_emulator.runtime.journal import Exchange
from operator_emulator.web.openapi import Operation


@dataclass(slots=True, kw_only=True)
class RequestContext:
    """The app makes it; journal, router and surface fill it in as they come to know more."""

    engine: Engine
    exchange: Exchange | None = None  # None: the surface is not journaled
    surface: Any = None  # what a surface hands to its endpoints
    operation: Operation | None = None  # None: no operation is at this path
    caller: Principal | None = None
    token: str = ""  # the access token of the caller
    dropped: bool = (
        False  # its world was replaced while a fault held it up: the journal of the new one knows nothing of it
    )
    exempt: bool = False  # a fault, a rate limit or a failure of ours answers: the description need not know the status


def context_of(request: Request) -> RequestContext:
    context: RequestContext = request.scope["context"]
    return context


def engine_of(request: Request) -> Engine:
    return context_of(request).engine


def operation_of(request: Request) -> Operation:
    """The operation that the request is for; an endpoint always has one."""
    operation = context_of(request).operation
    assert operation is not None, "an endpoint is bound to an operation"
    return operation
