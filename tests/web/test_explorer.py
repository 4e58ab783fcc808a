"""The explorer: a page that works without the internet, and descriptions that say where this server is."""

import json
import re
from collections.abc import Iterator
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate
from starlette.applications import Starlette
from starlette.testclient import TestClient

from operator_emulator import resources
from operator_emulator.web.explorer import PAGES, explorer, with_login
from operator_emulator.web.openapi import Document, read_yaml

OUTSIDE = re.compile(r"(?:https?:)?//[\w.-]+\.\w+")


def document(name: str, base: str) -> Document:
    return Document(read_yaml(resources.spec(f"{name}.yaml")), base)


@pytest.fixture
def documents() -> dict[str, Document]:
    return {
        "/management-api/api-docs": document("management", "/management-api"),
        "/explorer/control.json": document("control", "/_emulator"),
    }


@pytest.fixture
def http(documents: dict[str, Document]) -> Iterator[TestClient]:
    loads = {address: partial(documents.__getitem__, address) for address in documents}
    with TestClient(Starlette(routes=explorer(loads)), base_url="http://emulator.test:8123") as client:
        yield client


def listed(page: str) -> Any:
    """The documents that a page says there are."""
    found = re.search(r'data-documents="([^"]*)"', page)
    assert found is not None
    return json.loads(unescape(found[1]))


@pytest.mark.parametrize("path", PAGES)
def test_the_page_is_where_the_operator_has_it(http: TestClient, path: str) -> None:
    """The root, swagger-ui.html and /explorer show the explorer, which takes scripts from this server alone."""
    answer = http.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "connect-src 'self';" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/sims"), ("POST", "/oauth/token"), ("GET", "/_emulator")])
def test_the_answer_at_a_wrong_base_address_names_the_right_one(http: TestClient, method: str, path: str) -> None:
    """The first mistake of a newcomer: the path without /management-api, or with nothing behind it."""
    answer = http.request(method, path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "/management-api/v1/" in answer.text


def test_all_that_the_page_needs_is_served_here(http: TestClient) -> None:
    """Every script, style sheet and icon is on this server, is not empty, and has the right type."""
    page = http.get("/").text
    wanted = re.findall(r'<(?:script|link)[^>]* (?:src|href)="([^"]+)"', page)
    types = {".js": "text/javascript", ".css": "text/css", ".png": "image/png"}
    assert len([address for address in wanted if address.endswith(".js")]) == 3
    for address in wanted:
        answer = http.get(address)
        assert answer.status_code == 200, address
        assert answer.content, address
        kind = types.get(Path(address).suffix, "application/json")
        assert answer.headers["content-type"].partition(";")[0] == kind, address


def test_nothing_of_ours_points_outside(http: TestClient) -> None:
    """No address of another host in the page, in our script or in our style sheet; no validator is asked."""
    for address in ("/", "/explorer/explorer.js", "/explorer/explorer.css"):
        assert not OUTSIDE.search(http.get(address).text), address
    assert "validatorUrl: null" in http.get("/explorer/explorer.js").text


def test_swagger_ui_is_new_enough_for_our_descriptions(http: TestClient, documents: dict[str, Document]) -> None:
    """OpenAPI 3.1 needs Swagger UI 5."""
    assert documents["/management-api/api-docs"].source["openapi"].startswith("3.1")
    version = http.get("/explorer/VERSION").text.strip()
    assert int(version.removeprefix("v").partition(".")[0]) >= 5, version


def test_the_drop_down_offers_every_document(http: TestClient, documents: dict[str, Document]) -> None:
    """Each document is listed by its title, the management API first, at its own address; all are valid."""
    offered = listed(http.get("/").text)
    assert [entry["name"] for entry in offered] == [document.source["info"]["title"] for document in documents.values()]
    assert [entry["url"] for entry in offered] == ["/management-api/api-docs", "/explorer/control.json"]
    for entry in offered:
        validate(http.get(entry["url"]).json())


@pytest.mark.parametrize(
    ("path", "base"),
    [("/management-api/api-docs", "/management-api"), ("/explorer/control.json", "/_emulator")],
)
def test_a_description_names_the_server_that_it_came_from(http: TestClient, path: str, base: str) -> None:
    """The address is the one that the client used, so Try it out works through any name and port."""
    assert http.get(path).json()["servers"] == [{"url": f"http://emulator.test:8123{base}"}]
    elsewhere = http.get(path, headers={"Host": "operator.example:9000"}).json()
    assert elsewhere["servers"] == [{"url": f"http://operator.example:9000{base}"}]


def test_the_page_can_log_in_with_user_name_and_password(http: TestClient, documents: dict[str, Document]) -> None:
    """As served, the page fetches bearer tokens from the token route; the description itself says bearer."""
    schemes = http.get("/management-api/api-docs").json()["components"]["securitySchemes"]
    assert schemes["BearerAuthentication"]["flows"]["clientCredentials"]["tokenUrl"] == (
        "http://emulator.test:8123/management-api/oauth/token"
    )
    assert schemes["BasicAuthentication"]["scheme"] == "basic"
    published = documents["/management-api/api-docs"].source["components"]["securitySchemes"]
    assert published["BearerAuthentication"]["type"] == "http"


def test_a_description_that_can_log_in_already_is_left_alone() -> None:
    """With no token route, or with OAuth 2 of its own, the security schemes stay as they are."""
    bearer = {"type": "http", "scheme": "bearer"}
    no_route = {"paths": {}, "components": {"securitySchemes": {"token": bearer}}}
    assert with_login(no_route, "http://x") == no_route["components"]
    flows = {"clientCredentials": {"tokenUrl": "/issuer", "scopes": {}}}
    own = {"securitySchemes": {"token": bearer, "own": {"type": "oauth2", "flows": flows}}}
    assert with_login({"paths": {"/token": {"post": {}}}, "components": own}, "http://x") == own


def test_a_description_of_callbacks_names_no_server_of_ours() -> None:
    """A document without a base is about somebody else's endpoint: it is served as it stands."""
    forwarder = document("forwarder", "")
    with TestClient(Starlette(routes=explorer({"/explorer/forwarder.json": lambda: forwarder}))) as http:
        served = http.get("/explorer/forwarder.json").json()
    assert served == json.loads(json.dumps(forwarder.source))
