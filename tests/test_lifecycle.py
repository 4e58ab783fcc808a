"""``serve`` as programs see it: when it is ready, what it tells, how it ends; and ``wait``."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.terminal import Block, Page, Process, free_port, shows

PAGE = Page("docs/from-any-language.md")
OURS = (sys.executable, "-m", "operator_emulator")
Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start ``serve`` on a free port with further flags."""
    with ExitStack() as stack:

        def serve(*flags: str) -> Process:
            process = Process([*OURS, "serve", "--port", "0", "--log-level", "error", *flags], tmp_path)
            stack.callback(process.stop)
            return process

        yield serve


def run(*words: str) -> tuple[int, str, str]:
    done = subprocess.run([*OURS, *words], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def log_in(ready: dict[str, Any]) -> str:
    """What a program does with what it was told. The token."""
    user = next(one for one in ready["credentials"] if one["api"] == "Management API")
    url = ready["apis"]["Management API"] + "/oauth/token"
    answer = httpx2.post(url, auth=(user["name"], user["secret"]), json={"grant_type": "client_credentials"})
    return str(answer.raise_for_status().json()["access_token"])


def test_one_line_of_json_tells_everything(start: Start) -> None:
    """URLs, process id and credentials, and nothing else comes before it."""
    process = start("--json", "--tls-port", "0", "--proxy-port", "0", "--ca-dir", "ca")
    ready = json.loads(process.until("ready"))
    assert ready["pid"] == process.process.pid
    assert ready["https_url"].startswith("https://localhost:")
    assert ready["proxy_url"].startswith("http://localhost:")
    assert log_in(ready)


def test_a_file_tells_the_same_while_the_emulator_runs(start: Start, tmp_path: Path) -> None:
    """It is complete as soon as it is there; an old one is removed before, and the file goes with the emulator."""
    file = tmp_path / "ready.json"
    file.write_text('{"status": "ready", "url": "http://127.0.0.1:1"}', encoding="utf-8")
    process = start("--json", "--ready-file", str(file))
    said = process.until("ready")
    assert json.loads(run("wait", "--ready-file", str(file), "--json")[1]) == json.loads(said)
    process.stop()
    assert process.process.returncode == 0
    assert not file.exists()


def test_a_ready_file_that_cannot_be_written_is_a_clear_line(tmp_path: Path) -> None:
    """Before anything is served."""
    code, _, errors = run("serve", "--port", "0", "--ready-file", str(tmp_path / "none" / "ready.json"))
    assert (code, "cannot write --ready-file" in errors, errors.count("\n")) == (1, True, 1)


def test_wait_waits_for_an_emulator_that_is_not_there_yet(start: Start, tmp_path: Path) -> None:
    """By its URL."""
    port = str(free_port())
    waiting = Process([*OURS, "wait", "--url", f"http://localhost:{port}"], tmp_path)
    start("--port", port)
    said = waiting.until("http")
    assert said == f"http://localhost:{port}\n"
    assert waiting.process.wait(30) == 0
    waiting.stop()


def test_wait_gives_up_in_time(tmp_path: Path) -> None:
    """With a word on what it waited for."""
    for where in (("--url", "http://127.0.0.1:1"), ("--ready-file", str(tmp_path / "none"))):
        code, _, errors = run("wait", *where, "--timeout", "0")
        assert (code, errors) == (1, f"Error: no emulator is ready at {where[1]} after 0 s\n")


UNREACHABLE = """
version: 1
organisations:
  - id: 1
    sms_forwarder: {url: "http://127.0.0.1:1/sms"}
    sims: [{iccid: "8988228066600000001", device: {status: ATTACHED}}]
"""


def test_requests_and_failed_callbacks_are_printed(start: Start, tmp_path: Path) -> None:
    """One line each, with why a callback had no answer below it."""
    (tmp_path / "world.yaml").write_text(UNREACHABLE, encoding="utf-8")
    process = start("--log-requests", "--fixture", "world.yaml")
    url = process.until("Ctrl-C").partition("Control plane")[2].split("/_emulator")[0].strip()
    httpx2.get(f"{url}/management-api/v1/sims")
    assert " in  GET " in process.until("401")
    httpx2.post(f"{url}/_emulator/sims/8988228066600000001/mo", json={"payload": "hello"})
    assert " out POST " in process.until("http://127.0.0.1:1/sms")
    assert "connection refused" in process.until("no answer")


def test_callbacks_go_where_the_flag_says(start: Start, tmp_path: Path) -> None:
    """Whatever the fixture has; a reset keeps to it. What is no URL is wrong usage."""
    (tmp_path / "world.yaml").write_text(UNREACHABLE, encoding="utf-8")
    flags = ("--fixture", "world.yaml", "--webhook", "http://localhost:1/flag", "--log-requests")
    process = start(*flags)
    url = process.until("Ctrl-C").partition("Control plane")[2].split("/_emulator")[0].strip()
    for _ in range(2):
        httpx2.post(f"{url}/_emulator/sims/8988228066600000001/mo", json={"payload": "hello"})
        assert process.until("http://localhost:1/flag")
        httpx2.post(f"{url}/_emulator/reset")
    code, _, errors = run("serve", "--port", "0", "--webhook", "localhost:9099")
    assert (code, "webhook must be a URL such as" in errors) == (2, True)


def test_requests_are_json_lines_for_programs(start: Start) -> None:
    """As the journal has them, secrets blanked; also after a reset, which begins to count anew."""
    process = start("--json", "--log-requests")
    ready = json.loads(process.until("ready"))
    for _ in range(2):
        token = log_in(ready)
        said = process.until("oauth")
        assert json.loads(said)["status"] == 200
        assert token not in said
    httpx2.post(ready["url"] + "/_emulator/reset")
    log_in(ready)
    assert json.loads(process.until("oauth"))["id"] == 1


@pytest.mark.parametrize(("flags", "printed"), [((), True), (("--no-log-requests",), False)])
def test_on_a_terminal_requests_are_printed_unless_unwanted(
    tmp_path: Path, flags: tuple[str, ...], printed: bool
) -> None:
    """A pipe gets none by itself."""
    pty = pytest.importorskip("pty", reason="needs terminals as Unix has them")
    controller, terminal = pty.openpty()
    command = [*OURS, "serve", "--port", "0", "--log-level", "error", "--ready-file", "ready.json", *flags]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=terminal, stderr=subprocess.DEVNULL)
    os.close(terminal)
    try:
        ready = json.loads(run("wait", "--json", "--ready-file", str(tmp_path / "ready.json"))[1])
        log_in(ready)
        process.terminate()
        said = b""
        with os.fdopen(controller, "rb", buffering=0) as screen:
            try:
                while piece := screen.read(65536):
                    said += piece
            except OSError:
                pass  # the other end is closed
        assert (b"/oauth/token" in said) == printed
    finally:
        process.kill()
        process.wait(30)


def test_the_page_does_what_it_shows(tmp_path: Path) -> None:
    """docs/from-any-language.md, from top to bottom, in one terminal."""
    shell, port = Process(["bash", "-eu"], tmp_path), str(free_port())
    try:
        for block, after in pairwise([*PAGE.blocks, Block("", "", "")]):
            if block.language == "sh":
                said = shell.type(block.text.replace("9099", port))
                assert shows(after.text if after.language == "text" else "", said) == [], said
    finally:
        shell.stop()
