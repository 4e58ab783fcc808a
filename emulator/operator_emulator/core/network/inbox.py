"""What a device has received: its delivered messages, put together again where they came in parts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from operator_emulator.core.customers import ownership
from operator_emulator.core.network import tpdu
from operator_emulator.core.network.model import Direction, Sms, SmsStatus
from operator_emulator.core.network.tpdu import Concatenation
from operator_emulator.core.world.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message as the device shows it. *text* of a binary one is None, *octets* hold it in hex; and vice versa.

    *parts* are the ids of its short messages, in their order; *missing* the numbers of those that have not come.
    """

    at: datetime
    source_address: str
    dcs: int
    text: str | None
    octets: str | None
    parts: tuple[int, ...]
    missing: tuple[int, ...] = ()


def inbox(world: World, iccid: str) -> list[Received]:
    """Everything that arrived and is kept, oldest first. Raises UnknownSim."""
    sim = ownership.existing(world, iccid)
    arrived = world.sms.find(iccid=sim.iccid, direction=Direction.MT, status=SmsStatus.DELIVERED)
    groups: list[dict[int, Sms]] = []
    open_groups: dict[tuple[object, ...], dict[int, Sms]] = {}
    for sms in sorted(arrived, key=lambda one: (one.finished or one.submitted, one.id)):
        which = concatenation(sms)
        key = (sms.source_address, sms.dcs, which.reference, which.total)
        group = open_groups.get(key)
        if group is None or which.part in group:  # the reference is used again
            group = open_groups[key] = {}
            groups.append(group)
        group[which.part] = sms
        if len(group) == which.total:
            del open_groups[key]
    return [together(group) for group in groups]


def concatenation(sms: Sms) -> Concatenation:
    """Which part of what a message is; one that stands alone is a whole of its own."""
    return tpdu.parse_udh(sms.udh).concatenation or Concatenation(reference=-sms.id, total=1, part=1)


def together(group: dict[int, Sms]) -> Received:
    parts = [group[number] for number in sorted(group)]
    last = max(parts, key=lambda sms: (sms.finished or sms.submitted, sms.id))
    payload = "".join(sms.payload for sms in parts)
    binary = last.dcs == tpdu.Dcs.BINARY
    return Received(
        at=last.finished or last.submitted,
        source_address=last.source_address,
        dcs=last.dcs,
        text=None if binary else payload,
        octets=payload if binary else None,
        parts=tuple(sms.id for sms in parts),
        missing=tuple(absent(group, concatenation(last).total)),
    )


def absent(group: dict[int, Sms], total: int) -> Iterable[int]:
    return (number for number in range(1, total + 1) if number not in group)
