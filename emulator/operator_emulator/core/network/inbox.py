"""What a device has received: its delivered messages, with long ones reassembled."""

from dataclasses import dataclass
from datetime import datetime

from operator_emulator.core.customers import ownership
from operator_emulator.core.network import tpdu
from operator_emulator.core.network.model import Direction, Sms, SmsStatus
from operator_emulator.core.network.tpdu import Collected
from operator_emulator.core.world.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message as the device shows it: *text*, or *octets* in hexadecimal if it is binary.

    *parts* are the ids of its short messages in order; *missing* the numbers of parts that have not arrived.
    """

    at: datetime
    source_address: str
    dcs: int
    text: str | None
    octets: str | None
    parts: tuple[int, ...]
    missing: tuple[int, ...] = ()


def inbox(world: World, iccid: str) -> list[Received]:
    """The messages that are still kept, oldest first. Raises UnknownSim."""
    return [together(one) for one in messages(world, ownership.existing(world, iccid).iccid)]


def messages(world: World, iccid: str) -> list[Collected[Sms]]:
    arrived = world.sms.find(iccid=iccid, direction=Direction.MT, status=SmsStatus.DELIVERED)
    return tpdu.reassemble(sorted(arrived, key=arrival))


def arrival(sms: Sms) -> tuple[datetime, int]:
    return sms.finished or sms.submitted, sms.id


def together(message: Collected[Sms]) -> Received:
    parts = message.parts
    last = max(parts, key=arrival)
    binary = tpdu.coding(last.dcs) is tpdu.Dcs.BINARY
    return Received(
        at=arrival(last)[0],
        source_address=last.source_address,
        dcs=last.dcs,
        text=None if binary else "".join(text(sms) for sms in parts),
        octets="".join(sms.payload for sms in parts) if binary else None,
        parts=tuple(sms.id for sms in parts),
        missing=message.missing,
    )


def text(sms: Sms) -> str:
    """The text that the device decodes from the octets sent over the air."""
    return tpdu.text_of(tpdu.user_data(sms.payload, sms.dcs, sms.udh), sms.dcs, sms.udh)
