"""Partners: what they may see, and which SIM an identifier names (P§2.5, 3.1)."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from operator_emulator.core.customers.model import Sim, SimState
from operator_emulator.core.network.model import PdpContext
from operator_emulator.core.partners.model import (
    IDENTIFIED,
    ON_AIR,
    Contract,
    ContractState,
    DataSession,
    Partner,
    PartnerCaller,
    Restriction,
)
from operator_emulator.core.world.errors import (
    ForeignPartner,
    Malformed,
    ReadOnly,
    UnknownIdentifier,
)
from operator_emulator.core.world.world import Prefix, World

# The identifiers of a SIM and their names in sentences (P§3.1).
IDENTIFIERS: Final[Mapping[str, str]] = MappingProxyType(
    {"iccid": "ICCID", "euiccid": "eUICCID", "imsi": "IMSI", "imei": "IMEI", "msisdn": "MSISDN"}
)


def visible_partners(world: World, partner: str, subunits: tuple[str, ...]) -> tuple[str, ...]:
    """The partners that an application may see: its own with all subunits, or only certain subunits."""
    if subunits:
        return subunits
    return (partner, *(one.id for one in world.partners.find(parent=partner)))


def scope(world: World, caller: PartnerCaller, partner: str, *, changes: bool = False) -> tuple[str, ...]:
    """The partners whose SIMs a request for *partner* may reach: itself and its subunits.

    Raises ForeignPartner, and ReadOnly if the request *changes* something and the application may not.
    """
    if partner not in visible_partners(world, caller.partner, caller.subunits):
        raise ForeignPartner(partner)
    if changes and caller.read_only:
        raise ReadOnly(caller.client_id)
    return (partner, *(one.id for one in world.partners.find(parent=partner)))


def state_counts(world: World, caller: PartnerCaller, partner: str) -> tuple[Partner, dict[ContractState, int]]:
    """The partner, and the number of its SIMs in each state (P§3.2)."""
    within = scope(world, caller, partner)
    row = named(world, partner)
    counts = {state: world.contracts.count(partner=within, state=state) for state in ContractState}
    return row, counts


def page(
    world: World,
    caller: PartnerCaller,
    partner: str,
    *,
    offset: int,
    limit: int,
    identifier: Mapping[str, str] | None = None,
    state: ContractState | None = None,
) -> tuple[list[tuple[Contract, Sim]], int]:
    """A page of a partner's SIMs in the order in which they were added, and the number of all."""
    within = scope(world, caller, partner)
    if identifier:
        matches = [one for one in matching(world, within, identifier) if state is None or one.state is state]
        return with_sims(world, matches[offset : offset + limit]), len(matches)
    conditions = {"partner": within} if state is None else {"partner": within, "state": state}
    rows = world.contracts.find(order="position", offset=offset, limit=limit, **conditions)
    return with_sims(world, rows), world.contracts.count(**conditions)


def with_sims(world: World, contracts: Iterable[Contract]) -> list[tuple[Contract, Sim]]:
    """Each contract with its SIM. The contract of a SIM that was deleted at the end of its life stays (D§12.4)."""
    return [(contract, sim) for contract in contracts if (sim := world.sims.get(contract.iccid)) is not None]


def sim_of(world: World, contract: Contract) -> Sim:
    sim = world.sims.get(contract.iccid)
    assert sim is not None, "a contract is about a SIM"
    return sim


def show(world: World, caller: PartnerCaller, partner: str, identifier: Mapping[str, str]) -> tuple[Contract, Sim]:
    """The one SIM that *identifier* names. Raises UnknownIdentifier; Malformed if several have it (an IMEI, P§3.1)."""
    found = with_sims(world, matching(world, scope(world, caller, partner), identifier))
    kind, value = next(iter(identifier.items()))
    if not found:
        raise UnknownIdentifier(value, kind)
    if len(found) > 1:
        raise Malformed(kind, "matches several SIMs")
    return found[0]


