"""The contract: answers that break it raise or are marked, requests that break it are noted or refused."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient

from operator_emulator import resources
from operator_emulator.core.world.errors import Malformed, Refusal
from operator_emulator.runtime.journal import Exchange
from operator_emulator.web.context import RequestContext
from operator_emulator.web.openapi import ContractViolation, Document, replace_emulated
from operator_emulator.web.receive import BODY_LIMIT, TooLarge, UnsupportedMediaType, read_json, typed
from operator_emulator.web.respond import answer
from operator_emulator.web.router import Router
from tests.web.conftest import empty_engine, within_context

DESCRIPTION = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "paths": {
        "/things": {
            "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1}}],
            "get": {
                "operationId": "listThings",
                "parameters": [
                    {"name": "deep", "in": "query", "schema": {"type": "boolean"}},
                    {"name": "share", "in": "query", "schema": {"type": "number"}},
                    {"name": "word", "in": "query", "schema": {"type": "string"}},
                    {"name": "colour", "in": "query", "schema": {"enum": ["red", "green", "blue", "grey"]}},
                    {"name": "only", "in": "query", "schema": {"enum": ["this"]}},
                ],
                "responses": {
                    "200": {
                        "description": "things",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Things"}}},
                    },
                    "204": {"description": "nothing"},
                },
            },
            "post": {
                "operationId": "makeThing",
                "requestBody": {"$ref": "#/components/requestBodies/Thing"},
                "responses": {"201": {"description": "made"}},
            },
        },
        "/things/{id}": {
            "get": {
                "operationId": "showThing",
                "responses": {
                    "200": {
                        "description": "a thing",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    }
                },
            },
            "delete": {
                "operationId": "dropThing",
                "requestBody": {"content": {"text/plain": {}}},
                "responses": {"200": {"description": "gone"}},
            },
        },
        "/things/first": {"get": {"operationId": "firstThing", "responses": {"200": {"description": "-"}}}},
        "/{kind}/count": {"get": {"operationId": "countThings", "responses": {"200": {"description": "-"}}}},
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["id"],
                "additionalProperties": False,
                "properties": {
                    "id": {"type": "integer", "x-emulated": {"type": ["integer", "string"]}},
                    "name": {"type": "string", "example": {"$ref": "nowhere"}},
                },
            },
            "Things": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
        },
        "requestBodies": {
            "Thing": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
        },
    },
}


@pytest.fixture
def description(tmp_path: Path) -> Path:
    path = tmp_path / "things.yaml"
    path.write_text(yaml.safe_dump(DESCRIPTION), encoding="utf-8")
    return path


Load = Callable[..., Document]


@pytest.fixture
def load(description: Path) -> Load:
    def load(**how: Any) -> Document:
        return Document.load(description, headers=((b"x-always", b"1"),), **how)

    return load


async def refuse(request: Request, refusal: Exception) -> Response:
    status = refusal.status_code if isinstance(refusal, HTTPException) else 400
    headers = refusal.headers if isinstance(refusal, HTTPException) else None
    return PlainTextResponse(str(refusal), status, headers)


class Site:
    """A router over one endpoint, and the exchange that it wrote into."""

    def __init__(self, document: Document, method: str, path: str, endpoint: Callable[[Request], Awaitable[Response]]):
        self.router = Router([document.route(method, path, endpoint)], base="", refuse=refuse)
        self.exchange = Exchange("inbound", method, path, datetime.now(UTC), datetime.now(UTC))
        self.http = TestClient(within_context(self.router, self.exchange))


def telling(value: Any, **how: Any) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return answer(request, value, **how)

    return endpoint


async def echo(request: Request) -> Response:
    await read_json(request)
    return answer(request, status=201)


def test_an_answer_is_compact_json_with_the_headers_of_its_document(load: Load) -> None:
    """One router out: content type, length, and what always goes along."""
    got = Site(load(), "GET", "/things", telling([{"id": 1}], headers={"X-Total-Count": "1"})).http.get("/things")
    assert got.content == b'[{"id":1}]'
    assert got.headers["content-type"] == "application/json;charset=UTF-8"
    assert got.headers["content-length"] == "10"
    assert got.headers["x-always"] == got.headers["x-total-count"] == "1"
    assert "x-emulator-contract" not in got.headers


def test_an_empty_answer_says_so(load: Load) -> None:
    """Recorded: application/json with a length of nought (D§3.3)."""
    got = Site(load(), "GET", "/things", telling(None, status=204)).http.get("/things")
    assert (got.status_code, got.content, got.headers["content-length"]) == (204, b"", "0")


def test_an_answer_may_be_printed_its_own_way(load: Load) -> None:
    """The token body has two spaces of indentation, and is checked all the same."""
    endpoint = telling([{"id": 1}], body=b'[\n  {"id": 1}\n]')
    assert b"\n" in Site(load(raises=True), "GET", "/things", endpoint).http.get("/things").content


@pytest.mark.parametrize(
    ("value", "status", "says"),
    [
        ([{"id": 1.5}], 200, "0/id"),
        ([{"name": "no id"}], 200, "id"),
        ([{"id": 1, "odd": 1}], 200, "odd"),
        ([], 418, "status 418 is not described"),
        (None, 200, "status 200 has a body"),
        ([], 204, "status 204 has no body"),
    ],
)
def test_an_answer_that_breaks_the_contract_is_marked_logged_and_noted(
    load: Load, caplog: pytest.LogCaptureFixture, value: Any, status: int, says: str
) -> None:
    """Served, the customer still gets the answer, and everybody can see what is wrong with it."""
    site = Site(load(), "GET", "/things", telling(value, status=status))
    with caplog.at_level(logging.ERROR, "operator_emulator.contract"):
        got = site.http.get("/things")
    assert got.headers["x-emulator-contract"] == "violated"
    assert says in caplog.text
    assert says in site.exchange.findings[0]


def test_an_answer_that_breaks_the_contract_raises_in_tests(load: Load) -> None:
    """A bug of ours never passes a test."""
    site = Site(load(raises=True), "GET", "/things", telling([{"id": None}]))
    with pytest.raises(ContractViolation, match="GET /things"):
        site.http.get("/things")


def test_the_recorded_type_wins_over_the_published_one(load: Load) -> None:
    """``x-emulated`` replaces a schema where the operator contradicts its own file."""
    site = Site(load(raises=True), "GET", "/things", telling([{"id": "7"}]))
    assert site.http.get("/things").status_code == 200
    assert replace_emulated({"a": [{"type": "integer", "x-emulated": {"type": "string"}}]}) == {
        "a": [{"type": "string"}]
    }


def test_a_request_that_breaks_the_contract_is_noted(load: Load) -> None:
    """The operator accepts more than it documents, and so do we."""
    site = Site(load(), "POST", "/things", echo)
    assert site.http.post("/things", json={"id": 1, "more": 2}).status_code == 201
    assert "more" in site.exchange.findings[0]


def test_a_request_that_breaks_the_contract_is_refused_when_strict(load: Load) -> None:
    """``--contract strict`` holds clients to the letter."""
    site = Site(load(strict=True), "POST", "/things", echo)
    assert site.http.post("/things", json={"id": 1, "more": 2}).status_code == 400
    assert site.http.post("/things", json={"id": 1}).status_code == 201


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("limit=0", "query limit: 0 is less than the minimum of 1"),
        ("limit=many", 'query limit: "many" is not of type "integer"'),
        ("deep=1", 'query deep: "1" is not of type "boolean"'),
        ("share=half", 'query share: "half" is not of type "number"'),
        ("colour=pink", 'query colour: "pink" is not one of "red", "green", "blue" or "grey"'),
        ("only=that", 'query only: "that" is not one of "this"'),
        ("other=1", "query other: is not described"),
    ],
)
def test_a_query_that_breaks_the_contract_is_noted(load: Load, query: str, says: str) -> None:
    """Unknown and ill-typed query parameters show in the journal, with what is wanted instead."""
    site = Site(load(), "GET", "/things", telling([]))
    assert site.http.get(f"/things?{query}").status_code == 200
    assert site.exchange.findings == [says]


def test_a_query_as_described_is_nothing_to_note(load: Load) -> None:
    """Texts of a query are read as the type that is described."""
    site = Site(load(), "GET", "/things", telling([]))
    site.http.get("/things?limit=3&deep=true&share=0.5&word=7")
    assert site.exchange.findings == []


def test_a_typed_text_that_is_no_such_thing_stays_a_text() -> None:
    """So that the schema says what is wrong with it."""
    assert typed("x", "integer") == "x"
    assert typed("yes", "boolean") == "yes"
    assert typed("1.5", "number") == 1.5


@pytest.mark.parametrize("body", [b"{", b"", b'"\xff"', b"[" * 100_000, b"nul", b'{"a":1}x'])
def test_a_body_that_is_no_json_is_malformed(load: Load, body: bytes) -> None:
    """Whatever the bytes, it is the client's 400 and no crash of ours."""
    site = Site(load(), "POST", "/things", echo)
    got = site.http.post("/things", content=body, headers={"Content-Type": "application/json"})
    assert got.status_code == 400


