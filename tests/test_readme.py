"""The README is true: its blocks are typed into a terminal, its tables are held against the program.

Blocks marked ``sh`` and ``python`` run here, all of them; those marked ``console`` install things or run for ever, and
are told apart below; ``text`` is what somebody sees. The world is the demo world, twenty times as fast.
"""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from dataclasses import fields
from itertools import takewhile
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple

import click
import pytest

from emulator import cli, resources
from emulator.core.policy import Policy
from emulator.management.editions import EDITIONS
from emulator.store.fixtures import read_settings

TOP = Path(__file__).parents[1]
README = (TOP / "README.md").read_text(encoding="utf-8")
PATIENCE = 30  # seconds until a test gives up waiting for what should come at once


class Block(NamedTuple):
    section: str
    language: str
    text: str


def blocks() -> list[Block]:
    """The fenced blocks of the README, each with the heading that it stands under."""
    found, section = [], ""
    for heading, language, text in re.findall(r"^## ([^\n]+)$|^```(\w+)\n(.*?)^```$", README, re.M | re.S):
        section = heading or section
        if language:
            found.append(Block(section, language, text))
    return found


def of(section: str, language: str = "sh") -> list[str]:
    return [block.text for block in blocks() if block.section == section and block.language == language]


def rows(section: str) -> list[list[str]]:
    """The rows of the tables under a heading, without their heads; a cell in backquotes without them."""
    text = README.partition(f"## {section}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


# --------------------------------------------------------------------------------------------- typing it in


class Process:
    """A process in a terminal of its own: what it says comes line by line."""

    def __init__(self, command: list[str], where: Path, **environment: str) -> None:
        own = {name: text for name, text in os.environ.items() if not name.startswith("OPERATOR_EMULATOR_")}
        path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
        self.process = subprocess.Popen(
            command,
            cwd=where,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**own, "PATH": path, "CURL_HOME": str(where), "PYTHONUNBUFFERED": "1", **environment},
        )
        self._lines: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def until(self, pattern: str) -> str:
        """What it says up to and with a line that matches."""
        said = ""
        while True:
            line = self._lines.get(timeout=PATIENCE)
            assert line, f"ended before it said {pattern!r}: {said}"
            said += line
            if re.search(pattern, line):
                return said

    def type(self, text: str) -> str:
        """For a shell: what the commands in *text* say."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\nprintf '\\n%s\\n' ===done===\n")
        self.process.stdin.flush()
        return self.until("^===done===$").removesuffix("===done===\n").strip()

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait(PATIENCE)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


class Terminals(NamedTuple):
    """Three of them, as the README has it: the emulator, the webhook, and where one types."""

    served: Process
    webhook: Process
    shell: Process
    base: str

    def type(self, text: str) -> str:
        return self.shell.type(text.replace("http://localhost:8080", self.base))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Terminals]:
    """The emulator and the webhook as the README starts them, on free ports."""
    (tmp_path / ".curlrc").write_text(f"max-time = {PATIENCE}\n", encoding="utf-8")
    port = str(free_port())
    demo = resources.fixture("default.yaml").read_text(encoding="utf-8")
    assert ":9099" in demo, "the README's webhook is where the demo world sends to"
    (tmp_path / "demo.yaml").write_text(demo.replace(":9099", f":{port}"), encoding="utf-8")
    [webhook] = of("The first minute", "python")
    assert ", 9099)" in webhook
    (tmp_path / "webhook.py").write_text(webhook.replace("9099", port), encoding="utf-8")

    commands = of("The first minute", "console")[0].splitlines()
    [serve] = [command for command in commands if command.endswith("serve")]
    started: list[Process] = []

    def start(*command: str, **environment: str) -> Process:
        started.append(Process(list(command), tmp_path, **environment))
        return started[-1]

    try:
        receiver = start(sys.executable, "webhook.py")
        served = start(
            *shlex.split(serve),
            OPERATOR_EMULATOR_PORT="0",
            OPERATOR_EMULATOR_FIXTURE=str(tmp_path / "demo.yaml"),
            OPERATOR_EMULATOR_SPEED="20",
        )
        said = served.until("Ctrl-C")
        assert "demo / demo" in said
        address = re.search(r"Control plane +(http://\S+)/_emulator", said)
        assert address is not None, said
        shell = start("bash", "-eu")
        assert shell.type("command -v curl"), "the README needs curl, and so does its test"
        yield Terminals(served, receiver, shell, address[1])
    finally:
        for process in started:
            process.stop()


def body(said: str) -> Any:
    """The JSON in the last line."""
    return json.loads(said.splitlines()[-1])


def test_the_first_minute_and_what_people_do_most(terminals: Terminals) -> None:
    """Token, list, an SMS that waits for its device, the report; then messages, volumes, time and a new start."""
    token_and_list, send, attach = of("The first minute")
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
    [shown] = of("The first minute", "text")
    for piece in shown.strip().split("…"):
        assert piece in report
    assert json.loads(report.partition("PATCH ")[2])["id"] == id
    sms = body(terminals.type(f"call {location[1]}"))
    assert sms["status"] == {"id": 4, "description": "DELIVERED"}

    mo, volume, journal, day, again = of("What people do most")
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


def test_a_world_of_your_own(terminals: Terminals, tmp_path: Path) -> None:
    """The fixture that the README writes is fine and can be served; a generated fleet, too."""
    world, fleet = of("A world of your own")
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
    run = {"The first minute", "What people do most", "A world of your own"}
    assert {block.section for block in blocks() if block.language in ("sh", "python")} == run
    assert {block.language for block in blocks()} <= {"sh", "python", "console", "text"}
    console = [line for block in blocks() if block.language == "console" for line in block.text.splitlines()]
    assert console == [
        "pip install .",
        "operator-emulator serve",
        "docker build -t operator-emulator .",
        "docker run -p 127.0.0.1:8080:8080 -v operator-emulator:/data operator-emulator",
        "pip install -e '.[dev]' && pytest",
    ]


def test_ci_runs_the_test_command_of_the_readme() -> None:
    """Word for word, and before anything that it could lean on."""
    [command] = of("Working on it", "console")
    assert f'bash -c "{command.strip()}"' in (TOP / ".ci" / "run").read_text(encoding="utf-8")


# --------------------------------------------------------------------------------------------- tables


def test_every_flag_is_in_the_table_with_its_default() -> None:
    """The table of settings is what ``serve --help`` says."""
    listed = {row[0]: row[1] for row in rows("Settings") if row[0].startswith("--")}
    serve = cli.main.commands["serve"]
    options = [option for option in serve.params if isinstance(option, click.Option)]
    assert list(listed) == [option.opts[0] for option in options]
    for option in options:
        assert option.envvar == "OPERATOR_EMULATOR_" + option.opts[0].strip("-").replace("-", "_").upper()
        if option.show_default:
            assert listed[option.opts[0]] == str(option.default)


def test_every_choice_is_in_the_table_with_its_default() -> None:
    """The README's choices are the fields of Policy; the service portal's come with its own chapter."""
    listed = {row[0]: row[1] for row in rows("Settings") if not row[0].startswith("--")}
    del listed["flag"], listed["key"]
    known = [field.name for field in fields(Policy)]
    assert list(listed) == list(takewhile(lambda name: name != "action_begins", known))
    by_edition = {name for edition in EDITIONS.values() for name in edition.policy}
    assert {name for name, default in listed.items() if default == "by edition"} == by_edition
    defaults = {name: default for name, default in listed.items() if name not in by_edition}
    policy = Policy()
    assert read_settings(defaults) == {name: getattr(policy, name) for name in defaults}


def test_the_editions_are_as_the_table_says() -> None:
    """Names, hosts, numbers and switches of the README against those of the program."""
    head, *table = rows("Editions")
    names = head[1:]
    assert set(names) == set(EDITIONS)
    told = {row[0]: dict(zip(names, row[1:], strict=True)) for row in table}
    for name, edition in EDITIONS.items():
        policy = Policy(**edition.policy)
        assert told["devices send to"][name] == edition.smsc
        assert told["numbers in callbacks"][name] == ("strings" if edition.callback_ids is str else "numbers")
        assert told["unknown SIM"][name] == {"404": "404", "empty": "empty 200"}[policy.unknown_sim]
        assert told["messages are kept"][name] == ("7 days" if policy.retention else "for ever")
    _, *clients = rows("Your own client")
    for address, _, option in clients:
        assert told["host"][option.removeprefix("--edition ") or "1nce"] == address.split("/")[2]


def test_every_link_leads_somewhere() -> None:
    """Files exist, and so do headings."""
    headings = {
        re.sub(r"[^\w-]", "", title.lower().replace(" ", "-")) for title in re.findall(r"^#+ (.+)$", README, re.M)
    }
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links
    for link in links:
        if link.startswith("#"):
            assert link[1:] in headings, link
        else:
            assert (TOP / link).is_file(), link
