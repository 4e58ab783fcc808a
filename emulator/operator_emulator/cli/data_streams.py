"""Data streams: records that are pushed to customers' endpoints in batches."""

from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from operator_emulator.cli.command import command
from operator_emulator.cli.output import moment, rows

if TYPE_CHECKING:
    from operator_emulator.client import DataStream, EmulatorClient


@click.group("data-streams")
def data_streams() -> None:
    """Push events, usage and messages to customers' endpoints."""


def show_streams(found: "Sequence[DataStream]") -> str:
    return rows(
        "ID ORGANISATION KIND GENERATION STATE BACKLOG LAST-ATTEMPT RESULT NEXT-TRY URL",
        [
            (
                one.id,
                one.organisation,
                one.kind,
                one.generation,
                one.state,
                one.backlog,
                moment(one.attempts[-1]["at"]) if one.attempts else None,
                result(one.attempts[-1]) if one.attempts else None,
                moment(one.next_try),
                one.url,
            )
            for one in found
        ],
        "No data streams.",
    )


def show_stream(stream: "DataStream") -> str:
    return show_streams([stream])


def result(attempt: dict[str, Any]) -> str:
    """The result of an attempt, as text."""
    return str(attempt["status"] or attempt["problem"] or "in progress")


@command(data_streams, "list", show_streams)
@click.option("--organisation", type=int, help="List only streams of this organisation.")
def list_streams(emulator: "EmulatorClient", organisation: int | None) -> "list[DataStream]":
    """List the data streams, oldest first."""
    return emulator.data_streams.list(organisation)


@command(data_streams, "create", show_stream)
@click.argument("organisation", type=int)
@click.argument("kind", type=click.Choice(["events", "usage", "sms"]))
@click.argument("endpoint")
@click.option(
    "--generation", type=click.Choice(["ds1", "ds2"]), default="ds2", show_default=True, help="Format of the records."
)
@click.option(
    "--user",
    metavar="USER:PASSWORD",
    default="user:password",
    show_default=True,
    help="Credentials for Basic authentication.",
)
@click.option("--authorization", metavar="BASE64", help="Encoded credentials, instead of --user.")
@click.option("--history", is_flag=True, help="Start with the records of the last seven days.")
def create(
    emulator: "EmulatorClient",
    organisation: int,
    kind: Any,
    endpoint: str,
    user: str,
    authorization: str | None,
    **how: Any,
) -> "DataStream":
    """Create a stream that pushes ORGANISATION's records of one KIND to the URL ENDPOINT."""
    basic = authorization or b64encode(user.encode()).decode()
    return emulator.data_streams.create(organisation, kind=kind, url=endpoint, authorization=basic, **how)


@command(data_streams, "pause", show_stream)
@click.argument("id", type=int)
def pause(emulator: "EmulatorClient", id: int) -> "DataStream":
    """Pause a stream. Its records are kept until it is resumed."""
    return emulator.data_streams.pause(id)


@command(data_streams, "resume", show_stream)
@click.argument("id", type=int)
def resume(emulator: "EmulatorClient", id: int) -> "DataStream":
    """Resume a paused stream, starting with the records that were kept."""
    return emulator.data_streams.resume(id)


@command(data_streams, "restart", show_stream)
@click.argument("id", type=int)
def restart(emulator: "EmulatorClient", id: int) -> "DataStream":
    """Restart a FAILED stream, starting with the batch that failed."""
    return emulator.data_streams.restart(id)


@command(data_streams, "remove", lambda _: "Removed.")
@click.argument("id", type=int)
def remove(emulator: "EmulatorClient", id: int) -> None:
    """Remove a stream."""
    emulator.data_streams.remove(id)