@pytest.mark.parametrize("kind", ["", "text/plain", "application/jsonx", "multipart/form-data"])
def test_a_body_of_another_kind_is_unsupported(load: Load, kind: str) -> None:
    """415, with the type that was sent."""
    got = Site(load(), "POST", "/things", echo).http.post("/things", content=b"{}", headers={"Content-Type": kind})
    assert got.status_code == 415


@pytest.mark.parametrize("kind", ["application/json;charset=UTF-8", "APPLICATION/JSON", "application/x+json"])
def test_json_goes_by_several_names(load: Load, kind: str) -> None:
    """A charset and another case are fine (D§19, near misses)."""
    site = Site(load(), "POST", "/things", echo)
    assert site.http.post("/things", content=b'{"id":1}', headers={"Content-Type": kind}).status_code == 201


def test_a_body_that_says_it_is_too_large_is_not_read(load: Load) -> None:
    """20 MB are refused by their length alone."""
    site = Site(load(), "POST", "/things", echo)
    got = site.http.post("/things", content=b" " * (BODY_LIMIT + 1), headers={"Content-Type": "application/json"})
    assert got.status_code == 413


def test_a_body_that_grows_too_large_is_let_go(load: Load) -> None:
    """Without a length, it is counted as it comes."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b" " * 1_000_000, "more_body": True}

    document = load()
    scope = {
        "type": "http",
        "method": "POST",
        "headers": [(b"content-type", b"application/json")],
        "context": RequestContext(engine=empty_engine(), operation=document.operations["POST", "/things"]),
    }
    with pytest.raises(TooLarge):
        asyncio.run(read_json(Request(scope, receive)))


def test_an_endpoint_without_an_operation_is_an_error_at_start(load: Load) -> None:
    """A route that nobody described cannot be served."""
    with pytest.raises(LookupError, match="PATCH /things"):
        load().route("PATCH", "/things", echo)


def test_webhooks_are_held_against_their_component(load: Load) -> None:
    """What we send to customers has a schema of its own."""
    assert load().findings("Thing", {"id": 1}) == ()
    assert "id" in load().findings("Thing", {})[0]
    with pytest.raises(ContractViolation):
        load(raises=True).findings("Thing", {})


def test_a_request_outside_of_any_journal_is_checked_all_the_same(load: Load) -> None:
    """Findings need nobody to write them down."""
    router = Router([load().route("GET", "/things", telling([{}]))], base="", refuse=refuse)
    assert TestClient(within_context(router)).get("/things?other=1").headers["x-emulator-contract"] == "violated"


class TestRouter:
    """Finding the endpoint."""

    @pytest.fixture
    def http(self, load: Load) -> TestClient:
        document = load()
        routes = [
            document.route("GET", "/things/{id}", told("one")),
            document.route("DELETE", "/things/{id}", told("gone")),
            document.route("GET", "/things/first", told("first")),
            document.route("GET", "/{kind}/count", told("count")),
            document.route("GET", "/things", told("all")),
        ]
        return TestClient(within_context(Router(routes, base="/v9", refuse=refuse)))

    @pytest.mark.parametrize(
        ("path", "name", "parameters"),
        [
            ("/v9/things", "all", {}),
            ("/v9/things/", "all", {}),
            ("/v9/things/7", "one", {"id": "7"}),
            ("/v9/things/first", "first", {}),
            ("/v9/apples/count", "count", {"kind": "apples"}),
            ("/v9/things/a%20b", "one", {"id": "a b"}),
        ],
    )
    def test_fixed_paths_win_over_parameters(
        self, http: TestClient, path: str, name: str, parameters: dict[str, str]
    ) -> None:
        """``/sims/limits`` is no ICCID (trap 13)."""
        assert http.get(path).json() == [name, parameters]

    def test_head_is_answered_as_get(self, http: TestClient) -> None:
        """As Spring does."""
        assert http.head("/v9/things").status_code == 200

    @pytest.mark.parametrize("path", ["/v9/nothing", "/v9/things/1/2", "/v9/things//", "/v9/"])
    def test_an_unknown_path_is_not_found(self, http: TestClient, path: str) -> None:
        """404, whatever the method."""
        assert http.get(path).status_code == 404
        assert http.post(path).status_code == 404

    def test_another_method_is_not_allowed(self, http: TestClient) -> None:
        """405 says which are."""
        got = http.put("/v9/things/1")
        assert (got.status_code, got.headers["allow"]) == (405, "DELETE, GET")

    def test_an_unknown_caller_learns_nothing(self, load: Load) -> None:
        """Who may not come in is told so before whether there is anything."""

        class No(Refusal):
            pass

        async def admit(request: Request, operation: object) -> None:
            raise No

        router = Router([load().route("GET", "/things", told("all"))], base="", refuse=refuse, admit=admit)
        assert TestClient(within_context(router)).get("/nothing").status_code == 400


def told(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return PlainTextResponse(json.dumps([name, request.path_params]))

    return endpoint


# ------------------------------------------------------------------------------ two validators, one verdict

MANAGEMENT = replace_emulated(yaml.safe_load(resources.spec("management.yaml").read_text(encoding="utf-8")))
COMPONENTS = sorted(MANAGEMENT["components"]["schemas"])
DOCUMENT = Document.load(resources.spec("management.yaml"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10) | st.text(max_size=5) | st.floats(-5, 5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["iccid", "id", "status", "label", "payload", "message"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(st.sampled_from(COMPONENTS), JSON)
def test_the_compiled_validator_agrees_with_the_reference(component: str, value: Any) -> None:
    """jsonschema-rs on the hot path says what jsonschema, the reference, says."""
    schema = {"$ref": f"#/components/schemas/{component}", "components": MANAGEMENT["components"]}
    reference = jsonschema.Draft202012Validator(schema).is_valid(value)
    assert DOCUMENT.components[component].is_valid(value) == reference


def test_errors_of_the_door_are_what_they_say() -> None:
    """Their texts are for the person who reads the answer."""
    assert "text/plain" in UnsupportedMediaType("text/plain").detail
    assert str(Malformed("label", "is too long")) == "label: is too long"
    assert str(Malformed("", "is no JSON")) == "is no JSON"
