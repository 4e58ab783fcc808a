"""The four dialects of *no* (P§2.3, 2.4, 6.4, 8), each in one table: portal, gateway, stream, token issuer.

They are told apart by who speaks, not by what is wrong: an unknown token is the gateway's affair, an unknown SIM the
portal's. Every body is held against the schema of its dialect, whichever operation it answers.
"""

import logging
from collections.abc import Callable, Mapping
from hashlib import blake2b
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.core.partners import applications, partners
from operator_emulator.core.world.errors import (
    ActionRefused,
    ExpiredToken,
    ForeignPartner,
    ForeignStream,
    InvalidToken,
    LimitReached,
    Malformed,
    NotBooked,
    NotPending,
    NotPossible,
    QuotaExhausted,
    ReadOnly,
    TooManySims,
    TransferAction,
    TransferDecided,
    UnknownAction,
    UnknownIdentifier,
    UnknownTransfer,
    UnknownUser,
    WrongPassword,
    WrongSide,
    WrongSim,
)
from operator_emulator.portal.context import portal_of
from operator_emulator.portal.refusals import Gone, GrantRefused, Rejected, WrongType
from operator_emulator.portal.wire.failures import sentence
from operator_emulator.portal.wire.values import instant
from operator_emulator.store import StoreFailure
from operator_emulator.web.context import context_of, engine_of
from operator_emulator.web.json import TooDeep, encode
from operator_emulator.web.receive import UnsupportedMediaType
from operator_emulator.web.respond import VIOLATED, Answer, report

log = logging.getLogger("operator_emulator.portal")

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"


# --------------------------------------------------------------------------------------------- the portal

ACCESS_DENIED: Final = "Access denied"
VALIDATION_FAILED: Final = "Validation failed"
CONFLICT: Final = "Conflict"

Texts = Callable[[Any], tuple[str, str]]

# Class, status, and texts: the message and the first error. The first class that matches decides. Only the answer to
# the rate limit is published; texts about a path, method or type are those of Spring, which its form points to; the
# rest is assumed.
PORTAL: Final[tuple[tuple[type[Exception], HTTPStatus, Texts], ...]] = (
    (
        TooManySims,
        HTTPStatus.FORBIDDEN,
        lambda _: ("Limit exceeded", "Too Many Concurrent Requests on Platform."),
    ),
    (ReadOnly, HTTPStatus.FORBIDDEN, lambda _: (ACCESS_DENIED, "User has read-only permissions.")),
    (ForeignPartner, HTTPStatus.FORBIDDEN, lambda no: (ACCESS_DENIED, f"No permission for partner {no.partner}.")),
    (NotBooked, HTTPStatus.FORBIDDEN, lambda no: (ACCESS_DENIED, f"Option {no.service} is not booked.")),
    (WrongSide, HTTPStatus.FORBIDDEN, lambda no: (ACCESS_DENIED, f"You may not {no.decision} this SIM transfer.")),
    (
        UnknownIdentifier,
        HTTPStatus.NOT_FOUND,
        lambda no: ("SIM not found", f"No SIM found for {partners.IDENTIFIERS[no.kind]} {no.iccid}."),
    ),
    (
        UnknownAction,
        HTTPStatus.NOT_FOUND,
        lambda no: ("Action not found", f"No action found for signup ID {no.signup}."),
    ),
    (
        UnknownTransfer,
        HTTPStatus.NOT_FOUND,
        lambda no: ("SIM transfer not found", f"No SIM transfer found for transaction ID {no.transaction}."),
    ),
    (ActionRefused, HTTPStatus.CONFLICT, lambda no: (CONFLICT, sentence(no.failure, no.iccid))),
    (
        TransferAction,
        HTTPStatus.CONFLICT,
        lambda no: (CONFLICT, f"Action {no.signup} is a SIM transfer; cancel the transfer instead."),
    ),
    (
        NotPending,
        HTTPStatus.CONFLICT,
        lambda no: (CONFLICT, f"Action {no.signup} is {no.status} and cannot be cancelled."),
    ),
    (
        TransferDecided,
        HTTPStatus.CONFLICT,
        lambda no: (CONFLICT, f"SIM transfer {no.transaction} is {no.status}."),
    ),
    (QuotaExhausted, HTTPStatus.CONFLICT, lambda no: (CONFLICT, f"SIM {no.iccid} has no {no.service} volume left.")),
    (LimitReached, HTTPStatus.CONFLICT, lambda no: (CONFLICT, f"SIM {no.iccid} has reached its monthly limit.")),
    (NotPossible, HTTPStatus.CONFLICT, lambda no: (CONFLICT, str(no))),
    (Gone, HTTPStatus.GONE, lambda _: ("Gone", "This method has been removed.")),
    (
        WrongType,
        HTTPStatus.BAD_REQUEST,
        lambda no: (f"Failed to convert value: {no.value}", f"{no.name} should be of type {no.type}"),
    ),
    (WrongSim, HTTPStatus.BAD_REQUEST, lambda no: (VALIDATION_FAILED, f"{no.field}: {sentence(no.failure)}")),
    (Malformed, HTTPStatus.BAD_REQUEST, lambda no: malformed(no)),
)

