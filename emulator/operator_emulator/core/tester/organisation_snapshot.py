"""OrganisationSnapshot: everything in the world that is of one organisation. Gathered, removed, and put back."""

from collections.abc import Iterable
from typing import Any, Final

from operator_emulator.core.network import behaviours
from operator_emulator.core.tester.organisation_snapshot_model import OrganisationSnapshot
from operator_emulator.core.world import schedule
from operator_emulator.core.world.errors import UnknownOrganisation
from operator_emulator.core.world.model import JobKind
from operator_emulator.core.world.world import Table, World

# Which field is the key of the rows of each kind; the fields of OrganisationSnapshot have the names of the tables.
KEYS: Final = {
    "users": "username",
    "sims": "iccid",
    "subscriptions": "id",
    "usage": "id",
    "sms": "id",
    "events": "id",
    "notifications": "id",
    "orders": "number",
    "cases": "id",
    "contracts": "iccid",
    "sessions": "id",
    "data_streams": "id",
    "usage_records": "id",
}
# What jobs are about.
ABOUT: Final = {
    "sms": (JobKind.SMSC_ATTEMPT, JobKind.SMSC_ACKNOWLEDGE, JobKind.SMSC_EXPIRE, JobKind.BEHAVIOURS_REPLY),
    "notifications": (JobKind.OUTBOX_ATTEMPT, JobKind.OUTBOX_GIVE_UP),
    "orders": (JobKind.ORDERS_PAY, JobKind.ORDERS_COMPLETE),
    "data_streams": (JobKind.DATA_STREAMS_SEND,),
    "sims": (JobKind.DEVICE_REATTACH, JobKind.PROFILES_CHECK, JobKind.PROFILES_BEGIN_MONTH),
}


def find(world: World, id: int) -> OrganisationSnapshot | None:
    """Everything that is of an organisation, if there is one."""
    return None if world.organisations.get(id) is None else gather(world, id)


def gather(world: World, id: int, more: Iterable[str] = ()) -> OrganisationSnapshot:
    """Everything that is of an organisation, and everything about *more* cards. Raises UnknownOrganisation."""
    organisation = world.organisations.get(id)
    if organisation is None:
        raise UnknownOrganisation(id)
    sims = world.sims.find(organisation=id, order="position")
    elsewhere = (world.sims.get(iccid) for iccid in more)
    sims += [sim for sim in elsewhere if sim is not None and sim.organisation != id]
    cards = [sim.iccid for sim in sims]
    found: dict[str, list[Any]] = {
        "users": world.users.find(organisation=id),
        "sims": sims,
        "subscriptions": world.subscriptions.find(organisation=id),
        "usage": of_each(world.usage, cards),
        "sms": of_each(world.sms, cards),
        "events": sorted_by_id([*world.events.find(organisation=id), *of_each(world.events, cards)]),
        "notifications": world.notifications.find(organisation=id, order="id"),
        "orders": world.orders.find(organisation=id, order="number"),
        "cases": world.cases.find(organisation=id, order="id"),
        "contracts": [contract for iccid in cards if (contract := world.contracts.get(iccid)) is not None],
        "sessions": of_each(world.sessions, cards),
        "data_streams": world.data_streams.find(organisation=id, order="id"),
        "usage_records": sorted_by_id(of_each(world.usage_records, cards)),
    }
    jobs = [
        job
        for kind, names in ABOUT.items()
        for row in found[kind]
        for name in names
        for job in world.jobs.find(kind=name, about=str(getattr(row, KEYS[kind])))
    ]
    jobs.sort(key=lambda job: (job.due, job.id))
    rows = {kind: tuple(rows) for kind, rows in found.items()}
    return OrganisationSnapshot(id=id, organisation=organisation, jobs=tuple(jobs), **rows)


def of_each(table: Table[Any], cards: Iterable[str]) -> list[Any]:
    return [row for iccid in cards for row in table.find(iccid=iccid)]


def sorted_by_id(rows: Iterable[Any]) -> list[Any]:
    """Each row once, by its id."""
    return [row for _, row in sorted({row.id: row for row in rows}.items())]


def remove(world: World, id: int, cards: Iterable[str] = ()) -> OrganisationSnapshot:
    """Remove an organisation with everything in it, and everything about *cards*. Raises UnknownOrganisation."""
    belongings = gather(world, id, cards)
    for job in belongings.jobs:
        world.jobs.delete(job.id)
    for kind, key in KEYS.items():
        table: Table[Any] = getattr(world, kind)
        for row in getattr(belongings, kind):
            table.delete(getattr(row, key))
    for sim in belongings.sims:
        behaviours.stop(world, sim.iccid)
    for user in belongings.users:
        for token in world.tokens.find(username=user.username):
            world.tokens.delete(token.digest)
    forget_pending(world, id)
    forget_hindrances(world, id)
    world.organisations.delete(id)
    return belongings


def forget_pending(world: World, id: int) -> None:
    """Drop the bulk changes and transfers of an organisation that are not applied yet."""
    for batch in world.batches.find():
        if batch.organisation == id:
            schedule.cancel(world, JobKind.SIMS_APPLY_BATCH, batch.id)
            world.batches.delete(batch.id)
    for transfer in world.transfers.find():
        if id in (transfer.source, transfer.target):
            schedule.cancel(world, JobKind.SIMS_COMPLETE_TRANSFER, transfer.id)
            world.transfers.delete(transfer.id)


def forget_hindrances(world: World, id: int) -> None:
    """Drop the faults and the state of the rate limits that concern an organisation alone."""
    for fault in world.faults.find():
        if fault.match.get("organisation") == id:
            world.faults.delete(fault.id)
    for bucket in world.buckets.find(organisation=id):
        world.buckets.delete(bucket.id)


def put(world: World, belongings: OrganisationSnapshot) -> None:
    """Put an organisation back as it was when it was gathered. None of it may be there any more."""
    world.organisations.put(belongings.organisation)
    for kind in KEYS:
        table: Table[Any] = getattr(world, kind)
        for row in getattr(belongings, kind):
            table.put(row)
    for job in belongings.jobs:
        schedule.at(world, job.due, JobKind(job.kind), job.about)
