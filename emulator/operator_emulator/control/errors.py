"""How the control plane says no: ``{"error": a sentence, "field": where}``, and each refusal's status."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.core.world import errors
from operator_emulator.core.world.errors import Malformed, Refusal
from operator_emulator.store import StoreFailure
from operator_emulator.web.context import context_of
from operator_emulator.web.json import encode
from operator_emulator.web.respond import JSON_TYPE, Answer

# The nearest class in a refusal's ancestry decides. What is not here is the state of things: 409.
STATUSES: Final[Mapping[type[Refusal], int]] = MappingProxyType(
    {
        errors.Malformed: 400,
        errors.NotKnown: 401,
        errors.NotAllowed: 403,
        errors.NotFound: 404,
        errors.NotPossible: 409,
        errors.Busy: 409,
    }
)

SENTENCES: Final[Mapping[int, str]] = MappingProxyType(
    {404: "there is nothing at this path; GET /_emulator/openapi.json describes what there is"}
)


# The control plane's name of a field, where it is not that of the core.
FIELDS: Final = MappingProxyType({"partner": "partnerID"})


async def refuse(request: Request, refusal: Exception) -> Response:
    """The answer of the control plane to a refusal."""
    headers: Mapping[str, str] = {}
    field = None
    if isinstance(refusal, HTTPException):
        status, headers = refusal.status_code, refusal.headers or {}
        error = SENTENCES.get(status, refusal.detail) if refusal.detail == "Not Found" else refusal.detail
    elif isinstance(refusal, StoreFailure):
        status, error = 503, str(refusal)
    else:
        assert isinstance(refusal, Refusal)
        if isinstance(refusal, Malformed):
            field = FIELDS.get(refusal.field, refusal.field)
            refusal = Malformed(field, refusal.problem)
        status = status_of(refusal)
        error = sentence(refusal)
    body = {"error": error} if not field else {"error": error, "field": field}
    operation = context_of(request).operation
    if operation is not None:
        operation.document.findings("Error", body)  # raises in tests: refusals are described, too
    raw = [(name.lower().encode(), text.encode("latin-1", "replace")) for name, text in headers.items()]
    text = encode(body)
    length = str(len(text)).encode()
    return Answer(status, text, [(b"content-type", JSON_TYPE.encode()), (b"content-length", length), *raw])


def status_of(refusal: Refusal) -> int:
    return next(STATUSES[kind] for kind in type(refusal).__mro__ if kind in STATUSES)


def sentence(refusal: Refusal) -> str:
    """A refusal in words. Most carry a value or two, and their names say what they mean."""
    if isinstance(refusal, Malformed):
        return str(refusal)
    if isinstance(refusal, errors.Busy):
        return "somebody else is moving the clock; try again when that is done"
    if isinstance(refusal, errors.LostAtNetwork):
        return f"the network did not take it from {refusal.iccid}: {refusal.cause}"
    if isinstance(refusal, errors.StreamNotInState):
        return f"data stream {refusal.id} is {refusal.state}; only a {refusal.needed} one can do that"
    if isinstance(refusal, errors.TooManyStreams):
        return (
            f"organisation {refusal.organisation} has {refusal.most} data streams, which is the most "
            "(setting data_streams_max); remove one first"
        )
    if isinstance(refusal, errors.PartnersSim):
        return f"SIM {refusal.iccid} belongs to a partner of the service portal; use the portal's API"
    words = re.sub("(?<=[a-z])(?=[A-Z])", " ", type(refusal).__name__).lower()
    values = ", ".join(f"{name} {value}" for name, value in vars(refusal).items())
    if isinstance(refusal, errors.UnknownSim) and len(refusal.iccid) == 20:
        values += "; an ICCID has 19 digits here, without the check digit"
    return f"{words}: {values}" if values else words
