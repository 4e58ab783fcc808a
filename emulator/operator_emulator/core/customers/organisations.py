"""Create, reset and remove organisations while the world runs, for example one for each test."""

from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from operator_emulator.core import outbox
from operator_emulator.core.customers import sims
from operator_emulator.core.customers.model import (
    OCTETS_PER_MB,
    CoreNetwork,
    Organisation,
    Quota,
    Role,
    Sim,
    SimState,
    User,
)
from operator_emulator.core.tester import organisation_snapshot
from operator_emulator.core.tester.organisation_snapshot_model import OrganisationSnapshot
from operator_emulator.core.world.errors import Malformed, UnknownOrganisation
from operator_emulator.core.world.model import EventType, Fate, Subscription, Way
from operator_emulator.core.world.world import World

FIRST_ID: Final = 100_001  # above the ids that fixtures usually choose
FORWARDED: Final = (EventType.MO_RECEIVED, EventType.SMS_DELIVERED, EventType.SMS_FAILED, EventType.SMS_EXPIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A new organisation. Omitted values get unique defaults."""

    id: int | None = None
    name: str | None = None
    username: str | None = None
    password: str | None = None
    url: str | None = None  # of its forwarder
    sims: int = 0
    seed: int | None = None


def create(world: World, wanted: Wanted) -> OrganisationSnapshot:
    """Create an organisation with a user, and with SIMs that are activated, have full volumes and are offline.

    No events are recorded. A snapshot is kept for ``reset``. Raises Malformed for an id or user name that is taken.
    """
    id = next_id(world) if wanted.id is None else wanted.id
    if world.organisations.get(id) is not None:
        raise Malformed("id", f"{id} is already in use; choose another one")
    username = wanted.username or f"org-{id}"
    if world.users.get(username) is not None:
        raise Malformed("username", f"{username} is already in use; choose another one")
    password = wanted.password or secret(world, f"password of {username}")
    world.organisations.put(
        Organisation(
            id=id,
            name=wanted.name or f"Organisation {id}",
            customer_number=f"8101{id % 10_000:04}",  # 8 digits (D§15)
            seed=wanted.seed,
        )
    )
    world.users.put(User(username=username, password=password, organisation=id, role=Role.API))
    if wanted.url is not None:
        forward(world, id, wanted.url)
    for _ in range(wanted.sims):
        activated(world, sims.new(world, organisation=id))
    return world.organisation_snapshots.put(organisation_snapshot.gather(world, id))


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedSim:
    """A new SIM; *data_left* is in octets. Omitted volumes are full."""

    label: str | None = None
    core: CoreNetwork = CoreNetwork.PLATFORM_1
    state: SimState = SimState.ACTIVATED
    data_left: int | None = None
    sms_left: int | None = None


def add_sim(world: World, id: int, wanted: WantedSim) -> Sim:
    """Add a SIM, which is offline. A reset of the organisation removes it. Raises UnknownOrganisation."""
    if world.organisations.get(id) is None:
        raise UnknownOrganisation(id)
    sim = sims.new(world, organisation=id, label=wanted.label, core=wanted.core)
    if wanted.state is SimState.ISSUED:
        return sim
    sim = activated(world, sim)
    return world.sims.put(
        replace(
            sim,
            state=wanted.state,
            data_quota=with_left(sim.data_quota, wanted.data_left),
            sms_quota=with_left(sim.sms_quota, wanted.sms_left),
        )
    )


def with_left(quota: Quota | None, left: int | None) -> Quota | None:
    """The quota with *left* remaining. Its total grows if that is less than *left*."""
    if quota is None or left is None:
        return quota
    return replace(quota, volume=left, total=max(left, quota.total))


def next_id(world: World) -> int:
    while True:
        id = FIRST_ID - 1 + world.next_id("organisation")
        if world.organisations.get(id) is None:
            return id


def secret(world: World, about: str) -> str:
    """A text that looks random, and is the same in the same world."""
    return f"{int(world.roll(about) * 2**60):015x}"


def forward(world: World, id: int, url: str | None) -> None:
    """Set the URL of the organisation's forwarder, or remove the forwarder. Raises UnknownOrganisation.

    Notifications that are still owed go to the new URL, or are given up.
    """
    if world.organisations.get(id) is None:
        raise UnknownOrganisation(id)
    key = f"forwarder-{id}"
    if url is not None:
        world.subscriptions.put(Subscription(id=key, organisation=id, way=Way.FORWARDER, wants=FORWARDED, url=url))
        return
    for notification in world.notifications.find(subscription=key, fate=Fate.OWED):
        outbox.finish(world, replace(notification, fate=Fate.GIVEN_UP))
    world.subscriptions.delete(key)


def activated(world: World, sim: Sim) -> Sim:
    """Activate a SIM now, with full volumes and without events."""
    now = world.now.replace(microsecond=0)
    data, messages = world.policy.data_quota_mb * OCTETS_PER_MB, world.policy.sms_quota
    return world.sims.put(
        replace(
            sim,
            state=SimState.ACTIVATED,
            activated=now,
            expires=sims.end_of_life(world, now),
            data_quota=Quota(volume=data, total=data, last_added=data, changed=now, created=now),
            sms_quota=Quota(volume=messages, total=messages, last_added=messages, changed=now, created=now),
        )
    )


def remove(world: World, id: int) -> None:
    """Remove an organisation and all that it has. Its sub-organisations lose their parent.

    Raises UnknownOrganisation.
    """
    organisation_snapshot.remove(world, id)
    for child in world.organisations.find(parent=id):
        world.organisations.put(replace(child, parent=None))
    world.organisation_snapshots.delete(id)


def reset(world: World, id: int, planted: OrganisationSnapshot | None = None) -> OrganisationSnapshot:
    """Restore an organisation as it was created, or as the fixture has it: *planted*. Time goes on.

    Raises UnknownOrganisation, also if there is no such snapshot.
    """
    snapshot = world.organisation_snapshots.get(id) or planted
    if snapshot is None:
        raise UnknownOrganisation(id)
    if world.organisations.get(id) is not None:
        organisation_snapshot.remove(world, id, [sim.iccid for sim in snapshot.sims])
    for user in snapshot.users:
        if world.users.get(user.username) is not None:
            raise Malformed("username", f"{user.username} now belongs to another organisation")
    organisation_snapshot.put(world, snapshot)
    return snapshot
