"""Router: an ASGI app for the operations of a surface. It finds the endpoint, asks who is calling, lets faults strike,
and turns refusals into answers. It stands in for Starlette's router, because a dictionary of paths is much faster than
a list of regular expressions.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from operator_emulator.core.world.errors import Refusal
from operator_emulator.store import StoreFailure
from operator_emulator.web.context import context_of
from operator_emulator.web.faults import HttpFaults
from operator_emulator.web.openapi import Operation, Route
from operator_emulator.web.receive import check_body, check_query

log = logging.getLogger("operator_emulator.router")

Refuse = Callable[[Request, Exception], Awaitable[Response]]
Admit = Callable[[Request, Operation | None], Awaitable[None]]
Literals = tuple[tuple[int, str], ...]  # where in a path which text stands; the rest are parameters

REFUSALS = (Refusal, HTTPException, StoreFailure)


class Router:
    """*admit* raises a Refusal unless the caller may come in, and is asked even where there is no endpoint: an
    unknown caller learns nothing (D§3.1). *refuse* makes the answer of a Refusal, HTTPException or StoreFailure.
    *surface* is handed to the endpoints in the request's context.

    Errors that nobody foresaw are answered as status 500, but raised in tests (``raises`` of the routes' document).
    """

    def __init__(
        self,
        routes: Iterable[Route],
        *,
        base: str,
        refuse: Refuse,
        admit: Admit | None = None,
        faults: HttpFaults | None = None,
        surface: Any = None,
    ) -> None:
        self._base = len(base)
        self._refuse = refuse
        self._admit = admit
        self._faults = faults
        self._surface = surface
        routes = tuple(routes)
        self._raises = any(route.operation.document.raises for route in routes)
        self._fixed: dict[str, dict[str, Route]] = {}
        self._patterns: dict[int, list[tuple[Literals, dict[str, Route]]]] = {}
        for route in routes:
            self._methods_at(route)[route.operation.method] = route

    def _methods_at(self, route: Route) -> dict[str, Route]:
        if None not in route.segments:
            return self._fixed.setdefault("/" + "/".join(map(str, route.segments)), {})
        literals = tuple((place, text) for place, text in enumerate(route.segments, 1) if text is not None)
        patterns = self._patterns.setdefault(len(route.segments), [])
        for known, methods in patterns:
            if known == literals:
                return methods
        patterns.append((literals, {}))
        return patterns[-1][1]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        context = context_of(request)
        context.surface = self._surface
        route = self._find(scope)
        if route is not None:
            context.operation = route.operation
            if context.exchange is not None:
                context.exchange.operation = route.operation.id
                context.exchange.route = (route.operation.method, route.operation.path)
        try:
            response = await self._worded(request, partial(self._respond, request, route))
            await self._send(request, response, send)
        except ClientDisconnect:  # in the middle of its request: there is nobody to answer, and nothing to report
            if context.exchange is not None:
                context.exchange.problem = "the client hung up"

    async def _worded(self, request: Request, respond: Callable[[], Awaitable[Response]]) -> Response:
        """The response of *respond*, or the surface's own response to the exception that it raises."""
        try:
            return await respond()
        except Exception as error:
            return await self._answer_to(request, error)

    async def _answer_to(self, request: Request, error: Exception) -> Response:
        """The surface's words for a refusal, or for an error that nobody foresaw, which is a bug of ours."""
        if isinstance(error, REFUSALS):
            return await self._refuse(request, error)
        if self._raises or isinstance(error, ClientDisconnect):
            raise error
        log.error("%s %s failed; please report this", request.method, request.scope["path"], exc_info=error)
        context = context_of(request)
        context.exempt = True
        if context.exchange is not None:
            context.exchange.problem = repr(error)
        return await self._refuse(request, HTTPException(500))

    async def _send(self, request: Request, response: Response, send: Send) -> None:
        """Send *response*. What it raises before its first octet is answered, too."""
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await response(request.scope, request.receive, sending)
        except Exception as error:
            if begun or isinstance(error, ConnectionResetError):
                raise
            instead = await self._answer_to(request, error)
            await instead(request.scope, request.receive, send)

    async def _respond(self, request: Request, route: Route | None) -> Response:
        refusal = await self._refusal_of(request)
        carry_out = partial(self._carry_out, request, route, refusal)
        strike = await self._faults.strike(request) if self._faults is not None else None
        if strike is None:
            return await carry_out()
        respond = partial(strike.respond, request, partial(self._worded, request, carry_out))
        return strike.spoiled(request, await self._worded(request, respond))

    async def _refusal_of(self, request: Request) -> Exception | None:
        """Why the caller may not come in. It is not raised at once: faults strike whoever asks."""
        if self._admit is not None:
            try:
                await self._admit(request, context_of(request).operation)
            except REFUSALS as refusal:
                return refusal
        return None

    async def _carry_out(self, request: Request, route: Route | None, refusal: Exception | None) -> Response:
        if refusal is not None:
            raise refusal
        if route is None:
            raise self._lost(request.scope)
        if request.scope["query_string"]:
            check_query(request)
        if not route.operation.takes_body:
            check_body(request)
        return await route.endpoint(request)

    def _find(self, scope: Scope) -> Route | None:
        methods = self._at(scope)
        if methods is None:
            return None
        return methods.get("GET" if scope["method"] == "HEAD" else scope["method"])

    def _at(self, scope: Scope) -> dict[str, Route] | None:
        """The methods known at a path. Fixed paths win over parameters (D§7): ``/sims/limits`` is no ICCID."""
        path = scope["path"][self._base :]
        if path != "/" and path.endswith("/"):
            path = path[:-1]  # Spring takes a trailing slash
        fixed = self._fixed.get(path)
        if fixed is not None:
            scope["path_params"] = {}
            return fixed
        parts = path.split("/")
        for literals, methods in self._patterns.get(len(parts) - 1, ()):
            for place, text in literals:
                if parts[place] != text:
                    break
            else:
                route = next(iter(methods.values()))
                scope["path_params"] = {name: parts[place] for place, name in route.parameters}
                return methods if "" not in scope["path_params"].values() else None
        return None

    def _lost(self, scope: Scope) -> HTTPException:
        methods = self._at(scope)
        if methods is None:
            return HTTPException(404)
        return HTTPException(
            405, f"Request method '{scope['method']}' not supported", {"Allow": ", ".join(sorted(methods))}
        )
