"""Whose SIM is it? SimRequest before anything else, by every verb that is about one."""

from operator_emulator.core.customers.model import Caller, Sim, SimState
from operator_emulator.core.network import numbering
from operator_emulator.core.world.errors import SimExpired, UnknownSim
from operator_emulator.core.world.world import World


def existing(world: World, iccid: str) -> Sim:
    """The SIM, whoever owns it. Raises UnknownSim."""
    sim = world.sims.get(iccid)
    if sim is None:
        raise UnknownSim(iccid)
    return sim


def owned(world: World, caller: Caller, iccid: str) -> Sim:
    """The caller's SIM. Raises UnknownSim, for another organisation's too (D§3.2).

    With ``policy.accept_luhn`` an ICCID of 20 digits finds the SIM if the last is the right check digit (D§7).
    """
    if world.policy.accept_luhn and len(iccid) == 20 and iccid == numbering.iccid_with_luhn(iccid[:19]):
        iccid = iccid[:19]
    sim = existing(world, iccid)
    if not visible(sim, caller):
        raise UnknownSim(iccid)
    return sim


def visible(sim: Sim, caller: Caller) -> bool:
    """Whether the SIM is the caller's, and on a core network that the caller sees."""
    return sim.organisation == caller.organisation and caller.core in (None, sim.core)


def usable(world: World, caller: Caller, iccid: str) -> Sim:
    """The caller's SIM, to be changed. Raises UnknownSim, and SimExpired at the end of its life (D§14)."""
    sim = owned(world, caller, iccid)
    if sim.state is SimState.EXPIRED:
        raise SimExpired((sim.iccid,))
    return sim
