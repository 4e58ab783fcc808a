"""Tables for a terminal: aligned columns under headings, as wide as their contents.

Own code, because no library takes much of it away: escaping what would move the cursor, cutting a line at the width
of the terminal and choosing the alignment remain either way. rich costs 13 MB and a tenth of a second for each command;
wcwidth, without which tabulate does not know wide characters, costs 6 MB. They would be in every user's environment.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

GAP: Final = "  "
NOTHING: Final = "–"
WIDE: Final = ("W", "F")  # East Asian width: two columns


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], width: int | None = None) -> str:
    """Lines of text, cut at *width*, with numbers aligned right.

    Characters that would move the cursor or break a line are escaped: payloads come from anywhere.
    """
    values = [list(row) for row in rows]
    cells = [list(headings), *([shown(value) for value in row] for row in values)]
    right = [bool(values) and all(is_number(row[column]) for row in values) for column in range(len(headings))]
    widths = [max(map(columns, column)) for column in zip(*cells, strict=True)]
    return "\n".join(fit(line(row, widths, right), width) for row in cells)


def facts(pairs: Iterable[tuple[str, Any]], width: int | None = None) -> str:
    """Names and values, one pair a line."""
    texts = [(name, shown(value)) for name, value in pairs]
    longest = max(columns(name) for name, _ in texts)
    return "\n".join(fit(pad(name, longest) + GAP + text, width) for name, text in texts)


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
    """The width of a text on a terminal."""
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
