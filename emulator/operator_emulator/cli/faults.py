"""Faults: what goes wrong on purpose."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from operator_emulator.cli.command import command
from operator_emulator.cli.options import read_object
from operator_emulator.cli.output import compact, rows

if TYPE_CHECKING:
    from operator_emulator.client import EmulatorClient, Fault, FaultList


@click.group()
def faults() -> None:
    """Inject faults."""


def show_faults(found: "Sequence[Fault]", nothing: str = "") -> str:
    return rows(
        "ID NAME POINT CHANCE TIMES STRUCK MATCH EFFECT",
        [
            (
                one.id,
                one.name,
                one.point,
                one.probability,
                one.times,
                one.struck,
                compact(one.match),
                compact(one.effect),
            )
            for one in found
        ],
        nothing,
    )


def show_list(found: "FaultList") -> str:
    predefined = ", ".join(one["name"] for one in found.ready)
    return show_faults(found.faults, f"No active faults. Predefined: {predefined}")


@command(faults, "list", show_list)
def list_faults(emulator: "EmulatorClient") -> "FaultList":
    """List the active faults; --json adds the predefined ones."""
    return emulator.faults.show()


@command(faults, "add", lambda it: show_faults([it]))
@click.argument("name")
@click.option(
    "--point", type=click.Choice(["http", "network", "callback", "data-stream"]), help="Where the fault strikes."
)
@click.option("--match", metavar="JSON", callback=read_object, help='What it strikes, such as \'{"method": "POST"}\'.')
@click.option("--effect", metavar="JSON", callback=read_object, help="What it does, such as '{\"status\": 503}'.")
@click.option("--probability", type=click.FloatRange(0, 1), help="Probability that it strikes.")
@click.option("--times", type=click.IntRange(1), help="How many times it strikes; unlimited by default.")
def add(emulator: "EmulatorClient", name: str, **how: Any) -> "Fault":
    """Add a fault: NAME is a predefined one, or a name of your own with --point and --effect."""
    return emulator.faults.add(name, **how)


@command(faults, "remove", lambda _: "Removed.")
@click.argument("id", type=int)
def remove(emulator: "EmulatorClient", id: int) -> None:
    """Remove the fault with this ID."""
    emulator.faults.remove(id)


@command(faults, "clear", lambda _: "All faults removed.")
def clear(emulator: "EmulatorClient") -> None:
    """Remove all faults."""
    emulator.faults.clear()
