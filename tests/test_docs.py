"""The pages under docs are true: their blocks are typed into a terminal, and what they show is what comes.

They use a manual clock. A ``text`` block shows what the ``sh`` block before it says, with ``…`` for what is left out;
what is shown nowhere must not be an error. ``docs/pytest.md`` has a test of its own.
"""

import json
import re
import runpy
from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

from operator_emulator.cli.main import main
from operator_emulator.core.network.smsc import MAGIC_ADDRESSES, MAGIC_EXPIRY
from operator_emulator.core.tester.faults import PREDEFINED
from operator_emulator.core.world.policy import Policy
from operator_emulator.management.v2.successors import SUCCESSORS
from tests.terminal import TOP, Block, Page, Terminals, body, free_port, open_terminals, shows

CONTROL_PLANE, FIXTURES, PORTAL = Page("docs/control-plane.md"), Page("docs/fixtures.md"), Page("docs/portal.md")
MIGRATING, STREAMER = Page("docs/migrating-to-v2.md"), Page("docs/data-streamer.md")
COMMAND_LINE = Page("docs/command-line.md")
PAGES = [
    Page(path.relative_to(TOP).as_posix())
    for path in sorted([*(TOP / "docs").glob("*.md"), *TOP.glob("*.md")], key=lambda path: path.name)
]
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.stem)
METHODS = ("get", "put", "post", "patch", "delete")


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Terminals]:
    """The emulator with the manual clock, and the webhook."""
    with open_terminals(tmp_path, OPERATOR_EMULATOR_CLOCK="manual") as terminals:
        yield terminals


def typed(page: Page) -> list[tuple[Block, str]]:
    """The blocks to type, each with what is shown for it."""
    end = Block("", "", "")
    return [
        (block, after.text if after.language == "text" else "")
        for block, after in pairwise([*page.blocks, end])
        if block.language == "sh"
    ]


@pytest.mark.parametrize("page", [CONTROL_PLANE, FIXTURES], ids=lambda page: page.path.stem)
def test_a_page_does_what_it_shows(page: Page, terminals: Terminals) -> None:
    """From top to bottom, in one terminal."""
    assert typed(page)
    for block, shown in typed(page):
        said = terminals.type(block.text)
        assert shows(shown, said) == [], f"{block.text}\n{said}"
        assert '"error"' in shown or '"error"' not in said, f"{block.text}\n{said}"


@pytest.fixture
def hybrid(tmp_path: Path) -> Iterator[Terminals]:
    """The emulator as the page about version 2 starts it."""
    retired_at = "v1_retired_at=2027-01-01T00:00:00Z"
    assert f"--clock manual --set {retired_at}" in MIGRATING.text
    with open_terminals(tmp_path, OPERATOR_EMULATOR_CLOCK="manual", OPERATOR_EMULATOR_SET=retired_at) as terminals:
        yield terminals


def test_the_page_about_version_2_does_what_it_shows(hybrid: Terminals, tmp_path: Path) -> None:
    """Its files saved under their names, and its commands from top to bottom."""
    names = re.findall(r"[Ss]ave it as `(\w+\.py)`", MIGRATING.text)
    programs = MIGRATING.of("Two clients", "python")
    for name, text in zip(names, programs, strict=True):
        (tmp_path / name).write_text(text.replace("http://localhost:8080", hybrid.base), encoding="utf-8")
    for block, shown in typed(MIGRATING):
        said = hybrid.type(block.text)
        assert shows(shown, said) == [], f"{block.text}\n{said}"


def test_the_page_about_the_data_streamer_does_what_it_shows(terminals: Terminals, tmp_path: Path) -> None:
    """Its receiver under its name and on a free port, and its commands from top to bottom."""
    port = str(free_port())
    [receiver] = STREAMER.of("A receiver", "python")
    (tmp_path / "receiver.py").write_text(receiver.replace("9100", port), encoding="utf-8")
    for block, shown in typed(STREAMER):
        said = terminals.type(block.text.replace("9100", port))
        assert shows(spaced(shown), spaced(said)) == [], f"{block.text}\n{said}"


def spaced(table: str) -> str:
    """Columns with two blanks between them, however wide they are."""
    return re.sub(" {2,}", "  ", table)


