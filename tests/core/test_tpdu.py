"""What fits into one short message: published vectors, round trips, and every limit from both sides."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operator_emulator.core.network import surrogates, tpdu
from operator_emulator.core.network.alphabets import Language, alphabet
from operator_emulator.core.network.tpdu import Dcs
from operator_emulator.core.world.errors import Malformed

gsm_texts = st.text(st.sampled_from(sorted(alphabet().codes)))
# No halves of surrogate pairs, and none of the characters that stand for them in here.
texts = st.text(st.characters(exclude_categories=["Cs", "Co"]))
halved_texts = st.text(st.characters(exclude_categories=["Co"])).map(surrogates.hide)
headers = st.integers(0, 140)


def problem(act: Callable[[], object]) -> tuple[str, str]:
    """What Malformed says when *act* raises it."""
    with pytest.raises(Malformed) as refusal:
        act()
    return refusal.value.field, refusal.value.problem


# ---- GSM 7-bit


@pytest.mark.parametrize(
    ("text", "packed"),
    [
        ("hello", "E8329BFD06"),  # in every text book
        ("hellohello", "E8329BFD4697D9EC37"),  # and its example
        ("12345678", "31D98C56B3DD70"),  # eight septets, seven octets
        ("1234567", "31D98C56B3DD00"),
        ("How are you?", "C8F71D14969741F977FD07"),
        ("2 € par mois", "32D0A60C8287E5A0F63B3D07"),  # an escape within
        ("", ""),
    ],
)
def test_published_packed_texts(text: str, packed: str) -> None:
    """Known texts pack to the octets that others print for them, and back (TS 23.038, 6.1.2.1)."""
    codes = tpdu.encode_gsm7(text)
    assert tpdu.pack(codes).hex().upper() == packed
    assert tpdu.decode_gsm7(tpdu.unpack(bytes.fromhex(packed), len(codes))) == text


def test_fill_bits_follow_a_header() -> None:
    """After the six octets of a concatenation comes one fill bit: everything sits one bit higher."""
    packed = tpdu.pack(tpdu.encode_gsm7("hello"), header=6)
    assert packed.hex().upper() == "D06536FB0D"
    assert tpdu.unpack(packed, 5, header=6) == b"hello"


@given(st.lists(st.integers(0, 127), max_size=160).map(bytes), headers)
def test_packing_loses_nothing(codes: bytes, header: int) -> None:
    """Septets come back whatever precedes them, and take the octets that TP-UDL arithmetic says."""
    packed = tpdu.pack(codes, header)
    assert tpdu.unpack(packed, len(codes), header) == codes
    total_septets = -(-8 * header // 7) + len(codes)
    assert header + len(packed) == -(-7 * total_septets // 8)


# ---- UCS-2 and binary


@given(texts)
def test_ucs2_loses_nothing(text: str) -> None:
    """Text comes back; a character beyond the basic plane takes two units."""
    octets = tpdu.encode_ucs2(text)
    assert tpdu.decode_ucs2(octets) == text
    assert len(octets) == 2 * sum(2 if ord(character) > 0xFFFF else 1 for character in text)


@given(halved_texts)
def test_half_a_pair_takes_a_unit(text: str) -> None:
    """A device that counts units may cut a character in two; what it sent comes back."""
    assert tpdu.decode_ucs2(tpdu.encode_ucs2(text)) == text


def test_halves_that_meet_are_a_character() -> None:
    """Nobody cut them."""
    first, second = surrogates.hide("ab\ud83d"), surrogates.hide("\ude00cd")
    assert tpdu.decode_ucs2(tpdu.encode_ucs2(first) + tpdu.encode_ucs2(second)) == "ab😀cd"


def test_half_a_pair_is_named_as_it_came() -> None:
    """It is in no alphabet but UCS-2."""
    assert problem(lambda: tpdu.check(surrogates.hide("ab\ud83d"), 0)) == (
        "payload",
        "contains '\\ud83d', which is not in the GSM 7-bit alphabet",
    )


@given(st.binary(), st.booleans())
def test_hexadecimal_is_read_in_either_case(octets: bytes, upper: bool) -> None:
    """Octets come back from their digits."""
    digits = octets.hex()
    assert tpdu.read_hex("payload", digits.upper() if upper else digits) == octets


@pytest.mark.parametrize("text", ["5", "0g", "0x05", "05 00", "０５", "05\n", "string"])
def test_text_that_is_not_hexadecimal_is_refused(text: str) -> None:
    """Odd digits, prefixes, blanks and digits of other scripts are no octets."""
    assert problem(lambda: tpdu.read_hex("udh", text)) == (
        "udh",
        "must be hexadecimal, with two digits per octet",
    )


# ---- data coding


@pytest.mark.parametrize(
    ("dcs", "coding"),
    [
        (0x00, Dcs.GSM7),
        (0x04, Dcs.BINARY),
        (0x08, Dcs.UCS2),
        (0x0C, Dcs.GSM7),  # reserved
        (0x10, Dcs.GSM7),  # class 0: flash
        (0x15, Dcs.BINARY),
        (0x18, Dcs.UCS2),
        (0x1B, Dcs.UCS2),
        (0x24, Dcs.BINARY),  # compressed
        (0x20, Dcs.BINARY),
        (0x48, Dcs.UCS2),  # to be deleted once it was read
        (0x50, Dcs.GSM7),
        (0x80, Dcs.GSM7),  # reserved, up to BF
        (0xBF, Dcs.GSM7),
        (0xC0, Dcs.GSM7),  # message waiting: discard
        (0xD8, Dcs.GSM7),  # store
        (0xE0, Dcs.UCS2),  # store, in UCS-2
        (0xEF, Dcs.UCS2),
        (0xF0, Dcs.GSM7),  # flash
        (0xF3, Dcs.GSM7),
        (0xF4, Dcs.BINARY),
        (0xF7, Dcs.BINARY),
    ],
)
def test_every_data_coding_scheme_means_one_of_three_alphabets(dcs: int, coding: Dcs) -> None:
    """TS 23.038, 4: by groups of the upper bits."""
    assert tpdu.coding(dcs) is coding


@pytest.mark.parametrize(
    ("text", "header", "coding"),
    [("hello €", "", Dcs.GSM7), ("ğ", "", Dcs.UCS2), ("ğ", "03250101", Dcs.GSM7), ("😀", "", Dcs.UCS2)],
)
def test_a_device_chooses_the_smaller_coding(text: str, header: str, coding: Dcs) -> None:
    """GSM 7-bit if that has all characters, with the tables that the header names."""
    assert tpdu.coding_for(text, tpdu.header_of(header).alphabet) is coding


@given(gsm_texts.filter(bool), st.sampled_from(Language), st.integers(0, 12))
def test_a_text_goes_over_the_air_and_is_read(text: str, language: Language, ports: int) -> None:
    """The octets after any header give the text, with the tables that the header names, if they have its letters."""
    elements = bytes([0x24, 1, language, 0x70, ports]) + bytes(ports)
    header = (bytes([len(elements)]) + elements).hex()
    data = tpdu.user_data(text, 0, header)
    assert tpdu.text_of(data, 0, header) == text
    assert (len(data.octets) - 1) * 8 < data.length * 7 <= len(data.octets) * 8


@given(texts, st.sampled_from(["", "050003CC0301", "060804CCCC0301"]))
def test_ucs2_goes_over_the_air_and_is_read(text: str, header: str) -> None:
    """Header and units; the length counts octets."""
    data = tpdu.user_data(text, 8, header)
    assert tpdu.text_of(data, 8, header) == text
    assert data.length == len(data.octets)


def test_the_octets_of_a_message_are_those_on_the_air() -> None:
    """Header, fill bit, septets; header and octets."""
    assert tpdu.user_data("hello", 0, "050003CC0201").octets.hex().upper() == "050003CC0201D06536FB0D"
    assert tpdu.user_data("538053", 4, "050003CC0201").octets.hex() == "050003cc0201538053"


# ---- alphanumeric senders


@pytest.mark.parametrize("sender", ["", "ABCDEFGHIJK", "Fleet [E]", "ÄÖÜ"])
def test_an_alphanumeric_sender_takes_eleven_septets_at_most(sender: str) -> None:
    """Ten octets (TS 23.040, 9.1.2.5)."""
    tpdu.check_sender("source_address", sender)


@pytest.mark.parametrize(
    ("sender", "said"),
    [
        ("ABCDEFGHIJKL", "takes 12 septets, but an alphanumeric one may take at most 11"),
        ("Fleet € [EU]", "takes 15 septets, but an alphanumeric one may take at most 11"),
        ("привет", "must use only the GSM 7-bit alphabet if it is alphanumeric"),
    ],
)
def test_an_address_that_is_too_long_is_refused(sender: str, said: str) -> None:
    """By the name of its field."""
    assert problem(lambda: tpdu.check_sender("sender", sender)) == ("sender", said)


# ---- whole messages


@pytest.mark.parametrize(
    ("character", "dcs", "udh", "limit"),
    [
        ("a", Dcs.GSM7, "", 160),
        ("a", Dcs.GSM7, "050003CC0301", 153),
        ("a", Dcs.GSM7, "060804CCCC0301", 152),
        ("€", Dcs.GSM7, "", 80),
        ("€", Dcs.GSM7, "050003CC0301", 76),
        ("5a", Dcs.BINARY, "", 140),
        ("5A", Dcs.BINARY, "050003CC0301", 134),
        ("ß", Dcs.UCS2, "", 70),
        ("日", Dcs.UCS2, "050003CC0301", 67),
        ("日", Dcs.UCS2, "060804CCCC0301", 66),  # an odd header leaves 133 octets
        ("😀", Dcs.UCS2, "", 35),
        ("😀", Dcs.UCS2, "050003CC0301", 33),
    ],
)
def test_limits_of_one_message(character: str, dcs: Dcs, udh: str, limit: int) -> None:
    """As many characters as published fit, and not one more (D§9.2; TS 23.040, 9.2.3.24.1)."""
    tpdu.check(character * limit, dcs, udh)
    field, said = problem(lambda: tpdu.check(character * (limit + 1), dcs, udh))
    assert field == "payload"
    assert said.endswith(" fit")


def test_refusal_of_a_long_text_says_the_numbers() -> None:
    """161 characters: what it takes and what fits."""
    assert problem(lambda: tpdu.check("a" * 161, 0)) == ("payload", "takes 161 septets, but only 160 fit")
    assert problem(lambda: tpdu.check("00" * 141, 4)) == ("payload", "takes 141 octets, but only 140 fit")
    assert problem(lambda: tpdu.check("é" * 71, 8)) == ("payload", "takes 71 UCS-2 units, but only 70 fit")


@given(headers, st.sampled_from(list(Dcs)))
def test_limits_with_any_header(octets: int, dcs: Dcs) -> None:
    """A header of n octets leaves 140 - n octets, floor((140 - n) * 8 / 7) septets, or half as many units."""
    udh = "" if octets < 3 else f"{octets - 1:02x}70{octets - 3:02x}" + "00" * (octets - 3)
    room = 140 - len(udh) // 2
    limit = {Dcs.GSM7: room * 8 // 7, Dcs.BINARY: room, Dcs.UCS2: room // 2}[dcs]
    character = "00" if dcs is Dcs.BINARY else "a"
    if limit:
        tpdu.check(character * limit, dcs, udh)
    assert problem(lambda: tpdu.check(character * (limit + 1), dcs, udh))[0] == "payload"


def test_header_larger_than_a_message_leaves_no_room() -> None:
    """A header may announce 255 octets; nothing fits behind it."""
    udh = "c870c6" + "00" * 198
    assert problem(lambda: tpdu.check("a", 0, udh)) == ("payload", "takes 1 septets, but only 0 fit")


@given(gsm_texts.filter(bool), headers)
def test_what_passes_fits_on_the_air(text: str, octets: int) -> None:
    """Text passes the check exactly if header and packed septets fit into 140 octets."""
    udh = "" if octets < 3 else f"{octets - 1:02x}70{octets - 3:02x}" + "00" * (octets - 3)
    header = len(udh) // 2
    fits = header + len(tpdu.pack(tpdu.encode_gsm7(text), header)) <= 140
    if fits:
        tpdu.check(text, Dcs.GSM7, udh)
    else:
        assert problem(lambda: tpdu.check(text, Dcs.GSM7, udh))[0] == "payload"


@pytest.mark.parametrize(
    ("payload", "dcs", "udh", "field"),
    [
        ("", 0, "", "payload"),
        ("", 4, "", "payload"),
        ("", 8, "", "payload"),
        ("日本", 0, "", "payload"),
        ("547", 4, "", "payload"),
        ("TestSMS", 4, "", "payload"),
        ("a", 0, "5", "udh"),
        ("a", 0, "string", "udh"),
        ("ğ", 0, "", "payload"),
        ("è", 0, "03250101", "payload"),  # Turkish has an ù, and no è
    ],
)
def test_messages_that_are_none(payload: str, dcs: int, udh: str, field: str) -> None:
    """Empty, outside the alphabet, not hexadecimal: refused by field."""
    assert problem(lambda: tpdu.check(payload, dcs, udh))[0] == field
