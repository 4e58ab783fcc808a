"""The GSM 7-bit alphabets: the default one, and the national language tables (3GPP TS 23.038, 6.2.1 and annex A).

A locking shift table replaces the default alphabet, and a single shift table the characters behind an escape. The
header of a message names them by the number of a language.

The tables are our own. The one library that has all languages, gsmcodecs, is an alpha version with faults in them (a
quote for the comma of the Indic tables, no euro sign in Telugu), and of those with the default alphabet the best kept,
gsm0338, refuses the codes that TS 23.038 wants shown. Ours agree with those that phones have.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, unique
from functools import cache
from itertools import chain
from typing import Final

ESCAPE: Final = 0x1B


@unique
class Language(IntEnum):
    """National language identifiers (TS 23.038, 6.2.1.2.4)."""

    DEFAULT = 0
    TURKISH = 1
    SPANISH = 2  # has no locking shift table
    PORTUGUESE = 3
    BENGALI = 4
    GUJARATI = 5
    HINDI = 6
    KANNADA = 7
    MALAYALAM = 8
    ORIYA = 9
    PUNJABI = 10
    TAMIL = 11
    TELUGU = 12
    URDU = 13


# --------------------------------------------------------------------------------------------- Latin letters

DEFAULT: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
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


def _at(places: str, characters: str) -> dict[int, str]:
    return dict(zip(bytes.fromhex(places), characters, strict=True))


# Where a table differs from the default one.
_LATIN_LOCKING: Final = {
    Language.TURKISH: _at("04070B0C1C1D4060", "€ıĞğŞşİç"),
    Language.PORTUGUESE: _at(
        "04060708090B0C0E0F12131415161718191A1C1D1E24405B5C5D607B7C7D", "êúíóçÔôÁáªÇÀ∞^\\€Ó|ÂâÊºÍÃÕÚ~ãõ`"
    ),
}
_LATIN_SHIFT: Final = {
    Language.TURKISH: _at("47495363676973", "ĞİŞçğış"),
    Language.SPANISH: _at("0941494F5561696F75", "çÁÍÓÚáíóú"),
    Language.PORTUGUESE: _at("05090B0C0E0F121315161718191F41494F555B5C61696F757B7C7F", "êçÔôÁáΦΓΩΠΨΣΘÊÀÍÓÚÃÕÂíóúãõâ"),
}

# --------------------------------------------------------------------------------------------- other scripts

# A script's tables have these characters in common; where a "·" stands they have its letters.
_LOCKING_FRAME: Final = (
    "··········\n··\r··"
    "···········\x1b····"
    " !······)(··,·.·"
    "0123456789:;···?"
    "················"
    "················"
    "·abcdefghijklmno"
    "pqrstuvwxyz·····"
)
_SHIFT_FRAME: Final = (
    "@£$¥¿\"¤%&'\f*+\0-/"
    "<=>¡^¡_#*··\x1b····"
    "········{}·····\\"
    "············[~]·"
    "|ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZ\0\0\0\0\0"
    "\0\0\0\0\0€\0\0\0\0\0\0\0\0\0\0"
) + "\0" * 16


@dataclass(frozen=True, slots=True)
class _Script:
    """Letters in the order of their codes: the last octets of code points of a block of Unicode; "--" is no letter."""

    block: int
    locking: str
    shift: str

    def letters(self, text: str) -> Iterator[str]:
        for first, last in re.findall(r"([0-9A-F]{2,4}|--)(?:-([0-9A-F]{2}))?", text):
            if first == "--":
                yield "\0"
            elif len(first) == 4:
                yield chr(int(first, 16))
            else:
                yield from (chr(self.block + place) for place in range(int(first, 16), int(last or first, 16) + 1))


_SCRIPTS: Final = {
    Language.BENGALI: _Script(
        0x0980,
        "01-03 05-0C -- -- 0F 10 -- -- 13-28 -- 2A-30 -- 32 -- -- -- 36-39 3C-44 -- -- 47 48 -- -- 4B-4E"
        " 57 5C 5D 70 71",
        "66-6F 5F-63 72-7A",
    ),
    Language.GUJARATI: _Script(
        0x0A80,
        "01-03 05-0D -- 0F-11 -- 13-28 -- 2A-30 -- 32 33 -- 35-39 3C-45 -- 47-49 -- 4B-4D 50 60-63 71",
        "0964 0965 66-6F",
    ),
    Language.HINDI: _Script(0x0900, "01-03 05-39 3C-4D 50 72 7B 7C 7E 7F", "64-6F 51-54 58-63 70 71"),
    Language.KANNADA: _Script(
        0x0C80,
        "-- 02 03 05-0C -- 0E-10 -- 12-28 -- 2A-33 -- 35-39 3C-44 -- 46-48 -- 4A-4D 55 56 60-63",
        "0964 0965 66-6F 5E 71 72",
    ),
    Language.MALAYALAM: _Script(
        0x0D00,
        "-- 02 03 05-0C -- 0E-10 -- 12-28 -- 2A-39 -- 3D-44 -- 46-48 -- 4A-4D 57 60-63 79",
        "0964 0965 66-75 7A-7F",
    ),
    Language.ORIYA: _Script(
        0x0B00,
        "01-03 05-0C -- -- 0F 10 -- -- 13-28 -- 2A-30 -- 32 33 -- 35-39 3C-44 -- -- 47 48 -- -- 4B-4D 56 57 60-63",
        "0964 0965 66-6F 5C 5D 5F 70 71",
    ),
    Language.PUNJABI: _Script(
        0x0A00,
        "01-03 05-0A -- -- -- -- 0F 10 -- -- 13-28 -- 2A-30 -- 32 33 -- 35 36 -- 38 39 3C -- 3E-42"
        " -- -- -- -- 47 48 -- -- 4B-4D 51 70-74",
        "0964 0965 66-6F 59-5C 5E 75",
    ),
    Language.TAMIL: _Script(
        0x0B80,
        "-- 02 03 05-0A -- -- -- 0E-10 -- 12-15 -- -- -- 19 1A -- 1C -- 1E 1F -- -- -- 23 24 -- -- -- 28-2A"
        " -- -- -- 2E-39 -- -- 3E-42 -- -- -- 46-48 -- 4A-4D 50 57 70-72 79",
        "0964 0965 66-6F 73-78 7A",
    ),
    Language.TELUGU: _Script(
        0x0C00,
        "01-03 05-0C -- 0E-10 -- 12-28 -- 2A-33 -- 35-39 -- 3D-44 -- 46-48 -- 4A-4D 55 56 60-63",
        "-- -- 66-6F 58 59 78-7F",
    ),
    Language.URDU: _Script(
        0x0600,
        "27 22 28 7B 80 7E A6 2A C2 7F 79 7D 7A 7C 2B 2C 81 84 83 85-87 2D-2F 8C 88-8A 8F 8D 30 31 91 93 99 32 96 98"
        " 9A 33-39 41 42 A9-AB AF B3 B1 44-46 BA-BC 48 C4 D5 C1 BE 21 CC D0 D2 4D 50 4F 57 54 55 51 53 56 70",
        "00 01 F0-F9 0C-14 1B 1F 40 52 58 6B 6C 72 73 CD D4",
    ),
}


def _framed(frame: str, letters: Iterator[str]) -> str:
    letters = chain(letters, iter("\0" * 128))
    return "".join(next(letters) if character == "·" else character for character in frame)


# --------------------------------------------------------------------------------------------- alphabets


@dataclass(frozen=True, slots=True)
class Alphabet:
    """A locking table, by code, and the characters behind an escape. *codes* has the septets of each character."""

    locking: str
    shift: Mapping[int, str]
    codes: Mapping[str, bytes]

    def septets(self, text: str) -> int | None:
        """How many septets *text* takes, an escaped character two; None if the alphabet lacks a character."""
        sizes = [len(self.codes.get(character, b"")) for character in text]
        return sum(sizes) if all(sizes) else None

    def encode(self, text: str) -> bytes:
        """Septets, one to an octet. Raises KeyError for the first character that the alphabet lacks."""
        return b"".join(self.codes[character] for character in text)

    def decode(self, codes: bytes) -> str:
        """Text from septets, one to an octet, each below 128.

        As a receiver must, a code that the single shift table lacks is read in the locking table, and an escape that
        leads to none or to a further one is a space (TS 23.038, 6.2.1.1 and 6.2.1.2).
        """
        text = []
        escaped = False
        for code in codes:
            if code == ESCAPE and not escaped:
                escaped = True
                continue
            text.append(self.shift.get(code, self.locking[code]) if escaped else self.locking[code])
            escaped = False
        return "".join(text).translate(_UNASSIGNED) + " " * escaped


_UNASSIGNED: Final = {0: " ", ESCAPE: " "}


@cache
def alphabet(locking: Language = Language.DEFAULT, shift: Language = Language.DEFAULT) -> Alphabet:
    first, second = _locking_table(locking), _shift_table(shift)
    codes = {character: bytes([ESCAPE, code]) for code, character in second.items()}
    codes |= {character: bytes([code]) for code, character in enumerate(first) if character not in "\0\x1b"}
    return Alphabet(first, second, codes)


def _locking_table(language: Language) -> str:
    script = _SCRIPTS.get(language)
    if script is not None:
        return _framed(_LOCKING_FRAME, script.letters(script.locking))
    different = _LATIN_LOCKING.get(language, {})
    return "".join(different.get(code, character) for code, character in enumerate(DEFAULT))


def _shift_table(language: Language) -> dict[int, str]:
    script = _SCRIPTS.get(language)
    if script is None:
        return EXTENSION | _LATIN_SHIFT.get(language, {})
    framed = _framed(_SHIFT_FRAME, script.letters(script.shift))
    return {code: character for code, character in enumerate(framed) if character not in "\0\x1b"}
