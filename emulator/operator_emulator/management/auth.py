"""Access tokens (D§2): the token endpoint, the tokens of each edition, and the check of a request's token."""

import base64
import binascii
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from hashlib import shake_256
from typing import Any, Final
from urllib.parse import parse_qs
from uuid import UUID
from zlib import crc32

import msgspec
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.core.customers import access
from operator_emulator.core.customers.model import Caller, CoreNetwork, Role, User
from operator_emulator.core.world.errors import Malformed, MissingCredentials, MissingToken, NoApiAccess, Refusal
from operator_emulator.core.world.world import World
from operator_emulator.management.context import dialect_of
from operator_emulator.management.editions import Edition
from operator_emulator.management.errors import UnsupportedGrant, VersionRetired
from operator_emulator.web.context import context_of, engine_of
from operator_emulator.web.openapi import Operation
from operator_emulator.web.receive import UnsupportedMediaType, is_json, read_body, read_json
from operator_emulator.web.respond import answer

GRANT: Final = "client_credentials"
FORM: Final = "application/x-www-form-urlencoded"
CLAIMS_LENGTH: Final = 1392  # octets of JSON, which makes the whole token 3,000 characters long
SIGNATURE_LENGTH: Final = 256  # octets, as of RS256


async def issue_token(request: Request) -> Response:
    """POST /oauth/token"""
    username, password = read_credentials(request)
    grant = await read_grant(request)
    if grant != GRANT:
        raise UnsupportedGrant(grant)
    edition = dialect_of(request).edition
    exchange = context_of(request).exchange
    if exchange is not None:
        exchange.organisation = await engine_of(request).read(access.organisation_of, username)
    body = await engine_of(request).write(log_in, username, password, edition)
    pretty = None if edition.spring_oauth else msgspec.json.format(msgspec.json.encode(body), indent=2)
    return answer(request, body, body=pretty)


# --------------------------------------------------------------------------------------------- reading


def read_credentials(request: Request) -> tuple[str, str]:
    """User and password from the Basic header, whose base64 may contain white space (D§2.2)."""
    scheme, _, encoded = request.headers.get("authorization", "").strip().partition(" ")
    pair = decoded("".join(encoded.split())) if scheme.lower() == "basic" else ""
    username, _, password = pair.partition(":")
    given = {"username": username, "password": password}
    missing = tuple(attribute for attribute, text in given.items() if not text)
    if missing:
        raise MissingCredentials(missing)
    return username, password


def decoded(encoded: str) -> str:
    """Decode base64 with or without padding. Anything else gives an empty text."""
    try:
        octets = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


async def read_grant(request: Request) -> str | None:
    """``grant_type`` from the query, a form or a JSON body; None if it is absent (D§2.2)."""
    grant = request.query_params.get("grant_type")
    if grant:
        return grant
    content_type = request.headers.get("content-type", "")
    if is_json(content_type):
        value = await read_json(request)
        if not isinstance(value, dict):
            raise Malformed("", "must be an object")
        return None if value.get("grant_type") in (None, "") else str(value["grant_type"])
    if content_type and content_type.partition(";")[0].strip().lower() != FORM:
        raise UnsupportedMediaType(content_type)
    form = parse_qs((await read_body(request)).decode("utf-8", "replace"), max_num_fields=None)
    return form.get("grant_type", [None])[0]


# --------------------------------------------------------------------------------------------- answering


def log_in(world: World, username: str, password: str, edition: Edition) -> dict[str, Any]:
    """Issue a token and show it as *edition* does (D§2.3)."""
    origin = world.origins.get(1)
    assert origin is not None, "a world begins with an origin"
    mint: Callable[[int, User, datetime, datetime], str] = partial(
        uuid_token if edition.spring_oauth else long_token, origin.seed
    )
    text, seconds = access.issue_token(world, username, password, mint)
    expires_in = max(0, seconds - edition.token_head_start)
    if not edition.spring_oauth:
        return {
            "status_code": 200,
            "access_token": text,
            "token_type": "bearer",
            "expires_in": expires_in,
            "userId": "user",
            "scope": "all",
        }
    user = world.users.get(username)
    assert user is not None, "a token was issued to this user"
    return {
        "access_token": text,
        "token_type": "bearer",
        "expires_in": expires_in,
        "scope": "all",
        "appToken": jwt({"sub": username, "org": user.organisation}, text),
        "userId": 10_000 + crc32(username.encode()) % 90_000,
        "orgId": user.organisation,
    }


def uuid_token(seed: int, number: int, user: User, issued: datetime, expires: datetime) -> str:
    """A UUID derived from the seed and the token."""
    return str(UUID(bytes=noise(f"{seed} {number} {user.username} {issued} {expires}", 16), version=4))


def long_token(seed: int, number: int, user: User, issued: datetime, expires: datetime) -> str:
    """Base64 of ``{"idtoken": "<JWT>"}``. Clients read ``exp`` from it. The claim ``profile`` pads it to size."""
    about = f"{seed} {number} {user.username} {issued} {expires}"
    claims = {
        "sub": str(UUID(bytes=noise(about, 16), version=4)),
        "username": user.username,
        "organisation": user.organisation,
        "token_use": "id",
        "iat": int(issued.timestamp()),
        "exp": int(expires.timestamp()),
        "jti": number,
        "profile": "",
    }
    room = CLAIMS_LENGTH - len(msgspec.json.encode(claims))
    claims["profile"] = noise(about, room).hex()[:room]
    return base64.b64encode(msgspec.json.encode({"idtoken": jwt(claims, about)})).decode()


def jwt(claims: dict[str, Any], about: str) -> str:
    """A token in the form of a JWT. Its signature is noise: nobody outside can check the operator's either."""
    header = {"alg": "RS256", "typ": "JWT"}
    parts = (msgspec.json.encode(header), msgspec.json.encode(claims), noise(about, SIGNATURE_LENGTH))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def noise(about: str, octets: int) -> bytes:
    """Bytes that look random, and are the same for the same text."""
    return shake_256(about.encode()).digest(octets)


# --------------------------------------------------------------------------------------------- using a token


async def admit(
    request: Request, operation: Operation | None, *, find: Callable[[World, str], Caller] = access.caller_of
) -> None:
    """Find out who is calling. Raises the refusal if that is nobody, or somebody without access to the API.

    *find* tells whose token it is.
    """
    context = context_of(request)
    context.token = token_text(request)
    caller = await context.engine.read(find, context.token)
    context.caller = caller
    if context.exchange is not None:
        context.exchange.organisation = caller.organisation
    if caller.role is not Role.API:
        raise NoApiAccess(caller.client_id)


async def admit_to_version_1(request: Request, operation: Operation | None) -> None:
    """The same, until version 1 is retired: then nobody comes in, though it is still known who wanted to."""
    retired_at = dialect_of(request).policy.v1_retired_at
    if retired_at is None or (await engine_of(request).times())[0] < retired_at:
        await admit(request, operation, find=caller_of_version_1)
        return
    with suppress(Refusal):
        await admit(request, operation)
    raise VersionRetired


def caller_of_version_1(world: World, token: str) -> Caller:
    """The owner of the token. Version 1 shows only the SIMs on the first core network (V§1)."""
    return replace(access.caller_of(world, token), core=CoreNetwork.PLATFORM_1)


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
