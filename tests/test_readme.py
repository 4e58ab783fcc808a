"""The README is true: its blocks are typed into a terminal, its tables are held against the program.

Blocks marked ``sh`` and ``python`` run here, all of them; those marked ``console`` install things or run for ever, and
are told apart below; ``text`` is what somebody sees. The world is the demo world, twenty times as fast.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest

from operator_emulator.cli import serve
from operator_emulator.core.world.policy import Policy
from operator_emulator.fixtures import read_settings
from operator_emulator.management.editions import EDITIONS
from tests.terminal import TOP, Page, Process, Terminals, body, open_terminals, shows

README = Page("README.md")


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Terminals]:
    """The README's three, twenty times as fast."""
    with open_terminals(tmp_path, OPERATOR_EMULATOR_SPEED="20") as terminals:
        yield terminals


def test_the_first_minute_and_what_people_do_most(terminals: Terminals) -> None:
    """Token, list, an SMS that waits for its device, the report; then messages, volumes, time and a new start."""
    token_and_list, send, attach = README.of("The first minute")
    sims = body(terminals.type(token_and_list))
    assert [sim["iccid"][:7] for sim in sims] == ["8988228"] * 3

    sent = terminals.type(send)
    assert sent.startswith("HTTP/1.1 201")
    location = re.search(r"location: (http://\S+/sms/(\d+))", sent)
    assert location is not None
    id = int(location[2])

    device = body(terminals.type(attach))
    assert device["status"] == "ATTACHED"
    report = terminals.webhook.until("^PATCH")
    [shown] = README.of("The first minute", "text")
    for piece in shown.strip().split("…"):
        assert piece in report
    assert json.loads(report.partition("PATCH ")[2])["id"] == id
    sms = body(terminals.type(f"call {location[1]}"))
    assert sms["status"] == {"id": 4, "description": "DELIVERED"}

    mo, volume, journal, day, again = README.of("What people do most")
    id = body(terminals.type(mo))["id"]
    received = json.loads(terminals.webhook.until("^POST").partition("POST ")[2])
    assert (received["id"], received["payload"], received["dest_address"]) == (id, "temperature=21.5", "12345")

    online, used, quota, events = map(json.loads, terminals.type(volume).splitlines())
    assert online["status"] == "ONLINE"
    assert used["session"]["volume_tx"] == 90
    assert quota["total_volume"] == 500
    assert 0 < quota["volume"] <= 10
    assert "below 20%" in events["events"][0]["event_type"]

    exchanges = body(terminals.type(journal))["exchanges"]
    outbound = [each["method"] for each in exchanges if each["direction"] == "outbound"]
    assert {"PATCH", "POST"} <= set(outbound)

    passed = body(terminals.type(day))
    assert passed["jobs_run"] > 0
    failed = json.loads(terminals.webhook.until('^PATCH.*"FAILED"').rpartition("PATCH ")[2])
    assert failed["endpoint"]["name"] == "8988228066600000003"
    assert "401" in terminals.type("call $API/v1/sims")

    new = body(terminals.type(again))
    assert new["sims"] >= 25
    assert [sim["iccid"] for sim in body(terminals.type(token_and_list))] == [sim["iccid"] for sim in sims]


def test_the_service_portal(terminals: Terminals) -> None:
    """Token and list, an activation and its event on the stream, a SIM for the other partner."""
    token_and_list, activate, transfer = README.of("The service portal")
    assert len(body(terminals.type(token_and_list))["sims"]) == 3

    action = json.loads(terminals.type(activate).splitlines()[0])
    assert (action["action"], action["status"]) == ("activation", "PENDING")
    event = terminals.shell.until("^data: ")
    [shown] = README.of("The service portal", "text")
    assert shows(shown, event) == []
    assert json.loads(event.partition("data: ")[2])["data"]["signupID"] == action["signupId"]
    done = body(terminals.type(f"portal $PARTNERS/100013/sims/actions/{action['signupId']}"))
    assert (done["status"], done["sims"][0]["status"]) == ("DONE", "DONE")

    said = terminals.type(transfer)
    assert "add SIM cards to your inventory" in said
    assert '"status":"ACCEPTED"' in said
    theirs = body(re.sub(r"^data: .*", "", said, flags=re.M).strip())
    assert "8949020000000000011" in [sim["iccid"] for sim in theirs["sims"]]


def test_the_command_line(terminals: Terminals) -> None:
    """Tables and sentences, one after the other."""
    [commands] = README.of("At the command line")
    said = terminals.type(commands)
    for piece in (
        "Tracker 1, Bonn",
        "ONLINE in",
        "battery 12 %",
        "Kept as before",
        "maintenance",
        "Nothing goes wrong",
    ):
        assert piece in said
    assert "SIMs, 3 organisations. It is" in said.splitlines()[-1]


