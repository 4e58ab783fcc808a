"""JSON as the surfaces read and write it: compact, by msgspec."""

import json
from collections.abc import Collection, Iterator
from typing import Any, Final

import msgspec

from operator_emulator.core.network import surrogates
from operator_emulator.core.world.errors import Malformed

DEEPEST: Final = 100  # levels; no request described by any surface has more than ten

decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def encode(value: Any) -> bytes:
    return surrogates.escape(_encode(value))


class TooDeep(Malformed):
    def __init__(self) -> None:
        super().__init__("", f"the body is nested more than {DEEPEST} levels deep")


def read(body: bytes, may_halve: Collection[str] = ()) -> Any:
    """The value of a body. Raises Malformed for what is not JSON, and TooDeep.

    Half a surrogate pair is JSON that msgspec does not read, and no text. It is Malformed, too, but for the members
    *may_halve* of an object, which have characters that stand for it.
    """
    try:
        value = decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _read_halves(body, may_halve, Malformed("", f"the body is not JSON: {error}"))
    except RecursionError:
        raise TooDeep from None
    if body.count(b"[") + body.count(b"{") > DEEPEST and is_too_deep(value):
        raise TooDeep
    return value


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


def _read_halves(body: bytes, may_halve: Collection[str], otherwise: Malformed) -> Any:
    """The value of a body that holds half pairs; raises *otherwise* if that is not what is wrong with it."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise otherwise from None
    if is_too_deep(value):
        raise TooDeep
    found = False
    for place, text in _texts(value):
        half = surrogates.HALVES.search(text)
        if half is None:
            continue
        if place not in may_halve:
            name = surrogates.name(half[0])
            raise Malformed(place, f"contains half a surrogate pair, {name}, as character {half.start() + 1}")
        found = True
    if not found:
        raise otherwise
    return {name: surrogates.hide(one) if name in may_halve else one for name, one in value.items()}


def _texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """All texts in a value, each with its place, as field.field[index]."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _texts(one, f"{place}[{index}]")
    elif isinstance(value, dict):
        for name, one in value.items():
            printable = surrogates.HALVES.sub(lambda half: surrogates.name(half[0]), name)
            inner = f"{place}.{printable}" if place else printable
            yield inner, name
            yield from _texts(one, inner)
