"""The migration report: for a terminal, as JSON, or as Markdown for a ticket."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click

from operator_emulator.cli.command import connect, connection_options
from operator_emulator.cli.output import count, moment, print_json, rows

if TYPE_CHECKING:
    from operator_emulator.client import Migration

NO_CALLS: Final = "No calls to version 1."
NO_SUCCESSOR: Final = "none"


@click.command("migration")
@click.option("--organisation", type=int, help="Report only on this organisation.")
@click.option("--markdown", is_flag=True, help="Print Markdown, including what has to change for each call.")
@click.option("--fail-on-v1", is_flag=True, help="Exit with code 1 if version 1 was called.")
@connection_options
def migration(
    url: str,
    control_token: str | None,
    as_json: bool,
    organisation: int | None,
    markdown: bool,
    fail_on_v1: bool,
) -> None:
    """Report the calls to version 1 of the management API, and what replaces them in version 2."""
    if as_json and markdown:
        raise click.UsageError("give either --json or --markdown, not both")
    with connect(url, control_token) as emulator:
        found = emulator.migration(organisation)
    if as_json:
        print_json(found)
    else:
        click.echo(to_markdown(found) if markdown else to_text(found))
    if fail_on_v1 and found.calls:
        raise click.ClickException(f"{count(found.calls, 'call')} to version 1")


def to_text(found: "Migration") -> str:
    parts = [standing(found)]
    for one in found.organisations:
        parts += ["", f"{one['name']} ({one['id']}): {hidden(one)}"]
        parts.append(
            rows(
                "VERSION-1 CALLS LAST CLIENT VERSION-2",
                [
                    (called(it), client["calls"], moment(client["last"]), client["user_agent"], successor(it))
                    for it in one["operations"]
                    for client in it["clients"]
                ],
                NO_CALLS,
            )
        )
    return "\n".join(parts)


def standing(found: "Migration") -> str:
    """Whether version 1 still answers, and until when."""
    if found.retired_at is None:
        return "Version 1 has no retirement date; set v1_retired_at to rehearse its retirement."
    ends = "was retired at" if found.retired else "will be retired at"
    return f"Version 1 {ends} {moment(found.retired_at)} UTC; the time is now {moment(found.now)}."


def hidden(organisation: dict[str, Any]) -> str:
    number = organisation["hidden"]["count"]
    return f"version 1 does not show {number} of {count(organisation['sims'], 'SIM')}."


def called(operation: dict[str, Any]) -> str:
    return f"{operation['method']} {operation['path']}"


def successor(operation: dict[str, Any]) -> str:
    replaced = operation["successor"]
    return NO_SUCCESSOR if replaced is None else called(replaced)


# --------------------------------------------------------------------------------------------- Markdown


def to_markdown(found: "Migration") -> str:
    return "\n".join(markdown_lines(found))


def markdown_lines(found: "Migration") -> Iterator[str]:
    yield "# Migration to version 2 of the management API"
    yield ""
    yield standing(found)
    for organisation in found.organisations:
        yield from ("", f"## {cell(organisation['name'])} ({organisation['id']})", "", sentence(hidden(organisation)))
        yield from hidden_lines(organisation)
        if not organisation["operations"]:
            yield from ("", NO_CALLS)
            continue
        yield from ("", "| version 1 | calls | last | client | version 2 | what changes |", "|---|--:|---|---|---|---|")
        for operation in organisation["operations"]:
            yield row(operation)


def hidden_lines(organisation: dict[str, Any]) -> Iterator[str]:
    iccids = organisation["hidden"]["iccids"]
    if iccids:
        more = organisation["hidden"]["count"] - len(iccids)
        yield from ("", ", ".join(iccids) + (f" and {more} more" if more else ""))


def row(operation: dict[str, Any]) -> str:
    clients = ", ".join(f"{cell(one['user_agent']) or '–'} ({one['calls']})" for one in operation["clients"])
    last = moment(datetime.fromisoformat(operation["last"]))
    replaced = NO_SUCCESSOR if operation["successor"] is None else f"`{successor(operation)}`"
    cells = (f"`{called(operation)}`", operation["calls"], last, clients, replaced, operation["changes"])
    return f"| {' | '.join(map(str, cells))} |"


def cell(text: str) -> str:
    """A text from outside, which must not end a cell or a line, nor be read as markup."""
    plain = "".join(one if one.isprintable() else " " for one in text)
    return "".join(f"\\{one}" if one in "\\|`*_<>[]" else one for one in plain)


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
