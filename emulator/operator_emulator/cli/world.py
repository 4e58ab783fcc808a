"""The whole world: reset, and snapshots."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from operator_emulator.cli.clock import show_clock
from operator_emulator.cli.command import command
from operator_emulator.cli.output import count, moment, rows

if TYPE_CHECKING:
    from operator_emulator.client import EmulatorClient, Snapshot, World


def show_world(world: "World") -> str:
    from operator_emulator.client import Time

    size = f"{count(world.sims, 'SIM')}, {count(world.organisations, 'organisation')}"
    return f"{size}. {show_clock(Time.read(world.clock))}"


@command(None, "reset", show_world)
def reset(emulator: "EmulatorClient") -> "World":
    """Reset everything to the initial world. Only snapshots are kept."""
    return emulator.reset()


@click.group()
def snapshot() -> None:
    """Save and restore the whole world."""


@command(snapshot, "save", lambda it: f"Saved as {it.name}: {count(it.sims, 'SIM')} at {moment(it.now)} UTC.")
@click.argument("name")
def save(emulator: "EmulatorClient", name: str) -> "Snapshot":
    """Save the whole world as the snapshot NAME."""
    return emulator.snapshots.save(name)


@command(snapshot, "restore", show_world)
@click.argument("name")
def restore(emulator: "EmulatorClient", name: str) -> "World":
    """Restore the world from the snapshot NAME."""
    return emulator.snapshots.restore(name)


def show_snapshots(found: "Sequence[Snapshot]") -> str:
    return rows(
        "NAME WORLD-TIME SAVED SIMS KB",
        [(one.name, moment(one.now), moment(one.saved), one.sims, one.octets // 1000) for one in found],
        "No snapshots.",
    )


@command(snapshot, "list", show_snapshots)
def list_snapshots(emulator: "EmulatorClient") -> "list[Snapshot]":
    """List the snapshots."""
    return emulator.snapshots.list()


@command(snapshot, "delete", lambda _: "Deleted.")
@click.argument("name")
def delete(emulator: "EmulatorClient", name: str) -> None:
    """Delete the snapshot NAME."""
    emulator.snapshots.discard(name)