def test_the_page_about_version_2_has_every_operation() -> None:
    """As the migration report has them."""
    listed = MIGRATING.rows("Every operation")[1:]
    assert listed == [
        [f"{method} {path}", "none" if one.path is None else f"{method} {one.path}", one.changes]
        for (method, path), one in SUCCESSORS.items()
    ]


@pytest.mark.parametrize(
    ("page", "names"),
    [
        (MIGRATING, r"v[12]_|platform_2_|session_rounding|endpoint_events"),
        (STREAMER, r"data_stream|usage_record_|endpoint"),
    ],
    ids=["version 2", "Data Streamer"],
)
def test_a_page_lists_every_default_that_was_chosen(page: Page, names: str) -> None:
    """The table at its end has each setting of its subject."""
    listed = {name for row in page.rows("What is published, and what we chose") for name in re.findall(r"\w+", row[-1])}
    ours = {one.name for one in fields(Policy) if re.match(names, one.name)}
    assert ours
    assert ours - listed == set()


def operations() -> set[tuple[str, str]]:
    paths = yaml.safe_load((TOP / "specs" / "control.yaml").read_text(encoding="utf-8"))["paths"]
    return {(method.upper(), path) for path, item in paths.items() for method in METHODS if method in item}


def test_every_route_of_the_control_plane_is_told_of_and_called() -> None:
    """By its method and path in the text, and by a line to copy; and no route is made up."""
    told = set(re.findall(r"`(GET|PUT|POST|PATCH|DELETE)\s(/\S+)`", CONTROL_PLANE.text))
    called = set()
    for block, _ in typed(CONTROL_PLANE):
        for options, path in re.findall(r'control ((?:(?!control ).)*?)"?\$CONTROL(/[^\s"?)]+)', block.text, re.S):
            verb = re.search(r"-X (\w+)", options)
            called.add((verb[1] if verb else "POST" if "-d " in options else "GET", path))
    for method, path in operations():
        pattern = re.sub(r"\{\w+\}", r"[^/]+", path)
        assert any(used == method and re.fullmatch(pattern, asked) for used, asked in called), (method, path)
    assert told == operations()


@every_page
def test_links_lead_somewhere(page: Page) -> None:
    """Links lead to files and headings that exist."""
    assert page.broken_links() == []


@every_page
def test_every_table_is_a_table(page: Page) -> None:
    """Every line that begins with a bar belongs to a table, and all rows of a table have as many cells as its head."""
    html = MarkdownIt().enable("table").render(page.text)
    prose = re.sub(r"^```.*?^```", "", page.text, flags=re.M | re.S)
    bars = [line for line in prose.splitlines() if line.startswith("|")]
    rulers = [line for line in bars if re.fullmatch(r"\|[|:-]*-[|:-]*", line.replace(" ", ""))]
    assert html.count("<table>") == len(rulers)
    assert html.count("<tr>") == len(bars) - len(rulers)
    for table in re.findall(r"<table>.*?</table>", html, re.S):
        assert len({row.count("<td>") + row.count("<th>") for row in re.findall(r"<tr>.*?</tr>", table, re.S)}) == 1


def test_the_diagrams_are_those_of_the_code() -> None:
    """Drawing them anew changes nothing."""
    diagrams = runpy.run_path(str(TOP / "docs" / "diagrams.py"))
    text = Page("docs/architecture.md").text
    assert diagrams["drawn"](text) == text


@every_page
def test_modules_that_a_page_names_exist(page: Page) -> None:
    """A path in backquotes that ends in .py is one of this repository."""
    for name in re.findall(r"`((?:\w+/)*\w+\.py)`", page.text):
        places = (TOP, TOP / "emulator" / "operator_emulator")
        assert "/" not in name or any((place / name).is_file() for place in places), name


SECTIONS = {
    "Organisations": "organisation",
    "Data streams": "data_stream",
    "Users": "user",
    "Generated SIMs": "generate",
    "SIMs": "sim",
    "Devices": "device",
    "Messages": "sms",
    "Events": "event",
    "Products": "product",
    "Charges": "charges",
    "Orders": "order",
    "Support cases": "case",
    "Partners": "partner",
    "Applications": "application",
    "Subunits": "subunit",
    "Profiles": "profile",
    "Pools": "pool",
    "Generated SIMs of a partner": "partner_generate",
    "SIMs of a partner": "partner_sim",
}


