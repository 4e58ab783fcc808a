"""docs/sources.md explains every section of a dossier that code, tests, API descriptions and pages cite."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal import TOP, Page

SOURCES = Page("docs/sources.md")
PLACES = ("emulator", "tests", "specs", "docs", "fixtures", "README.md", "CHANGELOG.md", "CONTRIBUTING.md")
NOT_SEARCHED = {SOURCES.path, Path(__file__)}

# "D§9.2", "D§9, 11", "P§6.2–6.5", "D§12.2 to 12.4, 13"; a long list may go on in the next line of a comment.
CITATION = re.compile(r"([DPVS])§(\d+(?:\.\d+)?(?:(?:,| to|–| and)\s*(?:#\s*)?\d+(?:\.\d+)?\b)*)")
SECTION = re.compile(r"(–|\bto\s)?\s*(\d+)(?:\.(\d+))?")


def sections(text: str) -> Iterator[str]:
    """The sections that a text cites, with those inside a range."""
    for dossier, numbers in CITATION.findall(text):
        last = 0
        for range_, chapter, part in SECTION.findall(numbers):
            end = int(part or chapter)
            for number in range(last + 1 if range_ else end, end + 1):
                yield f"{dossier}§{chapter}.{number}" if part else f"{dossier}§{number}"
            last = end


def files() -> Iterator[Path]:
    for place in PLACES:
        found = [TOP / place] if (TOP / place).is_file() else (TOP / place).rglob("*")
        yield from (path for path in found if path.suffix in {".py", ".yaml", ".md"} and path not in NOT_SEARCHED)


def parent(section: str) -> str:
    return section.partition(".")[0]


@pytest.fixture(scope="module")
def cited() -> dict[str, str]:
    """Each section that is cited, with a file that does so."""
    return {
        section: path.relative_to(TOP).as_posix()
        for path in files()
        for section in sections(path.read_text(encoding="utf-8"))
    }


@pytest.fixture(scope="module")
def explained() -> list[str]:
    return re.findall(r"^\| ([DPVS]§[\d.]+) \|", SOURCES.text, re.M)


def test_every_cited_section_is_explained(cited: dict[str, str], explained: list[str]) -> None:
    """By a line of its own, or by that of the section around it."""
    unexplained = {
        section: place for section, place in cited.items() if not {section, parent(section)} & set(explained)
    }
    assert unexplained == {}


def test_no_section_is_explained_that_nobody_cites(cited: dict[str, str], explained: list[str]) -> None:
    """The dossiers on version 2 and on the data streamer are explained as a whole."""
    assert [section for section in explained if section not in cited and section[0] not in "VS"] == []


def test_sections_are_sorted(explained: list[str]) -> None:
    """By dossier, in the order of the page, and by number; each has one line."""

    def place(section: str) -> tuple[int, list[int]]:
        dossier, _, number = section.partition("§")
        return "DPVS".index(dossier), [int(part) for part in number.split(".")]

    assert explained == sorted(set(explained), key=place)


def test_every_cited_contradiction_is_listed() -> None:
    """Comments cite the twenty contradictions as C1 to C20."""
    listed = re.findall(r"^\| (C\d+) \|", SOURCES.text, re.M)
    cited = {
        number
        for path in files()
        for number in re.findall(r"(?<!element )\bC\d\d?\b", path.read_text(encoding="utf-8"))
    }
    assert {f"C{number}" for number in range(1, 21)} == set(listed)
    assert cited - set(listed) == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(D§9.2)", ["D§9.2"]),
        ("D§9, 11.1).", ["D§9", "D§11.1"]),
        ("D§12.2 to 12.4, 13", ["D§12.2", "D§12.3", "D§12.4", "D§13"]),
        ("P§6.2–6.5", ["P§6.2", "P§6.3", "P§6.4", "P§6.5"]),
        ("P§2 to 5", ["P§2", "P§3", "P§4", "P§5"]),
        ("D§8.3,\n    # 8.4", ["D§8.3", "D§8.4"]),
        ("D§10.1, C10; D§14: 1, 2", ["D§10.1", "D§14"]),
    ],
)
def test_how_a_citation_is_read(text: str, expected: list[str]) -> None:
    """A list shares the letter of its first section, and a range has all sections in between."""
    assert list(sections(text)) == expected
