"""Tables for a terminal: aligned columns under headings, as wide as what they hold."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

GAP: Final = "  "
NOTHING: Final = "–"
WIDE: Final = ("W", "F")  # East Asian width: two columns


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], width: int | None = None) -> str:
    """Lines of text. Numbers stand right, the last column is cut where it would pass *width*.

    What would move the cursor or break a line is shown escaped: payloads come from anywhere.
    """
    given = [list(row) for row in rows]
    cells = [list(headings), *([shown(value) for value in row] for row in given)]
    right = [bool(given) and all(is_number(row[column]) for row in given) for column in range(len(headings))]
    widths = [max(map(columns, column)) for column in zip(*cells, strict=True)]
    return "\n".join(fit(line(row, widths, right), width) for row in cells)


def facts(pairs: Iterable[tuple[str, Any]], width: int | None = None) -> str:
    """Names and values, one under the other."""
    given = [(name, shown(value)) for name, value in pairs]
    longest = max(columns(name) for name, _ in given)
    return "\n".join(fit(pad(name, longest) + GAP + value, width) for name, value in given)


def line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [pad(cell, wide, at_right) for cell, wide, at_right in zip(cells, widths, right, strict=True)]
    return GAP.join(padded).rstrip()


def shown(value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in str(value))


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(one) else 2 if east_asian_width(one) in WIDE else 1 for one in text)


def pad(text: str, width: int, right: bool = False) -> str:
    space = " " * (width - columns(text))
    return space + text if right else text + space


def fit(text: str, width: int | None) -> str:
    if width is None or columns(text) <= width:
        return text
    kept = text
    while columns(kept) > width - 1:
        kept = kept[:-1]
    return kept + "…"
