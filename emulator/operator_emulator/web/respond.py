"""Answering requests: JSON, held against the description.

An answer that breaks the description is a bug of ours: it raises in tests, and is logged and marked when served.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from operator_emulator.web.context import context_of
from operator_emulator.web.json import encode
from operator_emulator.web.openapi import ContractViolation, Document, Operation, problems

log = logging.getLogger("operator_emulator.contract")

T = TypeVar("T")

JSON_TYPE: Final = "application/json;charset=UTF-8"
VIOLATED: Final = (b"x-emulator-contract", b"violated")


class Answer(Response):
    """A response whose headers are ready: half the cost of Starlette's."""

    def __init__(self, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        self.status_code = status
        self.body = body
        self.raw_headers = headers
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})


def answer(
    request: Request,
    value: Any = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str = JSON_TYPE,
    body: bytes | None = None,
) -> Response:
    """The answer to *request*, held against the contract: JSON, or an empty body when *value* is None.

    *body* is what to send instead of the compact JSON of *value*, for the few answers that are printed otherwise;
    alone, it is JSON that was held against the contract before (see JsonCache).
    """
    context = context_of(request)
    operation = context.operation
    checked = value is None and body is not None
    if body is None:
        body = b"" if value is None else encode(value)
        if value is None:
            media_type = "application/json"
    raw = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    if headers is not None:
        raw += [(name.lower().encode(), text.encode("latin-1", "replace")) for name, text in headers.items()]
    if operation is not None:
        raw += operation.document.headers
        breach = None if checked else breach_of(operation, status, value)
        if breach is not None and not context.exempt:  # a fault may answer what nobody described
            raw.append(VIOLATED)
            report(request, operation, breach)
    return Answer(status, body, raw)


class JsonCache(Generic[T]):
    """The JSON of nouns, each made and held against a component of the contract once, and kept until the noun changes.

    Nouns are frozen, and a row that did not change is the same object. At most *limit* are kept.
    """

    def __init__(self, show: Callable[[T], Any], document: Document, component: str, limit: int = 2048) -> None:
        self._show = show
        self._document = document
        self._component = component
        self._limit = limit
        self._kept: dict[str, tuple[T, bytes]] = {}

    def json(self, key: str, noun: T) -> bytes | None:
        """The JSON of *noun*; None if it breaks the contract: then the whole answer is to be checked and marked."""
        kept = self._kept.get(key)
        if kept is not None and kept[0] is noun:
            return kept[1]
        value = self._show(noun)
        if self._document.findings(self._component, value):
            return None
        if len(self._kept) >= self._limit:
            del self._kept[next(iter(self._kept))]
        text = encode(value)
        self._kept[key] = (noun, text)
        return text


def breach_of(operation: Operation, status: int, value: Any) -> str | None:
    """Why an answer breaks the contract, or None."""
    try:
        validator = operation.answers[status]
    except KeyError:
        return f"status {status} is not described"
    if value is None:
        return None if validator is None or status in operation.empty else f"status {status} has a body"
    if validator is None:
        return f"status {status} has no body"
    if validator.is_valid(value):
        return None
    return "; ".join(problems(validator, value))


def report(request: Request, operation: Operation, breach: str) -> None:
    text = f"{operation.method} {operation.path}: answer {breach}"
    if operation.document.raises:
        raise ContractViolation(text)
    log.error("%s", text)
    exchange = context_of(request).exchange
    if exchange is not None:
        exchange.findings.append(f"answer {breach}")
