"""The Data Streamer over real sockets, to a receiver that has good days and bad ones (S§3, 4)."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from operator_emulator.app import create_app
from operator_emulator.client import EmulatorClient
from operator_emulator.settings import Settings
from operator_emulator.testing.server import Server

ICCID = "8988228066600000001"
WORLD = f"""
version: 1
settings: {{data_stream_timeout: 0.3}}
organisations:
  - id: 1
    users: [{{username: demo, password: demo}}]
    sims: [{{iccid: "{ICCID}"}}]
"""


class Receiver:
    """A customer's endpoint that keeps the ids it got. It can be killed and started again on the same port.

    *mood* is what it does next: answer with that status, "hang", "die" half-way through a batch, or "lose" its answer
    after it has written the batch down.
    """

    def __init__(self) -> None:
        self.mood: int | str = 200
        self.batches: list[list[int]] = []
        self.port = 0
        self.awake = threading.Event()
        self.start()

    def start(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver.take(self)

            def log_message(self, *_: Any) -> None: ...

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

        self._server = Quiet(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        self._serving = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._serving.start()

    def kill(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._serving.join()

    def take(self, request: BaseHTTPRequestHandler) -> None:
        length = int(request.headers["Content-Length"])
        if self.mood == "die":
            request.rfile.read(length // 2)
            request.close_connection = True
            return
        self.batches.append([record["id"] for record in json.loads(request.rfile.read(length))])
        request.close_connection = True
        if self.mood == "lose":
            return
        if self.mood == "hang":
            self.awake.wait(10)
            return
        request.send_response(int(self.mood))
        request.send_header("Content-Length", "0")
        request.send_header("Location", "/elsewhere")
        request.end_headers()

    @property
    def seen(self) -> list[int]:
        """Without duplicates, in the order of their first arrival."""
        return list(dict.fromkeys(id for batch in self.batches for id in batch))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.awake.set()
    receiver.kill()


@pytest.fixture
def emulator(receiver: Receiver, tmp_path: Path) -> Iterator[EmulatorClient]:
    """An emulator in manual time with one stream of events to the receiver."""
    fixture = tmp_path / "world.yaml"
    fixture.write_text(WORLD, encoding="utf-8")
    settings = Settings(fixture=fixture, clock="manual", raise_violations=True)
    with Server(lambda: create_app(settings)) as server, EmulatorClient(server.url) as emulator:
        emulator.data_streams.create(
            1, kind="events", url=f"http://127.0.0.1:{receiver.port}/events", authorization="dTpw"
        )
        yield emulator


def happen(emulator: EmulatorClient) -> None:
    """The device comes and goes."""
    emulator.sim(ICCID).online().offline()


def all_ids(emulator: EmulatorClient) -> list[int]:
    """The ids of everything that happened since the stream was made, from version 2's list of events."""
    token = emulator.token().access_token
    with httpx2.Client(headers={"Authorization": f"Bearer {token}"}) as http:
        url = f"{emulator.url}/management-api/v2/sims/{ICCID}/events?pageSize=1000"
        listed = http.get(url).raise_for_status().json()
    began = emulator.data_streams.get(1).created
    return sorted(one["id"] for one in listed if one["timestamp"] >= f"{began:%Y-%m-%dT%H:%M:%S}")


def test_a_receiver_that_was_killed_and_started_again_has_every_record(
    emulator: EmulatorClient, receiver: Receiver
) -> None:
    """At least once; without duplicates it has each once and in order."""
    happen(emulator)
    emulator.clock.advance(seconds=5)
    receiver.kill()
    happen(emulator)
    emulator.clock.advance(seconds=7)
    receiver.start()
    receiver.mood = "die"
    happen(emulator)
    emulator.clock.advance(seconds=5)
    receiver.mood = "lose"
    emulator.clock.advance(seconds=20)
    happen(emulator)
    receiver.mood = 200
    emulator.clock.advance(minutes=5)
    assert receiver.seen == all_ids(emulator)
    assert sum(map(len, receiver.batches)) > len(receiver.seen)
    assert emulator.data_streams.get(1).backlog == 0


@pytest.mark.parametrize(
    ("mood", "problem"),
    [
        ("hang", "no answer within 0.3 s"),
        ("die", "the connection was closed without an answer"),
        ("lose", "the connection was closed without an answer"),
    ],
)
def test_a_receiver_that_does_not_answer_gets_the_batch_again(
    emulator: EmulatorClient, receiver: Receiver, mood: str, problem: str
) -> None:
    receiver.mood = mood
    happen(emulator)
    emulator.clock.advance(seconds=5)
    receiver.mood = 200
    emulator.clock.advance(seconds=10)
    failed, taken = emulator.data_streams.get(1).attempts[-2:]
    assert failed["problem"] == problem
    assert (taken["status"], receiver.batches[-1]) == (200, all_ids(emulator))


def test_a_redirect_is_not_followed(emulator: EmulatorClient, receiver: Receiver) -> None:
    receiver.mood = 302
    happen(emulator)
    emulator.clock.advance(seconds=5)
    assert len(receiver.batches) == 1
    assert [one["status"] for one in emulator.data_streams.get(1).attempts] == [302]


def test_no_content_is_a_success(emulator: EmulatorClient, receiver: Receiver) -> None:
    receiver.mood = 204
    happen(emulator)
    emulator.clock.advance(minutes=10)
    assert len(receiver.batches) == 1


def test_a_batch_of_3000_records_arrives_whole(emulator: EmulatorClient, receiver: Receiver) -> None:
    """A fault fills it up with repetitions, which a receiver drops by their ids."""
    emulator.faults.add("large", point="data-stream", effect={"records": 3000}, times=1)
    happen(emulator)
    emulator.clock.advance(seconds=10)
    assert [len(batch) for batch in receiver.batches] == [3000]
    assert receiver.seen == all_ids(emulator)
