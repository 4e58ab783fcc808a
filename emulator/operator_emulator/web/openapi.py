"""The contract: a published description, compiled; one door in, one door out.

A ``Document`` is an OpenAPI 3.1 file of ours. Endpoints are bound to its operations at start-up, every answer is held
against the schema of its status, and every request body and query against theirs. An answer that breaks the contract
is a bug of ours: it raises in tests, and is logged and marked when served. A request that does is *noted*, since the
operator accepts more than it documents (D§7.2, 7.3, 9.2), or refused when strict.

Two vendor extensions say where the operator's recorded answers contradict its own published file: ``x-emulated`` in a
schema replaces it, and ``x-emulated-empty`` on a response also allows an empty body. The schemas are compiled by
jsonschema-rs, some hundred times faster than jsonschema, the reference; tests hold the two equal.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar
from urllib.parse import quote

import jsonschema_rs
import msgspec
import yaml
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from operator_emulator.core.world.errors import Malformed
from operator_emulator.runtime.journal import Exchange

log = logging.getLogger("operator_emulator.contract")

T = TypeVar("T")
Endpoint = Callable[[Request], Awaitable[Response]]
Headers = tuple[tuple[bytes, bytes], ...]

METHODS: Final = ("get", "put", "post", "delete", "patch", "head", "options")
BODY_LIMIT: Final = 4 * 1024 * 1024  # octets; the portal's gateway takes 4 MB (P§1), assumed for the other
INTEGER: Final = re.compile(r"-?[0-9]{1,30}")  # Python's int would take "1_0", " 1" and the digits of all scripts
NUMBER: Final = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")
JSON_TYPE: Final = "application/json;charset=UTF-8"
VIOLATED: Final = (b"x-emulator-contract", b"violated")

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder().decode


TEXT: Final = jsonschema_rs.Draft202012Validator({"type": "string"})


class ContractViolation(AssertionError):
    """An answer of ours breaks our own description. Raised in tests only."""


class Validator(Protocol):
    def is_valid(self, instance: Any) -> bool: ...
    def iter_errors(self, instance: Any) -> Iterable[Any]: ...


@dataclass(frozen=True, slots=True)
class QueryParameter:
    type: str
    validator: Validator


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document. *answers* maps a status to the validator of its JSON body; None: it has none."""

    document: "Document"
    id: str
    method: str
    path: str
    body: Validator | None
    query: Mapping[str, QueryParameter]
    answers: Mapping[int, Validator | None]
    empty: frozenset[int] = frozenset()  # statuses whose body may be missing all the same


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint, bound to its operation."""

    operation: Operation
    endpoint: Endpoint
    segments: tuple[str | None, ...]  # None: a path parameter
    parameters: tuple[tuple[int, str], ...]  # at which place of the path, counted from 1, which name


@dataclass(slots=True)
class Document:
    """A compiled description. *base* is the path that its own paths hang under.

    *headers* go with every answer. *strict* refuses requests that break it; *raises* raises on answers that do.
    """

    source: dict[str, Any]
    base: str = ""
    headers: Headers = ()
    strict: bool = False
    raises: bool = False
    operations: dict[tuple[str, str], Operation] = field(default_factory=dict)
    webhooks: dict[str, Validator] = field(default_factory=dict)
    components: dict[str, Validator] = field(default_factory=dict)

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        base: str = "",
        headers: Headers = (),
        strict: bool = False,
        raises: bool = False,
    ) -> "Document":
        document = cls(read_yaml(path), base, headers, strict, raises)
        document._compile()
        return document

    def _compile(self) -> None:
        emulated = replace_emulated(self.source)
        registry = jsonschema_rs.Registry([("urn:document", without_examples(emulated))])

        def validator(*pointer: str) -> Validator:
            escaped = "/".join(part.replace("~", "~0").replace("/", "~1") for part in pointer)
            return jsonschema_rs.Draft202012Validator(
                {"$ref": f"urn:document#/{quote(escaped, safe='/~+;=')}"},
                registry=registry,
                validate_formats=False,
            )

        for path, item in emulated.get("paths", {}).items():
            for method in METHODS:
                if method in item:
                    operation = self._operation(emulated, path, item, method, validator)
                    self.operations[method.upper(), path] = operation
        for name in emulated.get("components", {}).get("schemas", {}):
            self.components[name] = validator("components", "schemas", name)

    def _operation(
        self,
        source: dict[str, Any],
        path: str,
        item: dict[str, Any],
        method: str,
        validator: Callable[..., Validator],
    ) -> Operation:
        described = item[method]
        answers: dict[int, Validator | None] = {}
        empty = set()
        for status in described["responses"]:
            if status == "default":
                continue  # refusals, which are written by the surface's table of errors
            where, response = follow(source, ("paths", path, method, "responses", status))
            media = json_media(response)
            if response.get("x-emulated-empty"):
                empty.add(int(status))
            answers[int(status)] = validator(*where, "content", media, "schema") if media is not None else None
        body = None
        if "requestBody" in described:
            where, request_body = follow(source, ("paths", path, method, "requestBody"))
            media = json_media(request_body)
            if media is not None:
                body = validator(*where, "content", media, "schema")
        query = {}
        for scheme in source.get("components", {}).get("securitySchemes", {}).values():
            if scheme.get("in") == "query":  # a token in the address is described, though not as a parameter
                query[scheme["name"]] = QueryParameter("string", TEXT)
        for owner, container in (((path,), item), ((path, method), described)):
            for index in range(len(container.get("parameters", ()))):
                where, parameter = follow(source, ("paths", *owner, "parameters", str(index)))
                if parameter["in"] == "query":
                    _, schema = follow(source, (*where, "schema"))
                    query[parameter["name"]] = QueryParameter(
                        str(schema.get("type", "string")), validator(*where, "schema")
                    )
        return Operation(self, described["operationId"], method.upper(), path, body, query, answers, frozenset(empty))

    def route(self, method: str, path: str, endpoint: Endpoint) -> Route:
        """Bind an endpoint to its operation; LookupError if the description has none."""
        operation = self.operations.get((method, path))
        if operation is None:
            raise LookupError(f"{method} {path} is not in the description {self.source['info']['title']!r}")
        parts = path.strip("/").split("/")
        parameters = tuple((place, part[1:-1]) for place, part in enumerate(parts, 1) if part.startswith("{"))
        segments = tuple(None if part.startswith("{") else part for part in parts)
        return Route(operation, endpoint, segments, parameters)

    def findings(self, component: str, value: Any) -> tuple[str, ...]:
        """Where *value* breaks the named component schema; for webhooks and streamed events.

        Raises ContractViolation instead when the document does.
        """
        found = tuple(problems(self.components[component], value))
        if found and self.raises:
            raise ContractViolation(f"{component}: {'; '.join(found)}")
        return found


# --------------------------------------------------------------------------------------------- reading descriptions


def read_yaml(path: Path) -> dict[str, Any]:
    """A description; by libyaml where there is one, eight times faster."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with path.open("rb") as source:
        loaded: dict[str, Any] = yaml.load(source, Loader=loader)
    return loaded


