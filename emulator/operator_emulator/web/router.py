"""Router: an ASGI app for the operations of a surface. Finds the endpoint, asks who is calling, turns refusals into
answers. It stands in for Starlette's router on the hot path: a dictionary instead of a row of regular expressions.
"""

from collections.abc import Awaitable, Callable, Iterable

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from operator_emulator.core.world.errors import Refusal
from operator_emulator.store import StoreFailure
from operator_emulator.web.openapi import Operation, Route, check_query

Refuse = Callable[[Request, Exception], Awaitable[Response]]
Admit = Callable[[Request, Operation | None], Awaitable[None]]
Literals = tuple[tuple[int, str], ...]  # where in a path which text stands; the rest are parameters


class ShortCircuit(Exception):
    """The request goes no further: *response* is the answer."""

    def __init__(self, response: Response) -> None:
        self.response = response


class Router:
    """*admit* raises a Refusal unless the caller may come in, and is asked even where there is no endpoint: an
    unknown caller learns nothing (D§3.1). *refuse* makes the answer of a Refusal, HTTPException or StoreFailure.

    ``scope["hinder"]``, where somebody has put it, is called with request and operation before the endpoint, and may
    raise what an endpoint may, or ShortCircuit.
    """

    def __init__(self, routes: Iterable[Route], *, base: str, refuse: Refuse, admit: Admit | None = None) -> None:
        self._base = len(base)
        self._refuse = refuse
        self._admit = admit
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
        try:
            route = self._find(scope)
            operation = route.operation if route is not None else None
            scope["operation"] = operation
            exchange = scope.get("exchange")
            if exchange is not None and operation is not None:
                exchange.operation = operation.id
            try:
                if self._admit is not None:
                    await self._admit(request, operation)
            finally:  # whoever is refused meets troubles, too: they stand in front
                hinder = scope.get("hinder")
                if hinder is not None:
                    await hinder(request, operation)
            if route is None:
                raise self._lost(scope)
            if scope["query_string"]:
                check_query(request, route.operation, request.query_params)
            response = await route.endpoint(request)
        except (Refusal, HTTPException, StoreFailure) as refusal:
            response = await self._refuse(request, refusal)
        except ShortCircuit as instead:
            response = instead.response
        except ClientDisconnect:  # in the middle of its request: there is nobody to answer, and nothing to report
            if exchange is not None:
                exchange.problem = "the client hung up"
            return
        await response(scope, receive, send)

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
