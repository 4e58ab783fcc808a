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
    {404: "there is nothing at this path; GET /_emulator/openapi.json lists all paths"}
)


WORDS: Final[Mapping[type[Refusal], str]] = MappingProxyType(
    {
        errors.UnknownSim: "no SIM has the ICCID {iccid}",
        errors.UnknownIdentifier: "no SIM has the {kind} {iccid}",
        errors.UnknownSms: "no message has the id {id}",
        errors.UnknownOrganisation: "no organisation has the id {id}",
        errors.UnknownApplication: "no application has the client id {client_id}",
        errors.UnknownAction: "no action has the signup id {signup}",
        errors.UnknownTransfer: "no SIM transfer has the transaction id {transaction}",
        errors.UnknownFault: "no fault has the id {id}",
        errors.UnknownCallback: "no callback has the id {id}",
        errors.UnknownDataStream: "no data stream has the id {id}",
        errors.UnknownSnapshot: "no snapshot is called {name}",
        errors.NoQuota: "SIM {iccid} has no {service} quota, because it has never been activated",
        errors.SimExpired: "expired SIMs can only be extended",
        errors.SimDisabled: "SIM {iccid} is disabled; enable it first",
        errors.QuotaExhausted: "SIM {iccid} has no {service} volume left; top it up first",
        errors.LimitReached: "SIM {iccid} has reached the monthly {service} limit of {limit}",
        errors.LostAtNetwork: "the network refused what SIM {iccid} sent: {cause}",
        errors.AlreadyRegistered: "the client id {client_id} is already registered; choose another one",
        errors.PartnersSim: "SIM {iccid} belongs to a partner of the service portal; use the portal's API",
        errors.StreamNotInState: "data stream {id} is {state}; only a {needed} one can do that",
        errors.TooManyStreams: "organisation {organisation} already has {most} data streams, the maximum "
        "(setting data_streams_max); remove one first",
        errors.NothingOwed: "the customer has already accepted callback {callback}; send force: true to send it again",
        errors.CallbackUnderWay: "callback {callback} is being sent; try again when its outcome is known",
        errors.AdvanceEnded: "the advance was ended by {by}",
        errors.Busy: "another request is moving the clock; try again when it has finished",
    }
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
    if isinstance(refusal, Malformed):
        return str(refusal)
    known = WORDS.get(type(refusal))
    if known is None:
        return name_and_values(refusal)
    text = known.format_map(vars(refusal))
    if isinstance(refusal, errors.UnknownSim) and len(refusal.iccid) == 20:
        text += "; leave out the check digit: an ICCID has 19 digits here"
    return text


def name_and_values(refusal: Refusal) -> str:
    """A refusal that this surface does not expect, such as ``not booked: service sessions``."""
    words = re.sub("(?<=[a-z])(?=[A-Z])", " ", type(refusal).__name__).lower()
    values = ", ".join(f"{name} {value}" for name, value in vars(refusal).items())
    return f"{words}: {values}" if values else words
