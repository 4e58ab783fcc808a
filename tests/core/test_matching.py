"""Patterns, and JSON within JSON."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operator_emulator.core.tester.matching import like, within

FEW = st.text("ab*/", max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(pattern=FEW, text=FEW)
def test_a_pattern_is_a_regular_expression_with_one_operator(pattern: str, text: str) -> None:
    """``*`` is any characters or none, and everything else stands for itself."""
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    assert like(pattern, text) == (re.fullmatch(expression, text, re.DOTALL) is not None)


def test_a_spiteful_pattern_takes_no_time() -> None:
    """No pattern makes matching explode."""
    assert not like("*a" * 200 + "b", "a" * 60_000)


@given(value=JSON)
def test_every_value_matches_itself(value: Any) -> None:
    """What was sent is matched by what was sent."""
    assert within(value, value)


@pytest.mark.parametrize(
    ("wanted", "value", "found"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": {"b": "x*"}}, {"a": {"b": "xyz", "c": 0}}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {}, False),
        ({"a": 1}, [], False),
        ([1, {}], [1, {"b": 1}], True),
        ([1], [1, 2], False),
        ([1], 1, False),
        ("1", 1, False),
        (1, True, False),
        (0, False, False),
        (True, True, True),
        (None, None, True),
        (1, 1.0, True),
    ],
)
def test_what_is_wanted_must_be_found(wanted: Any, value: Any, found: bool) -> None:
    """Objects may have more members; lists are matched in full; a number is no boolean."""
    assert within(wanted, value) is found