# The portal's names of fields, where the core has others.
FIELDS: Final = MappingProxyType(
    {
        "material": "materialID",
        "receiver": "receivingPartnerID",
        "subunit": "subunitPartnerID",
        "target": "targetPartnerID",
    }
)


def malformed(refusal: Malformed) -> tuple[str, str]:
    if isinstance(refusal, TooDeep) or (not refusal.field and refusal.problem.startswith("the body is not JSON")):
        return "Malformed JSON request", refusal.problem
    named = Malformed(FIELDS.get(refusal.field, refusal.field), refusal.problem)
    return VALIDATION_FAILED, str(named)


async def refuse_resource(request: Request, error: Exception) -> Response:
    """The API's answer, behind the gateway."""
    for kind, status, texts in PORTAL:
        if isinstance(error, kind):
            message, first = texts(error)
            return await portal_says(request, status, message, first)
    if isinstance(error, UnsupportedMediaType):
        sent = request.headers.get("content-type", "")
        return await portal_says(
            request,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"Content-Type '{sent}' is not supported",
            f"{sent} media type is not supported. Supported media types are application/json",
        )
    if isinstance(error, HTTPException) and error.status_code == 404:
        text = f"No handler found for {request.method} {request.url.path}"
        return await portal_says(request, HTTPStatus.NOT_FOUND, text, text)
    if isinstance(error, HTTPException) and error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        return await portal_says(
            request,
            HTTPStatus.METHOD_NOT_ALLOWED,
            f"Request method '{request.method}' is not supported",
            f"{request.method} method is not supported for this request. Supported methods are {allowed}",
            {"Allow": allowed},
        )
    if isinstance(error, StoreFailure):
        log.error("%s", error)  # for the person who runs the emulator, not for the client
        return await portal_says(request, HTTPStatus.SERVICE_UNAVAILABLE, "Service unavailable", "error occurred")
    return await refuse_gateway(request, error)


async def portal_says(
    request: Request, status: HTTPStatus, message: str, error: str, headers: Mapping[str, str] | None = None
) -> Response:
    now, _ = await engine_of(request).times()
    body = {
        "status": status.name.replace("REQUEST_ENTITY_TOO_LARGE", "PAYLOAD_TOO_LARGE"),
        "message": message,
        "errors": [error],
        "timestamp": f"{now:%Y-%m-%d %H:%M:%S}",
    }
    return say(request, status, "PortalError", body, JSON, headers)


# --------------------------------------------------------------------------------------------- the gateway


# The gateway's messages, by status; for other 4xx, the reason phrase. 429 comes from its own rate limiter, which is
# emulated by faults only (P§7).
GATEWAY: Final[Mapping[int, str]] = MappingProxyType(
    {
        404: "no Route matched with those values",
        413: "Request size limit exceeded",
        429: "API rate limit exceeded",
        504: "The upstream server is timing out",
    }
)


async def refuse_gateway(request: Request, error: Exception) -> Response:
    """The answer of the gateway, which checks a request first, or of its second hop, if that fails."""
    if isinstance(error, Rejected):
        return gateway_says(request, error.status, error.message)
    if isinstance(error, UnknownUser):
        return gateway_says(request, 403, "You cannot consume this service")
    if isinstance(error, ExpiredToken):  # these two are caused by faults only
        return gateway_says(request, 401, TOKEN_EXPIRED)
    if isinstance(error, InvalidToken):
        return gateway_says(request, 401, "Invalid token signature")
    assert isinstance(error, HTTPException), error
    status = HTTPStatus(error.status_code)
    if status >= 500 and status not in GATEWAY:
        return await relay_says(request, status)
    return gateway_says(request, status, GATEWAY.get(status, status.phrase), error.headers)


