"""``listen``: a webhook in the terminal; and ``trigger``, which makes something arrive there."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner

import operator_emulator
from operator_emulator import resources
from operator_emulator.app import create_app
from operator_emulator.cli import main
from operator_emulator.cli.trigger import EVENTS, PORTAL_EVENTS
from operator_emulator.settings import Settings
from operator_emulator.testing.server import Server
from tests.conftest import Customer
from tests.terminal import Process

Listen = Callable[..., tuple[Process, str]]
OURS = (sys.executable, "-m", "operator_emulator")


@pytest.fixture
def listen(tmp_path: Path) -> Iterator[Listen]:
    """Start ``listen`` on a free port, with flags: the process and its URL."""
    with ExitStack() as stack:

        def start(*flags: str) -> tuple[Process, str]:
            process = Process([*OURS, "listen", "--port", "0", *flags], tmp_path)
            stack.callback(process.stop)
            return process, process.until("Listening at").split()[2].rstrip(".")

        yield start


def test_what_arrives_is_shown(listen: Listen) -> None:
    """Method, path and status in one line, the body below it; callbacks of an emulator among others."""
    process, url = listen()
    with operator_emulator.running(webhook=f"{url}/sms") as emulator:
        emulator.sims[0].attach()
        emulator.sims[0].send_mo("hello")
        emulator.clock.advance(seconds=5)
        emulator.verify(direction="outbound", status=200)
    assert process.until("POST") == "POST /sms 200\n"
    assert process.until("payload").splitlines()[-1].strip() == '"payload": "hello",'
    httpx2.post(f"{url}/text", content="plain")
    assert process.until("plain").endswith("    plain\n")


def test_programs_get_a_line_of_json_each(listen: Listen) -> None:
    """With headers, body and the answer's status."""
    process, url = listen("--json")
    httpx2.patch(f"{url}/sms", json={"id": 1}, headers={"X-Mine": "yes"})
    seen = json.loads(process.until("PATCH"))
    assert (seen["path"], seen["headers"]["x-mine"], seen["body"], seen["status"]) == ("/sms", "yes", '{"id":1}', 200)


def test_it_answers_as_told(listen: Listen) -> None:
    """A status, for ever or so many times."""
    _, url = listen("--status", "500", "--times", "2")
    assert [httpx2.post(url).status_code for _ in range(3)] == [500, 500, 200]
    _, url = listen("--status", "204")
    assert [httpx2.post(url).status_code for _ in range(3)] == [204, 204, 204]


def test_a_slow_endpoint_is_too_slow(listen: Listen) -> None:
    """--delay, for each request."""
    _, url = listen("--delay", "30")
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(url, timeout=0.1)


def test_requests_are_forwarded(listen: Listen) -> None:
    """The other endpoint's answer is ours, be it an error or a redirect; 502 if there is none."""
    behind, there = listen("--json", "--status", "409", "--times", "1")
    before, here = listen("--forward-to", f"{there}/hook")
    assert httpx2.post(here, json={"id": 7}, headers={"X-Mine": "yes"}).status_code == 409
    assert httpx2.post(here, json={"id": 8}).status_code == 200
    seen = json.loads(behind.until("POST"))
    assert (seen["path"], seen["body"], seen["headers"]["x-mine"]) == ("/hook", '{"id":7}', "yes")
    assert before.until("POST") == "POST / 409\n"
    _, nowhere = listen("--forward-to", "http://127.0.0.1:1/")
    assert httpx2.post(nowhere).status_code == 502


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly(listen: Listen, number: int) -> None:
    """To be stopped is no failure."""
    process, _ = listen()
    process.process.send_signal(number)
    assert process.process.wait(30) == 0


