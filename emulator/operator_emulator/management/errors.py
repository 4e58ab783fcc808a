"""Status and body for each refusal, as tables (D§2.5, 3.1, 3.2). Bodies of 403 to 429 are unpublished and assumed.

Resources use Spring Boot's error format, the token endpoint its own. In the editions of 2019 both use the format of
Spring Security OAuth if a token is refused.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.core.world.errors import (
    ExpiredToken,
    ForeignSim,
    InvalidToken,
    LimitReached,
    Malformed,
    MissingCredentials,
    MissingToken,
    NoApiAccess,
    NotAllowed,
    NotFound,
    NotKnown,
    NotPossible,
    PaymentMethodInvalid,
    QuotaExhausted,
    Refusal,
    SimExpired,
    TransferForbidden,
    UnknownProduct,
    UnknownSim,
    UnknownUser,
    WrongPassword,
)
from operator_emulator.management.context import dialect_of
from operator_emulator.management.editions import SECURITY_HEADERS, Edition
from operator_emulator.management.links import BASE, LEAKED
from operator_emulator.management.wire.values import precise
from operator_emulator.web.context import context_of, engine_of
from operator_emulator.web.receive import UnsupportedMediaType
from operator_emulator.web.respond import answer

log = logging.getLogger("operator_emulator.management")

TOKEN_PATH: Final = BASE + "/oauth/token"

PHRASES: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "Bad Request",
        401: "Unauthorized",
        403: "Forbidden",
        404: "Not Found",
        405: "Method Not Allowed",
        410: "Gone",
        413: "Payload Too Large",
        415: "Unsupported Media Type",
        422: "Unprocessable Entity",
        503: "Service Unavailable",
    }
)


@dataclass(eq=False)
class UnsupportedGrant(Refusal):
    """The requested *grant* (None: absent) is not client_credentials."""

    grant: str | None


class VersionRetired(Refusal):
    """Version 1 is no longer served (V§1)."""


# --------------------------------------------------------------------------------------------- resources

NO_MESSAGE: Final = "No message available"
RETIRED: Final = "Version 1 of this API has been retired. Use version 2."
FULL_AUTHENTICATION: Final = "Full authentication is required to access this resource"

Sentence = Callable[[Any], str]

# The first matching class counts.
RESOURCES: Final[tuple[tuple[type[Exception], int, Sentence], ...]] = (
    (Malformed, 400, str),
    (MissingToken, 401, lambda _: FULL_AUTHENTICATION),
    (ExpiredToken, 401, lambda _: "The token is invalid: The token has expired"),
    (InvalidToken, 401, lambda _: "The token is invalid: Illegal base64 character 20"),  # recorded (D§3.1)
    (NoApiAccess, 403, lambda _: "Access is denied"),
    (ForeignSim, 403, lambda _: "SIM does not belong to user."),
    (NotAllowed, 403, lambda _: NO_MESSAGE),
    (UnknownProduct, 400, lambda refusal: f"There is no product {refusal.id}"),
    (UnknownSim, 404, lambda _: "SIM not found."),  # published for top-ups (D§12.2); elsewhere assumed
    (NotFound, 404, lambda _: NO_MESSAGE),
    (
        SimExpired,
        422,
        lambda refusal: (
            "The following SIMs are expired and cannot be modified via API. Only extensions are permitted: "
            + ", ".join(refusal.iccids)
        ),
    ),
    (TransferForbidden, 403, lambda _: "SIMs can be transferred between master and sub-organisation only"),
    (NotPossible, 422, lambda _: NO_MESSAGE),
)

# Bodies that consist of a message (D§3.2, 9.6).
MESSAGES: Final[tuple[tuple[type[Exception], int, Sentence], ...]] = (
    (PaymentMethodInvalid, 400, lambda _: "Payment method used is not valid."),
    (
        QuotaExhausted,
        422,
        lambda _: "SMS quota volume is completely used up and SMS access denied for endpoint.",
    ),
    (
        LimitReached,
        422,
        lambda refusal: f"Traffic limit of {refusal.limit} SMS per month exceeded",
    ),
)

ALWAYS: Final = {name.decode(): value.decode() for name, value in SECURITY_HEADERS}


async def refuse_resource(request: Request, error: Exception) -> Response:
    for kind, status, sentence in MESSAGES:
        if isinstance(error, kind):
            return answer(request, {"message": sentence(error)}, status=status)
    for kind, status, sentence in RESOURCES:
        if isinstance(error, kind):
            return await spring(request, status, sentence(error))
    if isinstance(error, VersionRetired):
        return await spring(request, dialect_of(request).policy.v1_retired_status, RETIRED)
    if isinstance(error, HTTPException):
        if error.status_code == 429:  # assumed (D§3.2)
            return answer(request, {"message": "Too Many Requests"}, status=429, headers=error.headers)
        plain = error.status_code == 404
        return await spring(request, error.status_code, NO_MESSAGE if plain else error.detail, headers=error.headers)
    log.error("%s", error)
    return await spring(request, 503, str(error))  # a StoreFailure, which says what to do about it


async def spring(request: Request, status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Spring Boot's error format, with the operator's internal path, as recorded."""
    now, _ = await engine_of(request).times()
    if context_of(request).operation is None:  # no description says what goes with it
        headers = {**ALWAYS, **(headers or {})}
    return answer(request, spring_body(now, status, message, request.scope["path"]), status=status, headers=headers)


