"""Bearer: who is calling. Puts the caller into the request, or raises the refusal that the surface then words."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from operator_emulator.core.customers.model import Caller, Role
from operator_emulator.core.world.errors import MissingToken, NoApiAccess
from operator_emulator.core.world.world import World
from operator_emulator.runtime.engine import Engine
from operator_emulator.web.openapi import Operation


def engine_of(request: Request) -> Engine:
    emulator: Engine = request.scope["engine"]
    return emulator


def caller_of(request: Request) -> Caller:
    """Who is calling; only behind Bearer."""
    caller: Caller = request.scope["caller"]
    return caller


def token_text(request: Request) -> str:
    """The token of a request: after "Bearer" in any case, or in ``?access_token=`` (D§2.6). Raises MissingToken."""
    for name, value in request.scope["headers"]:
        if name == b"authorization":  # what Request.headers would find, at a tenth of the cost
            scheme, _, token = value.decode("latin-1").partition(" ")
            if scheme.lower() == "bearer" and token:
                return str(token.strip())
            break
    token = request.query_params.get("access_token", "") if request.scope["query_string"] else ""
    if not token:
        raise MissingToken
    return token


class Bearer:
    """An ``admit`` for a Door. *look_up* is the view that knows whose token it is."""

    def __init__(self, look_up: Callable[[World, str], Any]) -> None:
        self._look_up = look_up

    async def __call__(self, request: Request, operation: Operation | None) -> None:
        caller: Caller = await engine_of(request).read(self._look_up, token_text(request))
        request.scope["caller"] = caller
        exchange = request.scope.get("exchange")
        if exchange is not None:
            exchange.organisation = caller.organisation
        if caller.role is not Role.API:
            raise NoApiAccess(caller.username)
