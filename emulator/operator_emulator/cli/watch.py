"""watch: show changes as they happen."""

import contextlib
from typing import TYPE_CHECKING

import click

from operator_emulator.cli.command import connect, connection_options
from operator_emulator.cli.output import print_json

if TYPE_CHECKING:
    from operator_emulator.client import Change

KEYS_SHOWN = 5


@click.command()
@click.option("--after", metavar="ID", help="Start after the change with this id, instead of now.")
@connection_options
def watch(url: str, control_token: str | None, as_json: bool, after: str | None) -> None:
    """Show changes as they happen, until Ctrl-C. With --json, one object per line."""
    with connect(url, control_token) as emulator, contextlib.suppress(KeyboardInterrupt):
        for change in emulator.changes(after):
            if as_json:
                print_json({"id": change.id, "event": change.event, **change.keys}, indent=None)
            elif change.event == "lost":
                click.echo(f"{change.id} Changes are missing: the world was reset, or too much changed at once.")
            elif change.keys:
                click.echo(f"{change.id} {show(change)}")


def show(change: "Change") -> str:
    if change.event == "exchange":
        return f"journal: exchange {change.keys['last']}"
    return "; ".join(f"{table}: {named(keys)}" for table, keys in change.keys.items())


def named(keys: list[object] | bool) -> str:
    if isinstance(keys, bool):
        return "too many to list"
    more = f" and {len(keys) - KEYS_SHOWN} more" if len(keys) > KEYS_SHOWN else ""
    return ", ".join(map(str, keys[:KEYS_SHOWN])) + more
