"""The program as it is run: a process, its command line, its data file."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

SIM = "8988228066600000003"


class Served:
    """A running ``operator-emulator serve``, on a free port."""

    def __init__(self, *arguments: str, env: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "operator_emulator", "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )
        assert self.process.stdout is not None
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if "Ctrl-C" in line:
                break
        found = re.search(r"Control plane\s+(http://\S+)/_emulator", self.said)
        self.url = found[1] if found else ""

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "application/json", **headers}, method=method
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            content = response.read()
            self.location = response.headers.get("Location", "")
            return json.loads(content) if content else None

    def token(self) -> str:
        basic = b64encode(b"demo:demo").decode()
        answer = self.call(
            "POST",
            "/management-api/oauth/token",
            {"grant_type": "client_credentials"},
            Authorization=f"Basic {basic}",
        )
        return str(answer["access_token"])

    def api(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        return self.call(method, f"/management-api/v1{path}", body, Authorization=f"Bearer {token or self.token()}")

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Exit code, and what was said on stderr."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


@pytest.fixture
def serve() -> Iterator[Any]:
    started: list[Served] = []

    def start(*arguments: str, env: dict[str, str] | None = None) -> Served:
        started.append(Served(*arguments, env=env))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate(timeout=30)


@pytest.fixture
def webhook() -> Iterator[tuple[str, "Queue[tuple[str, Any]]"]]:
    """A customer's endpoint: its URL, and what it received."""
    received: Queue[tuple[str, Any]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def take(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.put((self.command, json.loads(body)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_PATCH = take

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/sms", received
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_says_where_everything_is_and_which_credentials_work(serve: Any) -> None:
    """The first thing that a newcomer reads is enough to go on."""
    served = serve()
    assert "/management-api" in served.said
    assert "demo / demo" in served.said
    assert "1nce" in served.said
    assert served.call("GET", "/_emulator/health")


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_localhost_is_both_of_its_addresses(serve: Any) -> None:
    """By default: some clients try ::1 first, and some know 127.0.0.1 only."""
    port = int(serve().url.rpartition(":")[2])
    for host in ("127.0.0.1", "::1"):
        with socket.create_connection((host, port), timeout=10) as connection:
            connection.sendall(b"GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly(serve: Any, number: int) -> None:
    """To be stopped is no failure: exit code 0, and no traceback."""
    code, errors = serve().stop(number)
    assert code == 0
    assert "Traceback" not in errors


def test_flags_are_environment_variables_too(serve: Any) -> None:
    """OPERATOR_EMULATOR_<NAME>, for containers."""
    served = serve(env={"OPERATOR_EMULATOR_CLOCK": "manual", "OPERATOR_EMULATOR_EDITION": "bsc-2019"})
    assert served.call("GET", "/_emulator/clock")["mode"] == "manual"
    assert "bsc-2019" in served.said


def test_a_killed_process_goes_on_where_it_was(
    serve: Any, tmp_path: Path, webhook: tuple[str, "Queue[tuple[str, Any]]"]
) -> None:
    """kill -9, restart on the same file: SIMs, messages, timers, tokens and the clock are there."""
    url, received = webhook
    fixture = tmp_path / "world.yaml"
    fixture.write_text(
        f"""
version: 1
organisations:
  - id: 1
    name: One
    users: [{{username: demo, password: demo, role: api}}]
    sms_forwarder: {{url: "{url}"}}
    sims: [{{iccid: "{SIM}"}}]
""",
        encoding="utf-8",
    )
    how = ("--fixture", str(fixture), "--data", str(tmp_path / "world.sqlite"), "--clock", "manual")
    served = serve(*how)
    token = served.token()
    served.api("PUT", f"/sims/{SIM}", {"label": "survivor"}, token)
    served.api("POST", f"/sims/{SIM}/sms", {"payload": "after the crash"}, token)
    id = served.location.rpartition("/")[2]
    served.call("POST", "/_emulator/clock/advance", {"seconds": 60})
    before = served.call("GET", "/_emulator/clock")["now"]
    served.process.kill()
    served.process.communicate(timeout=30)

    again = serve(*how)
    assert again.call("GET", "/_emulator/clock")["now"] == before
    assert again.api("GET", f"/sims/{SIM}", token=token)["label"] == "survivor"
    assert again.api("GET", f"/sims/{SIM}/sms/{id}", token=token)["status"]["description"] == "BUFFERED"
    again.call("POST", f"/_emulator/sims/{SIM}/device", {"status": "ATTACHED"})
    again.call("POST", "/_emulator/clock/advance", {"seconds": 5})
    method, body = received.get(timeout=10)
    assert (method, body["status"]["status"]) == ("PATCH", "DELIVERED")


def test_a_world_that_goes_on_says_so_and_who_may_log_in_to_it(serve: Any, tmp_path: Path) -> None:
    """Another --fixture changes nothing before a reset: the users of the world that is there are shown."""
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    for fixture, user in ((first, "anna"), (second, "bob")):
        fixture.write_text(
            f"version: 1\norganisations: [{{id: 1, users: [{{username: {user}, password: pw}}]}}]", encoding="utf-8"
        )
    data = ("--data", str(tmp_path / "world.sqlite"))
    served = serve("--fixture", str(first), *data)
    assert "anna / pw" in served.said
    assert "continued from the last run" not in served.said
    served.stop()
    again = serve("--fixture", str(second), *data)
    assert "continued from the last run" in again.said
    assert f"/_emulator/reset loads {second}" in again.said
    assert "anna / pw" in again.said
    assert "bob" not in again.said


def test_a_world_without_users_says_so(serve: Any, tmp_path: Path) -> None:
    """Nobody looks for a password that there is not."""
    fixture = tmp_path / "nobody.yaml"
    fixture.write_text("version: 1\norganisations: [{id: 1}]", encoding="utf-8")
    assert "No logins" in serve("--fixture", str(fixture)).said


def test_it_says_where_the_portal_is_and_who_may_use_it(serve: Any) -> None:
    """Its address and the clients of the demo world, beside those of the management API."""
    served = serve()
    assert f"Service portal   {served.url}/iot/connectivity/management/v1" in served.said
    assert "demo / demo" in served.said
    assert "portal-demo / portal-demo  (Main Test Company)" in served.said


def test_the_portals_tokens_are_signed_by_ones_own_key(tmp_path: Path) -> None:
    """--portal-key names a file; what is no key is one clear line, and nothing starts."""
    key = tmp_path / "key.pem"
    key.write_text("nonsense", encoding="utf-8")
    command = [sys.executable, "-m", "operator_emulator", "serve", "--port", "0", "--portal-key", str(key)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert f"Error: {key}: is not an RSA private key in PEM" in done.stderr


def test_in_real_time_a_report_arrives_by_itself(
    serve: Any, tmp_path: Path, webhook: tuple[str, "Queue[tuple[str, Any]]"]
) -> None:
    """Nobody advances anything: at a thousand seconds a second it is there at once."""
    url, received = webhook
    fixture = tmp_path / "world.yaml"
    fixture.write_text(
        f"""
version: 1
organisations:
  - id: 1
    name: One
    users: [{{username: demo, password: demo, role: api}}]
    sms_forwarder: {{url: "{url}"}}
    sims: [{{iccid: "{SIM}", device: {{status: ATTACHED}}}}]
""",
        encoding="utf-8",
    )
    served = serve("--fixture", str(fixture), "--speed", "1000")
    served.api("POST", f"/sims/{SIM}/sms", {"payload": "hello"})
    method, body = received.get(timeout=20)
    assert (method, body["status"]["status"]) == ("PATCH", "DELIVERED")


# --------------------------------------------------------------------------------------------- what goes wrong


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and standard error of a command that should not take long."""
    done = subprocess.run(
        [sys.executable, "-m", "operator_emulator", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stderr


def test_a_port_in_use_is_one_clear_line() -> None:
    """What is wrong, and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, errors = run("serve", "--port", str(taken.getsockname()[1]))
    assert code != 0
    assert "choose another --port" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid", "not a host", "a..b", "2001:db8::1"])
def test_a_host_that_is_not_ours_is_one_clear_line(host: str) -> None:
    """It is the host that must be changed, not the port."""
    code, errors = run("serve", "--port", "0", "--host", host)
    assert code == 1
    assert errors.startswith(f"Error: cannot listen on {host} port 0: ")
    assert "--host must be an address of this machine" in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("flag", "value", "says"),
    [
        ("--port", "65536", "not in the range 0<=x<=65535"),
        ("--journal", "0", "not in the range 1<=x<=1000000"),
        ("--speed", "0", "not in the range 0.001<=x<=1000000"),
        ("--speed", "nan", "speed must be from 0.001 to 1000000"),
        ("--clock", "fast", "is not one of 'real', 'manual'"),
        ("--edition", "2nce", "is not one of '1nce'"),
        ("--seed", "many", "is not a valid integer"),
        ("--fixture", "none.yaml", "does not exist"),
    ],
)
def test_a_flag_out_of_range_says_the_range(flag: str, value: str, says: str) -> None:
    """As wrong usage."""
    code, errors = run("serve", "--port", "0", flag, value)
    assert code == 2
    assert says in errors


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"this is no database at all" * 100, "not a file of this program"), (b"SQLite format 3\0" + b"x" * 5000, "")],
)
def test_a_foreign_data_file_is_refused_and_left_alone(tmp_path: Path, content: bytes, says: str) -> None:
    """One line, and not an octet is changed."""
    path = tmp_path / "foreign.sqlite"
    path.write_bytes(content)
    code, errors = run("serve", "--port", "0", "--data", str(path))
    assert code == 1
    assert says in errors
    assert "Traceback" not in errors
    assert path.read_bytes() == content


def test_a_data_file_in_use_is_refused(serve: Any, tmp_path: Path) -> None:
    """Two processes on one file would tell two stories."""
    path = str(tmp_path / "world.sqlite")
    first = serve("--data", path)
    code, errors = run("serve", "--port", "0", "--data", path)
    assert code == 1
    assert "in use by another process" in errors
    assert first.call("GET", "/_emulator/health")


def test_a_fixture_that_is_wrong_says_where(tmp_path: Path) -> None:
    """File, line and key; from ``serve`` as from ``fixture check``."""
    path = tmp_path / "wrong.yaml"
    path.write_text("version: 1\norganisations:\n  - id: one\n    name: One\n", encoding="utf-8")
    for command in (("serve", "--port", "0", "--fixture"), ("fixture", "check")):
        code, errors = run(*command, str(path))
        assert code == 1
        assert f"{path}:3" in errors
        assert "organisations[0].id" in errors
        assert "Traceback" not in errors


def test_a_setting_that_does_not_exist_is_refused() -> None:
    """With its name."""
    code, errors = run("serve", "--port", "0", "--set", "tokn_ttl=1")
    assert code == 2
    assert "tokn_ttl" in errors


def test_a_full_disk_is_a_clear_error_and_nothing_is_lost(serve: Any, tmp_path: Path) -> None:
    """Writes are refused with 503 while there is no room; the process lives, and what was kept is there."""
    resource = pytest.importorskip("resource", reason="only where a process can be given a small disk")
    path = tmp_path / "world.sqlite"
    serve("--data", str(path)).stop()
    served = Limited(str(path), resource)
    refused = None
    try:
        while refused is None:
            try:
                served.api("POST", f"/sims/{SIM}/sms", {"payload": "x" * 150}, served.known)
            except urllib.error.HTTPError as error:
                refused = error
        assert refused.code == 503
        assert b"free some disk space" in refused.read()
        assert served.call("GET", "/_emulator/health")
    finally:
        served.process.kill()
        served.process.communicate(timeout=30)
    again = serve("--data", str(path))
    assert len(again.api("GET", f"/sims/{SIM}/sms?pageSize=100")) > 1


class Limited(Served):
    """A process that may not make files any larger than the data file is now, and a little."""

    def __init__(self, path: str, resource: Any) -> None:
        room = os.path.getsize(path) + 200_000
        limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))"
        ignore = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)"
        start = (
            f"{limit}\n{ignore}\nimport sys\nfrom operator_emulator.cli import main\nsys.argv[0] = 'emulator'\nmain()"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", start, "serve", "--port", "0", "--data", path],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if "Ctrl-C" in line:
                break
        found = re.search(r"Control plane\s+(http://\S+)/_emulator", self.said)
        self.url = found[1] if found else ""
        self.known = self.token()
