"""Partners and their applications: who may see what, and which SIM is meant (P§2.5, 3.1)."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Final

from emulator.core import numbering
from emulator.core.errors import ForeignPartner, Malformed, ReadOnly, UnknownSim, UnknownUser, WrongPassword
from emulator.core.model import EventType, Sim, Subscription, Way
from emulator.core.partner_model import (
    IDENTIFIED,
    Application,
    Contract,
    ContractState,
    Partner,
    PartnerCaller,
)
from emulator.core.world import Prefix, World

IDENTIFIERS: Final = ("iccid", "euiccid", "imsi", "imei", "msisdn")

# The four event types, each with what it carries (P§5.1).
STREAMS: Final[Mapping[str, tuple[EventType, ...]]] = {
    "simaction.v1": (EventType.SIM_ACTION_DONE, EventType.SIM_TRANSFER_NOTICE),
    "profilenotification.v1": (EventType.PROFILE_NOTICE,),
    "poollimitnotification.v1": (EventType.POOL_LIMIT_NOTICE,),
    "costlimitnotification.v1": (EventType.COST_LIMIT_NOTICE,),
}
ENVIRONMENT: Final = "prod"  # assumed, for the hash of a subscription id (P§6.1)


def authenticate(world: World, client_id: str, secret: str) -> Application:
    """The application with these credentials. Raises UnknownUser or WrongPassword."""
    application = world.applications.get(client_id)
    if application is None:
        raise UnknownUser(client_id)
    if not hmac.compare_digest(application.client_secret.encode(), secret.encode()):
        raise WrongPassword(client_id)
    return application


def caller_of(world: World, client_id: str) -> PartnerCaller:
    """The caller that a verified token names. A deleted application's tokens stay valid until they expire (P§2.5),
    but there is nothing left that they could see: UnknownUser.
    """
    application = world.applications.get(client_id)
    if application is None:
        raise UnknownUser(client_id)
    return PartnerCaller(
        application.client_id,
        application.partner,
        application.read_only,
        application.subunits,
        ip_whitelist=application.ip_whitelist,
    )


def add_application(world: World, application: Application) -> Application:
    """Register an application; its four streams exist from now on, and carry what happens from now on (P§6.5)."""
    if len(application.ip_whitelist) > 10:
        raise Malformed("ip_whitelist", "holds more than ten addresses")
    partner = world.partners.get(application.partner)
    if partner is None:
        raise Malformed("partner", f"{application.partner} is unknown")
    world.applications.put(application)
    for about, wants in STREAMS.items():
        world.subscriptions.put(
            Subscription(
                id=stream_id(about, application.client_id),
                organisation=None,
                way=Way.STREAM,
                wants=wants,
                partner=application.partner,
                client_id=application.client_id,
                covers=visible_partners(world, application.partner, application.subunits),
                about=about,
            )
        )
    return application


def remove_application(world: World, client_id: str) -> None:
    """Its credentials stop working at once."""
    world.applications.delete(client_id)
    for about in STREAMS:
        world.subscriptions.delete(stream_id(about, client_id))


def stream_id(about: str, client_id: str) -> str:
    """The id of a stream: 40 hex digits, the SHA-1 of environment, event type and client (P§6.1)."""
    text = f"{ENVIRONMENT}--{about}--{client_id}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def visible_partners(world: World, partner: str, subunits: tuple[str, ...]) -> tuple[str, ...]:
    """The partners that an application sees: its own with all subunits, or just the subunits that it was given."""
    if subunits:
        return subunits
    return (partner, *(one.id for one in world.partners.find(parent=partner)))


def scope(world: World, caller: PartnerCaller, partner: str, *, changes: bool = False) -> tuple[str, ...]:
    """The partners whose SIMs a request about *partner* reaches: itself, and its subunits if it has any.

    Raises ForeignPartner, and ReadOnly when something is to be changed by an application that may not.
    """
    if partner not in visible_partners(world, caller.partner, caller.subunits):
        raise ForeignPartner(partner)
    if changes and caller.read_only:
        raise ReadOnly(caller.client_id)
    return (partner, *(one.id for one in world.partners.find(parent=partner)))


def state_counts(world: World, caller: PartnerCaller, partner: str) -> tuple[Partner, dict[ContractState, int]]:
    """The partner, and how many SIMs it has in each state (P§3.2)."""
    within = scope(world, caller, partner)
    row = world.partners.get(partner)
    if row is None:
        raise ForeignPartner(partner)
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
    """SIMs of a partner in insertion order, with how many there are in all."""
    within = scope(world, caller, partner)
    if identifier:
        matches = [one for one in matching(world, within, identifier) if state is None or one.state is state]
        return with_sims(world, matches[offset : offset + limit]), len(matches)
    conditions = {"partner": within} if state is None else {"partner": within, "state": state}
    rows = world.contracts.find(order="position", offset=offset, limit=limit, **conditions)
    return with_sims(world, rows), world.contracts.count(**conditions)


def with_sims(world: World, contracts: Iterable[Contract]) -> list[tuple[Contract, Sim]]:
    return [(contract, sim) for contract in contracts if (sim := world.sims.get(contract.iccid)) is not None]


def show(
    world: World, caller: PartnerCaller, partner: str, identifier: Mapping[str, str]
) -> tuple[Contract, Sim]:
    """The one SIM that *identifier* names. Raises UnknownSim; Malformed if several carry it (an IMEI, P§3.1)."""
    found = with_sims(world, matching(world, scope(world, caller, partner), identifier))
    if not found:
        raise UnknownSim(next(iter(identifier.values()), ""))
    if len(found) > 1:
        raise Malformed(next(iter(identifier)), "matches several SIMs")
    return found[0]


def matching(world: World, within: tuple[str, ...], identifier: Mapping[str, str]) -> list[Contract]:
    """The contracts that carry every given identifier, as far as their state shows it (P§4.1)."""
    found: dict[str, Contract] | None = None
    for kind, value in identifier.items():
        these = {one.iccid: one for one in carrying(world, kind, value) if one.partner in within}
        found = these if found is None else {key: one for key, one in found.items() if key in these}
    return list((found or {}).values())


def carrying(world: World, kind: str, value: str) -> list[Contract]:
    """Contracts by one identifier. IMEI and IMEISV hit the same SIM: their first 14 digits count (trap 22)."""
    if kind == "iccid":
        contract = world.contracts.get(value)
        return [contract] if contract else []
    if kind == "euiccid":
        return world.contracts.find(euiccid=value)
    sims: list[Sim]
    if kind == "imsi":
        sims = world.sims.find(imsi=value)
    elif kind == "msisdn":
        sims = world.sims.find(msisdn=value.removeprefix("+"))
    elif kind == "imei":
        sims = world.sims.find(imei=Prefix(value[:14])) if numbering.is_imei(value) else []
    else:
        raise Malformed(kind, f"is none of {', '.join(IDENTIFIERS)}")
    contracts = (world.contracts.get(sim.iccid) for sim in sims)
    return [one for one in contracts if one is not None and one.state in IDENTIFIED]
