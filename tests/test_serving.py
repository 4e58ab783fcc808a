"""Over a real socket: what only a connection can show."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from operator_emulator.app import create_app
from operator_emulator.serving import Protocol
from operator_emulator.settings import Settings
from tests.conftest import FIXTURE, ONLINE


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """An emulator on a free port of this machine, in manual time."""
    fixture: Path = tmp_path_factory.mktemp("world") / "fixture.yaml"
    fixture.write_text(FIXTURE, encoding="utf-8")
    app = create_app(Settings(fixture=fixture, clock="manual", raise_violations=True))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=Protocol, log_config=None, lifespan="on"))
    serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
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


GET = f"GET /management-api/v1/sims/{ONLINE} HTTP/1.1\nHost: localhost\nConnection: close\n\n"


@pytest.mark.parametrize("when", ["before", "middle"])
def test_a_connection_is_reset_by_peer(http: httpx2.Client, address: tuple[str, int], when: str) -> None:
    """Not closed politely: the kernel says that it was reset."""
    http.post("/_emulator/faults", json={"point": "http", "effect": {"reset": when}})
    with pytest.raises(ConnectionResetError):
        ask(address, GET)
    http.delete("/_emulator/faults")
    assert ask(address, GET).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize("effect", [{"mangle": "truncated"}, {"mangle": "empty"}, {"rate": 100000}, {"status": 599}])
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
