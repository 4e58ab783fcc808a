"""The gateway in front of the portal: it checks the token, its application and the client's address (P§2.4)."""

import re
from base64 import urlsafe_b64decode
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

from operator_emulator.core.customers import access
from operator_emulator.core.partners import applications
from operator_emulator.core.world.world import World
from operator_emulator.portal import routes
from operator_emulator.portal.auth import client_host, issued
from operator_emulator.portal.context import REALM, Portal, issuer_of
from operator_emulator.portal.errors import TOKEN_EXPIRED
from operator_emulator.portal.keys import ALGORITHM
from operator_emulator.portal.refusals import Rejected
from operator_emulator.web.context import context_of, engine_of
from operator_emulator.web.json import decode
from operator_emulator.web.openapi import Operation

VERIFIED: Final = 4096  # tokens whose verification is remembered
# The algorithms of RFC 7518, 3.1. Any other makes a token bad, a different one of these makes it invalid.
ALGORITHMS: Final = frozenset({*(f"{kind}{size}" for kind in ("HS", "RS", "ES", "PS") for size in (256, 384, 512))})


class Gateway:
    """The ``admit`` of the portal's routers: checks token, application and address, in the platform's order (P§2.4)."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._genuine: dict[str, dict[str, Any]] = {}

    async def admit(self, request: Request, operation: Operation | None) -> None:
        """For the API. Calls of known methods are counted."""
        partner = request.scope.get("path_params", {}).get("partnerID") if operation is not None else None
        method = routes.name_of(operation) if operation is not None else ""
        await self._enter(request, partner, method)

    async def admit_stream(self, request: Request, operation: Operation | None) -> None:
        """For the streams. A path that is no route of the gateway is a 404, with or without a token."""
        known = operation is not None and request.path_params["eventType"] in applications.STREAMS
        if not known:
            raise HTTPException(404)
        await self._enter(request)

    async def _enter(self, request: Request, partner: str | None = None, method: str = "") -> None:
        engine = engine_of(request)
        claims = self.claims(request)
        await engine.read(require_valid, claims)
        client_id = str(claims.get("clientId") or claims.get("azp"))
        if partner is None:
            caller = await engine.read(applications.enter, client_id)
        else:
            caller = await engine.write(applications.enter, client_id, partner, method)
        if caller.ip_whitelist and client_host(request) not in caller.ip_whitelist:
            raise Rejected(403, "Your IP address is not allowed")
        context_of(request).caller = caller

    def claims(self, request: Request) -> dict[str, Any]:
        """The claims of the request's token, once it is known to be genuine. Raises Rejected."""
        token = context_of(request).token = token_text(request)
        claims = self.remembered(token)
        return self.remember(token, self._verify(token, issuer_of(request))) if claims is None else claims

    def remembered(self, token: str) -> dict[str, Any] | None:
        """The claims of a token that was verified before, because verification is the most expensive part."""
        return self._genuine.get(access.digest(token))

    def remember(self, token: str, claims: dict[str, Any]) -> dict[str, Any]:
        if len(self._genuine) >= VERIFIED:
            del self._genuine[next(iter(self._genuine))]
        self._genuine[access.digest(token)] = claims
        return claims

    def _verify(self, token: str, issuer: str) -> dict[str, Any]:
        """Check issuer, algorithm, key and signature, in this order. Raises Rejected.

        This server may be known by several addresses; a token that it signed under one is valid under all.
        """
        header, claims = read_token(token)
        named = claims.get("iss")
        ours = header["alg"] == ALGORITHM and self._portal.signer.verifies(token)
        if named != issuer and not (ours and str(named).endswith(REALM)):
            raise Rejected(401, "Token issuer not allowed")
        if header["alg"] != ALGORITHM:
            raise Rejected(403, "Invalid algorithm")
        if header.get("kid") not in (None, self._portal.signer.kid):
            raise Rejected(401, "Unable to find public key for token kid")
        if not ours:
            raise Rejected(401, "Invalid token signature")
        return claims


def require_valid(world: World, claims: dict[str, Any]) -> None:
    """Raises Rejected if the token has expired, or was issued before the world was reset.

    A token without an id was signed by somebody else who has the key, and is accepted.
    """
    expires, jti = claims.get("exp"), claims.get("jti")
    if not isinstance(expires, int | float) or isinstance(expires, bool):
        raise Rejected(401, 'Token claims invalid: ["exp"]="must be a number"')
    if expires <= world.now.timestamp():
        raise Rejected(401, TOKEN_EXPIRED)
    if jti is not None and not issued(world, str(jti)):
        raise Rejected(401, "Invalid token signature")


def token_text(request: Request) -> str:
    """The one token of the request, in the header or the query parameter ``jwt``. Raises Rejected."""
    found = [token for token in request.query_params.getlist("jwt") if token]
    header = request.headers.get("authorization", "").strip()
    bearer = re.search(r"\b[Bb]earer\s+(.+)", header)
    if bearer is not None:
        found.append(bearer[1])
    elif header and header.lower() != "bearer":
        raise Rejected(401, "Unrecognizable token")
    if not found:
        raise Rejected(401, "Unauthorized")
    if len(set(found)) > 1:
        raise Rejected(401, "Multiple tokens provided")
    return found[0]


def read_token(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, unverified. Raises Rejected."""
    parts = token.split(".")
    try:
        header, claims = (decode(urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    except (ValueError, msgspec.DecodeError, RecursionError):
        raise Rejected(401, "Bad token; invalid JSON") from None
    if len(parts) != 3 or not isinstance(header, dict) or not isinstance(claims, dict):
        raise Rejected(401, "Bad token; invalid JSON")
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise Rejected(401, "Bad token; invalid typ")
    if not isinstance(header.get("alg"), str) or header["alg"] not in ALGORITHMS:
        raise Rejected(401, "Bad token; invalid alg")
    return header, claims
