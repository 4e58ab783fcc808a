"""What commands print: text for a terminal, JSON for scripts."""

import json
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from operator_emulator.cli import tables

if TYPE_CHECKING:
    from operator_emulator.client import Value

V = TypeVar("V", bound="Value")


def print_json(found: Any, *, indent: int | None = 2) -> None:
    """The JSON of a value of the client, or of a list of them. Escaped where the output is not Unicode."""
    value = [as_json(one) for one in found] if isinstance(found, list | tuple) else as_json(found)
    is_unicode = sys.stdout.encoding.lower().startswith("utf")
    click.echo(json.dumps(value, indent=indent, ensure_ascii=not is_unicode))


def as_json(value: Any) -> Any:
    return getattr(value, "json", value)


def width() -> int | None:
    """The width of the terminal; a pipe has none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def rows(headings: str, found: Sequence[Sequence[Any]], nothing: str) -> str:
    """A table, or the sentence *nothing* if there are no rows."""
    return tables.table(headings.split(), found, width()) if found else nothing


def facts(pairs: Sequence[tuple[str, Any]]) -> str:
    return tables.facts(pairs, width())


def moment(instant: datetime | str | None) -> str | None:
    """An instant for a narrow column: UTC, to the second."""
    if isinstance(instant, str):
        instant = datetime.fromisoformat(instant)
    return None if instant is None else f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def compact(value: Any) -> str | None:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value else None
