"""User data headers: what stands before the text of a short message (3GPP TS 23.040, 9.2.3.24).

A receiver takes a message whatever its header looks like: it ignores a header that is badly built, and elements that
make no sense. So reading never refuses; it says what was ignored.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, unique
from functools import lru_cache

from operator_emulator.core.network.alphabets import Alphabet, Language, alphabet


@unique
class Element(IntEnum):
    """Identifiers of the elements that mean something here."""

    CONCATENATION = 0x00
    CONCATENATION_16 = 0x08  # with a reference of 16 bits
    SINGLE_SHIFT = 0x24
    LOCKING_SHIFT = 0x25


LENGTHS = {
    Element.CONCATENATION: 3,
    Element.CONCATENATION_16: 4,
    Element.SINGLE_SHIFT: 1,
    Element.LOCKING_SHIFT: 1,
}


@dataclass(frozen=True, slots=True)
class Concatenation:
    """This is part *part* of *total*, both from 1, of the message that the sender calls *reference*."""

    reference: int
    total: int
    part: int
    bits: int = 8  # of the reference: each width counts for itself


@dataclass(frozen=True, slots=True)
class Udh:
    """A header with its length octet; no octets at all if there is none. *ignored*: what in it, and why."""

    octets: bytes = b""
    concatenation: Concatenation | None = None
    locking: Language = Language.DEFAULT
    shift: Language = Language.DEFAULT
    ignored: tuple[str, ...] = ()
    badly_built: bool = False

    @property
    def alphabet(self) -> Alphabet:
        return alphabet(self.locking, self.shift)


class _BadlyBuilt(Exception):
    pass


@lru_cache(maxsize=1024)
def read(octets: bytes) -> Udh:
    """Decode a header as a receiver does. Of several elements of a kind the last counts."""
    try:
        elements = list(_elements(octets))
    except _BadlyBuilt as problem:
        return Udh(octets, ignored=(f"{problem}: the header is ignored",), badly_built=True)
    concatenation = None
    languages = dict.fromkeys((Element.LOCKING_SHIFT, Element.SINGLE_SHIFT), Language.DEFAULT)
    ignored = []
    for kind, data in elements:
        if len(data) != LENGTHS[kind]:
            ignored.append(f"element {kind:02X} has {len(data)} octets, not {LENGTHS[kind]}: it is ignored")
        elif kind in languages:
            try:
                languages[kind] = Language(data[0])
            except ValueError:
                ignored.append(f"element {kind:02X} names language {data[0]}, which does not exist: it is ignored")
        elif 1 <= data[-1] <= data[-2]:
            reference = data[:-2]
            concatenation = Concatenation(int.from_bytes(reference), data[-2], data[-1], bits=8 * len(reference))
        else:
            ignored.append(f"element {kind:02X} says part {data[-1]} of {data[-2]}: it is ignored")
    return Udh(octets, concatenation, languages[Element.LOCKING_SHIFT], languages[Element.SINGLE_SHIFT], tuple(ignored))


def _elements(octets: bytes) -> Iterator[tuple[Element, bytes]]:
    """The elements that mean something. Raises _BadlyBuilt unless there are whole elements to the last octet."""
    if octets and octets[0] != len(octets) - 1:
        raise _BadlyBuilt(f"announces {octets[0]} octets but has {len(octets) - 1}")
    rest = octets[1:]
    while rest:
        kind, length = rest[0], int.from_bytes(rest[1:2])
        if len(rest) < 2 + length:
            raise _BadlyBuilt(f"ends within element {kind:02X}")
        if kind in LENGTHS:
            yield Element(kind), rest[2 : 2 + length]
        rest = rest[2 + length :]


def with_part(header: Udh, reference: int, total: int, part: int) -> bytes:
    """The same header for one part of a message that takes several: it says which, before all else."""
    elements = bytes([Element.CONCATENATION, 3, reference, total, part]) + header.octets[1:]
    return bytes([len(elements)]) + elements
