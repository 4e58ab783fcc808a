"""Short messages, and the callbacks to customers' endpoints."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from operator_emulator.cli.command import command
from operator_emulator.cli.output import moment, rows

if TYPE_CHECKING:
    from operator_emulator.client import Callback, EmulatorClient, Message

STATUSES: Final = ("PENDING", "IN_PROGRESS", "BUFFERED", "DELIVERED", "FAILED", "EXPIRED", "CANCELED")


@click.group()
def sms() -> None:
    """Send and show short messages."""


@click.group()
def callbacks() -> None:
    """Show and resend the callbacks to customers' endpoints."""


# --------------------------------------------------------------------------------------------- messages


def show_messages(found: "Sequence[Message]") -> str:
    return rows(
        "ID ICCID WAY STATUS SUBMITTED NEXT-TRY FROM TO CAUSE PAYLOAD",
        [
            (
                one.id,
                one.iccid,
                one.direction,
                one.status,
                moment(one.submitted),
                moment(one.next_attempt),
                one.source_address,
                one.dest_address,
                one.cause,
                one.payload,
            )
            for one in found
        ],
        "No matching messages.",
    )


@command(sms, "list", show_messages)
@click.argument("iccid", required=False)
@click.option(
    "--direction", type=click.Choice(["MT", "MO"], case_sensitive=False), help="MT: to devices; MO: from devices."
)
@click.option(
    "--status", type=click.Choice(STATUSES, case_sensitive=False), help="List only messages with this status."
)
@click.option("--payload", metavar="PATTERN", help="List only matching payloads; * matches anything.")
@click.option("--organisation", type=int, help="List only messages of this organisation.")
@click.option("--limit", metavar="N", type=click.IntRange(1), help="List only the N newest.")
@click.option("--before", metavar="ID", type=int, help="List only messages with a smaller id: the page before.")
def list_messages(emulator: "EmulatorClient", **filters: Any) -> "list[Message]":
    """List the short messages of all SIMs, or of the SIM ICCID, oldest first."""
    return emulator.messages(**filters)


@command(sms, "send", lambda it: f"Message {it.id} to {it.iccid} submitted; delivery starts when the clock advances.")
@click.argument("iccid")
@click.argument("text")
@click.option("--from", "source_address", metavar="SENDER", help="The sender that the device sees.")
@click.option("--dcs", type=click.IntRange(0, 255), help="Data coding scheme; with 4, TEXT is hex.")
@click.option("--udh", metavar="HEX", help="User data header.")
def send(emulator: "EmulatorClient", iccid: str, text: str, **how: Any) -> "Message":
    """Send an SMS to the device with the SIM ICCID, in the name of the SIM's owner."""
    return emulator.sim(iccid).send_mt(text, **how)


# --------------------------------------------------------------------------------------------- callbacks


def show_callbacks(found: "Sequence[Callback]") -> str:
    return rows(
        "ID EVENT ICCID SMS FATE TRIES NEXT-TRY URL",
        [
            (
                one.id,
                one.event,
                one.iccid,
                one.sms,
                one.fate,
                " ".join(map(show_try, one.tries)),
                moment(one.next_try),
                one.url,
            )
            for one in found
        ],
        "No matching callbacks.",
    )


def show_try(one: Mapping[str, Any]) -> str:
    """The status of the answer, × if no answer came, … if none has come yet."""
    return str(one["status"] or ("×" if one["problem"] else "…"))


@command(callbacks, "list", show_callbacks)
@click.option("--fate", type=click.Choice(["owed", "taken", "given-up"]), help="List only callbacks with this fate.")
@click.option("--iccid", metavar="PATTERN", help="List only callbacks about matching SIMs; * matches anything.")
@click.option("--event", metavar="PATTERN", help="List only callbacks for this event, such as sms-delivered.")
@click.option("--organisation", type=int, help="List only callbacks to this organisation.")
@click.option("--limit", metavar="N", type=click.IntRange(1), help="List only the N newest.")
@click.option("--before", metavar="ID", type=int, help="List only callbacks with a smaller id: the page before.")
def list_callbacks(emulator: "EmulatorClient", **filters: Any) -> "list[Callback]":
    """List the callbacks to customers' endpoints, oldest first, with every try."""
    return emulator.callbacks(**filters)


@command(callbacks, "retry", lambda it: show_callbacks([it]))
@click.argument("id", type=int)
def retry(emulator: "EmulatorClient", id: int) -> "Callback":
    """Send a callback again, now."""
    return emulator.retry(id)
