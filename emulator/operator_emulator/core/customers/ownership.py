"""Access to SIMs: every verb about a SIM begins with one of these checks."""

from operator_emulator.core.customers.model import Caller, Sim, SimState
from operator_emulator.core.network import numbering
from operator_emulator.core.world.errors import SimExpired, UnknownSim
from operator_emulator.core.world.world import World


def existing(world: World, iccid: str) -> Sim:
    """The SIM, regardless of its owner. Raises UnknownSim."""
    sim = world.sims.get(iccid)
    if sim is None:
        raise UnknownSim(iccid)
    return sim


def owned(world: World, caller: Caller, iccid: str) -> Sim:
    """The caller's SIM. Raises UnknownSim, also for a SIM of another organisation (D§3.2).

    ``policy.accept_luhn`` also accepts an ICCID of 20 digits with the right check digit (D§7).
    """
    if world.policy.accept_luhn and len(iccid) == 20 and iccid == numbering.iccid_with_luhn(iccid[:19]):
        iccid = iccid[:19]
    sim = existing(world, iccid)
    if not visible(sim, caller):
        raise UnknownSim(iccid)
    return sim


def visible(sim: Sim, caller: Caller) -> bool:
    """Whether the SIM belongs to the caller, and is on a core network that the caller sees."""
    return sim.organisation == caller.organisation and caller.core in (None, sim.core)


def usable(world: World, caller: Caller, iccid: str) -> Sim:
    """The caller's SIM, for a change. Raises UnknownSim, and SimExpired after the end of its life (D§14)."""
    sim = owned(world, caller, iccid)
    if sim.state is SimState.EXPIRED:
        raise SimExpired((sim.iccid,))
    return sim
