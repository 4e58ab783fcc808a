"""Events of the portal's streams on demand, with plausible defaults; the tester's overrides go over what is sent."""

from collections.abc import Mapping
from typing import Any

from operator_emulator.core.customers.model import Sim
from operator_emulator.core.partners import actions, applications, partners
from operator_emulator.core.partners.model import Barring, Contract, PoolType, Restriction
from operator_emulator.core.partners.notices import (
    ActionDone,
    CostLimitNotice,
    Notice,
    PoolLimitNotice,
    ProfileNotice,
    TransferNotice,
)
from operator_emulator.core.world import events
from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.model import Event, EventType
from operator_emulator.core.world.world import World


def make(world: World, about: str, partner: str, overrides: Mapping[str, Any], transaction: str | None = None) -> Event:
    """Record an event of the type *about*; *overrides* go over its data as a surface sends them, unchecked.

    With *transaction*, an event of ``simaction.v1`` is a notice of that SIM transfer. Raises Malformed for an unknown
    type or partner, and if the event is about a SIM and the partner has none.
    """
    if world.partners.get(partner) is None:
        raise Malformed("partner", f"{partner} is unknown")
    if about not in applications.STREAMS:
        raise Malformed("type", f"must be one of {', '.join(applications.STREAMS)}")
    overrides = dict(overrides)
    if about == "poollimitnotification.v1":
        return of_pool(world, partner, overrides)
    if about == "simaction.v1":
        return of_action(world, partner, overrides, transaction)
    contract, sim = some_sim(world, partner)
    return (of_profile if about == "profilenotification.v1" else of_costs)(world, contract, sim, partner, overrides)


def of_action(world: World, partner: str, overrides: dict[str, Any], transaction: str | None) -> Event:
    """About the partner's newest action, or a new signup id."""
    newest = world.actions.find(partner=partner, order="-created", limit=1)
    signup = newest[0].id if newest else actions.next_signup(world)
    if transaction is None:
        return events.record(
            world, EventType.SIM_ACTION_DONE, partner=partner, payload=ActionDone(signup=signup, overrides=overrides)
        )
    name = partners.named(world, partner).name
    return events.record(
        world,
        EventType.SIM_TRANSFER_NOTICE,
        partner=partner,
        payload=TransferNotice(
            notice=Notice.COMPLETED,
            signup=signup,
            transaction=transaction,
            sender=name,
            receiver=name,
            overrides=overrides,
        ),
    )


def of_pool(world: World, partner: str, overrides: dict[str, Any]) -> Event:
    """About the partner's first pool, or one that it might have."""
    pools = world.pools.find(partner=partners.main_of(world, partner), order="position", limit=1)
    return events.record(
        world,
        EventType.POOL_LIMIT_NOTICE,
        partner=partner,
        payload=PoolLimitNotice(
            pool=pools[0].name if pools else "Data Pool",
            offering_name=pools[0].offering_name if pools else "M2M Pool",
            offering_id=pools[0].offering_id if pools else 800206106,
            counted=PoolType.DATA,
            level=1,
            limit=50.0,
            overrides=overrides,
        ),
    )


def of_profile(world: World, contract: Contract, sim: Sim, partner: str, overrides: dict[str, Any]) -> Event:
    """As published: six sessions where five are allowed (P§5.2)."""
    return events.record(
        world,
        EventType.PROFILE_NOTICE,
        sim,
        partner=partner,
        payload=ProfileNotice(
            restriction=Restriction.NONE,
            barring=Barring.SESSION,
            level=2,
            allowed="5",
            detected="6",
            unit="sessions",
            overrides=overrides,
        ),
    )


def of_costs(world: World, contract: Contract, sim: Sim, partner: str, overrides: dict[str, Any]) -> Event:
    return events.record(
        world,
        EventType.COST_LIMIT_NOTICE,
        sim,
        partner=partner,
        payload=CostLimitNotice(
            euiccid=contract.euiccid,
            msisdn=sim.msisdn,
            offering_name=contract.offering_name,
            offering_id=contract.offering_id,
            level=1,
            limit=25,
            profile_name="Cost Limit Profile",
            profile_id=708529655,
            overrides=overrides,
        ),
    )


def some_sim(world: World, partner: str) -> tuple[Contract, Sim]:
    """The partner's first SIM, which the overrides may replace."""
    found = partners.with_sims(world, world.contracts.find(partner=partner, order="position", limit=1))
    if not found:
        raise Malformed("partner", f"{partner} has no SIM that the event could be about")
    return found[0]
