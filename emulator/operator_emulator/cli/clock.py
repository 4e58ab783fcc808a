"""The world's time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from operator_emulator.cli.command import DefaultCommandGroup, command
from operator_emulator.cli.options import read_duration, read_instant
from operator_emulator.cli.output import count, moment, rows

if TYPE_CHECKING:
    from operator_emulator.client import Advanced, EmulatorClient, Job, Time


@click.group(cls=DefaultCommandGroup)
def clock() -> None:
    """Show and advance the emulator's clock."""


def show_clock(time: "Time") -> str:
    pace = "manual clock" if time.mode == "manual" else f"real clock, speed {time.speed:g}"
    return f"It is {moment(time.now)} UTC ({pace}); {count(time.jobs, 'job')} scheduled."


@command(clock, "show", show_clock)
def show(emulator: "EmulatorClient") -> "Time":
    """Show the time, and whether the clock runs by itself."""
    return emulator.clock.show()


@command(clock, "advance", lambda it: f"It is {moment(it.now)} UTC; {count(it.jobs_run, 'job')} ran.")
@click.argument("duration", callback=read_duration, required=False)
@click.option("--to", metavar="TIME", callback=read_instant, help="Advance to this time, such as 2026-01-31T12:00:00Z.")
@click.option(
    "--until", type=click.Choice(["next-job", "idle"]), help="Advance to the next job, or until none is left."
)
def advance(emulator: "EmulatorClient", duration: float | None, to: datetime | None, until: Any) -> "Advanced":
    """Advance the clock by DURATION, such as 90, 90s, 2h30m or 1d12h.

    The command returns when everything due in that time has happened, callbacks included.
    """
    if [duration, to, until].count(None) != 2:
        raise click.UsageError("give exactly one of DURATION, --to and --until")
    return emulator.clock.advance(timedelta(seconds=duration or 0), to=to, until=until)


@command(clock, "set", show_clock)
@click.option(
    "--mode", type=click.Choice(["manual", "real"]), help="manual: only you advance it; real: it runs by itself."
)
@click.option("--speed", type=float, help="Speed of the clock: 60 makes each real second a minute.")
@click.option("--now", metavar="TIME", callback=read_instant, help="Move the clock forward to this time.")
def set_clock(emulator: "EmulatorClient", mode: Any, speed: float | None, now: datetime | None) -> "Time":
    """Set the clock's mode, speed or time."""
    if mode is None and speed is None and now is None:
        raise click.UsageError("give --mode, --speed or --now")
    return emulator.clock.set(mode, speed=speed, now=now)


def show_jobs(found: "Sequence[Job]") -> str:
    return rows(
        "ID DUE KIND ABOUT",
        [(job.id, moment(job.due), job.kind, job.about) for job in found],
        "No jobs scheduled.",
    )


@command(clock, "jobs", show_jobs)
def jobs(emulator: "EmulatorClient") -> "list[Job]":
    """List the scheduled jobs."""
    return emulator.clock.jobs()
