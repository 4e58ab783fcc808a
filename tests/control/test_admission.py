"""Who may use the control plane."""

from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from operator_emulator.control.admission import Admission, host_name, is_loopback
from operator_emulator.control.errors import refuse
from operator_emulator.web.openapi import Document
from operator_emulator.web.router import Router
from tests.web.conftest import within_context

TOKEN = "open sesame"
SPEC = """
openapi: 3.1.0
info: {title: door, version: "1"}
paths:
  /reset: {post: {operationId: reset, responses: {"200": {description: done}}}}
  /clock: {get: {operationId: getClock, responses: {"200": {description: done}}}}
  /health: {get: {operationId: getHealth, responses: {"200": {description: done}}}}
components: {schemas: {Error: {type: object}}}
"""


@pytest.fixture
def knock(tmp_path: Path) -> Any:
    """Knock at a control plane: ``knock("192.0.2.1", "POST", "/reset", token=…, headers=…)``."""
    path = tmp_path / "router.yaml"
    path.write_text(SPEC, encoding="utf-8")
    document = Document.load(path, base="/_emulator")

    async def endpoint(request: Request) -> Any:
        from operator_emulator.web.respond import answer

        return answer(request)

    routes = [document.route(method, path, endpoint) for method, path in document.operations]

    def knock(
        peer: str | None = "127.0.0.1",
        method: str = "POST",
        path: str = "/reset",
        *,
        host: str = "localhost:8080",
        token: str | None = None,
        open_to_all: bool = False,
        headers: Any = None,
    ) -> int:
        router = Router(routes, base="/_emulator", refuse=refuse, admit=Admission(token, open_to_all))

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope["client"] = None if peer is None else (peer, 1)
            await within_context(router)(scope, receive, send)

        answer = TestClient(app).request(method, f"/_emulator{path}", headers={"Host": host, **(headers or {})})
        if answer.status_code >= 400:
            assert answer.json()["error"]
        return answer.status_code

    return knock


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "::1%lo", None, "testclient"])
def test_this_machine_may_come_in(knock: Any, peer: str | None) -> None:
    """Loopback addresses of every kind, and callers inside the process, need no token."""
    assert knock(peer) == 200


@pytest.mark.parametrize("peer", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "::ffff:192.0.2.1", "0.0.0.0"])
def test_other_machines_may_not(knock: Any, peer: str) -> None:
    """Without a token and not started open, every other address is refused."""
    assert knock(peer) == 403


def test_the_token_opens_from_anywhere(knock: Any) -> None:
    """The right token in X-Emulator-Token lets another machine in, under any name and from any page."""
    with_token = {"X-Emulator-Token": TOKEN}
    assert knock("192.0.2.1", token=TOKEN, headers=with_token) == 200
    assert knock("192.0.2.1", token=TOKEN, host="emulator.example.com", headers=with_token) == 200
    assert knock(token=TOKEN, headers={**with_token, "Origin": "https://elsewhere.example.com"}) == 200


def test_a_token_that_is_set_is_asked_for_even_here(knock: Any) -> None:
    """Who sets a secret expects it to close the door: from this machine, and where it was started open."""
    assert knock(token=TOKEN) == 401
    assert knock("192.0.2.1", token=TOKEN, open_to_all=True) == 401
    assert knock(None, token=TOKEN) == 200  # a caller inside the process has everything anyway
    assert knock(token=TOKEN, headers={"X-Emulator-Token": TOKEN}) == 200
    assert knock(token=TOKEN, headers={"X-Emulator-Token": "open barley"}) == 401
    assert knock("192.0.2.1", token=TOKEN, headers={"X-Emulator-Token": ""}) == 401


def test_a_token_may_have_any_letters(knock: Any) -> None:
    """It is sent as UTF-8."""
    assert knock(token="Schlüssel ✓", headers={"X-Emulator-Token": "Schlüssel ✓".encode()}) == 200
    assert knock(token="Schlüssel", headers={"X-Emulator-Token": b"Schlussel"}) == 401


def test_a_customers_token_is_refused(knock: Any) -> None:
    """Authorization is the operator's header; here it means nothing, even with the right secret in it."""
    assert knock("192.0.2.1", token=TOKEN, headers={"Authorization": f"Bearer {TOKEN}"}) == 401