def matching(world: World, within: tuple[str, ...], identifier: Mapping[str, str]) -> list[Contract]:
    """The contracts that have all given identifiers, as far as their states show them (P§4.1)."""
    found: dict[str, Contract] | None = None
    for kind, value in identifier.items():
        these = {one.iccid: one for one in carrying(world, kind, value) if one.partner in within}
        found = these if found is None else {key: one for key, one in found.items() if key in these}
    return list((found or {}).values())


def carrying(world: World, kind: str, value: str) -> list[Contract]:
    """Contracts by one identifier. The first 14 digits of an IMEI or IMEISV decide (P§9)."""
    if kind == "iccid":
        keys = [value]
    elif kind == "euiccid":
        keys = [one.iccid for one in world.contracts.find(euiccid=value)]
    elif kind == "imsi":
        keys = [one.iccid for one in world.sims.find(imsi=value)]
    elif kind == "msisdn":
        keys = [one.iccid for one in world.sims.find(msisdn=value.removeprefix("+"))]
    else:
        keys = [one.iccid for one in world.sims.find(imei=Prefix(value[:14]))]
    contracts = (world.contracts.get(key) for key in keys if world.sims.get(key) is not None)
    shown = kind in ("iccid", "euiccid")
    return [one for one in contracts if one is not None and (shown or one.state in IDENTIFIED)]


def named(world: World, partner: str) -> Partner:
    """Raises ForeignPartner."""
    row = world.partners.get(partner)
    if row is None:
        raise ForeignPartner(partner)
    return row


def main_of(world: World, partner: str) -> str:
    """The partner itself, or its main partner if it is a subunit."""
    row = world.partners.get(partner)
    return row.parent if row is not None and row.parent else partner


def books(world: World, partner: str, service: str) -> bool:
    """Whether an optional service is booked (P§1). A subunit has what its partner has."""
    main = world.partners.get(main_of(world, partner))
    return main is not None and service in main.booked


# --------------------------------------------------------------------------------------------- the network's side


def apn_of(world: World, contract: Contract) -> str:
    """The APN that the SIM uses."""
    key = contract.profiles.get("apn")
    profile = world.profiles.get(key) if key is not None else None
    return profile.apn if profile is not None and profile.apn else world.policy.portal_apn


def ip_address_of(world: World, contract: Contract, sim: Sim) -> str:
    """The SIM's address at its APN, which may be a static one."""
    return contract.static_ips.get(apn_of(world, contract), sim.ip_address)


def data_restricted(world: World, iccid: str) -> bool:
    """Whether the SIM has a contract that allows it no data session (P§4.1)."""
    contract = world.contracts.get(iccid)
    if contract is None:
        return False
    here = contract.apn_restrictions.get(apn_of(world, contract))
    return Restriction.DATA in (contract.restriction, here)


def follow(world: World, sim: Sim) -> None:
    """Adapt the contract after the management API has enabled or disabled the SIM (assumed)."""
    contract = world.contracts.get(sim.iccid)
    if contract is None:
        return
    if sim.state is SimState.ACTIVATED:
        if contract.state is ContractState.INACTIVE:
            contract = replace(contract, activated=world.now)
        if contract.state in (ContractState.INACTIVE, ContractState.SUSPENDED, ContractState.BLOCKED):
            world.contracts.put(replace(contract, state=state_on_air(contract), previous_state=None))
    elif contract.state in ON_AIR:
        world.contracts.put(replace(contract, state=ContractState.SUSPENDED, previous_state=contract.state))


def state_on_air(contract: Contract) -> ContractState:
    """Active if a binding period has begun, otherwise Test."""
    return ContractState.ACTIVE if contract.binding_start else ContractState.TEST


def session_of(world: World, contract: Contract, sim: Sim, pdp: PdpContext) -> DataSession:
    """The record of a data session that ends now."""
    return DataSession(
        id=pdp.id,
        iccid=sim.iccid,
        opened=pdp.opened,
        closed=world.now,
        ip_address=ip_address_of(world, contract, sim),
        apn=apn_of(world, contract),
        rat=int(sim.device.rat),
        network=None if sim.device.network is None else sim.device.network.name,
        octets_tx=pdp.octets_tx,
        octets_rx=pdp.octets_rx,
        reason=contract.reason,
    )
