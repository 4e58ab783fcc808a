"""User data headers (3GPP TS 23.040, 9.2.3.24): what a receiver reads, and what it ignores."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operator_emulator.core.network import udh
from operator_emulator.core.network.alphabets import Language
from operator_emulator.core.network.udh import Concatenation, Udh


def read(text: str) -> Udh:
    return udh.read(bytes.fromhex(text))


@pytest.mark.parametrize(
    ("text", "concatenation"),
    [
        ("050003CC0301", Concatenation(0xCC, total=3, part=1)),  # D§9.2
        ("0608041A2B0201", Concatenation(0x1A2B, total=2, part=1, bits=16)),
        ("0B05040B8423F00003CC0201", Concatenation(0xCC, total=2, part=1)),  # ports, then parts
        ("0B0003CC020105040B8423F0", Concatenation(0xCC, total=2, part=1)),  # the other way round
        ("0A00030102010003CC0302", Concatenation(0xCC, total=3, part=2)),  # the last one counts
        ("0A0003CC03020003010200", Concatenation(0xCC, total=3, part=2)),  # unless it makes no sense
        ("06050415811581", None),  # ports only
        ("00", None),
        ("", None),
    ],
)
def test_both_kinds_of_concatenation_are_found_among_other_elements(
    text: str, concatenation: Concatenation | None
) -> None:
    """Wherever they stand."""
    assert read(text).concatenation == concatenation


@pytest.mark.parametrize(
    ("text", "locking", "shift"),
    [
        ("03250101", Language.TURKISH, Language.DEFAULT),
        ("03240102", Language.DEFAULT, Language.SPANISH),
        ("0624010625010D", Language.URDU, Language.HINDI),
        ("082401030003080201", Language.DEFAULT, Language.PORTUGUESE),
        ("06240101240103", Language.DEFAULT, Language.PORTUGUESE),  # the last one counts
    ],
)
def test_national_languages_are_named_by_elements_of_their_own(text: str, locking: Language, shift: Language) -> None:
    """TS 23.040, 9.2.3.24.15 and 16."""
    header = read(text)
    assert (header.locking, header.shift, header.ignored) == (locking, shift, ())


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        ("050003CC0304", "element 00 says part 4 of 3: it is ignored"),
        ("050003CC0300", "element 00 says part 0 of 3: it is ignored"),
        ("060804CC000000", "element 08 says part 0 of 0: it is ignored"),
        ("060004CC030100", "element 00 has 4 octets, not 3: it is ignored"),
        ("020000", "element 00 has 0 octets, not 3: it is ignored"),
        ("0325010E", "element 25 names language 14, which does not exist: it is ignored"),
        ("022400", "element 24 has 0 octets, not 1: it is ignored"),
    ],
)
def test_an_element_that_makes_no_sense_is_ignored(text: str, ignored: str) -> None:
    """And said so; the rest of the header counts."""
    assert read(text).ignored == (ignored,)
    longer = bytes.fromhex(text)[1:] + bytes.fromhex("0003AA0201")
    assert udh.read(bytes([len(longer)]) + longer).concatenation == Concatenation(0xAA, 2, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("050003CC03", "announces 5 octets but has 4"),
        ("050003CC030100", "announces 5 octets but has 6"),
        ("050004CC0301", "ends within element 00"),
        ("0100", "ends within element 00"),
        ("05C01BF40201", "ends within element C0"),
        ("070003CC03010501", "ends within element 05"),
    ],
)
def test_a_badly_built_header_is_ignored_as_a_whole(text: str, said: str) -> None:
    """Too few or too many octets in the last element: nothing of it counts (TS 23.040, 9.2.3.24)."""
    assert read(text) == Udh(bytes.fromhex(text), ignored=(f"{said}: the header is ignored",), badly_built=True)


@given(st.binary(max_size=140))
def test_any_octets_are_a_header(octets: bytes) -> None:
    """Reading never fails, keeps the octets, and finds only parts that there can be."""
    header = udh.read(octets)
    assert header.octets == octets
    one = header.concatenation
    assert one is None or 1 <= one.part <= one.total <= 255


@given(st.integers(0, 255), st.integers(1, 255), st.sampled_from(["", "03250101", "06050415811581"]), st.data())
def test_a_header_that_is_built_is_read_back(reference: int, total: int, before: str, data: st.DataObject) -> None:
    """It says which part it is, beside what it said before."""
    part = data.draw(st.integers(1, total))
    built = udh.read(udh.with_part(read(before), reference, total, part))
    assert built.concatenation == Concatenation(reference, total, part)
    assert (built.locking, built.ignored) == (read(before).locking, ())
    assert len(built.octets) == 5 + (len(before) // 2 or 1)


def test_the_published_header_is_built() -> None:
    """The operator's own example (D§9.2)."""
    assert udh.with_part(Udh(), 0xCC, 3, 1).hex().upper() == "050003CC0301"
