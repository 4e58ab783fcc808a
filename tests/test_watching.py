"""The stream of changes in Python and at the command line; what the operator's portal lets its user do, there, too."""

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest
from click.testing import CliRunner, Result

from operator_emulator.app import create_app
from operator_emulator.cli import main
from operator_emulator.cli.watch import named
from operator_emulator.client import EmulatorClient, EmulatorError, Unreachable
from operator_emulator.settings import Settings
from operator_emulator.testing.server import Server
from tests.conftest import FIXTURE, OFFLINE, ONLINE, Customer


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Server]:
    path = tmp_path / "fixture.yaml"
    path.write_text(FIXTURE, encoding="utf-8")
    with Server(lambda: create_app(Settings(fixture=path, clock="manual"), transport=Customer())) as server:
        yield server


@pytest.fixture
def emulator(served: Server) -> Iterator[EmulatorClient]:
    with EmulatorClient(served.url) as emulator:
        yield emulator


def typed(served: Server, *words: str) -> Result:
    return CliRunner().invoke(main, words, env={"OPERATOR_EMULATOR_URL": served.url})


def test_changes_come_as_they_happen_and_can_be_resumed(served: Server, emulator: EmulatorClient) -> None:
    """The first tells where the stream begins; after its id, everything comes again."""
    changes = emulator.changes()
    begin = next(changes)
    assert (begin.event, begin.keys) == ("change", {})
    with EmulatorClient(served.url) as other:
        other.sim(OFFLINE).attach()
        assert next(changes).keys["sims"] == [OFFLINE]
        changes.close()
        assert next(other.changes(begin.id)).keys["sims"] == [OFFLINE]


def test_watching_shows_one_line_for_each_change(served: Server, emulator: EmulatorClient) -> None:
    """It ends with the emulator; with --json a line is an object."""
    begin = next(emulator.changes())
    emulator.sim(OFFLINE).attach()
    emulator.close()
    stopping = Timer(1.0, served.stop)
    stopping.start()
    shown = typed(served, "watch", "--after", begin.id, "--json")
    stopping.join()
    assert json.loads(shown.stdout.splitlines()[0])["sims"] == [OFFLINE]


def test_a_stream_that_is_refused_says_why(tmp_path: Path) -> None:
    """As every other call."""
    with Server(lambda: create_app(Settings(control_token="secret"))) as server, EmulatorClient(server.url) as emulator:
        with pytest.raises(EmulatorError) as refused:
            next(emulator.changes())
        assert refused.value.status in (401, 403)
    with pytest.raises(Unreachable), EmulatorClient("http://127.0.0.1:9") as nobody:
        next(nobody.changes())


def test_many_keys_are_abbreviated() -> None:
    """The first five are named."""
    assert named(list(range(7))) == "0, 1, 2, 3, 4 and 2 more"
    assert named([1]) == "1"
    assert named(True) == "too many to list"


def test_what_the_operators_portal_does_is_in_the_client(emulator: EmulatorClient) -> None:
    """Label, SMS, top-up, reset, events, counts and usage."""
    sim = emulator.sim(ONLINE)
    assert sim.change(label="Pump 7").label == "Pump 7"
    assert sim.send_mt("hello").status == "PENDING"
    before = emulator.counts()["sims"]["device"]["ONLINE"]
    assert sim.top_up().json["sms_quota"]["left"] > 250
    assert sim.reset_connection().device["status"] == "OFFLINE"
    assert emulator.counts()["sims"]["device"]["ONLINE"] == before - 1
    assert sim.events(limit=1)[0].severity == "Info"
    assert isinstance(emulator.usage(months=1), list)


def test_what_the_operators_portal_does_is_at_the_command_line(served: Server) -> None:
    """The same as tables and sentences."""
    assert "500 of 500 messages left" in typed(served, "sim", "top-up", ONLINE).stdout
    assert "OFFLINE" in typed(served, "sim", "reset-connection", ONLINE).stdout
    assert "purged" in typed(served, "sim", "events", ONLINE, "--limit", "1").stdout
