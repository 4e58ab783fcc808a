"""The journal: HTTP exchanges with clients and with customers' endpoints."""

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from operator_emulator.cli.command import DefaultCommandGroup, command, connect, connection_options
from operator_emulator.cli.output import moment, print_json

if TYPE_CHECKING:
    from operator_emulator.client import EmulatorClient, Exchange

NEWEST: Final = 50  # exchanges that are shown unless more are asked for
HEADINGS: Final = f"{'ID':>5} {'TIME':19} {'WAY':3} {'METHOD':6} {'STATUS':>6} {'MS':>8} PATH"


@click.group(cls=DefaultCommandGroup)
def journal() -> None:
    """Show the HTTP exchanges with clients and with customers' endpoints."""


def show_exchange(exchange: "Exchange") -> str:
    """One line, and below it what is unusual."""
    way = "in" if exchange.direction == "inbound" else "out"
    line = (
        f"{exchange.id:>5} {moment(exchange.at)} {way:3} {exchange.method:6} {exchange.status or '–':>6} "
        f"{exchange.milliseconds:>8.1f} {exchange.path}"
    )
    unusual = [
        *([f"fault: {exchange.fault}"] if exchange.fault else ()),
        *([f"no answer: {exchange.problem}"] if exchange.problem else ()),
        *(f"contract: {finding}" for finding in exchange.findings),
    ]
    return "\n".join([line, *(f"{'':26}{one}" for one in unusual)])


def show_exchanges(found: "Sequence[Exchange]") -> str:
    return "\n".join([HEADINGS, *map(show_exchange, found)]) if found else "No matching exchanges."


def show_in_full(exchange: "Exchange") -> str:
    """The exchange with headers and bodies."""
    parts = [HEADINGS, show_exchange(exchange)]
    for title, message in (("Request", exchange.request), ("Response", exchange.response)):
        headers = [f"  {name}: {value}" for name, value in message["headers"].items()]
        parts += ["", title, *headers, *([f"  {message['body']}"] if message["body"] else [])]
    return "\n".join(parts)


@journal.command("show")
@click.argument("id", type=click.IntRange(1), required=False)
@click.option("--follow", "-f", is_flag=True, help="Keep printing new exchanges; with --json, one object per line.")
@click.option(
    "--direction", type=click.Choice(["inbound", "outbound"]), help="inbound: from clients; outbound: to endpoints."
)
@click.option("--method", help="Show only this method, such as POST.")
@click.option("--path", metavar="PATTERN", help="Show only matching paths, such as '/management-api/v1/sims/*/sms'.")
@click.option("--status", help="Show only this status, such as 404 or 4xx.")
@click.option("--operation", metavar="PATTERN", help="Show only matching operationIds, such as 'getSim*'.")
@click.option("--organisation", type=int, help="Show only exchanges of this organisation.")
@click.option("--fault", metavar="PATTERN", help="Show only exchanges that a matching fault struck.")
@click.option("--since", metavar="ID", type=click.IntRange(0), help="Show only exchanges after this id.")
@click.option(
    "--limit", metavar="N", type=click.IntRange(1), default=NEWEST, show_default=True, help="Show only the N newest."
)
@connection_options
def show(
    url: str, control_token: str | None, as_json: bool, id: int | None, follow: bool, limit: int, **match: Any
) -> None:
    """Show HTTP exchanges, oldest first, or the exchange ID in full."""
    with connect(url, control_token) as emulator:
        if id is not None:
            exchange = emulator.exchange(id)
            print_json(exchange) if as_json else click.echo(show_in_full(exchange))
        elif not follow:
            exchanges = emulator.journal(limit=limit, **match)
            print_json(exchanges) if as_json else click.echo(show_exchanges(exchanges))
        else:
            with contextlib.suppress(KeyboardInterrupt):  # the way to stop it
                follow_journal(emulator, limit, as_json, **match)


def follow_journal(emulator: "EmulatorClient", limit: int, as_json: bool, **match: Any) -> None:
    if not as_json:
        click.echo(HEADINGS)
    for exchange in emulator.follow(limit=limit, **match):
        print_json(exchange, indent=None) if as_json else click.echo(show_exchange(exchange))


@command(journal, "clear", lambda _: "Journal cleared; ids keep counting.")
def clear(emulator: "EmulatorClient") -> None:
    """Clear the journal."""
    emulator.clear_journal()
