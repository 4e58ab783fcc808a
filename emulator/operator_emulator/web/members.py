"""Which members a description knows of a request's JSON: what it does not know is read by nobody.

The published schemas leave objects open, so to a validator a misspelt name is as good as any.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

DEEPEST: Final = 10  # levels that are looked at; descriptions may refer to themselves


@dataclass(frozen=True, slots=True)
class Members:
    """Of an object the members by name, or None if it may have any; of a list its items."""

    named: Mapping[str, "Members"] | None = None
    items: "Members | None" = None

    def unknown(self, value: Any, place: str = "") -> Iterator[str]:
        """The places in *value* that are not described, as field.field[index]."""
        if isinstance(value, dict) and self.named is not None:
            for name, one in value.items():
                inner = f"{place}.{name}" if place else name
                known = self.named.get(name)
                if known is None:
                    yield inner
                else:
                    yield from known.unknown(one, inner)
        elif isinstance(value, list) and self.items is not None:
            for index, one in enumerate(value):
                yield from self.items.unknown(one, f"{place}[{index}]")


ANYTHING: Final = Members()


def members_of(source: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> Members:
    """The members that *schema* describes, including those of the schemas that it is composed of."""
    if depth > DEEPEST:
        return ANYTHING
    named: dict[str, Members] = {}
    items = None
    is_open = False
    for part in _parts(source, schema):
        named |= {name: members_of(source, one, depth + 1) for name, one in part.get("properties", {}).items()}
        is_open |= "additionalProperties" in part
        if "items" in part:
            items = members_of(source, part["items"], depth + 1)
    return Members(named if named and not is_open else None, items)


def _parts(source: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A schema, what it refers to, and what it is composed of."""
    yield schema
    if "$ref" in schema:
        yield from _parts(source, _at(source, schema["$ref"]))
    for composed in ("allOf", "anyOf", "oneOf"):
        for one in schema.get(composed, ()):
            yield from _parts(source, one)


def _at(source: Mapping[str, Any], reference: str) -> Mapping[str, Any]:
    node: Any = source
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    found: Mapping[str, Any] = node
    return found
