"""The queue of jobs: what will happen by itself, and when."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from operator_emulator.core.world.model import Job, JobKind
from operator_emulator.core.world.world import World

PAGE: Final = 64  # jobs that are looked at in one go


def at(world: World, due: datetime, kind: JobKind, about: int | str = "") -> Job:
    """Let the verb that ``jobs.JOBS`` knows as *kind* run at *due*, with *about*."""
    return world.jobs.put(Job(world.next_id("job"), due, kind, str(about)))


def cancel(world: World, kind: JobKind, about: int | str = "") -> None:
    """Take back every job of that kind about that row; none is fine."""
    for job in world.jobs.find(kind=kind, about=str(about)):
        world.jobs.delete(job.id)


def drop(world: World, id: int) -> None:
    """Take back one job, by its id; the job itself is not looked at."""
    world.jobs.delete(id)


def first(world: World) -> Job | None:
    """The job that is due first."""
    found = world.jobs.find(order="due", limit=1)
    return found[0] if found else None


def next_due(world: World, but: Collection[str] = ()) -> datetime | None:
    """When the first job is due, of those whose kind is none of *but*; now, if it is overdue."""
    offset = 0
    while page := world.jobs.find(order="due", offset=offset, limit=PAGE if but else 1):
        for job in page:
            if job.kind not in but:
                return max(job.due, world.now)
        offset += PAGE
    return None
