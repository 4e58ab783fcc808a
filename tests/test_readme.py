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
from pathlib import Path

import pytest

from operator_emulator.core.world.policy import Policy
from tests.terminal import TOP, Page, Process, Terminals, body, open_terminals

README, SETTINGS = Page("README.md"), Page("docs/settings.md")


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Terminals]:
    """The README's three, twenty times as fast."""
    with open_terminals(tmp_path, OPERATOR_EMULATOR_SPEED="20") as terminals:
        yield terminals


def test_the_first_minute_and_the_common_tasks(terminals: Terminals) -> None:
    """Token, list, an SMS that waits for its device, the report; then messages, volumes, time and a new start."""
    token_and_list, send, attach, commands = README.of("The first minute")
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

    said = terminals.type(commands).splitlines()
    assert (len(said[0]) > 100, said[-1].split()[0]) == (True, "ATTACHED")
    assert "DELIVERED" in terminals.webhook.until("^PATCH")

    mo, volume, journal, day, again = README.of("Common tasks")
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


def test_in_a_test(tmp_path: Path) -> None:
    """The test that the README shows passes as it stands."""
    [text] = README.of("In a test", "python")
    (tmp_path / "test_it.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1].startswith("1 passed"), done.stdout


def test_a_world_of_your_own(terminals: Terminals, tmp_path: Path) -> None:
    """The fixture that the README writes is checked and served."""
    [world] = README.of("A world of your own")
    assert terminals.type(world).endswith("fleet.yaml: OK")
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
        "Common tasks",
        "In a test",
        "A world of your own",
    }
    assert {block.section for block in README.blocks if block.language in ("sh", "python")} == run
    assert {block.language for block in README.blocks} <= {"sh", "python", "console", "text"}
    console = [line for block in README.blocks if block.language == "console" for line in block.text.splitlines()]
    assert console == [
        "pip install .",
        "operator-emulator serve",
        "pip install -e '.[dev]' && pytest",
    ]


def test_ci_runs_the_test_command_of_the_readme() -> None:
    """Word for word, and before anything that it could lean on."""
    [command] = README.of("More", "console")
    assert f'bash -c "{command.strip()}"' in (TOP / ".ci" / "run").read_text(encoding="utf-8")


def test_the_emulated_addresses_are_those_of_the_editions() -> None:
    """Each address in the README is the host that the settings page names for the edition."""
    head, *table = SETTINGS.rows("Editions")
    hosts = dict(zip(head[1:], next(row for row in table if row[0] == "host")[1:], strict=True))
    _, *clients, (portal, _, _) = README.rows("Your own client")
    assert portal == Policy().portal_host
    for address, _, option in clients:
        assert hosts[option.removeprefix("--edition ") or "1nce"] == address.split("/")[2]


def test_every_link_leads_somewhere() -> None:
    """Files exist, and so do headings."""
    assert README.broken_links() == []