def replace_emulated(node: Any) -> Any:
    """The document with each schema that has ``x-emulated`` replaced by that."""
    if isinstance(node, dict):
        if "x-emulated" in node:
            return replace_emulated(node["x-emulated"])
        return {str(key): replace_emulated(value) for key, value in node.items()}
    if isinstance(node, list):
        return [replace_emulated(value) for value in node]
    return node


def without_examples(node: Any) -> Any:
    """Examples may hold anything, a "$ref" too; validators need none of them."""
    if isinstance(node, dict):
        return {key: without_examples(value) for key, value in node.items() if key not in ("example", "examples")}
    if isinstance(node, list):
        return [without_examples(value) for value in node]
    return node


def follow(source: dict[str, Any], pointer: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The node at *pointer*, and where it really is once its "$ref" is followed."""
    node: Any = source
    for part in pointer:
        node = node[int(part)] if isinstance(node, list) else node[part]
    if "$ref" in node:
        parts = node["$ref"].removeprefix("#/").split("/")
        return follow(source, tuple(part.replace("~1", "/").replace("~0", "~") for part in parts))
    return pointer, node


def json_media(holder: dict[str, Any]) -> str | None:
    """The key of the JSON media type among the contents of a response or body."""
    for media, content in holder.get("content", {}).items():
        if "json" in media and "schema" in content:
            return str(media)
    return None


def problems(validator: Validator, value: Any) -> Iterable[str]:
    for error in validator.iter_errors(value):
        place = "/".join(map(str, error.instance_path))
        yield f"{place or 'body'}: {sentence(error)}"


def sentence(error: Any) -> str:
    """What the validator says; where there is a choice, with all that there is to choose from."""
    if error.kind.name != "enum":
        return str(error.message)
    *others, last = (encode(option).decode() for option in error.kind.options)
    return f"{encode(error.instance).decode()} is not one of {', '.join(others)}{' or ' if others else ''}{last}"


# --------------------------------------------------------------------------------------------- one door in


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


async def read_json(request: Request) -> Any:
    """The JSON body. Raises UnsupportedMediaType, TooLarge and Malformed; breaches of the contract are noted."""
    content_type = request.headers.get("content-type", "")
    if not is_json(content_type):
        raise UnsupportedMediaType(content_type)
    body = await read_body(request)
    try:
        value = decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("", f"the body is not JSON: {error}") from None
    operation: Operation = request.scope["operation"]
    if operation.body is not None and not operation.body.is_valid(value):
        note(request, operation, [f"request {problem}" for problem in problems(operation.body, value)])
    return value


def check_query(request: Request, operation: Operation, query: QueryParams) -> None:
    """Hold the query parameters against the description."""
    found = []
    for name, text in query.multi_items():
        parameter = operation.query.get(name)
        if parameter is None:
            found.append(f"query {name}: is not described")
        elif not parameter.validator.is_valid(value := typed(text, parameter.type)):
            found += [f"query {name}: {sentence(error)}" for error in parameter.validator.iter_errors(value)]
    if found:
        note(request, operation, found)


def typed(text: str, kind: str) -> Any:
    """A query parameter's text as its type would have it, or the text itself where it is no such thing."""
    if kind == "integer" and INTEGER.fullmatch(text):
        return int(text)
    if kind == "number" and NUMBER.fullmatch(text):
        return float(text)
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return text


def note(request: Request, operation: Operation, found: list[str]) -> None:
    """Write down that a request breaks the contract, or refuse it when strict."""
    exchange: Exchange | None = request.scope.get("exchange")
    if exchange is not None:
        exchange.findings.extend(found)
    if operation.document.strict:
        raise Malformed("", "; ".join(found))


# --------------------------------------------------------------------------------------------- one door out


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
    alone, it is JSON that was held against the contract before (see Shown).
    """
    operation: Operation | None = request.scope.get("operation")
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
        if breach is not None and "struck" not in request.scope:  # a fault may answer what nobody described
            raw.append(VIOLATED)
            report(request, operation, breach)
    return Answer(status, body, raw)


class Shown(Generic[T]):
    """The JSON of nouns, each made and held against a component of the contract once, and kept until the noun changes.

    Nouns are frozen, and a row that did not change is the same object. At most *limit* are kept.
    """

    def __init__(self, show: Callable[[T], Any], document: "Document", component: str, limit: int = 2048) -> None:
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
    exchange: Exchange | None = request.scope.get("exchange")
    if exchange is not None:
        exchange.findings.append(f"answer {breach}")
