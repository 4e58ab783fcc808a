"""Reading requests: bodies and queries, held against the description.

The operators accept more than they document (D§7.2, 7.3, 9.2). So what breaks the description is *noted* in the
journal, and refused only under ``--contract strict``.
"""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from operator_emulator.core.world.errors import Malformed
from operator_emulator.web.context import context_of, operation_of
from operator_emulator.web.json import read
from operator_emulator.web.openapi import problems, sentence

BODY_LIMIT: Final = 4 * 1024 * 1024  # octets; the portal's gateway takes 4 MB (P§1), assumed for the other
INTEGER: Final = re.compile(r"-?[0-9]{1,30}")  # Python's int would take "1_0", " 1" and the digits of all scripts
NUMBER: Final = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")


class UnsupportedMediaType(HTTPException):
    def __init__(self, content_type: str) -> None:
        super().__init__(415, f"Content type '{content_type}' not supported")


class TooLarge(HTTPException):
    def __init__(self, limit: int = BODY_LIMIT) -> None:
        super().__init__(413, f"the request body is larger than {limit} octets")


async def read_body(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """The whole body; TooLarge beyond *limit* octets, before it is in memory."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and (len(length) > 18 or int(length) > limit):
        raise TooLarge(limit)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLarge(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


async def read_json(request: Request, may_halve: Collection[str] = ()) -> Any:
    """The JSON body. Raises UnsupportedMediaType, TooLarge and Malformed; breaches of the contract are noted.

    *may_halve*: members whose text may hold half a surrogate pair.
    """
    content_type = request.headers.get("content-type", "")
    if not is_json(content_type):
        raise UnsupportedMediaType(content_type)
    body = await read_body(request)
    value = read(body, may_halve)
    operation = operation_of(request)
    found = [f"request {place}: is not described" for place in operation.members.unknown(value)]
    if operation.body is not None and not operation.body.is_valid(value):
        found += [f"request {problem}" for problem in problems(operation.body, value)]
    note(request, found)
    return value


def has_body(request: Request) -> bool:
    """Whether the client announced one: by its length, or in chunks (RFC 9112 6.3)."""
    for name, value in request.scope["headers"]:
        if name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
            return True
    return False


def check_body(request: Request) -> None:
    """Note a body that nobody reads."""
    if has_body(request):
        note(request, ["request body: is not described, so it is ignored"])


def check_query(request: Request) -> None:
    """Hold the query parameters against the description."""
    operation = operation_of(request)
    found = []
    for name, text in request.query_params.multi_items():
        parameter = operation.query.get(name)
        if parameter is None:
            found.append(f"query {name}: is not described")
        elif not parameter.validator.is_valid(value := typed(text, parameter.type)):
            found += [f"query {name}: {sentence(error)}" for error in parameter.validator.iter_errors(value)]
    if found:
        note(request, found)


def typed(text: str, kind: str) -> Any:
    """A query parameter's text as its type would have it, or the text itself where it is no such thing."""
    if kind == "integer" and INTEGER.fullmatch(text):
        return int(text)
    if kind == "number" and NUMBER.fullmatch(text):
        return float(text)
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return text


Note = Callable[[str, str], None]


def noting(request: Request) -> Note:
    """For what readers pass over: ``note(field, what)`` notes it, or refuses it under a strict contract."""
    return lambda field, what: note(request, [f"request {field}: {what}"])


def note(request: Request, findings: Iterable[str]) -> None:
    """Note in the journal what is wrong with a request that is carried out all the same.

    Under ``--contract strict`` it is not: raises Malformed.
    """
    findings = tuple(findings)
    if not findings:
        return
    exchange = context_of(request).exchange
    if exchange is not None:
        exchange.findings.extend(findings)
    if operation_of(request).document.strict:
        raise Malformed("", "; ".join(findings))
