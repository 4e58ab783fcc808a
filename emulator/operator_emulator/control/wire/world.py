"""The world as a whole in JSON: its clock, jobs, snapshots and organisations."""

from typing import Any

from operator_emulator.control.wire.values import show_time
from operator_emulator.core.customers import quotas
from operator_emulator.core.customers.model import Organisation
from operator_emulator.core.world.model import Job, Way
from operator_emulator.core.world.world import World
from operator_emulator.store import Snapshot


def show_clock(world: World) -> dict[str, Any]:
    clock = world.clock
    return {
        "now": show_time(world.now),
        "mode": "real" if clock.rate else "manual",
        "speed": clock.rate,
        "jobs": world.jobs.count(),
    }


def show_job(job: Job) -> dict[str, Any]:
    return {"id": job.id, "due": show_time(job.due), "kind": job.kind, "about": job.about}


def show_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "name": snapshot.name,
        "saved": show_time(snapshot.saved),
        "now": show_time(snapshot.now),
        "sims": snapshot.sims,
        "octets": snapshot.octets,
    }


def show_organisation(world: World, organisation: Organisation) -> dict[str, Any]:
    pushed = [one.url for one in world.subscriptions.find(organisation=organisation.id) if one.way is Way.FORWARDER]
    return {
        "id": organisation.id,
        "name": organisation.name,
        "parent": organisation.parent,
        "forwarder": pushed[0] if pushed else None,
        "seed": organisation.seed,
        "sim_count": world.sims.count(organisation=organisation.id),
        "limits": {name: limit.amount for name, limit in quotas.limits_of(organisation).items()},
    }
