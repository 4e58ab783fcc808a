"""HttpFaults: rate limits and HTTP faults, as a step of the router between admission and endpoint.

A fault is chosen before the request is carried out. It may answer in place of the endpoint, and it may spoil the bytes
of whatever answer there is.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from operator_emulator.core.customers import access
from operator_emulator.core.tester import faults, rate_limits
from operator_emulator.core.tester.model import FaultPoint, RateLimit, Strike
from operator_emulator.core.world.errors import ExpiredToken, InvalidToken
from operator_emulator.core.world.world import World
from operator_emulator.web.context import RequestContext, context_of
from operator_emulator.web.json import encode
from operator_emulator.web.respond import JSON_TYPE
from operator_emulator.web.spoiled import Reset, Sleep, Spoiled

CarryOut = Callable[[], Awaitable[Response]]


class HttpFaults:
    """*published* are the rate limits that the operator publishes for this surface. *sleep* is handed in by tests."""

    def __init__(self, published: Sequence[RateLimit] = (), sleep: Sleep = asyncio.sleep) -> None:
        self._published = published
        self._sleep = sleep
        self._any = False
        self._changed: asyncio.Event | None = None

    async def strike(self, request: Request) -> "HttpStrike | None":
        """The fault that strikes a request. Raises HTTPException 429 if a rate limit is used up."""
        context = context_of(request)
        engine = context.engine
        if self._changed is None or self._changed.is_set():  # the answer can only change when the world changes
            self._changed = engine.store.bell.listen()
            self._any = await engine.read(has_faults_or_limits, self._published)
        if not self._any:
            return None
        scope = request.scope
        organisation = None if context.caller is None else context.caller.organisation
        address = "" if request.client is None else request.client.host
        wait = await engine.write(rate_limits.allow, self._published, scope["path"], organisation, address)
        if wait is not None:
            context.exempt = True
            raise HTTPException(429, "Too Many Requests", {"Retry-After": str(wait)})
        strike: Strike | None = await engine.write(
            faults.strike,
            FaultPoint.HTTP,
            method=scope["method"],
            path=(scope["path"], path_and_query(scope)),
            operation=None if context.operation is None else context.operation.id,
            organisation=organisation,
            headers=dict(request.headers),
            token=context.caller is not None,
        )
        if strike is None:
            return None
        if context.exchange is not None:
            context.exchange.fault = strike.fault.name
        return HttpStrike(strike, self._sleep)


def has_faults_or_limits(world: World, published: Sequence[RateLimit]) -> bool:
    return faults.any_at(world, FaultPoint.HTTP) or bool(rate_limits.current(world, published))


def path_and_query(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    return f"{scope['path']}?{query}" if query else scope["path"]


class HttpStrike:
    """A fault that strikes one request."""

    def __init__(self, strike: Strike, sleep: Sleep) -> None:
        self._strike = strike
        self._sleep = sleep
        self._seen = False  # the client sees an effect, whatever is done to the bytes of the answer

    async def respond(self, request: Request, carry_out: CarryOut) -> Response:
        """The answer to the request: the fault's own, or that of *carry_out*. Raises what the surface words.

        In the phase "after" the request is carried out whatever the fault answers.
        """
        effect = self._strike.fault.effect
        carried_out = await carry_out() if effect.get("phase") == "after" else None
        if self._strike.delay:
            self._seen = True
            if await self._is_replaced_meanwhile(context_of(request)):
                return Reset(self._sleep)
        if effect.get("reset") == "before":
            return Reset(self._sleep)
        if any(name in effect for name in ("token", "body", "status")):
            self._seen = context_of(request).exempt = True
            return await answer_of(request, effect)
        return carried_out if carried_out is not None else await carry_out()

    async def _is_replaced_meanwhile(self, context: RequestContext) -> bool:
        """Delay the request. If its world or organisation begins again meanwhile, it leaves no trace there."""
        before = context.engine.replacements
        await self._sleep(self._strike.delay)
        organisation = None if context.caller is None else context.caller.organisation
        context.dropped = context.engine.is_replaced(before, organisation)
        return context.dropped

    def spoiled(self, request: Request, response: Response) -> Response:
        """*response* as the fault lets it arrive."""
        if isinstance(response, Reset):
            return response
        return Spoiled(request, response, self._strike.fault, seen=self._seen, sleep=self._sleep)


async def answer_of(request: Request, effect: Mapping[str, Any]) -> Response:
    """The fault's own answer. Raises the refusal that is to be worded by the surface."""
    if "token" in effect:
        await end_token(context_of(request), effect["token"])
    if "body" in effect:
        return canned_response(effect)
    raise HTTPException(effect["status"], None, effect.get("headers"))


async def end_token(context: RequestContext, how: str) -> None:
    """Really revoke the token, or let it expire, so that only a new one helps. Raises the refusal that says so."""
    await context.engine.write(access.end_token, context.token, expired=how == "expired")
    raise (ExpiredToken if how == "expired" else InvalidToken)(context.token)


def canned_response(effect: Mapping[str, Any]) -> Response:
    """The answer that a fault gives: a text as it is, all else as JSON."""
    body = effect["body"]
    text = body.encode() if isinstance(body, str) else encode(body)
    headers = {"content-type": JSON_TYPE, **{name.lower(): value for name, value in effect.get("headers", {}).items()}}
    return Response(text, effect.get("status", 200), headers)
