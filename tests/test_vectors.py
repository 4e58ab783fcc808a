"""Facts from standards, from the operators' pages and from what went wrong for others, each tried from outside."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.front_door import FrontDoor
from tests.vectors import run

VECTORS = Path(__file__).parents[2] / "shared" / "cases" / "vectors.yaml"


def vectors() -> list[Any]:
    """All of them, or one that says why there are none."""
    if not VECTORS.exists():
        absent = pytest.mark.skip(reason=f"the vectors are kept beside the repository, and {VECTORS} is not there")
        return [pytest.param(None, id="none", marks=absent)]
    return [pytest.param(one, id=one["id"]) for one in yaml.safe_load(VECTORS.read_text(encoding="utf-8"))]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with FrontDoor(tmp_path_factory.mktemp("vectors")) as made:
        yield made


@pytest.mark.parametrize("vector", vectors())
def test_the_emulator_says_what_the_authority_says(door: FrontDoor, vector: Any) -> None:
    """Each vector names its authority; the emulator begins anew before each."""
    run(door, vector)


@pytest.mark.parametrize(
    "vector",
    [
        {"kind": "smoke-signal", "input": {}, "expect": {}},
        {"kind": "mt", "input": {"payload": "x"}, "expect": {"status": 201, "colour": "red"}},
        {"kind": "mt", "input": {"payload": "x"}, "expect": {"status": 400}},
        {"kind": "portal_token", "input": {"secret": "s", "how": "by pigeon"}, "expect": {"status": 200}},
    ],
)
def test_a_vector_that_is_not_understood_or_not_so_fails(door: FrontDoor, vector: Any) -> None:
    """An unknown kind, key or way is no success, and neither is another value."""
    with pytest.raises(AssertionError):
        run(door, vector)
