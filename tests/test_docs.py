"""The pages under docs are true: their blocks are typed into a terminal, and what they show is what comes.

Time stands in them. A ``text`` block shows what the ``sh`` block before it says, with ``…`` for what is left out; what
is shown nowhere must not be an error. ``docs/pytest.md`` has a test of its own.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from operator_emulator.core.network.smsc import MAGIC_ADDRESSES, MAGIC_EXPIRY
from operator_emulator.core.tester.faults import READY
from tests.terminal import TOP, Block, Page, Terminals, open_terminals, shows

CONTROL_PLANE, FIXTURES, GLOSSARY = Page("docs/control-plane.md"), Page("docs/fixtures.md"), Page("docs/glossary.md")
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


def test_links_lead_somewhere() -> None:
    """To files and to headings."""
    for page in (CONTROL_PLANE, FIXTURES, GLOSSARY):
        assert page.broken_links() == []


SECTIONS = {
    "Organisations": "organisation",
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
    objects = {"The whole": schema} | {title: schema["$defs"][name] for title, name in SECTIONS.items()}
    for title, described in objects.items():
        rows = re.findall(r"^\|([^|]+)\|", FIXTURES.section(title), re.M)
        told = [key for cell in rows for key in re.findall(r"`([\w.]+)`", cell)]
        assert sorted(told) == sorted(keys_of(described, schema["$defs"])), title


def test_every_ready_made_fault_and_magic_address_is_told_of() -> None:
    """With no others besides."""
    firsts = {row[0] for row in CONTROL_PLANE.rows("Faults")}
    assert set(READY) | set(MAGIC_ADDRESSES) | {MAGIC_EXPIRY} == firsts - {
        "point",
        "http",
        "network",
        "callback",
        "name",
        "source_address",
    }