def test_in_a_test(tmp_path: Path) -> None:
    """The test that the README shows passes as it stands."""
    [text] = README.of("In a test", "python")
    (tmp_path / "test_it.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1].startswith("1 passed"), done.stdout


def test_a_world_of_your_own(terminals: Terminals, tmp_path: Path) -> None:
    """The fixture that the README writes is fine and can be served; a generated fleet, too."""
    world, fleet = README.of("A world of your own")
    assert terminals.type(world).endswith("fleet.yaml: fine")
    terminals.type(fleet)
    assert terminals.type("operator-emulator fixture check thousand.yaml").endswith("fine")
    served = Process(
        ["operator-emulator", "serve", "--fixture", "fleet.yaml", "--port", "0"],
        tmp_path,
        PATH=os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]]),
    )
    try:
        address = re.search(r"(http://\S+)/_emulator", served.until("Control plane"))
        assert address is not None
        answer = body(terminals.type(f"curl -s {address[1]}/_emulator/sims/8988228066600000101"))
        assert (answer["label"], answer["device"]["status"]) == ("Pump 7", "ONLINE")
    finally:
        served.stop()


def test_no_block_is_left_out() -> None:
    """Whatever may be copied is run above, except what installs, containers and the test command itself."""
    run = {
        "The first minute",
        "What people do most",
        "The service portal",
        "At the command line",
        "In a test",
        "A world of your own",
    }
    assert {block.section for block in README.blocks if block.language in ("sh", "python")} == run
    assert {block.language for block in README.blocks} <= {"sh", "python", "console", "text"}
    console = [line for block in README.blocks if block.language == "console" for line in block.text.splitlines()]
    assert console == [
        "pip install .",
        "operator-emulator serve",
        "docker build -t operator-emulator .",
        "docker run -p 127.0.0.1:8080:8080 -v operator-emulator:/data operator-emulator",
        "pip install -e '.[dev]' && pytest",
    ]


def test_ci_runs_the_test_command_of_the_readme() -> None:
    """Word for word, and before anything that it could lean on."""
    [command] = README.of("Working on it", "console")
    assert f'bash -c "{command.strip()}"' in (TOP / ".ci" / "run").read_text(encoding="utf-8")


# --------------------------------------------------------------------------------------------- tables


def test_every_flag_is_in_the_table_with_its_default() -> None:
    """The table of settings is what ``serve --help`` says."""
    listed = {row[0]: row[1] for row in README.rows("Settings") if row[0].startswith("--")}
    command = serve.main.commands["serve"]
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert list(listed) == [option.opts[0] for option in options]
    for option in options:
        assert option.envvar == "OPERATOR_EMULATOR_" + option.opts[0].strip("-").replace("-", "_").upper()
        if option.show_default:
            assert listed[option.opts[0]] == str(option.default)


def test_every_choice_is_in_the_table_with_its_default() -> None:
    """The README's choices are the fields of Policy."""
    listed = {row[0]: row[1] for row in README.rows("Settings") if not row[0].startswith("--")}
    del listed["flag"], listed["key"]
    assert list(listed) == [field.name for field in fields(Policy)]
    by_edition = {name for edition in EDITIONS.values() for name in edition.policy}
    assert {name for name, default in listed.items() if default == "by edition"} == by_edition
    defaults = {name: default for name, default in listed.items() if name not in by_edition}
    policy = Policy()
    assert read_settings(defaults) == {name: getattr(policy, name) for name in defaults}


def test_the_editions_are_as_the_table_says() -> None:
    """Names, hosts, numbers and switches of the README against those of the program."""
    head, *table = README.rows("Editions")
    names = head[1:]
    assert set(names) == set(EDITIONS)
    told = {row[0]: dict(zip(names, row[1:], strict=True)) for row in table}
    for name, edition in EDITIONS.items():
        policy = Policy(**edition.policy)
        assert told["devices send to"][name] == edition.smsc
        assert told["numbers in callbacks"][name] == ("strings" if edition.callback_ids is str else "numbers")
        assert told["unknown SIM"][name] == {"404": "404", "empty": "empty 200"}[policy.unknown_sim]
        assert told["messages are kept"][name] == ("7 days" if policy.retention else "for ever")
    _, *clients = README.rows("Your own client")
    *clients, (portal, _, _) = clients
    assert portal == Policy().portal_host
    for address, _, option in clients:
        assert told["host"][option.removeprefix("--edition ") or "1nce"] == address.split("/")[2]


def test_every_link_leads_somewhere() -> None:
    """Files exist, and so do headings."""
    assert README.broken_links() == []
