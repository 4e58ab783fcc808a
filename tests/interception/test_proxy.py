"""``serve --proxy-port``: the operators' hosts are the emulator, and all others are refused."""

import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from operator_emulator.interception.hosts import OPERATORS
from tests.interception.conftest import Serve

SIMS = "https://api.1nce.com/management-api/v1/sims"


@pytest.fixture
def proxy(serve: Serve) -> tuple[str, int]:
    """A proxy, by its address."""
    return address_of(serve("--proxy-port", "0")["Proxy"])


def address_of(url: str) -> tuple[str, int]:
    return "127.0.0.1", urlsplit(url).port or 0


def say(proxy: tuple[str, int], *pieces: bytes) -> bytes:
    """All that comes back on one connection."""
    with socket.create_connection(proxy, timeout=30) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def client(proxy: tuple[str, int], authority: Path) -> httpx2.Client:
    context = ssl.create_default_context(cafile=authority / "ca.pem")
    return httpx2.Client(proxy="http://{}:{}".format(*proxy), verify=context, trust_env=False)


def test_every_host_of_the_operators_is_the_emulator(proxy: tuple[str, int], authority: Path) -> None:
    """With https in a tunnel, and with plain http."""
    with client(proxy, authority) as http:
        for host in OPERATORS:
            for scheme in ("https", "http"):
                assert http.get(f"{scheme}://{host}/management-api/v1/sims").status_code == 401


def test_answers_name_the_host_that_the_client_called(proxy: tuple[str, int], authority: Path) -> None:
    """The Location of a message can be called as it stands."""
    with client(proxy, authority) as http:
        login = http.post(
            "https://api.1nce.com/management-api/oauth/token",
            auth=("demo", "demo"),
            json={"grant_type": "client_credentials"},
        )
        http.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
        sent = http.post(f"{SIMS}/8988228066600000001/sms", json={"payload": "hello"})
        assert sent.headers["location"].startswith(f"{SIMS}/8988228066600000001/sms/")
        assert http.get(sent.headers["location"]).json()["payload"] == "hello"


def test_a_request_behind_the_handshake_is_not_lost(proxy: tuple[str, int], authority: Path) -> None:
    """Clients send it in the same packet as the end of the handshake."""
    context = ssl.create_default_context(cafile=authority / "ca.pem")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="api.1nce.com")
    with socket.create_connection(proxy, timeout=30) as connection:
        connection.sendall(b"CONNECT api.1nce.com:443 HTTP/1.1\r\nHost: api.1nce.com:443\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                connection.sendall(outgoing.read())
                incoming.write(connection.recv(65536))
        tls.write(b"GET /management-api/v1/sims HTTP/1.1\r\nHost: api.1nce.com\r\nConnection: close\r\n\r\n")
        connection.sendall(outgoing.read())  # Finished and the request, at once
        answer = b""
        while b"\r\n\r\n" not in answer:
            try:
                answer += tls.read(65536)
            except ssl.SSLWantReadError:
                incoming.write(connection.recv(65536))
    assert answer.startswith(b"HTTP/1.1 401")


# --------------------------------------------------------------------------------------------- what it refuses


@pytest.mark.parametrize(
    ("request_line", "status", "says"),
    [
        (b"CONNECT example.com:443", 403, b"example.com is not a host of an operator that is emulated"),
        (b"CONNECT [::1]:443", 403, b"::1 is not a host of an operator"),
        (b"CONNECT api.1nce.com:22", 403, b"does not listen on port 22 of api.1nce.com"),
        (b"CONNECT api.1nce.com", 400, b"CONNECT needs HOST:PORT"),
        (b"CONNECT api.1nce.com:https", 400, b""),
        (b"GET http://example.com/", 403, b"--proxy-pass"),
        (b"GET http://api.1nce.com:8080/", 403, b"does not listen on port 8080"),
        (b"GET ftp://api.1nce.com/", 403, b"does not listen on port 0"),
        (b"GET /management-api/v1/sims", 400, b"This is the port of the proxy"),
        (b"GET http://api.1nce.com:99999999/", 400, b""),
        (b"nonsense", 400, b""),
    ],
)
def test_everything_else_is_refused_in_words(
    proxy: tuple[str, int], request_line: bytes, status: int, says: bytes
) -> None:
    """What is wrong, and what to do; nothing goes out."""
    answer = say(proxy, request_line + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 %d" % status)
    assert says in answer


def test_the_control_plane_has_no_public_name(proxy: tuple[str, int], authority: Path) -> None:
    """The operator has none, either. It is called by the address of this machine."""
    with client(proxy, authority) as http:
        assert http.get("https://api.1nce.com/_emulator/sims").status_code == 403


def test_a_client_that_does_not_trust_us_harms_nobody(proxy: tuple[str, int], authority: Path) -> None:
    """Nor does one that speaks no TLS in its tunnel, or says nothing at all."""
    tunnel = b"CONNECT api.1nce.com:443 HTTP/1.1\r\nHost: x\r\n\r\n"
    own = httpx2.Client(proxy="http://{}:{}".format(*proxy), trust_env=False)
    with own as distrustful, pytest.raises(httpx2.ConnectError):
        distrustful.get(SIMS)
    assert b"Wait for the answer" in say(proxy, tunnel + b"too early")
    with socket.create_connection(proxy, timeout=30) as connection:
        connection.sendall(tunnel)
        connection.recv(65536)
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        while connection.recv(65536):
            pass
    with client(proxy, authority) as http:
        assert http.get(SIMS).status_code == 401


# --------------------------------------------------------------------------------------------- --proxy-pass


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """A host that is none of the operators'."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(201)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Own", self.headers.get("X-Mine", ""))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silence the request log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_proxy(serve: Serve) -> tuple[str, int]:
    return address_of(serve("--proxy-port", "0", "--proxy-pass")["Proxy"])


def test_other_hosts_are_reached_if_the_user_wants_it(
    open_proxy: tuple[str, int], elsewhere: str, authority: Path
) -> None:
    """Request and answer as they are; the operators' hosts are the emulator still."""
    with client(open_proxy, authority) as http:
        answer = http.post(f"http://{elsewhere}/echo", content=b"x" * 200_000, headers={"X-Mine": "yes"})
        assert (answer.status_code, len(answer.content), answer.headers["x-own"]) == (201, 200_000, "yes")
        assert http.get(SIMS).status_code == 401


def test_a_tunnel_leads_to_other_hosts_if_the_user_wants_it(open_proxy: tuple[str, int], elsewhere: str) -> None:
    """Octets go both ways, and the end does, too."""
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
    with socket.create_connection(open_proxy, timeout=30) as connection:
        connection.sendall(b"CONNECT %b HTTP/1.1\r\nHost: x\r\n\r\n" % elsewhere.encode())
        assert connection.recv(65536) == b"HTTP/1.1 200 Connection established\r\n\r\n"
        connection.sendall(request)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 201")
    assert answer.endswith(b"hello")


def test_a_host_that_cannot_be_reached_is_a_502(open_proxy: tuple[str, int], authority: Path) -> None:
    """It says so, in a tunnel and without."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert b"cannot be reached" in say(open_proxy, b"CONNECT 127.0.0.1:%d HTTP/1.1\r\nHost: x\r\n\r\n" % port)
    with client(open_proxy, authority) as http:
        answer = http.get(f"http://127.0.0.1:{port}/")
        assert (answer.status_code, "cannot be reached" in answer.text) == (502, True)
