"""Settings: what the program can be told, from Python."""

from typing import Any

import pytest

from operator_emulator.management.editions import EDITIONS
from operator_emulator.settings import Settings, options


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"port": 70000}, "port must be from 0 to 65535, not 70000"),
        ({"journal": 0}, "journal must be from 1 to 1e\\+06, not 0"),
        ({"speed": float("nan")}, "speed must be from 0.001 to 1e\\+06, not nan"),
        ({"speed": "fast"}, "speed must be from"),
        ({"clock": "broken"}, "clock must be one of real, manual, not 'broken'"),
        ({"edition": "2nce"}, "edition must be one of 1nce, "),
    ],
)
def test_a_value_out_of_range_is_refused(wrong: dict[str, Any], says: str) -> None:
    """With the range."""
    with pytest.raises(ValueError, match=says):
        Settings(**wrong)


def test_the_editions_are_those_that_there_are() -> None:
    """Settings name them without importing them."""
    assert options()["edition"][1].choices == tuple(EDITIONS)
