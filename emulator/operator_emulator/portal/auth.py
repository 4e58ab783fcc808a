"""The token issuer: as much of a Keycloak with one realm as the client credentials grant needs (P§2.1 to 2.3)."""

from base64 import b64decode
from binascii import Error as Base64Error
from typing import Any, Final
from urllib.parse import parse_qs, unquote_plus

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.core.partners import applications, uuids
from operator_emulator.core.world.world import World
from operator_emulator.portal.context import Portal, issuer_of, portal_of
from operator_emulator.portal.keys import ALGORITHM
from operator_emulator.portal.refusals import GrantRefused
from operator_emulator.web.context import engine_of
from operator_emulator.web.receive import read_body
from operator_emulator.web.respond import answer

JSON: Final = "application/json"
GRANT: Final = "client_credentials"
DEFAULT_SCOPES: Final = ("profile", "email")  # added by Keycloak to the requested ones
KNOWN_SCOPES: Final = frozenset({"openid", "tardis", *DEFAULT_SCOPES})
COUNTED: Final = "portal token"  # the kind under which tokens are numbered
ACCESS: Final = "token"
ID: Final = "id token"
NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}

# --------------------------------------------------------------------------------------------- discovery


async def show_realm(request: Request) -> Response:
    """GET /auth/realms/default"""
    issuer = issuer_of(request)
    body = {
        "realm": "default",
        "public_key": portal_of(request).signer.public_der,
        "token-service": f"{issuer}/protocol/openid-connect",
        "account-service": f"{issuer}/account",
        "tokens-not-before": 0,
    }
    return answer(request, body, media_type=JSON)


async def show_configuration(request: Request) -> Response:
    """GET /auth/realms/default/.well-known/openid-configuration"""
    issuer = issuer_of(request)
    protocol = f"{issuer}/protocol/openid-connect"
    body = {
        "issuer": issuer,
        "authorization_endpoint": f"{protocol}/auth",
        "token_endpoint": f"{protocol}/token",
        "introspection_endpoint": f"{protocol}/token/introspect",
        "userinfo_endpoint": f"{protocol}/userinfo",
        "end_session_endpoint": f"{protocol}/logout",
        "jwks_uri": f"{protocol}/certs",
        "grant_types_supported": [GRANT],
        "response_types_supported": ["code", "none", "id_token", "token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "scopes_supported": ["openid", "profile", "email", "tardis"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    }
    return answer(request, body, media_type=JSON)


async def show_keys(request: Request) -> Response:
    """GET /auth/realms/default/protocol/openid-connect/certs"""
    return answer(request, {"keys": [portal_of(request).signer.public]}, media_type=JSON)


# --------------------------------------------------------------------------------------------- issuing


async def issue_token(request: Request) -> Response:
    """POST /auth/realms/default/protocol/openid-connect/token"""
    form = await read_form(request)
    grant = form.get("grant_type", "")
    if not grant:
        raise GrantRefused(400, "invalid_request", "Missing form parameter: grant_type")
    client_id, secret = read_credentials(request, form)
    if grant != GRANT:
        raise GrantRefused(400, "unsupported_grant_type", "Unsupported grant_type")
    scope = read_scope(form.get("scope", ""))
    portal = portal_of(request)
    token, id_token = await engine_of(request).write(
        issue, client_id, secret, scope, issuer_of(request), client_host(request), portal
    )
    body: dict[str, Any] = {
        "access_token": portal.signer.sign(token),
        "expires_in": portal.policy.portal_token_ttl,
        "refresh_expires_in": 0,  # there is no refresh token
        "token_type": "Bearer",
        "not-before-policy": 0,
        "scope": " ".join(scope),
    }
    if "openid" in scope:
        body["id_token"] = portal.signer.sign(id_token)
    return answer(request, body, media_type=JSON, headers=NO_STORE)


async def read_form(request: Request) -> dict[str, str]:
    """The form in the body; empty for any other body."""
    text = (await read_body(request)).decode("utf-8", "replace")
    if not request.headers.get("content-type", "").lower().startswith("application/x-www-form-urlencoded"):
        return {}
    form = parse_qs(text, keep_blank_values=True)
    if any(len(values) > 1 for values in form.values()):
        raise GrantRefused(400, "invalid_request", "duplicated parameter")
    return {name: values[0] for name, values in form.items()}


def read_credentials(request: Request, form: dict[str, str]) -> tuple[str, str]:
    """Client id and secret, from the form (published) or a Basic header, which Keycloak accepts as well."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic" and "client_id" not in form:
        try:
            client_id, _, secret = b64decode(encoded, validate=True).decode().partition(":")
        except (Base64Error, ValueError):
            client_id = secret = ""
        return unquote_plus(client_id), unquote_plus(secret)  # RFC 6749, 2.3.1: form-encoded first
    if not form.get("client_id"):
        raise GrantRefused(401, "invalid_client", "Missing client_id parameter")
    return form["client_id"], form.get("client_secret", "")


def read_scope(text: str) -> tuple[str, ...]:
    """The scopes to grant: the requested ones and those that are always added."""
    asked = text.split()
    if not KNOWN_SCOPES.issuperset(asked):
        raise GrantRefused(400, "invalid_scope", f"Invalid scopes: {text}")
    return tuple(dict.fromkeys((*asked, *DEFAULT_SCOPES)))


def issue(
    world: World, client_id: str, secret: str, scope: tuple[str, ...], issuer: str, address: str, portal: Portal
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The claims of an access token and of its ID token (P§2.2). Raises UnknownUser, WrongPassword."""
    application = applications.authenticate(world, client_id, secret)
    number = world.next_id(COUNTED)
    issued = int(world.now.timestamp())
    common = {
        "exp": issued + portal.policy.portal_token_ttl,
        "iat": issued,
        "iss": issuer,
        "sub": uuids.named(world, f"client {client_id}"),
        "azp": client_id,
        "clientId": client_id,
        "clientHost": address,
        "clientAddress": address,
        "preferred_username": f"service-account-{client_id.lower()}",
    }
    token = common | {
        "jti": uuids.numbered(world, ACCESS, number),
        "typ": "Bearer",
        "scope": " ".join(scope),
        "originZone": "canis",
        "originStargate": portal.policy.portal_host,
    }
    id_token = common | {"jti": uuids.numbered(world, ID, number), "typ": "ID", "aud": application.client_id}
    return token, id_token


def issued(world: World, jti: str) -> bool:
    """Whether a token with this id was issued in this world. A reset starts a new world and so ends all tokens."""
    last = world.last_ids().get(COUNTED, 0)
    numbers = (uuids.number_of(world, kind, jti) for kind in (ACCESS, ID))
    return any(number is not None and 1 <= number <= last for number in numbers)


def client_host(request: Request) -> str:
    return request.client.host if request.client is not None else ""