def test_a_token_is_refused_if_none_is_set(knock: Any) -> None:
    """An emulator without --control-token takes no token, not even an empty one."""
    assert knock("192.0.2.1", headers={"X-Emulator-Token": ""}) == 403
    assert knock("192.0.2.1", token="", headers={"X-Emulator-Token": ""}) == 403


def test_started_open_it_answers_to_every_machine(knock: Any) -> None:
    """With --control-open other addresses may come in, and tools may change it by any name."""
    assert knock("192.0.2.1", open_to_all=True) == 200
    assert knock("192.0.2.1", open_to_all=True, host="emulator.example.com") == 200


def test_started_open_it_is_not_read_under_a_public_name(knock: Any) -> None:
    """A page that had its name rebound reads without an Origin header."""
    assert knock("192.0.2.1", "GET", "/clock", open_to_all=True) == 200
    assert knock("192.0.2.1", "GET", "/clock", open_to_all=True, host="emulator") == 200
    assert knock("192.0.2.1", "GET", "/clock", open_to_all=True, host="emulator.example.com") == 403


@pytest.mark.parametrize(
    "origin", ["https://evil.example.com", "http://evil.example.com:8080", "null", "file://", "http://["]
)
@pytest.mark.parametrize("open_to_all", [False, True])
def test_pages_of_other_hosts_are_refused(knock: Any, origin: str, open_to_all: bool) -> None:
    """A page on the internet must not reset the emulator through a browser on this machine."""
    assert knock(headers={"Origin": origin}, open_to_all=open_to_all) == 403


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:8080", "localhost:8080"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://[::1]:8080", "[::1]:8080"),
        ("http://localhost:3000", "127.0.0.1:8080"),  # a front end under development, on this machine
        ("http://app.localhost:3000", "localhost:8080"),
    ],
)
def test_pages_of_this_machine_may_come_in(knock: Any, origin: str, host: str) -> None:
    """Our own dashboard, and pages served by somebody on this machine."""
    assert knock(headers={"Origin": origin}, host=host) == 200


@pytest.mark.parametrize("open_to_all", [False, True])
def test_a_rebound_name_is_refused(knock: Any, open_to_all: bool) -> None:
    """DNS rebinding: the page's own name points here, so Origin and Host agree; the name gives it away."""
    rebound = {"Origin": "http://evil.example.com:8080"}
    assert knock(host="evil.example.com:8080", headers=rebound, open_to_all=open_to_all) == 403


def test_reading_under_a_rebound_name_is_refused(knock: Any) -> None:
    """A GET of the same origin carries no Origin header; the Host alone must do."""
    assert knock(method="GET", path="/clock", host="evil.example.com") == 403
    assert knock(method="GET", path="/clock", host="EVIL.example.com.") == 403


@pytest.mark.parametrize(
    "host", ["emulator:8080", "emulator.test", "box.lan", "emulator.team.svc.cluster.local", "192.0.2.7"]
)
def test_an_open_emulator_has_pages_under_private_names(knock: Any, host: str) -> None:
    """A dashboard in a container network: names that nobody on the internet can own are fine."""
    assert knock("192.0.2.1", host=host, headers={"Origin": f"http://{host}"}, open_to_all=True) == 200


def test_anybody_may_ask_for_its_health(knock: Any) -> None:
    """A container's health check comes from anywhere and has no token."""
    assert knock("192.0.2.1", "GET", "/health", token=TOKEN) == 200


def test_a_proxy_cannot_dress_a_stranger_up_as_in_process(knock: Any) -> None:
    """A peer that is no address counts as in process only if no proxy has named it."""
    assert knock("unknown", headers={"X-Forwarded-For": "unknown"}) == 403


def test_a_stranger_is_refused_on_unknown_paths_too(knock: Any) -> None:
    """Who may not come in does not learn what there is."""
    assert knock("192.0.2.1", path="/nothing") == 403
    assert knock(path="/nothing") == 404


def test_hosts_are_read_out_of_urls() -> None:
    """The host of an Origin or Host header, in lower case and without its port or final dot."""
    assert host_name("//LOCALHOST.:8080") == "localhost"
    assert host_name("//[::1]:8080") == "::1"
    assert host_name("null") == ""
    assert not is_loopback("localhost")
