"""Short messages as they go over the air: data coding, user data, and what takes several (3GPP TS 23.038 and 23.040).

In the API a payload is text (GSM 7-bit and UCS-2) or hexadecimal octets (binary), and the header hexadecimal octets or
"".
"""

import re
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Final, Generic, Protocol, TypeVar

from operator_emulator.core.network import surrogates, udh
from operator_emulator.core.network.alphabets import Alphabet, alphabet
from operator_emulator.core.network.udh import Concatenation, Udh
from operator_emulator.core.world.errors import Malformed

OCTETS: Final = 140  # of user data, header included (TS 23.040, 9.2.3.16)
PARTS: Final = 0xFF  # of one message
SENDER_SEPTETS: Final = 11  # of an alphanumeric address: ten octets (TS 23.040, 9.1.2.5; D§9.1)


@unique
class Dcs(IntEnum):
    """The three alphabets, each by the data coding scheme that the operator's API has for it (D§9.2)."""

    GSM7 = 0
    BINARY = 4
    UCS2 = 8


def coding(dcs: int) -> Dcs:
    """The alphabet that a data coding scheme of one octet stands for (TS 23.038, 4).

    Reserved ones count as GSM 7-bit. Of compressed text nobody here knows more than its octets.
    """
    group = dcs >> 4
    if group < 0b1000:  # general, and marked for automatic deletion: a bit for compression, two for the alphabet
        alphabets = (Dcs.GSM7, Dcs.BINARY, Dcs.UCS2, Dcs.GSM7)
        return Dcs.BINARY if dcs & 0x20 else alphabets[dcs >> 2 & 3]
    if group == 0b1110:  # message waiting, in UCS-2
        return Dcs.UCS2
    if group == 0b1111:  # a bit for the alphabet, and the message class
        return Dcs.BINARY if dcs & 4 else Dcs.GSM7
    return Dcs.GSM7


def coding_for(text: str, letters: Alphabet | None = None) -> Dcs:
    """The coding that a device chooses for a text: GSM 7-bit if that has all of its characters, else UCS-2."""
    return Dcs.UCS2 if (letters or alphabet()).septets(text) is None else Dcs.GSM7


# --------------------------------------------------------------------------------------------- alphabets


def encode_gsm7(text: str, letters: Alphabet | None = None) -> bytes:
    """Septets, one to an octet. Raises Malformed for the first character that the alphabet lacks."""
    try:
        return (letters or alphabet()).encode(text)
    except KeyError as missing:
        character = surrogates.show(missing.args[0])
        raise Malformed("payload", f"contains {character!r}, which is not in the GSM 7-bit alphabet") from None


def decode_gsm7(codes: bytes, letters: Alphabet | None = None) -> str:
    """Text from septets, one to an octet, each below 128, as a receiver shows it."""
    return (letters or alphabet()).decode(codes)