TOKEN_EXPIRED: Final = 'Token claims invalid: ["exp"]="token expired"'


async def relay_says(request: Request, status: HTTPStatus) -> Response:
    """The answer of the gateway's second hop to a failure behind it (P§2.4)."""
    now, _ = await engine_of(request).times()
    trace = blake2b(f"{now} {request.url.path}".encode(), digest_size=8).hexdigest()
    body = {
        "service": "jumper",
        "timestamp": instant(now),
        "message": status.description or status.phrase,
        "error": status.phrase,
        "status": int(status),
        "method": request.method,
        "traceId": trace,
        "tardisTraceId": trace,
    }
    return say(request, status, "RelayError", body)


def gateway_says(request: Request, status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return say(request, status, "GatewayMessage", {"message": message}, headers=headers)


# --------------------------------------------------------------------------------------------- the stream

PROBLEM_TYPE: Final = "https://developer.telekom.de/docs/src/tardis_customer_handbook/horizon/#error-handling"


async def refuse_stream(request: Request, error: Exception) -> Response:
    """The answer of the stream server. Limits that are not numbers are refused by its framework (P§6.3)."""
    if isinstance(error, ForeignStream):
        return problem(request, HTTPStatus.FORBIDDEN)
    if isinstance(error, WrongType):
        return bad_request(request, f"Failed to convert '{error.name}' with value: '{error.value}'")
    if isinstance(error, Malformed):  # only under a strict contract
        return bad_request(request, str(error))
    if isinstance(error, StoreFailure):
        log.error("%s", error)
        return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, "Something went wrong.")
    return await refuse_gateway(request, error)


def bad_request(request: Request, detail: str) -> Response:
    """The framework's own answer (RFC 9457)."""
    body = {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": detail,
        "instance": f"/v1/{applications.ENVIRONMENT}/sse/{request.path_params['subscriptionId']}",
    }
    return say(request, 400, "Problem", body, PROBLEM)


def problem(request: Request, status: HTTPStatus, title: str = "") -> Response:
    body = {"type": PROBLEM_TYPE, "title": title or status.phrase, "status": int(status), "instance": "Horizon Pulsar"}
    return say(request, status, "Problem", body, PROBLEM)


# --------------------------------------------------------------------------------------------- the token issuer

INVALID: Final = "Invalid client or Invalid client credentials"


async def refuse_token(request: Request, error: Exception) -> Response:
    """The answer of the token issuer: an unknown client and a wrong secret have one sentence but two codes."""
    if isinstance(error, GrantRefused):
        return oauth(request, error.status, error.error, error.description)
    if isinstance(error, UnknownUser):
        return oauth(request, 401, "invalid_client", INVALID)
    if isinstance(error, WrongPassword):
        return oauth(request, 401, "unauthorized_client", INVALID)
    if isinstance(error, Malformed):  # only under a strict contract
        return oauth(request, 400, "invalid_request", str(error))
    if isinstance(error, HTTPException):
        phrase = f"HTTP {error.status_code} {HTTPStatus(error.status_code).phrase}"
        return say(request, error.status_code, "TokenError", {"error": phrase}, headers=error.headers)
    assert isinstance(error, StoreFailure), error
    log.error("%s", error)
    return say(request, 500, "TokenError", {"error": "unknown_error"})


def oauth(request: Request, status: int, error: str, description: str) -> Response:
    return say(request, status, "TokenError", {"error": error, "error_description": description})


# --------------------------------------------------------------------------------------------- all dialects


def say(
    request: Request,
    status: int,
    schema: str,
    body: dict[str, Any],
    media_type: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer whose body the component *schema* describes.

    What the description does not know of an operation, its own status included, is reported.
    """
    document = portal_of(request).document
    context = context_of(request)
    operation = context.operation
    findings = document.findings(schema, body)
    if operation is not None and status not in operation.answers:
        findings = (*findings, f"status {status} is not described")
    text = encode(body)
    raw = [(b"content-type", media_type.encode()), (b"content-length", str(len(text)).encode())]
    if operation is not None and findings and not context.exempt:  # a fault may answer anything
        raw.append(VIOLATED)
        report(request, operation, "; ".join(findings))
    raw += [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in (headers or {}).items()]
    return Answer(int(status), text, raw)
