"""Document: an OpenAPI 3.1 description of ours, compiled, with a validator for each body, answer and parameter.

Endpoints are bound to its operations at start-up. Requests are held against it in ``web.receive``, answers in
``web.respond``.

Two vendor extensions say where the operator's recorded answers contradict its own published file: ``x-emulated`` in a
schema replaces it, and ``x-emulated-empty`` on a response also allows an empty body. The schemas are compiled by
jsonschema-rs, some hundred times faster than jsonschema, the reference; tests hold the two equal.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote

import jsonschema_rs
import yaml
from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.web.json import encode
from operator_emulator.web.members import ANYTHING, Members, members_of

Endpoint = Callable[[Request], Awaitable[Response]]
Headers = tuple[tuple[bytes, bytes], ...]
Pointer = tuple[str, ...]

METHODS: Final = ("get", "put", "post", "delete", "patch", "head", "options")
TEXT: Final = jsonschema_rs.Draft202012Validator({"type": "string"})


class ContractViolation(AssertionError):
    """An answer of ours breaks our own description. Raised in tests only."""


class Validator(Protocol):
    def is_valid(self, instance: Any) -> bool: ...
    def iter_errors(self, instance: Any) -> Iterable[Any]: ...


MakeValidator = Callable[..., Validator]
"""Makes the validator of the schema at a pointer: ``validator(*pointer)``."""


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
    takes_body: bool = False  # of any media type
    members: Members = ANYTHING  # of its JSON body
    body_required: bool = False


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
        validator: MakeValidator,
    ) -> Operation:
        described = item[method]
        pointer = ("paths", path, method)
        answers, empty = answers_of(source, pointer, described, validator)
        body, members, body_required = None, ANYTHING, False
        if "requestBody" in described:
            where, request_body = follow(source, (*pointer, "requestBody"))
            body_required = bool(request_body.get("required"))
            media = json_media(request_body)
            if media is not None:
                body = validator(*where, "content", media, "schema")
                members = members_of(source, request_body["content"][media]["schema"])
        return Operation(
            self,
            described["operationId"],
            method.upper(),
            path,
            body,
            query_of(source, ((("paths", path), item), (pointer, described)), validator),
            answers,
            empty,
            takes_body="requestBody" in described,
            members=members,
            body_required=body_required,
        )

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


def answers_of(
    source: dict[str, Any], pointer: Pointer, described: dict[str, Any], validator: MakeValidator
) -> tuple[dict[int, Validator | None], frozenset[int]]:
    """The schema of each status, and the statuses whose response may have no body.

    Without "default", which stands for refusals: the surface's table of errors writes them.
    """
    answers: dict[int, Validator | None] = {}
    empty = set()
    for status in described["responses"]:
        if status == "default":
            continue
        where, response = follow(source, (*pointer, "responses", status))
        media = json_media(response)
        if response.get("x-emulated-empty"):
            empty.add(int(status))
        answers[int(status)] = validator(*where, "content", media, "schema") if media is not None else None
    return answers, frozenset(empty)


def query_of(
    source: dict[str, Any], owners: Iterable[tuple[Pointer, dict[str, Any]]], validator: MakeValidator
) -> dict[str, QueryParameter]:
    """The query parameters of a path and its operation, and a token in the query, described as a security scheme."""
    schemes = source.get("components", {}).get("securitySchemes", {}).values()
    query = {scheme["name"]: QueryParameter("string", TEXT) for scheme in schemes if scheme.get("in") == "query"}
    for pointer, owner in owners:
        for index in range(len(owner.get("parameters", ()))):
            where, parameter = follow(source, (*pointer, "parameters", str(index)))
            if parameter["in"] == "query":
                _, schema = follow(source, (*where, "schema"))
                kind = str(schema.get("type", "string"))
                query[parameter["name"]] = QueryParameter(kind, validator(*where, "schema"))
    return query


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