def pack(codes: bytes, header: int = 0) -> bytes:
    """Octets of user data from septets, to follow a header of so many octets (TS 23.038, 6.1.2.1).

    Fill bits bring the first septet to a septet boundary counted from the header's start (TS 23.040,
    9.2.3.24).
    """
    fill = -8 * header % 7
    stream = sum(code << 7 * place for place, code in enumerate(codes)) << fill
    return stream.to_bytes((7 * len(codes) + fill + 7) // 8, "little")


def unpack(octets: bytes, count: int, header: int = 0) -> bytes:
    """*count* septets from the octets that follow a header of so many."""
    stream = int.from_bytes(octets, "little") >> -8 * header % 7
    return bytes(stream >> 7 * place & 0x7F for place in range(count))


def encode_ucs2(text: str) -> bytes:
    """Units of two octets; a character beyond the basic plane takes two units, half a pair one."""
    return surrogates.show(text).encode("utf-16-be", "surrogatepass")


def decode_ucs2(octets: bytes) -> str:
    return surrogates.hide(octets.decode("utf-16-be", "surrogatepass"))


def read_hex(field: str, text: str) -> bytes:
    """Octets from hexadecimal digits in either case; Malformed, about *field*, for anything else."""
    if re.fullmatch("(?:[0-9A-Fa-f]{2})*", text) is None:
        raise Malformed(field, "must be hexadecimal, with two digits per octet")
    return bytes.fromhex(text)


def header_of(text: str) -> Udh:
    """The header that is written as *text*, "" being none. Raises Malformed for what is not hexadecimal."""
    return udh.read(read_hex("udh", text))


def check_sender(field: str, text: str) -> None:
    """Raises Malformed unless *text* can be an alphanumeric address."""
    length = alphabet().septets(text)
    if length is None:
        raise Malformed(field, "must use only the GSM 7-bit alphabet if it is alphanumeric")
    if length > SENDER_SEPTETS:
        raise Malformed(field, f"takes {length} septets, but an alphanumeric one may take at most {SENDER_SEPTETS}")


# --------------------------------------------------------------------------------------------- one message


@dataclass(frozen=True, slots=True)
class UserData:
    """User data as sent over the air, header included. *length* counts septets for GSM 7-bit, otherwise octets."""

    octets: bytes
    length: int


def check(payload: str, dcs: int, header: str = "") -> None:
    """Raises Malformed if this is not one short message: empty, unreadable, or longer than there is room.

    160 septets, 140 octets or 70 UCS-2 units without a header; 153, 134, 67 with the usual six octets (D§9.2;
    TS 23.040, 9.2.3.24: the header counts as user data).
    """
    head, alphabet = header_of(header), coding(dcs)
    if not payload:
        raise Malformed("payload", "must not be empty")
    length = sum(size for _, size in _pieces(payload, alphabet, head))
    room = _room(alphabet, len(head.octets))
    if length > room:
        raise Malformed("payload", f"takes {length} {UNITS[alphabet]}, but only {room} fit")


UNITS: Final = {Dcs.GSM7: "septets", Dcs.BINARY: "octets", Dcs.UCS2: "UCS-2 units"}


def _room(alphabet: Dcs, header: int) -> int:
    """How many units fit beside a header of so many octets."""
    octets = max(0, OCTETS - header)
    return {Dcs.GSM7: octets * 8 // 7, Dcs.BINARY: octets, Dcs.UCS2: octets // 2}[alphabet]


def _pieces(payload: str, alphabet: Dcs, head: Udh) -> Iterator[tuple[str, int]]:
    """The indivisible pieces of a text, each with the units that it takes. Raises Malformed."""
    if alphabet is Dcs.BINARY:
        read_hex("payload", payload)
        return ((payload[place : place + 2], 1) for place in range(0, len(payload), 2))
    if alphabet is Dcs.GSM7:
        encode_gsm7(payload, head.alphabet)
        return ((character, len(head.alphabet.codes[character])) for character in payload)
    return ((character, len(encode_ucs2(character)) // 2) for character in payload)


def user_data(payload: str, dcs: int, header: str = "") -> UserData:
    """Raises Malformed."""
    head = header_of(header)
    octets = len(head.octets)
    match coding(dcs):
        case Dcs.GSM7:
            codes = encode_gsm7(payload, head.alphabet)
            return UserData(head.octets + pack(codes, octets), -(-8 * octets // 7) + len(codes))
        case Dcs.BINARY:
            body = read_hex("payload", payload)
        case Dcs.UCS2:
            body = encode_ucs2(payload)
    return UserData(head.octets + body, octets + len(body))


def text_of(data: UserData, dcs: int, header: str = "") -> str:
    """The text that a receiver shows of user data behind *header*; of a coding that has text."""
    head = header_of(header)
    octets = len(head.octets)
    body = data.octets[octets:]
    if coding(dcs) is Dcs.UCS2:
        return decode_ucs2(body)
    return decode_gsm7(unpack(body, data.length - -(-8 * octets // 7), octets), head.alphabet)


# --------------------------------------------------------------------------------------------- several messages


@dataclass(frozen=True, slots=True)
class Part:
    """The content of one of several messages."""

    payload: str
    dcs: int
    udh: str


def split(payload: str, dcs: int | None = None, header: str = "", reference: int = 0) -> list[Part]:
    """Split *payload* as a device does: one message if that is enough, otherwise parts that share *reference*.

    It chooses the coding if *dcs* does not. No escaped character or surrogate pair is divided. Raises Malformed for
    no payload, one that cannot be coded so, and one that does not fit: it takes more than 255 parts, or its header
    says already that it is a part, or cannot say it.
    """
    head = header_of(header)
    dcs = coding_for(payload, head.alphabet) if dcs is None else dcs
    alphabet = coding(dcs)
    pieces = list(_pieces(payload, alphabet, head))
    first = udh.with_part(head, 0, 1, 1)
    long = sum(size for _, size in pieces) > _room(alphabet, len(head.octets))
    room = _room(alphabet, len(first))
    if not long or head.concatenation is not None or head.badly_built or room < LARGEST_PIECE:
        check(payload, dcs, header)
        return [Part(payload, int(dcs), header)]
    payloads = list(_filled(pieces, room))
    if len(payloads) > PARTS:
        raise Malformed("payload", f"takes {len(payloads)} parts, but at most {PARTS} are possible")
    return [
        Part(one, int(dcs), udh.with_part(head, reference, len(payloads), part).hex().upper())
        for part, one in enumerate(payloads, start=1)
    ]


LARGEST_PIECE: Final = 2  # units


def _filled(pieces: Iterable[tuple[str, int]], room: int) -> Iterator[str]:
    """The pieces in portions of at most so many units."""
    portion, left = "", room
    for piece, size in pieces:
        if size > left:
            yield portion
            portion, left = "", room
        portion += piece
        left -= size
    yield portion


class Fragment(Protocol):
    """A message as received, or a part of one."""

    @property
    def source_address(self) -> str: ...
    @property
    def payload(self) -> str: ...
    @property
    def dcs(self) -> int: ...
    @property
    def udh(self) -> str: ...


F = TypeVar("F", bound=Fragment)


@dataclass(frozen=True, slots=True)
class Collected(Generic[F]):
    """The parts of a message received so far, by their number, and how many there are in all."""

    total: int
    by_number: dict[int, F]

    @property
    def parts(self) -> list[F]:
        return [self.by_number[number] for number in sorted(self.by_number)]

    @property
    def missing(self) -> tuple[int, ...]:
        return tuple(number for number in range(1, self.total + 1) if number not in self.by_number)


def reassemble(arrived: Iterable[F]) -> list[Collected[F]]:
    """The messages that a receiver makes of what arrived, in the order in which their first parts came.

    Parts belong together if sender, reference, total and DCS agree (TS 23.040, 9.2.3.24.1). A part that came already
    is taken once; a different payload under its number, or any part after the message was whole, begins another
    message: senders use references again.
    """
    messages: list[Collected[F]] = []
    unfinished: dict[Hashable, Collected[F]] = {}
    for fragment in arrived:
        one = header_of(fragment.udh).concatenation or Concatenation(reference=0, total=1, part=1)
        key = fragment.source_address, fragment.dcs, one.bits, one.reference, one.total
        known = unfinished.get(key)
        if known is None or _contradicts(known, one.part, fragment):
            known = unfinished[key] = Collected(one.total, {})
            messages.append(known)
        known.by_number.setdefault(one.part, fragment)
        if not known.missing:
            del unfinished[key]
    return messages


def _contradicts(known: Collected[F], part: int, fragment: F) -> bool:
    there = known.by_number.get(part)
    return there is not None and there.payload != fragment.payload
