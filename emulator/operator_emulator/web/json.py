"""JSON as the surfaces read and write it: compact, by msgspec."""

from typing import Any, Final

import msgspec

DEEPEST: Final = 100  # levels; no request described by any surface has more than ten

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder().decode


def is_too_deep(value: Any) -> bool:
    """Whether *value* is nested deeper than DEEPEST, which validators and readers that recurse could not bear."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True
