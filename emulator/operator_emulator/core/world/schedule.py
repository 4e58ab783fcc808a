"""The queue of jobs: what will happen by itself, and when."""

from datetime import datetime

from operator_emulator.core.world.model import Job, JobKind
from operator_emulator.core.world.world import World


def at(world: World, due: datetime, kind: JobKind, about: int | str = "") -> Job:
    """Let the verb that ``jobs.JOBS`` knows as *kind* run at *due*, with *about*."""
    return world.jobs.put(Job(world.next_id("job"), due, kind, str(about)))


def cancel(world: World, kind: JobKind, about: int | str = "") -> None:
    """Take back every job of that kind about that row; none is fine."""
    for job in world.jobs.find(kind=kind, about=str(about)):
        world.jobs.delete(job.id)


def next_due(world: World) -> datetime | None:
    """When the first job is due."""
    first = world.jobs.find(order="due", limit=1)
    return first[0].due if first else None


def take_due(world: World, until: datetime) -> Job | None:
    """Take the first job that is due at *until* or before out of the queue."""
    first = world.jobs.find(order="due", limit=1)
    if not first or first[0].due > until:
        return None
    world.jobs.delete(first[0].id)
    return first[0]