def test_bad_input_is_refused_and_it_goes_on(listen: Listen) -> None:
    """What is no number of octets, and what is no HTTP."""
    process, url = listen()
    host, port = url.removeprefix("http://").split(":")
    for request in (b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", b"nonsense\r\n\r\n"):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(request)
            assert b"400" in connection.recv(65536)
    assert httpx2.post(url).status_code == 200
    assert "Traceback" not in process.until("POST / 200")


@pytest.mark.parametrize(
    ("flags", "code", "says"),
    [
        (("--forward-to", "localhost:1"), 2, "is not a URL such as"),
        (("--status", "99"), 2, "not in the range"),
        (("--host", "192.0.2.1"), 1, "choose another --port"),
    ],
)
def test_flags_that_cannot_be_are_a_clear_line(flags: tuple[str, ...], code: int, says: str) -> None:
    """What is wrong."""
    done = subprocess.run([*OURS, "listen", *flags], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, says in done.stderr, "Traceback" in done.stderr) == (code, True, False)


# --------------------------------------------------------------------------------------------- trigger


@pytest.fixture(scope="module")
def endpoint() -> Customer:
    return Customer()


@pytest.fixture(scope="module")
def served(endpoint: Customer) -> Iterator[Server]:
    settings = Settings(clock="manual", webhook="http://customer.test/sms")
    with Server(lambda: create_app(settings, transport=endpoint)) as server:
        yield server


@pytest.fixture
def typed(served: Server, endpoint: Customer) -> Callable[..., Any]:
    """Type a command in a new world."""

    def type_in(*words: str, code: int = 0) -> Any:
        result = CliRunner().invoke(main, words, env={"OPERATOR_EMULATOR_URL": served.url})
        assert result.exit_code == code, result.output
        return result

    type_in("reset")
    endpoint.received.clear()
    return type_in


@pytest.mark.parametrize(
    ("event", "method", "says"),
    [
        ("mo", "POST", {"payload": "Hello from the device"}),
        ("delivery-report", "PATCH", {"status": {"status": "DELIVERED"}}),
        ("delivery-failure", "PATCH", {"status": {"status": "FAILED"}}),
    ],
)
def test_a_message_has_its_callback(
    typed: Callable[..., Any], endpoint: Customer, event: str, method: str, says: Any
) -> None:
    """As soon as time passes."""
    assert "essage" in typed("trigger", event).stdout
    typed("clock", "advance", "1m")
    [body] = endpoint.bodies
    assert endpoint.methods == [method]
    for name, value in says.items():
        found = {key: body[name][key] for key in value} if isinstance(value, dict) else body[name]
        assert found == value


def test_a_volume_runs_low(typed: Callable[..., Any]) -> None:
    """Because it is used: the operator's event follows. A second time there is nothing to warn of."""
    said = typed("trigger", "quota-warning", "--iccid", "8988228066600000002").stdout
    assert "less than 20 % left" in said
    assert "below 20%" in typed("sim", "events", "8988228066600000002").stdout
    assert (
        "is below the threshold" in typed("trigger", "quota-warning", "--iccid", "8988228066600000002", code=1).stderr
    )


def test_a_session_begins_and_ends(typed: Callable[..., Any]) -> None:
    """With the events of the network."""
    typed("trigger", "session", "--iccid", "8988228066600000002")
    said = typed("sim", "events", "8988228066600000002").stdout
    assert "New PDP Context successfully activated" in said
    assert "PDP Context deleted." in said


@pytest.mark.parametrize("event", PORTAL_EVENTS)
def test_the_portals_streams_have_an_event(typed: Callable[..., Any], event: str) -> None:
    """Of the first partner, or the one that is named."""
    assert f"({event}) recorded for" in typed("trigger", event).stdout
    assert f"({event}) recorded for" in typed("trigger", event, "--partner", "100014").stdout


@pytest.mark.parametrize("event", EVENTS)
def test_a_sim_that_is_not_there_is_a_clear_line(typed: Callable[..., Any], event: str) -> None:
    """So is a partner that is not."""
    assert "Error: " in typed("trigger", event, "--iccid", "8988228066600099999", code=1).stderr
    assert "is unknown" in typed("trigger", "simaction.v1", "--partner", "999999", code=1).stderr


def test_a_world_without_sims_or_partners_says_so(typed: Callable[..., Any], served: Server) -> None:
    """What is missing, and what to do."""
    empty = resources.fixture("empty.yaml").read_text(encoding="utf-8")
    httpx2.post(f"{served.url}/_emulator/fixture", content=empty).raise_for_status()
    assert "no organisation has an activated SIM" in typed("trigger", "mo", code=1).stderr
    assert "no partners" in typed("trigger", "simaction.v1", code=1).stderr
