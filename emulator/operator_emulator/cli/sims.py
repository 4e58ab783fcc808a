"""SIM cards and their devices."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from operator_emulator.cli.command import command
from operator_emulator.cli.options import read_object
from operator_emulator.cli.output import facts, moment, rows

if TYPE_CHECKING:
    from operator_emulator.client import Card, Device, EmulatorClient, Received, Sent, SimEvent

STATES: Final = ("Issued", "Activated", "Suspended", "Expired")
DEVICE: Final = ("OFFLINE", "ATTACHED", "ONLINE")

Json = Mapping[str, Any]


@click.group()
def sim() -> None:
    """Show SIMs, and operate their devices."""


# --------------------------------------------------------------------------------------------- looking


def show_sims(found: "Sequence[Card]") -> str:
    return rows(
        "ICCID LABEL ORGANISATION CORE STATE DEVICE RAT NETWORK MB-LEFT SMS-LEFT",
        [
            (
                card.iccid,
                card.label,
                card.organisation,
                card.core,
                card.state,
                card.device["status"],
                card.device["rat"],
                show_network(card.device["operator"]),
                card.data_quota and card.data_quota["left"],
                card.sms_quota and card.sms_quota["left"],
            )
            for card in found
        ],
        "No matching SIMs.",
    )


def show_network(operator: Json | None) -> str | None:
    return None if operator is None else f"{operator['name']} ({operator['mcc']}{operator['mnc']})"


@command(sim, "list", show_sims)
@click.option("--organisation", type=int, help="List only SIMs of this organisation.")
@click.option("--label", metavar="PATTERN", help="List only matching labels; * matches anything.")
@click.option("--core", type=click.IntRange(1, 2), help="List only SIMs on this core network.")
@click.option("--state", type=click.Choice(STATES, case_sensitive=False), help="List only SIMs in this state.")
@click.option(
    "--device",
    "status",
    type=click.Choice(DEVICE, case_sensitive=False),
    help="List only SIMs whose device has this status.",
)
@click.option("--limit", metavar="N", type=click.IntRange(1), help="List only the first N.")
def list_sims(emulator: "EmulatorClient", **filters: Any) -> "list[Card]":
    """List the SIMs of all organisations."""
    return emulator.sims(**filters)


def show_sim(card: "Card") -> str:
    device, session = card.device, card.device["session"]
    return facts(
        (
            ("ICCID", card.iccid),
            ("Label", card.label),
            ("Organisation", card.organisation),
            ("Core network", card.core),
            ("State", card.state),
            ("IMSI", card.imsi),
            ("MSISDN", card.msisdn),
            ("IP address", card.ip_address),
            ("Data", left(card.data_quota, "MB")),
            ("SMS", left(card.sms_quota, "messages")),
            ("Message waiting", card.message_waiting),
            ("Device", device["status"]),
            ("IMEI", device["imei"]),
            ("IMEI lock", card.imei_lock),
            ("Network", show_network(device["operator"])),
            ("RAT", device["rat"]),
            ("Attached", moment(device["attached"])),
            ("Session", session and f"since {moment(session['opened'])}"),
        )
    )


def left(quota: Json | None, unit: str) -> str | None:
    return None if quota is None else f"{quota['left']:g} of {quota['total']:g} {unit} left"


@command(sim, "show", show_sim)
@click.argument("iccid")
def show(emulator: "EmulatorClient", iccid: str) -> "Card":
    """Show the actual state of a SIM and its device."""
    return emulator.sim(iccid).show()


def show_inbox(found: "Sequence[Received]") -> str:
    return rows(
        "RECEIVED FROM MISSING TEXT",
        [
            (
                moment(one.at),
                one.source_address,
                ", ".join(map(str, one.missing)),
                one.octets if one.text is None else one.text,
            )
            for one in found
        ],
        "No messages received.",
    )


@command(sim, "inbox", show_inbox)
@click.argument("iccid")
def inbox(emulator: "EmulatorClient", iccid: str) -> "list[Received]":
    """Show the messages that a device has received.

    Messages are decoded, and long ones are put together from their parts. Binary ones are shown in hex.
    """
    return emulator.sim(iccid).inbox()


# --------------------------------------------------------------------------------------------- the device


def show_device(device: "Device") -> str:
    network = show_network(device.operator)
    return f"{device.status} in {network}, {device.rat}" if network and device.status != "OFFLINE" else device.status


def device_command(name: str, status: str, help: str) -> None:
    """A command that asks the device to be ONLINE, ATTACHED or OFFLINE."""

    @command(sim, name, show_device)
    @click.argument("iccid")
    @click.option("--network", "operator", metavar="NAME", help="Network: its name, or its MCC and MNC.")
    @click.option("--rat", help="Radio access technology: 2G, 3G, HSPA+, LTE, CAT-M or NB-IoT.")
    @click.option("--imei", help="IMEI of the device that holds the SIM.")
    @click.option("--lac", type=int, help="Location area code.")
    @click.option("--cell", type=int, help="Cell identity.")
    def ask(emulator: "EmulatorClient", iccid: str, **how: Any) -> "Device":
        return emulator.sim(iccid).try_to(status, **how)

    ask.help = help


device_command("online", "ONLINE", "Open a data session; attach first if necessary.")
device_command("attach", "ATTACHED", "Attach to a network; an open data session is closed.")
device_command("offline", "OFFLINE", "Detach from the network.")


def show_sent(sent: "Sent") -> str:
    ids = ", ".join(map(str, sent.parts))
    if len(sent.parts) == 1:
        return f"Message {ids} is queued; the device sends it when the clock advances."
    return f"Messages {ids} are queued; the device sends them when the clock advances."


@command(sim, "send-mo", show_sent)
@click.argument("iccid")
@click.argument("text")
@click.option("--to", "dest_address", metavar="NUMBER", help="Number that the device sends to.")
@click.option(
    "--dcs",
    type=click.IntRange(0, 255),
    help="Data coding scheme; with 4, TEXT is hex.  [default: the device chooses]",
)
@click.option("--udh", metavar="HEX", help="User data header.")
def send_mo(emulator: "EmulatorClient", iccid: str, text: str, **how: Any) -> "Sent":
    """Send an SMS from the device, in several parts if TEXT is long."""
    return emulator.sim(iccid).transmit(text, **how)


def show_use(device: "Device") -> str:
    session = device.session
    if session is None:
        return f"{show_device(device)}; the data volume is used up, so the session was closed"
    used = f"{session['volume_tx']:g} MB sent, {session['volume_rx']:g} MB received"
    return f"{show_device(device)}; {used} in this session"


@command(sim, "use", show_use)
@click.argument("iccid")
@click.option("--tx", type=float, metavar="MB", help="Megabytes that the device sends.")
@click.option("--rx", type=float, metavar="MB", help="Megabytes that the device receives.")
def use(emulator: "EmulatorClient", iccid: str, tx: float | None, rx: float | None) -> "Device":
    """Use data, in a new session if none is open."""
    if tx is None and rx is None:
        raise click.UsageError("give --tx, --rx or both")
    return emulator.sim(iccid).transfer(tx or 0, rx or 0)


# --------------------------------------------------------------------------------------------- its owner


@command(sim, "top-up", show_sim)
@click.argument("iccid")
def top_up(emulator: "EmulatorClient", iccid: str) -> "Card":
    """Add the volume of one top-up, without an order."""
    return emulator.sim(iccid).top_up()


@command(sim, "reset-connection", show_sim)
@click.argument("iccid")
def reset_connection(emulator: "EmulatorClient", iccid: str) -> "Card":
    """Disconnect the device from the network; it reconnects by itself."""
    return emulator.sim(iccid).reset_connection()


def show_events(found: "Sequence[SimEvent]") -> str:
    return rows("TIME SEVERITY EVENT", [(moment(one.at), one.severity, one.description) for one in found], "No events.")


@command(sim, "make-event", lambda it: show_events([it]))
@click.argument("iccid")
@click.argument("type")
@click.option("--operator", help="Visited network, if not the device's: its name, or its MCC and MNC.")
@click.option(
    "--data",
    metavar="JSON",
    callback=read_object,
    help='Values of the event, such as \'{"cause": "QUOTA_EXHAUSTED"}\'.',
)
def make_event(emulator: "EmulatorClient", iccid: str, type: str, **how: Any) -> "SimEvent":
    """Record an event of TYPE, such as vpn-authenticated, without its usual cause."""
    return emulator.sim(iccid).make_event(type, **how)


@command(sim, "events", show_events)
@click.argument("iccid")
@click.option("--limit", metavar="N", type=click.IntRange(1, 1000), help="Show only the N newest.")
def events(emulator: "EmulatorClient", iccid: str, limit: int | None) -> "list[SimEvent]":
    """Show the events of a SIM, newest first."""
    return emulator.sim(iccid).events(limit)
