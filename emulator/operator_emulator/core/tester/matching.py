"""Does it match: patterns with ``*``, and JSON that must be found in other JSON."""

from typing import Any


def like(pattern: str, text: str) -> bool:
    """Is *text* what *pattern* says, where ``*`` stands for any characters or none?"""
    if "*" not in pattern:
        return pattern == text
    first, *middle, last = pattern.split("*")
    at, end = len(first), len(text) - len(last)
    if end < at or not text.startswith(first) or not text.endswith(last):
        return False
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def within(wanted: Any, value: Any) -> bool:
    """Is *wanted* found in *value*? Objects may have more members; texts are patterns; all else is equal."""
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(
            name in value and within(one, value[name]) for name, one in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(value, list) and len(wanted) == len(value) and all(map(within, wanted, value))
    if isinstance(wanted, str):
        return isinstance(value, str) and like(wanted, value)
    return bool(wanted == value) and isinstance(wanted, bool) is isinstance(value, bool)