def phrase(status: int) -> str:
    """The name of a status. Faults may choose any number."""
    if status in PHRASES:
        return PHRASES[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown Status"


def spring_body(now: datetime, status: int, message: str, path: str) -> dict[str, Any]:
    return {
        "timestamp": precise(now),
        "status": status,
        "error": phrase(status),
        "message": message,
        "path": LEAKED + path.removeprefix(BASE),
    }


# --------------------------------------------------------------------------------------------- tokens

HEADER: Final = "Auth header validation error: "
BODY: Final = "Request body validation error: "

# The status is always 400: wrong credentials are not a 401 here (D§2.5).
TOKENS: Final[tuple[tuple[type[Exception], str, Sentence], ...]] = (
    (
        MissingCredentials,
        "AuthValidationError",
        lambda refusal: HEADER + "Missing attributes " + ", ".join(f"'{attribute}'" for attribute in refusal.missing),
    ),
    (UnknownUser, "BadCredentials", lambda _: "User does not exist."),
    (WrongPassword, "BadCredentials", lambda _: "Incorrect username or password."),
    (
        UnsupportedGrant,
        "BodyValidationError",
        lambda refusal: (
            BODY + "Missing attributes 'grant_type'"
            if refusal.grant is None
            else BODY + "'grant_type' must be 'client_credentials'"
        ),
    ),
    (Malformed, "BodyValidationError", lambda refusal: BODY + str(refusal)),
    (UnsupportedMediaType, "UnsupportedContentTypeError", lambda _: "Content-Type not supported"),
)


async def refuse_token(request: Request, error: Exception) -> Response:
    for kind, code, sentence in TOKENS:
        if isinstance(error, kind):
            body = {"statusCode": 400, "errorCode": code, "message": sentence(error)}
            return answer(request, body, status=400)
    return await refuse_resource(request, error)


# --------------------------------------------------------------------------------------------- Spring OAuth, 2019


async def refuse_resource_2019(request: Request, error: Exception) -> Response:
    if isinstance(error, MissingToken):
        return challenge(request, 'Bearer realm="oauth2-resource"', "unauthorized", FULL_AUTHENTICATION)
    if isinstance(error, (InvalidToken, ExpiredToken)):
        what = "Access token expired" if isinstance(error, ExpiredToken) else "Invalid access token"
        return challenge(request, 'Bearer realm="oauth2-resource"', "invalid_token", f"{what}: {error.token}")
    return await refuse_resource(request, error)


async def refuse_token_2019(request: Request, error: Exception) -> Response:
    if isinstance(error, NotKnown):
        text = FULL_AUTHENTICATION if isinstance(error, MissingCredentials) else "Bad credentials"
        return challenge(request, 'Basic realm="oauth2/client"', "unauthorized", text)
    if isinstance(error, UnsupportedGrant):
        if error.grant is None:
            return oauth(request, 400, "invalid_request", "Missing grant type")
        return oauth(request, 400, "unsupported_grant_type", f"Unsupported grant type: {error.grant}")
    if isinstance(error, (Malformed, UnsupportedMediaType)):
        return oauth(request, 400, "invalid_request", "Missing grant type")
    return await refuse_resource(request, error)


def challenge(request: Request, scheme: str, error: str, description: str) -> Response:
    words = "".join(mark if mark.isprintable() and mark not in '"\\' else " " for mark in description)
    header = f'{scheme}, error="{error}", error_description="{words}"'
    return oauth(request, 401, error, description, {"WWW-Authenticate": header})


def oauth(
    request: Request,
    status: int,
    error: str,
    description: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = {"error": error, "error_description": description}
    return answer(request, body, status=status, headers=headers)


# --------------------------------------------------------------------------------------------- by edition

Refuse = Callable[[Request, Exception], Awaitable[Response]]


def refuser(edition: Edition) -> Refuse:
    """The error handler of an edition, for Refusal, HTTPException and StoreFailure."""
    at_resource, at_token = (
        (refuse_resource_2019, refuse_token_2019) if edition.spring_oauth else (refuse_resource, refuse_token)
    )

    async def refuse(request: Request, error: Exception) -> Response:
        if request.scope["path"] == TOKEN_PATH:
            return await at_token(request, error)
        return await at_resource(request, error)

    return refuse