def keys_of(schema: dict[str, Any], described: dict[str, Any]) -> list[str]:
    """The keys of an object, or of a list of them, with those below them unless they have a section of their own."""
    found = []
    for name, value in properties(schema).items():
        reference = str(value.get("$ref") or value.get("items", {}).get("$ref") or "")
        target = reference.removeprefix("#/$defs/")
        if name != "like" and not properties(value):
            value = described.get(target, {}) if target not in SECTIONS.values() else {}
        below = keys_of(value, described) if name != "like" else []
        found += [f"{name}.{key}" for key in below] or [name]
    return found


def properties(schema: dict[str, Any]) -> dict[str, Any]:
    found = schema.get("properties") or schema.get("items", {}).get("properties")
    return dict(found or {})


def test_every_key_of_a_fixture_is_told_of_once() -> None:
    """Each section has the keys of its object in specs/fixture.yaml, and no others."""
    schema = yaml.safe_load((TOP / "specs" / "fixture.yaml").read_text(encoding="utf-8"))
    objects = {"Top level": schema} | {title: schema["$defs"][name] for title, name in SECTIONS.items()}
    for title, described in objects.items():
        rows = re.findall(r"^\|([^|]+)\|", FIXTURES.section(title), re.M)
        told = [key for cell in rows for key in re.findall(r"`([\w.]+)`", cell)]
        assert sorted(told) == sorted(keys_of(described, schema["$defs"])), title


def test_every_ready_made_fault_and_magic_address_is_told_of() -> None:
    """With no others besides."""
    firsts = {row[0] for row in CONTROL_PLANE.rows("Faults")}
    assert set(PREDEFINED) | set(MAGIC_ADDRESSES) | {MAGIC_EXPIRY} == firsts - {
        "point",
        "http",
        "network",
        "callback",
        "data-stream",
        "name",
        "source_address",
    }


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Terminals]:
    """The emulator, twenty times as fast as reality, and the webhook. Tokens outlive the test on a slow machine."""
    settings = {"OPERATOR_EMULATOR_SPEED": "20", "OPERATOR_EMULATOR_SET": "portal_token_ttl=86400"}
    with open_terminals(tmp_path, **settings) as terminals:
        yield terminals


def test_the_command_line(running: Terminals) -> None:
    """Tables and sentences, one after the other."""
    [commands] = COMMAND_LINE.of("")
    said = running.type(commands)
    for piece in (
        "Tracker 1, Bonn",
        "ONLINE in",
        "battery 12 %",
        "Saved as before",
        "maintenance",
        "All faults removed",
    ):
        assert piece in said
    assert "SIMs, 3 organisations. It is" in said.splitlines()[-1]


def test_the_page_about_the_command_line_has_every_command() -> None:
    """In its table, each once."""
    cells = re.findall(r"^\|(.*?)\|", COMMAND_LINE.text, re.M)
    assert sorted(re.findall(r"`([\w-]+)`", " ".join(cells))) == sorted(main.commands)


def test_the_quick_start_of_the_portal(running: Terminals) -> None:
    """Token and list, an activation and its event on the stream, a SIM for the other partner."""
    token_and_list, activate, transfer = PORTAL.of("Quick start")
    assert len(body(running.type(token_and_list))["sims"]) == 3

    action = json.loads(running.type(activate).splitlines()[0])
    assert (action["action"], action["status"]) == ("activation", "PENDING")
    event = running.shell.until("^data: ")
    [shown] = PORTAL.of("Quick start", "text")
    assert shows(shown, event) == []
    assert json.loads(event.partition("data: ")[2])["data"]["signupID"] == action["signupId"]
    done = body(running.type(f"portal $PARTNERS/100013/sims/actions/{action['signupId']}"))
    assert (done["status"], done["sims"][0]["status"]) == ("DONE", "DONE")

    said = running.type(transfer)
    assert "add SIM cards to your inventory" in said
    assert '"status":"ACCEPTED"' in said
    theirs = body(re.sub(r"^data: .*", "", said, flags=re.M).strip())
    assert "8949020000000000011" in [sim["iccid"] for sim in theirs["sims"]]
