"""Data sessions and short messages of a partner's SIM, as the portal shows them (P§3.2, 3.5)."""

from datetime import datetime, timedelta

from operator_emulator.core.customers.model import Sim
from operator_emulator.core.network import smsc
from operator_emulator.core.network.model import Sms
from operator_emulator.core.partners import partners
from operator_emulator.core.partners.model import Contract, DataSession
from operator_emulator.core.world.calendar import ago
from operator_emulator.core.world.world import Between, World


def current(world: World, contract: Contract, sim: Sim) -> DataSession | None:
    """The open session, as if it ended now."""
    pdp = sim.device.pdp
    return None if pdp is None else partners.session_of(world, contract, sim, pdp)


def history(world: World, sim: Sim, start: datetime | None, end: datetime | None) -> list[DataSession]:
    """Ended sessions that began within the time span, newest first."""
    return world.sessions.find(iccid=sim.iccid, opened=window(world, start, end), order="-opened")


def messages(world: World, sim: Sim, start: datetime | None, end: datetime | None) -> list[Sms]:
    """Messages in both directions that were submitted within the time span, newest first."""
    rows = world.sms.find(iccid=sim.iccid, submitted=window(world, start, end), order="-submitted")
    return [smsc.present(world, sms) for sms in rows]


def window(world: World, start: datetime | None, end: datetime | None) -> Between:
    """The time span; without a start, it has the server's default length (P§3.2: 3.5.1, value assumed)."""
    end = end or world.now
    return Between(start or ago(timedelta(days=world.policy.session_history_days), end), end)


def within(world: World, moment: datetime, start: datetime | None, end: datetime | None) -> bool:
    span = window(world, start, end)
    return bool(span.low <= moment <= span.high)
