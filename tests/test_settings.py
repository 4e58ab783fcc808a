"""Settings: what the program can be told, from Python."""

from datetime import timedelta
from typing import Any

import pytest

from operator_emulator.app import create_app
from operator_emulator.management.editions import EDITIONS
from operator_emulator.settings import Settings, options


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"port": 70000}, "port must be from 0 to 65535, not 70000"),
        ({"journal": 0}, "journal must be from 1 to 1000000, not 0"),
        ({"speed": float("nan")}, "speed must be from 0.001 to 1000000, not nan"),
        ({"speed": "fast"}, "speed must be from"),
        ({"seed": 2**63}, "seed must be from -9223372036854775808 to 9223372036854775807, not 9223372036854775808"),
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


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"token_ttl": 10**30}, "token_ttl must be a whole number from 1 to 31536000 seconds, not 1000000"),
        ({"token_ttl": "60"}, "token_ttl must be a whole number from 1 to 31536000 seconds, not 60"),
        ({"forwarder_connections": 0}, "forwarder_connections must be a whole number from 1 to 1000, not 0"),
        ({"retry_after": timedelta(0)}, "retry_after must be a duration from 1s to 30d, not 0s"),
        ({"retry_after": None}, "retry_after must be a duration from 1s to 30d, not none"),
        ({"all_routes": 1}, "all_routes must be true or false, not 1"),
        ({"paging": "loose"}, "paging must be one of clamp, strict, not loose"),
    ],
)
def test_a_setting_of_the_emulation_out_of_range_is_refused(wrong: dict[str, Any], says: str) -> None:
    """With what it can be, from Python as from anywhere else."""
    with pytest.raises(ValueError, match=says):
        create_app(Settings(policy=wrong))
