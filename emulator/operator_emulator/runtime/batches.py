"""Batches: some due jobs in one transaction."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from operator_emulator.core.world import clock, jobs, schedule
from operator_emulator.core.world.model import Job, Push
from operator_emulator.core.world.world import World
from operator_emulator.store import DamagedRow, StoreFailure

Aim = Callable[[World], datetime | None]
"""The instant to which time is to go; None if it is to stay."""

BATCH_JOBS: Final = 64  # in one transaction
BATCH_SECONDS: Final = 0.01  # of one transaction of jobs; the job that exceeds it is its last


@dataclass(frozen=True, slots=True)
class Batch:
    """Jobs that ran in one transaction. *over*: no further job is due, and time is where it was to go."""

    ran: int
    over: bool
    outgoing: Sequence[Push] = ()


class JobFailed(Exception):
    """A job has a bug, or is about a row that is damaged. Its *key* is enough to drop it."""

    def __init__(self, key: Any) -> None:
        super().__init__(f"job {key}")
        self.key = key


def run_batch(world: World, aim: Aim | None, again: bool, under_way: Collection[int], most: int) -> Batch:
    """Run jobs as far as *aim* says, *most* of them, and for no longer than BATCH_SECONDS if there are several.

    It ends after an instant in which something is to be sent. Without *aim* the jobs run that are due now.
    """
    end = time.perf_counter() + BATCH_SECONDS
    outgoing: list[Push] = []
    ran = 0
    target = None if aim is None else aim(world)
    while aim is None or target is not None:
        if ran == most or (ran and time.perf_counter() > end):
            return Batch(ran, False, outgoing)
        job = schedule.first(world)
        if outgoing and (job is None or job.due > world.now):
            return Batch(ran, False, outgoing)
        if job is not None and job.due <= (target or world.now):
            if target is not None:
                clock.move_to(world, job.due)
            sent = run_job(world, job, under_way)
            ran += 1
            if sent is not None:
                outgoing.append(sent)
        elif aim is None or target is None:
            break
        else:
            clock.move_to(world, target)
            target = aim(world) if again else None
    return Batch(ran, True, outgoing)


def run_job(world: World, job: Job, under_way: Collection[int]) -> Push | None:
    """Raises JobFailed where it is the job that fails and not the store."""
    try:
        return jobs.run(world, job, under_way)
    except Exception as error:
        if isinstance(error, StoreFailure) and not isinstance(error, DamagedRow):
            raise
        raise JobFailed(job.id) from error
