"""Refusal -> status and body of version 2 (V§4.1): one shape, no 422. Published are 400, 404, 409 and 500.

Every published example has the error code 1000, and so has every answer here.
"""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.core.world.errors import (
    ForeignSim,
    LimitReached,
    Malformed,
    MissingToken,
    NoApiAccess,
    NotAllowed,
    NotFound,
    NotKnown,
    NotPossible,
    PaymentMethodInvalid,
    QuotaExhausted,
)
from operator_emulator.management.editions import SECURITY_HEADERS
from operator_emulator.management.paging import COUNTS
from operator_emulator.web.context import context_of
from operator_emulator.web.respond import answer

log = logging.getLogger("operator_emulator.management")

CODE: Final = 1000

# One word for each status; 401, 403 and all below 409 are assumed.
TOKENS: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "BadRequest",
        401: "Unauthorized",
        403: "Forbidden",
        404: "NotFound",
        405: "MethodNotAllowed",
        409: "Conflict",
        413: "PayloadTooLarge",
        415: "UnsupportedMediaType",
        429: "TooManyRequests",
        500: "InternalServerError",
        503: "ServiceUnavailable",
    }
)

LONGEST_ECHO: Final = 100  # characters of a parameter that an answer repeats
NOT_FOUND: Final = "Element not found"

# The first class that fits, from the top. Quota and limit are 409, because there is no 422 (assumed).
REFUSALS: Final[tuple[tuple[type[Exception], int, Callable[[Any], str]], ...]] = (
    (MissingToken, 401, lambda _: "Full authentication is required to access this resource"),
    (NotKnown, 401, lambda _: "The token is invalid"),
    (NoApiAccess, 403, lambda _: "Access is denied"),
    (ForeignSim, 403, lambda _: "SIM does not belong to user."),
    (NotAllowed, 403, lambda _: "Access is denied"),
    (NotFound, 404, lambda _: NOT_FOUND),
    (QuotaExhausted, 409, lambda _: "SMS quota volume is completely used up and SMS access denied for endpoint."),
    (LimitReached, 409, lambda refusal: f"Traffic limit of {refusal.limit} SMS per month exceeded"),
    (NotPossible, 409, lambda _: "Conflicting request"),
)

ALWAYS: Final = {name.decode(): value.decode() for name, value in SECURITY_HEADERS}


async def refuse(request: Request, error: Exception) -> Response:
    """Word a Refusal, HTTPException or StoreFailure."""
    if isinstance(error, PaymentMethodInvalid):  # kept the shape of version 1 (V§4.1)
        return answer(request, {"message": "Payment method used is not valid."}, status=400)
    if isinstance(error, Malformed):
        return worded(request, 400, unreadable(request, error))
    for kind, status, sentence in REFUSALS:
        if isinstance(error, kind):
            return worded(request, status, sentence(error))
    if isinstance(error, HTTPException):
        said = NOT_FOUND if error.status_code == 404 else error.detail
        return worded(request, error.status_code, said, error.headers)
    log.error("%s", error)
    return worded(request, 503, str(error))  # a StoreFailure, which says what to do about it


def unreadable(request: Request, error: Malformed) -> str:
    """What is wrong with a request. Of a count that is no number, the published sentence says it (V§4.1)."""
    text = request.query_params.get(error.field, "")
    if error.field in COUNTS and not text.removeprefix("-").isdigit():
        return f'Cannot parse parameter {error.field} as Int: For Input String "{text[:LONGEST_ECHO]}"'
    return str(error)


def worded(request: Request, status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    if context_of(request).operation is None:  # no description says what goes with it
        headers = {**ALWAYS, **(headers or {})}
    body = {"error_code": CODE, "error_token": token_of(status), "message": message}
    return answer(request, body, status=status, headers=headers)


def token_of(status: int) -> str:
    """One word for a status; a fault may choose any."""
    if status in TOKENS:
        return TOKENS[status]
    try:
        return "".join(HTTPStatus(status).phrase.title().split())
    except ValueError:
        return "UnknownStatus"
