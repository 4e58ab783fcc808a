"""What fits into one short message: data coding, header, GSM 7-bit (3GPP TS 23.038 and 23.040; D§9.2).

The table is our own: of the libraries that have it, the best kept (gsm0338) is untyped, passes a raw escape
through as if it were a character, refuses the codes that TS 23.038 wants shown, and leaves packing and
counting to us.

In the API a payload is text (DCS 0 and 8) or hexadecimal octets (DCS 4), and the header hexadecimal octets or
"".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Final

from operator_emulator.core.world.errors import Malformed

OCTETS: Final = 140  # of user data, header included (TS 23.040, 9.2.3.16)

# TS 23.038, 6.2.1: the default alphabet, in the order of its codes.
ALPHABET: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# TS 23.038, 6.2.1.1: the extension table, each code behind an escape.
EXTENSION: Final = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
ESCAPE: Final = 0x1B

_CODES: Final = {
    **{character: bytes([code]) for code, character in enumerate(ALPHABET) if code != ESCAPE},
    **{character: bytes([ESCAPE, code]) for code, character in EXTENSION.items()},
}

# TS 23.040, 9.2.3.24.1 and 9.2.3.24.8: information elements of concatenation, and how many octets each has.
_CONCATENATION: Final = {0x00: 3, 0x08: 4}


@unique
class Dcs(IntEnum):
    """Data coding scheme; the three that the API takes (D§9.2)."""

    GSM7 = 0
    BINARY = 4
    UCS2 = 8


# --------------------------------------------------------------------------------------------- GSM 7-bit


def septets(text: str) -> int | None:
    """How many septets *text* takes, an extension character two; None if the alphabet lacks a character."""
    sizes = [len(_CODES.get(character, b"")) for character in text]
    return sum(sizes) if all(sizes) else None


def encode_gsm7(text: str) -> bytes:
    """Septets, one to an octet. Raises Malformed for the first character that the alphabet lacks."""
    try:
        return b"".join(_CODES[character] for character in text)
    except KeyError as missing:
        raise Malformed("payload", f"holds {missing}, which is not in the GSM 7-bit alphabet") from None


def decode_gsm7(codes: bytes) -> str:
    """Text from septets, one to an octet, each below 128.

    As a receiver must, a code that the extension table lacks is read in the default table, and an escape that
    leads to none or to a further one is a space (TS 23.038, 6.2.1 and 6.2.1.1).
    """
    text = []
    escaped = False
    for code in codes:
        if escaped:
            text.append(" " if code == ESCAPE else EXTENSION.get(code, ALPHABET[code]))
            escaped = False
        elif code == ESCAPE:
            escaped = True
        else:
            text.append(ALPHABET[code])
    return "".join(text) + " " * escaped


def pack(codes: bytes, header: int = 0) -> bytes:
    """Octets of user data from septets, to follow a header of so many octets (TS 23.038, 6.1.2.1).

    Fill bits bring the first septet to a septet boundary counted from the header's start (TS 23.040,
    9.2.3.24).
    """
    fill = -8 * header % 7
    stream = sum(code << 7 * place for place, code in enumerate(codes)) << fill
    return stream.to_bytes((7 * len(codes) + fill + 7) // 8, "little")


def unpack(octets: bytes, count: int, header: int = 0) -> bytes:
    """*count* septets from the octets that follow a header of so many; Malformed if there are fewer."""
    fill = -8 * header % 7
    if 7 * count + fill > 8 * len(octets):
        raise Malformed("payload", f"has no room for {count} septets")
    stream = int.from_bytes(octets, "little") >> fill
    return bytes(stream >> 7 * place & 0x7F for place in range(count))


# --------------------------------------------------------------------------------------------- UCS-2, binary


def encode_ucs2(text: str) -> bytes:
    """Units of two octets; a character beyond the basic plane takes two units. Malformed for half a pair."""
    try:
        return text.encode("utf-16-be")
    except UnicodeEncodeError as error:
        raise Malformed("payload", f"holds half a surrogate pair at position {error.start}") from None


def decode_ucs2(octets: bytes) -> str:
    """Text from code units; Malformed for an odd octet or half a pair."""
    try:
        return octets.decode("utf-16-be")
    except UnicodeDecodeError as error:
        raise Malformed("payload", f"is not UCS-2 at octet {error.start}") from None


def read_hex(field: str, text: str) -> bytes:
    """Octets from hexadecimal digits in either case; Malformed, about *field*, for anything else."""
    if re.fullmatch("(?:[0-9A-Fa-f]{2})*", text) is None:
        raise Malformed(field, "must be hexadecimal, two digits to an octet")
    return bytes.fromhex(text)


# --------------------------------------------------------------------------------------------- header


@dataclass(frozen=True, slots=True)
class Concatenation:
    """This is part *part* of *total*, both from 1, of the message that the sender calls *reference*."""

    reference: int
    total: int
    part: int


@dataclass(frozen=True, slots=True)
class Udh:
    """A user data header with its length octet; no octets at all if there is none."""

    octets: bytes = b""
    concatenation: Concatenation | None = None


def parse_udh(text: str) -> Udh:
    """The header written as *text*, "" being none. Raises Malformed unless it is elements to the last octet.

    Elements of other kinds pass unread. Of several concatenations the last counts, and one whose numbers make
    no sense is ignored, as TS 23.040 (9.2.3.24 and 9.2.3.24.1) tells a receiver.
    """
    octets = read_hex("udh", text)
    if not octets:
        return Udh()
    if octets[0] != len(octets) - 1:
        raise Malformed("udh", f"announces {octets[0]} octets and has {len(octets) - 1}")
    concatenation = None
    rest = octets[1:]
    while rest:
        kind, length, data = rest[0], int.from_bytes(rest[1:2]), rest[2 : 2 + int.from_bytes(rest[1:2])]
        if len(rest) < 2 + length:
            raise Malformed("udh", f"breaks off within information element {kind:02X}")
        if kind in _CONCATENATION:
            if length != _CONCATENATION[kind]:
                raise Malformed("udh", f"has {length} octets in information element {kind:02X}")
            if 1 <= data[-1] <= data[-2]:
                concatenation = Concatenation(int.from_bytes(data[:-2]), total=data[-2], part=data[-1])
        rest = rest[2 + length :]
    return Udh(octets, concatenation)


def concatenated(reference: int, total: int, part: int) -> str:
    """The header, in hexadecimal, of one part; a reference above 255 makes it 7 octets long instead of 6.

    Raises Malformed unless 0 <= reference <= 65535 and 1 <= part <= total <= 255.
    """
    if not (0 <= reference <= 0xFFFF and 1 <= part <= total <= 0xFF):
        raise Malformed("udh", f"cannot say part {part} of {total} of message {reference}")
    if reference > 0xFF:
        return f"060804{reference:04X}{total:02X}{part:02X}"
    return f"050003{reference:02X}{total:02X}{part:02X}"


# --------------------------------------------------------------------------------------------- whole messages


def check(payload: str, dcs: int, udh: str = "") -> None:
    """Raises Malformed if this is not one short message: empty, unreadable, or longer than there is room.

    160 septets, 140 octets or 70 UCS-2 units without a header; 153, 134, 67 with the usual six octets (D§9.2;
    TS 23.040, 9.2.3.24: the header counts as user data).
    """
    room = max(0, OCTETS - len(parse_udh(udh).octets))
    if not payload:
        raise Malformed("payload", "must not be empty")
    if dcs == Dcs.GSM7:
        length, limit, unit = len(encode_gsm7(payload)), room * 8 // 7, "septets"
    elif dcs == Dcs.BINARY:
        length, limit, unit = len(read_hex("payload", payload)), room, "octets"
    elif dcs == Dcs.UCS2:
        length, limit, unit = len(encode_ucs2(payload)) // 2, room // 2, "UCS-2 units"
    else:
        raise Malformed("dcs", f"must be one of {', '.join(str(int(known)) for known in Dcs)}")
    if length > limit:
        raise Malformed("payload", f"takes {length} {unit}, and {limit} fit")


def text_of(payload: str, dcs: int) -> str:
    """What the device shows: the text, or for binary the octets, as characters if all are printable ASCII.

    Raises Malformed if a binary payload is not hexadecimal.
    """
    if dcs != Dcs.BINARY:
        return payload
    octets = read_hex("payload", payload)
    return octets.decode("ascii") if all(0x20 <= octet <= 0x7E for octet in octets) else payload


@dataclass(frozen=True, slots=True)
class Reassembled:
    """A message from its parts: the payloads that came, in order, and the numbers of those that did not."""

    payload: str
    dcs: int
    missing: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        return text_of(self.payload, self.dcs)


def reassemble(parts: Iterable[tuple[str, int, str]]) -> list[Reassembled]:
    """The messages in a device's inbox, from (payload, dcs, udh) in order of arrival and from one sender.

    Parts belong together if reference, total and DCS agree (TS 23.040, 9.2.3.24.1). A part that came already
    is taken once; a different payload under its number, or any part after the message was whole, begins
    another message: senders use references again. Messages stand in the order in which their first parts
    came.
    """
    messages: list[tuple[int, int, dict[int, str]]] = []  # dcs, total, payloads by part
    unfinished: dict[tuple[int, int, int], dict[int, str]] = {}
    for payload, dcs, udh in parts:
        one = parse_udh(udh).concatenation
        if one is None:
            messages.append((dcs, 1, {1: payload}))
            continue
        key = one.reference, one.total, dcs
        known = unfinished.get(key)
        if known is None or known.get(one.part, payload) != payload:
            known = unfinished[key] = {}
            messages.append((dcs, one.total, known))
        known[one.part] = payload
        if len(known) == one.total:
            del unfinished[key]
    return [
        Reassembled(
            payload="".join(known[part] for part in sorted(known)),
            dcs=dcs,
            missing=tuple(part for part in range(1, total + 1) if part not in known),
        )
        for dcs, total, known in messages
    ]


def split(text: str, reference: int = 0) -> list[tuple[str, Dcs, str]]:
    """*text* as messages that fit, each (payload, dcs, udh): GSM 7-bit if it can be, else UCS-2.

    One without a header if that is enough, otherwise parts under *reference*. No escape sequence or surrogate
    pair is divided. Raises Malformed for no text, half a surrogate pair, or more than 255 parts.
    """
    if septets(text) is not None:
        dcs, sizes = Dcs.GSM7, [len(_CODES[character]) for character in text]
    else:
        encode_ucs2(text)  # refuses half a pair
        dcs, sizes = Dcs.UCS2, [2 if character > "\uffff" else 1 for character in text]
    unit = 7 if dcs == Dcs.GSM7 else 16  # bits
    if sum(sizes) <= OCTETS * 8 // unit:
        check(text, dcs)
        return [(text, dcs, "")]
    room = (OCTETS - len(concatenated(reference, 1, 1)) // 2) * 8 // unit
    payloads, left = [""], room
    for character, size in zip(text, sizes, strict=True):
        if size > left:
            payloads.append("")
            left = room
        payloads[-1] += character
        left -= size
    if len(payloads) > 0xFF:
        raise Malformed("payload", f"takes {len(payloads)} parts, and 255 are possible")
    return [
        (payload, dcs, concatenated(reference, len(payloads), part)) for part, payload in enumerate(payloads, start=1)
    ]
