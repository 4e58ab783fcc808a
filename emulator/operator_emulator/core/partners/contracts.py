"""How partners get SIMs: from a fixture, and by ordering them (P§3.3)."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from msgspec.structs import replace

from operator_emulator.core.customers import quotas, sims
from operator_emulator.core.customers.model import Sim, SimState
from operator_emulator.core.network import numbering
from operator_emulator.core.partners import partners
from operator_emulator.core.partners.model import ON_AIR, Contract, ContractState, PartnerCaller, PartnerOrder
from operator_emulator.core.world import schedule
from operator_emulator.core.world.calendar import add_months
from operator_emulator.core.world.errors import Malformed
from operator_emulator.core.world.model import JobKind
from operator_emulator.core.world.world import World

FIRST_ORDER: Final = 500000001  # assumed
# The first ICCID of ordered cards, in a part of the German plan that fixtures leave free.
ORDERED_FROM: Final = int(numbering.GERMANY.iccid + "09900000")


@dataclass(frozen=True, slots=True)
class Material:
    """A kind of SIM that can be ordered, and its minimum order quantity. All of it is assumed (P§3.3)."""

    id: str
    minimum: int
    sim_type: str


MATERIALS: Final = MappingProxyType(
    {
        one.id: one
        for one in (
            Material("M2M-PLUGIN", 10, "PHYSICAL"),
            Material("M2M-MFF2", 100, "PHYSICAL"),
            Material("M2M-ESIM", 1, "VIRTUAL"),
        )
    }
)


def sign(
    world: World,
    /,
    partner: str,
    iccid: str,
    state: ContractState = ContractState.INACTIVE,
    *,
    organisation: int | None = None,
    **more: Any,
) -> Contract:
    """Make a contract for a SIM, and the SIM if there is none; *more* are further fields of ``Contract``.

    The SIM is in the network or not, as the state demands, without any event. If it belongs to an organisation, it gets
    the volumes of a first activation. Raises Malformed if the SIM has a contract already.
    """
    if world.contracts.get(iccid) is not None:
        raise Malformed("iccid", f"{iccid} already has a contract")
    sim = world.sims.get(iccid) or sims.new(world, organisation=organisation, iccid=iccid)
    now = world.now
    used = state not in (ContractState.ORDERED, ContractState.INACTIVE)
    productive = used and state is not ContractState.TEST
    defaults: dict[str, Any] = {
        "activated": now if used else None,
        "binding_start": now if productive else None,
        "binding_end": add_months(now, world.policy.binding_months) if productive else None,
        "previous_state": ContractState.ACTIVE if state in (ContractState.SUSPENDED, ContractState.BLOCKED) else None,
    }
    sim = world.sims.put(placed(world, sim, state, used=used))
    if used and sim.organisation is not None and sim.data_quota is None:
        quotas.top_up(world, sim, world.policy.data_quota_mb, world.policy.sms_quota)
    return world.contracts.put(
        Contract(iccid=iccid, partner=partner, position=world.next_id("contract"), state=state, **{**defaults, **more})
    )


def placed(world: World, sim: Sim, state: ContractState, *, used: bool) -> Sim:
    """The SIM, in the state that corresponds to the state of its contract."""
    if not used:
        return sim
    activated = sim.activated or world.now
    network = SimState.ACTIVATED if state in ON_AIR else SimState.SUSPENDED
    return replace(sim, state=network, activated=activated, expires=sim.expires or sims.end_of_life(world, activated))


# --------------------------------------------------------------------------------------------- ordering


def order(
    world: World,
    caller: PartnerCaller,
    partner: str,
    material: str,
    quantity: int,
    delivery_address: dict[str, str],
    *,
    override_minimum: bool = False,
) -> PartnerOrder:
    """Order SIM cards. They are Ordered at first, and in stock after ``policy.delivery_time``. Raises Malformed."""
    partners.scope(world, caller, partner, changes=True)
    kind = MATERIALS.get(material)
    if kind is None:
        raise Malformed("material", f"must be one of {', '.join(MATERIALS)}")
    if quantity < kind.minimum and not override_minimum:
        raise Malformed("quantity", f"must be greater than or equal to {kind.minimum}")
    if quantity > world.policy.action_max_sims:
        raise Malformed("quantity", f"must be less than or equal to {world.policy.action_max_sims}")
    iccids = tuple(
        sign(world, partner, next_iccid(world), ContractState.ORDERED, sim_type=kind.sim_type).iccid
        for _ in range(quantity)
    )
    placed = world.partner_orders.put(
        PartnerOrder(
            id=str(FIRST_ORDER + world.next_id("partner order") - 1),
            partner=partner,
            material=material,
            quantity=quantity,
            ordered=world.now,
            iccids=iccids,
            delivery_address=delivery_address,
        )
    )
    schedule.at(world, world.now + world.policy.delivery_time, JobKind.CONTRACTS_DELIVER, placed.id)
    return placed


def deliver(world: World, order_id: str) -> None:
    """Put the SIMs in stock. eSIMs get their activation codes (P§3.4: once the order has fully finished)."""
    order = world.partner_orders.get(order_id)
    assert order is not None, "an order stays"
    for iccid in order.iccids:
        contract = world.contracts.get(iccid)
        if contract is None or contract.state is not ContractState.ORDERED:
            continue
        code = activation_code(iccid) if contract.sim_type == "VIRTUAL" else None
        world.contracts.put(replace(contract, state=ContractState.INACTIVE, activation_code=code))
    world.partner_orders.put(replace(order, delivered=world.now))


def next_iccid(world: World) -> str:
    """The ICCID of the next card of the German plan that this world does not have, with its check digit."""
    while True:
        iccid = numbering.iccid_with_luhn(str(ORDERED_FROM + world.next_id("partner iccid")))
        if world.sims.get(iccid) is None:
            return iccid


def activation_code(iccid: str) -> str:
    """The code to download an eSIM with (GSMA SGP.22, 4.1), from a server that does not exist."""
    return f"LPA:1$smdp.example$EMULATED-{iccid[-9:]}"
