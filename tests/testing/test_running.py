"""``operator_emulator.running``: an emulator without pytest, and webhooks in the same process."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
import requests
from starlette.types import Receive, Scope, Send

import operator_emulator
from operator_emulator.testing import Answer, Emulator, ReceivedRequest
from operator_emulator.testing.session import Unsuitable
from tests.conftest import FIXTURE
from tests.terminal import Page

PAGE = Page("docs/without-pytest.md")
SIMS = "https://api.1nce.com/management-api/v1/sims"


@pytest.mark.parametrize("number", range(len([block for block in PAGE.blocks if block.language == "python"])))
def test_each_program_of_the_page_runs_as_it_stands(tmp_path: Path, number: int) -> None:
    """docs/without-pytest.md, copied into a file."""
    text = [block.text for block in PAGE.blocks if block.language == "python"][number]
    (tmp_path / "program.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-W", "error", "program.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_a_world_of_ones_own(tmp_path: Path) -> None:
    """A fixture, and which of its organisations."""
    (tmp_path / "world.yaml").write_text(FIXTURE, encoding="utf-8")
    with operator_emulator.running(fixture=tmp_path / "world.yaml", organisation=5136) as emulator:
        assert emulator.organisation.id == 5136
    with (
        pytest.raises(Unsuitable, match="no organisation 7"),
        operator_emulator.running(fixture=str(tmp_path / "world.yaml"), organisation=7),
    ):
        raise AssertionError("it must not begin")


def test_an_emulator_that_runs_already_is_used_and_left_as_it_was() -> None:
    """By its URL: the organisation goes at the end."""
    with operator_emulator.running() as other:
        before = len(other.client.organisations.list())
        with operator_emulator.running(url=other.url, sims=1) as emulator:
            assert len(emulator.sims) == 1
            assert len(other.client.organisations.list()) == before + 1
        assert len(other.client.organisations.list()) == before


def test_one_of_them_is_one_emulator() -> None:
    """Entered twice at a time, it says so; one after the other is fine."""
    again = operator_emulator.running(sims=1)
    with again, pytest.raises(RuntimeError, match="runs already"):
        again.__enter__()
    with again as second:
        assert second.sims


def test_a_coroutine_function_is_decorated_too() -> None:
    """It is one still."""

    @operator_emulator.running(sims=2)
    async def count(emulator: Emulator) -> int:
        async with httpx2.AsyncClient(transport=emulator.asgi_transport) as client:
            answer = await client.get(SIMS, headers={"Authorization": f"Bearer {emulator.token()}"})
        return len(answer.json())

    assert asyncio.run(count()) == 2


def test_the_package_has_nothing_else_at_its_top() -> None:
    """As for any module."""
    with pytest.raises(AttributeError, match="has no attribute 'walking'"):
        operator_emulator.walking  # noqa: B018


# --------------------------------------------------------------------------------------------- requests


def test_requests_sees_what_it_would_see_over_a_socket() -> None:
    """Statuses, headers, JSON sent and received; a reset is a ConnectionError."""
    with operator_emulator.running(sockets=False) as emulator, requests.Session() as session:
        session.mount("https://api.1nce.com", emulator.requests_adapter)
        assert session.get(SIMS).status_code == 401
        session.headers["Authorization"] = f"Bearer {emulator.token()}"
        iccid = emulator.sims[0].iccid
        sent = session.post(f"{SIMS}/{iccid}/sms", json={"payload": "hello"})
        assert sent.headers["Location"].startswith(f"{SIMS}/{iccid}/sms/")
        assert session.get(sent.headers["Location"]).json()["payload"] == "hello"
        emulator.faults.add(point="http", effect={"reset": "before"}, times=1)
        with pytest.raises(requests.ConnectionError):
            session.get(SIMS)
        emulator.faults.add(point="http", effect={"delay": 5}, times=1)
        with pytest.raises(requests.ReadTimeout):
            session.get(SIMS, timeout=(1, 0.05))


# --------------------------------------------------------------------------------------------- webhooks


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    ok = environ["PATH_INFO"] == "/sms" and b"payload" in environ["wsgi.input"].read()
    start_response("202 Accepted" if ok else "404 Not Found", [("Content-Type", "text/plain")])
    return [b"thanks"]


async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
    """As Django's, it does not speak of its start and stop."""
    if scope["type"] != "http":
        raise ValueError("can only handle HTTP connections")
    ok = scope["path"] == "/sms" and b"payload" in (await receive())["body"]
    await send({"type": "http.response.start", "status": 202 if ok else 404, "headers": []})
    await send({"type": "http.response.body", "body": b"thanks"})


def function(request: ReceivedRequest) -> Answer:
    return Answer(202 if request.path == "/sms" and "payload" in request.json else 404)


@pytest.mark.parametrize("webhook", [wsgi, asgi, function])
@pytest.mark.parametrize("sockets", [True, False])
def test_an_app_in_this_process_receives_callbacks(webhook: Any, sockets: bool) -> None:
    """Over a socket or without, at its own path; the emulator sees what it answers."""
    with operator_emulator.running(webhook=webhook, sockets=sockets) as emulator:
        emulator.sims[0].attach()
        emulator.sims[0].send_mo("hello")
        emulator.clock.advance(seconds=5)
        [exchange] = emulator.journal(direction="outbound")
        assert exchange.status == 202
        emulator.customer.expect_one("POST", json={"payload": "hello"})


@pytest.mark.parametrize("sockets", [True, False])
def test_a_webhook_may_call_the_emulator_before_it_answers(sockets: bool) -> None:
    """It reads the SIM that the message came from, say."""
    labels = []

    def look(request: ReceivedRequest) -> None:
        labels.append(emulator.sim(request.json["endpoint"]["name"]).show().label)

    with operator_emulator.running(webhook=look, sockets=sockets) as emulator:
        pump = emulator.make_sim("Pump 7", device="ATTACHED")
        pump.send_mo("hello")
        emulator.clock.advance(seconds=5)
        emulator.verify(direction="outbound", status=200)
    assert labels == ["Pump 7"]


def test_a_webhook_that_fails_answers_500_and_the_journal_says_why() -> None:
    """As a server would."""

    def fail(request: ReceivedRequest) -> None:
        raise LookupError(f"no pump for {request.json['payload']}")

    with operator_emulator.running(webhook=fail) as emulator:
        emulator.sims[0].attach()
        emulator.sims[0].send_mo("hello")
        emulator.clock.advance(seconds=5)
        [exchange] = emulator.journal(direction="outbound", status=500)
        assert "LookupError: no pump for hello" in exchange.response["body"]


def test_callbacks_go_to_a_url() -> None:
    """Of an app that runs elsewhere."""
    with (
        operator_emulator.running() as elsewhere,
        operator_emulator.running(webhook=elsewhere.customer.url) as emulator,
    ):
        emulator.sims[0].attach()
        emulator.sims[0].send_mo("hello")
        emulator.clock.advance(seconds=5)
        elsewhere.customer.expect_one("POST", json={"payload": "hello"})


@pytest.mark.parametrize("webhook", [7, lambda: None])
def test_what_cannot_be_a_webhook_is_refused(webhook: Any) -> None:
    """At once, with a word on what can."""
    with (
        pytest.raises(TypeError, match="a URL, an ASGI or WSGI app, or a function"),
        operator_emulator.running(webhook=webhook),
    ):
        raise AssertionError("it must not begin")
