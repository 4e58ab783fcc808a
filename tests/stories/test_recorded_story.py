"""The recorded story: every surface answers as it did when ``recorded_story.txt`` was recorded, byte for byte.

``record.py`` says how the story is told, and how to record it again when an answer is meant to change.
"""

import json
import re
from difflib import unified_diff
from itertools import zip_longest
from pathlib import Path
from typing import Final

import pytest
import yaml

from tests.stories import record

RECORDED: Final = record.recorded()
# A stream that goes on, which tests/control/test_changes.py follows, and numbers that differ from run to run.
NOT_PLAYED: Final = {"GET /changes", "GET /metrics"}
SPECS: Final = Path(__file__).parents[2] / "specs"
BASES: Final = {
    "management": "/management-api",
    "portal": "/iot/connectivity/management/v1",
    "control": "/_emulator",
}


@pytest.mark.parametrize("chapter", record.chapters(), ids=lambda chapter: chapter.partition(" ")[0])
def test_every_answer_and_callback_is_as_recorded(chapter: str) -> None:
    """Status, headers and body of each exchange, and the callbacks sent meanwhile."""
    pairs = list(zip_longest(RECORDED.get(chapter, []), record.play(chapter), fillvalue=""))
    changed = [pair for pair in pairs if pair[0] != pair[1]]
    if changed:
        others = "\n".join(title(*pair) for pair in changed[1:])
        pytest.fail(
            f"{len(changed)} of {len(pairs)} exchanges differ. The first:\n\n{difference(*changed[0])}\n\n"
            f"The others:\n{others or 'none'}\n\nIf this is intended: python -m tests.stories.record",
            pytrace=False,
        )


def title(before: str, after: str) -> str:
    return (before or after).partition("\n")[0][:160]


def difference(before: str, after: str) -> str:
    """A unified diff in which JSON is indented, or of the bare bytes if they differ in nothing else."""
    old, new = indented(before), indented(after)
    if old == new:
        old, new = [repr(line) for line in before.split("\n")], [repr(line) for line in after.split("\n")]
    diff = list(unified_diff(old, new, "recorded", "now", n=3, lineterm=""))
    rest = [f"... and {len(diff) - 60} more lines"] if len(diff) > 60 else []
    return "\n".join([title(before, after), *(line[:300] for line in diff[:60]), *rest])


def indented(text: str) -> list[str]:
    lines: list[str] = []
    for line in text.split("\n"):
        try:
            lines += json.dumps(json.loads(line), indent=1, ensure_ascii=False).split("\n")
        except ValueError:
            lines.append(line)
    return lines


@pytest.mark.parametrize("name", BASES)
def test_every_operation_succeeds_somewhere_in_the_story(name: str) -> None:
    """Each operation of a description is called with success in at least one chapter."""
    heads = "\n".join(text[:4000] for texts in RECORDED.values() for text in texts)
    succeeded = set(re.findall(r"(?m)^### \d+ ([A-Z]+ [^ ?\n]+)[^\n]*\n2", heads))
    missing = []
    for line in record.operations_of(yaml.safe_load((SPECS / f"{name}.yaml").read_text(encoding="utf-8"))):
        method, path, _ = line.split()
        if f"{method.upper()} {path}" in NOT_PLAYED:
            continue
        base = "" if path.startswith(("/auth/", "/horizon/")) else BASES[name]
        pattern = f"{method.upper()} {base}" + re.sub(r"\{\w+\}", "[^/]+", path)
        if not any(re.fullmatch(pattern, one) for one in succeeded):
            missing.append(line)
    assert missing == []


def test_a_difference_is_shown_by_field() -> None:
    """The message names the exchange and shows the lines around the change, with JSON indented."""
    shown = difference(
        '### 7 GET /sims\n200\n\n{"a":1,"b":[{"c":2}]}\n', '### 7 GET /sims\n200\n\n{"a":1,"b":[{"c":3}]}\n'
    )
    assert shown.startswith("### 7 GET /sims\n")
    changes = [line for line in shown.split("\n") if re.match(r"[-+] ", line)]
    assert changes == ['-   "c": 2', '+   "c": 3']
