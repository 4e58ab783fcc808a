"""Over a real socket: what only a connection can show."""

import base64
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from operator_emulator.app import create_app
from operator_emulator.serving import Listener, Server, configure
from operator_emulator.settings import Settings
from tests.conftest import FIXTURE, ONLINE


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """An emulator on a free port of this machine, in manual time."""
    fixture: Path = tmp_path_factory.mktemp("world") / "fixture.yaml"
    fixture.write_text(FIXTURE, encoding="utf-8")
    app = create_app(Settings(fixture=fixture, clock="manual", raise_violations=True))
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(configure(app, lifespan="on"), [Listener(listener)])
    serving = threading.Thread(target=server.run)
    serving.start()
    yield listener.getsockname()
    server.should_exit = True
    serving.join()


@pytest.fixture
def http(address: tuple[str, int]) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url="http://{}:{}".format(*address)) as client:
        yield client
        client.delete("/_emulator/faults")


def ask(address: tuple[str, int], request: str) -> bytes:
    """Everything that comes back on a connection of its own. Raises ConnectionResetError."""
    with socket.create_connection(address) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


def until_reset(address: tuple[str, int], request: str) -> tuple[bytes, bool]:
    """What comes back before the connection is reset; the kernel may drop some of it. And whether it is reset."""
    octets = b""
    with socket.create_connection(address) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode())
        try:
            while piece := connection.recv(1):
                octets += piece
        except ConnectionResetError:
            return octets, True
    return octets, False


GET = f"GET /management-api/v1/sims/{ONLINE} HTTP/1.1\nHost: localhost\nConnection: close\n\n"


@pytest.mark.parametrize("when", ["before", "after", "head", "middle"])
def test_a_connection_is_reset_by_peer(http: httpx2.Client, address: tuple[str, int], when: str) -> None:
    """Not closed politely: the kernel says that it was reset."""
    http.post("/_emulator/faults", json={"point": "http", "effect": {"reset": when}})
    with pytest.raises(ConnectionResetError):
        ask(address, GET)
    http.delete("/_emulator/faults")
    assert ask(address, GET).startswith(b"HTTP/1.1 401")


def test_a_client_gets_half_of_the_head(http: httpx2.Client, address: tuple[str, int]) -> None:
    """Status line and some headers, in which the connection ends; the request was carried out."""
    http.post("/_emulator/faults", json={"name": "cut", "point": "http", "effect": {"reset": "head"}})
    octets, gone = until_reset(address, GET)
    assert gone
    assert octets == b"" or (octets.startswith(b"HTTP/1.1 401") and b"\r\n\r\n" not in octets)
    http.delete("/_emulator/faults")
    exchange = http.get("/_emulator/journal", params={"limit": 1}).json()["exchanges"][-1]
    assert (exchange["status"], exchange["fault"]) == (None, "cut")


@pytest.mark.parametrize("effect", [{"mangle": "truncated"}, {"mangle": "empty"}, {"rate": 1000}, {"status": 599}])
def test_other_faults_keep_to_the_protocol(http: httpx2.Client, effect: dict[str, Any]) -> None:
    """Lengths are right, and the connection lives on."""
    http.post("/_emulator/faults", json={"point": "http", "effect": effect, "times": 3})
    for _ in range(3):
        assert "x-emulator-fault" in http.get(f"/management-api/v1/sims/{ONLINE}").headers


def test_a_page_elsewhere_cannot_reset_the_emulator(http: httpx2.Client) -> None:
    """Seen through a socket: a foreign Origin, and a name rebound to this machine."""
    for headers in ({"Origin": "https://evil.example.com"}, {"Host": "evil.example.com"}):
        assert http.post("/_emulator/reset", headers=headers).status_code == 403
    assert http.post("/_emulator/reset").status_code == 200


# --------------------------------------------------------------------------------------------- connections


LOG_IN = b"grant_type=client_credentials"
HEAD = (
    b"POST /management-api/oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nAuthorization: Basic %b\r\n"
) % (len(LOG_IN), base64.b64encode(b"demo:demo"))
LAST = b"GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAA\r\n\r\n"
WEBSOCKET = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n"


def answers(address: tuple[str, int], *pieces: bytes) -> bytes:
    """What comes back when these pieces are sent one after the other, until the connection is closed."""
    with socket.create_connection(address, timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        came = b""
        while piece := connection.recv(65536):
            came += piece
        return came


@pytest.mark.parametrize("offer", [H2C, WEBSOCKET])
@pytest.mark.parametrize("cut", [0, 1, 40, len(HEAD), len(HEAD) + 20, -len(LOG_IN), -5])
def test_an_offer_to_upgrade_is_ignored_and_the_body_kept(address: tuple[str, int], offer: bytes, cut: int) -> None:
    """Wherever the request is cut into packets. Java's HttpClient and ``curl --http2`` make this offer."""
    request = HEAD + offer + LOG_IN
    answer = answers(address, request[:cut], request[cut:], LAST)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b'"access_token"' in answer
    assert answer.count(b"HTTP/1.1 200") == 2


def test_the_port_is_no_proxy(address: tuple[str, int]) -> None:
    """A tunnel is refused in words, and whatever is no HTTP, too."""
    assert b"This port is no proxy" in answers(address, b"CONNECT api.1nce.com:443 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answers(address, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400")


def test_clients_are_told_how_long_a_connection_is_kept(address: tuple[str, int]) -> None:
    """Unless the client wants it closed."""
    kept, closed = answers(address, LAST.replace(b"close", b"keep-alive") + LAST).lower().split(b"http/1.1 200")[1:]
    assert b"connection: keep-alive\r\nkeep-alive: timeout=300\r\n" in kept
    assert b"connection: close\r\n" in closed
    assert b"keep-alive" not in closed


JAVA = """
import java.net.URI;
import java.net.http.*;
import java.util.Base64;

class LogIn {
    public static void main(String[] arguments) throws Exception {
        var basic = Base64.getEncoder().encodeToString("demo:demo".getBytes());
        var request = HttpRequest.newBuilder(URI.create(arguments[0] + "/management-api/oauth/token"))
            .header("Authorization", "Basic " + basic)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials")).build();
        var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        System.out.println(answer.statusCode() + " " + answer.body());
    }
}
"""


@pytest.mark.skipif(shutil.which("java") is None, reason="needs a JDK")
def test_the_default_client_of_java_logs_in(address: tuple[str, int], tmp_path: Path) -> None:
    """It prefers HTTP/2, which we do not speak."""
    (tmp_path / "LogIn.java").write_text(JAVA, encoding="utf-8")
    command = ["java", "LogIn.java", "http://{}:{}".format(*address)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.startswith("200 "), done.stderr
    assert "access_token" in done.stdout
