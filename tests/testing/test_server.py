"""An emulator in a thread of the test's process, by HTTP and by a transport without a socket."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest

from operator_emulator.app import App, create_app
from operator_emulator.fixtures import FixtureError
from operator_emulator.settings import Settings
from operator_emulator.testing.server import NotStarted, Server
from operator_emulator.testing.transport import InProcess

BASE = "http://emulator.test"


def manual() -> App:
    return create_app(Settings(clock="manual"))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(manual) as server:
        yield server


@pytest.fixture(params=[httpx, httpx2], ids=lambda library: library.__name__)
def library(request: pytest.FixtureRequest) -> Any:
    """Both of them: one is what people have, the other what we have."""
    return request.param


@pytest.fixture
def client(server: Server, library: Any) -> Iterator[Any]:
    with library.Client(transport=InProcess(server), base_url=BASE) as client:
        yield client
        client.delete("/_emulator/faults")


def test_a_synchronous_client_needs_no_socket(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Query, headers, form and body arrive as they would over HTTP."""
    monkeypatch.setattr(socket, "socket", None)
    answer = client.post(
        "/management-api/oauth/token", auth=("demo", "demo"), data={"grant_type": "client_credentials"}
    )
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    sims = client.get("/management-api/v1/sims?pageSize=3", headers=bearer)
    assert (len(sims.json()), sims.headers["x-count-per-page"]) == (3, "3")
    iccid = sims.json()[0]["iccid"]
    sent = client.post(f"/management-api/v1/sims/{iccid}/sms", headers=bearer, json={"payload": "hello"})
    assert sent.status_code == 201
    assert iccid in sent.headers["location"]


def test_an_asynchronous_client_is_in_its_own_loop(server: Server, library: Any) -> None:
    """Many requests at a time, under the operator's own address: the client's settings need no change."""

    async def ask() -> list[int]:
        async with library.AsyncClient(transport=InProcess(server), base_url="https://api.1nce.com") as client:
            answers = await asyncio.gather(*(client.get("/management-api/v1/sims") for _ in range(5)))
            return [answer.status_code for answer in answers]

    assert asyncio.run(ask()) == [401] * 5


def test_every_exchange_is_in_the_journal_before_the_next_request(client: Any) -> None:
    """Over a socket an answer may be faster than its entry; here it never is."""
    client.delete("/_emulator/journal")
    for number in range(1, 6):
        client.get("/management-api/v1/sims")
        assert len(client.get("/_emulator/journal").json()["exchanges"]) == number


@pytest.mark.parametrize("reset", ["before", "middle"])
def test_a_reset_connection_is_a_read_error(client: Any, library: Any, reset: str) -> None:
    """A fault looks as it does over a socket."""
    client.post("/_emulator/faults", json={"name": "gone", "point": "http", "effect": {"reset": reset}})
    with pytest.raises(library.ReadError):
        client.get("/management-api/v1/sims")


def test_the_clients_patience_holds(client: Any, library: Any) -> None:
    """A slow answer is a read time-out, when the client says so, and not when the answer is there."""
    client.post("/_emulator/faults", json={"name": "slow", "point": "http", "effect": {"delay": 600}})
    with pytest.raises(library.ReadTimeout):
        client.get("/management-api/v1/sims", timeout=0.01)


def test_a_slow_body_comes_piece_by_piece(client: Any) -> None:
    """What is streamed may be read as it comes, or left."""
    client.post("/_emulator/faults", json={"name": "drip", "point": "http", "effect": {"rate": 1000}})
    with client.stream("GET", "/management-api/v1/sims") as answer:
        assert len(next(answer.iter_raw())) == 100


def test_a_slow_body_comes_piece_by_piece_in_a_loop_too(client: Any, server: Server, library: Any) -> None:
    """As above, awaited."""
    client.post("/_emulator/faults", json={"name": "drip", "point": "http", "effect": {"rate": 1000}})

    async def ask() -> int:
        async with (
            library.AsyncClient(transport=InProcess(server), base_url=BASE) as client,
            client.stream("GET", "/management-api/v1/sims") as answer,
        ):
            return len(await anext(answer.aiter_raw()))

    assert asyncio.run(ask()) == 100


def test_http_is_there_for_whoever_asks(server: Server) -> None:
    """The port is opened once, on loopback only; both ways lead to the same world."""
    assert server.url == server.url
    assert server.url.startswith("http://127.0.0.1:")
    with httpx2.Client(base_url=server.url) as client:
        over_http = client.get("/_emulator/clock").json()
    without_socket: Any = InProcess(server)
    with httpx2.Client(transport=without_socket, base_url=BASE) as client:
        assert client.get("/_emulator/clock").json() == over_http


def test_a_bug_is_raised_where_the_request_was_made(library: Any) -> None:
    """Not a bare 500: the traceback leads to it."""

    class Broken(App):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                raise ZeroDivisionError
            await super().__call__(scope, receive, send)

    app = manual()
    app.__class__ = Broken
    with (
        Server(lambda: app) as server,
        library.Client(transport=InProcess(server), base_url=BASE) as client,
        pytest.raises(ZeroDivisionError),
    ):
        client.get("/")


def test_what_cannot_start_says_why(tmp_path: Path) -> None:
    """A fixture that is wrong, in the words of whoever reads it."""
    path = tmp_path / "wrong.yaml"
    path.write_text("version: 7", encoding="utf-8")
    with pytest.raises(FixtureError, match="version"):
        Server(lambda: create_app(Settings(fixture=path))).start()


def test_what_fails_on_the_way_up_says_why() -> None:
    """The app is made, and then cannot begin: the thread ends, and its error comes here."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no room"})

    with pytest.raises(NotStarted, match="no room"):
        Server(lambda: app).start()  # type: ignore[arg-type, return-value]


def test_an_app_hears_that_its_client_has_hung_up(library: Any) -> None:
    """A stream that is left ends, as it does when a connection is closed."""
    left: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for part in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{part}.complete"})
            return
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for piece in (b"one", b"two"):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        left.append((await receive())["type"])

    with Server(lambda: app) as server:  # type: ignore[arg-type, return-value]

        async def ask() -> list[bytes]:
            async with (
                library.AsyncClient(transport=InProcess(server), base_url=BASE) as client,
                client.stream("GET", "/") as answer,
            ):
                pieces = answer.aiter_raw()
                return [await anext(pieces), await anext(pieces)]

        assert asyncio.run(ask()) == [b"one", b"two"]
        with (
            library.Client(transport=InProcess(server), base_url=BASE) as client,
            client.stream("GET", "/") as answer,
        ):
            assert next(answer.iter_raw()) == b"one"
    assert left == ["http.disconnect"] * 2
