"""What fits into one short message: published vectors, round trips, and every limit from both sides."""

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operator_emulator.core.network import tpdu
from operator_emulator.core.network.tpdu import ALPHABET, ESCAPE, EXTENSION, Concatenation, Dcs, Reassembled, Udh
from operator_emulator.core.world.errors import Malformed

EXTENDED = "".join(EXTENSION.values())
gsm_characters = st.sampled_from([character for character in ALPHABET if character != "\x1b"] + list(EXTENDED))
gsm_texts = st.text(gsm_characters)
texts = st.text(st.characters(exclude_categories=["Cs"]))  # no halves of surrogate pairs
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


def test_unpacking_more_than_there_is_is_refused() -> None:
    """Five octets hold five septets, not six."""
    assert problem(lambda: tpdu.unpack(bytes(5), 6)) == ("payload", "has no room for 6 septets")


@given(gsm_texts)
def test_encoding_loses_nothing(text: str) -> None:
    """Text over the alphabet comes back, and its length in septets is foretold."""
    codes = tpdu.encode_gsm7(text)
    assert tpdu.decode_gsm7(codes) == text
    assert tpdu.septets(text) == len(codes)
    assert all(code < 128 for code in codes)


def test_extension_characters_count_twice() -> None:
    """Ten characters lie behind an escape (TS 23.038, 6.2.1.1)."""
    assert set(EXTENDED) == set("^{}\\[~]|€\f")
    assert tpdu.septets(EXTENDED) == 20
    assert tpdu.septets("") == 0
    assert tpdu.encode_gsm7("€") == b"\x1b\x65"


@pytest.mark.parametrize("character", ["ç", "`", "\x1b", "\t", "α", "日", "😀", "\ud800"])
def test_characters_outside_the_alphabet(character: str) -> None:
    """They have no septets, and the refusal names them; a raw escape is no character either."""
    assert tpdu.septets("a" + character) is None
    field, said = problem(lambda: tpdu.encode_gsm7("a" + character))
    assert field == "payload"
    assert said == f"holds {character!r}, which is not in the GSM 7-bit alphabet"


@pytest.mark.parametrize(
    ("codes", "text"),
    [
        (b"\x1bA", "A"),  # no such extension: the default table
        (b"\x1b\x0d", "\r"),
        (b"a\x1b\x1bb", "a b"),  # an escape to a further table
        (b"a\x1b", "a "),  # an escape to nowhere
        (b"\x1b\x1b\x1be", " €"),
    ],
)
def test_codes_that_mean_nothing_are_shown_anyway(codes: bytes, text: str) -> None:
    """A receiver shows what it cannot know (TS 23.038, 6.2.1 and 6.2.1.1)."""
    assert tpdu.decode_gsm7(codes) == text


@given(st.lists(st.integers(0, 127)).map(bytes))
def test_any_septets_are_some_text(codes: bytes) -> None:
    """Decoding never fails and yields what could be sent again."""
    assert tpdu.septets(tpdu.decode_gsm7(codes)) is not None


def test_alphabet_has_a_place_for_each_code() -> None:
    """128 characters, one for each code, the escape at 1B."""
    assert len(ALPHABET) == len(set(ALPHABET)) == 128
    assert ALPHABET[ESCAPE] == "\x1b"


# ---- UCS-2 and binary


@given(texts)
def test_ucs2_loses_nothing(text: str) -> None:
    """Text comes back; a character beyond the basic plane takes two units."""
    octets = tpdu.encode_ucs2(text)
    assert tpdu.decode_ucs2(octets) == text
    assert len(octets) == 2 * sum(2 if ord(character) > 0xFFFF else 1 for character in text)


def test_half_a_pair_is_no_text() -> None:
    """A surrogate by itself cannot be sent, and cannot be read."""
    assert problem(lambda: tpdu.encode_ucs2("ab\ud83d")) == (
        "payload",
        "holds half a surrogate pair at position 2",
    )
    assert problem(lambda: tpdu.decode_ucs2(b"\x00a\xd8\x3d")) == ("payload", "is not UCS-2 at octet 2")
    assert problem(lambda: tpdu.decode_ucs2(b"\x00a\x00")) == ("payload", "is not UCS-2 at octet 2")


@given(st.binary(), st.booleans())
def test_hexadecimal_is_read_in_either_case(octets: bytes, upper: bool) -> None:
    """Octets come back from their digits."""
    digits = octets.hex()
    assert tpdu.read_hex("payload", digits.upper() if upper else digits) == octets


@pytest.mark.parametrize("text", ["5", "0g", "0x05", "05 00", "０５", "05\n", "string"])
def test_what_is_not_hexadecimal_is_refused(text: str) -> None:
    """Odd digits, prefixes, blanks and digits of other scripts are no octets."""
    assert problem(lambda: tpdu.read_hex("udh", text)) == (
        "udh",
        "must be hexadecimal, two digits to an octet",
    )


# ---- user data header


@pytest.mark.parametrize(
    ("text", "concatenation"),
    [
        ("050003CC0301", Concatenation(0xCC, total=3, part=1)),  # D§9.2
        ("050003cc0303", Concatenation(0xCC, total=3, part=3)),
        ("0608041A2B0201", Concatenation(0x1A2B, total=2, part=1)),
        ("0B05040B8423F00003CC0201", Concatenation(0xCC, total=2, part=1)),  # ports, then parts
        ("0B0003CC020105040B8423F0", Concatenation(0xCC, total=2, part=1)),  # the other way round
        ("0A00030102010003CC0302", Concatenation(0xCC, total=3, part=2)),  # the last one counts
        ("0A0003CC03020003010200", Concatenation(0xCC, total=3, part=2)),  # unless it makes no sense
        ("06050415811581", None),  # ports only
        ("050003CC0304", None),  # part 4 of 3
        ("050003CC0300", None),
        ("050003CC0000", None),
        ("00", None),
        ("022400", None),
    ],
)
def test_headers_are_read(text: str, concatenation: Concatenation | None) -> None:
    """Both kinds of concatenation are found among other elements; senseless ones are ignored."""
    assert tpdu.parse_udh(text) == Udh(bytes.fromhex(text), concatenation)


def test_no_header_is_a_header_of_no_octets() -> None:
    """An empty string means none (D§9.2)."""
    assert tpdu.parse_udh("") == Udh()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("string", "must be hexadecimal, two digits to an octet"),
        ("050003CC03", "announces 5 octets and has 4"),
        ("050003CC030100", "announces 5 octets and has 6"),
        ("050004CC0301", "breaks off within information element 00"),
        ("0100", "breaks off within information element 00"),
        ("060004CC030100", "has 4 octets in information element 00"),
        ("050803CC0301", "has 3 octets in information element 08"),
        ("020000", "has 0 octets in information element 00"),
    ],
)
def test_malformed_headers_are_refused(text: str, said: str) -> None:
    """A header that is not elements to its last octet is no header."""
    assert problem(lambda: tpdu.parse_udh(text)) == ("udh", said)


@given(st.text("0123456789abcdefABCDEF", max_size=24))
def test_any_digits_are_a_header_or_malformed(text: str) -> None:
    """Reading ends in a header or in Malformed, never in another error."""
    udh = None
    with contextlib.suppress(Malformed):
        udh = tpdu.parse_udh(text)
    assert udh is None or udh.octets == bytes.fromhex(text)


@given(st.integers(0, 0xFFFF), st.integers(1, 255), st.data())
def test_built_headers_are_read_back(reference: int, total: int, data: st.DataObject) -> None:
    """What we build says what it was built from."""
    part = data.draw(st.integers(1, total))
    udh = tpdu.parse_udh(tpdu.concatenated(reference, total, part))
    assert udh.concatenation == Concatenation(reference, total, part)
    assert len(udh.octets) == (6 if reference < 256 else 7)


def test_published_header_is_built() -> None:
    """The operator's own example (D§9.2)."""
    assert tpdu.concatenated(0xCC, 3, 1) == "050003CC0301"


@pytest.mark.parametrize("numbers", [(-1, 1, 1), (65536, 1, 1), (0, 1, 0), (0, 2, 3), (0, 256, 1)])
def test_impossible_parts_have_no_header(numbers: tuple[int, int, int]) -> None:
    """References of more than 16 bits, parts outside their total, more than 255 parts."""
    assert problem(lambda: tpdu.concatenated(*numbers))[0] == "udh"


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
    assert problem(lambda: tpdu.check("a" * 161, 0)) == ("payload", "takes 161 septets, and 160 fit")
    assert problem(lambda: tpdu.check("00" * 141, 4)) == ("payload", "takes 141 octets, and 140 fit")
    assert problem(lambda: tpdu.check("é" * 71, 8)) == ("payload", "takes 71 UCS-2 units, and 70 fit")


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
    assert problem(lambda: tpdu.check("a", 0, udh)) == ("payload", "takes 1 septets, and 0 fit")


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
        ("\ud83d", 8, "", "payload"),
        ("a", 3, "", "dcs"),
        ("a", 0, "05", "udh"),
    ],
)
def test_messages_that_are_none(payload: str, dcs: int, udh: str, field: str) -> None:
    """Empty, outside the alphabet, not hexadecimal, unknown coding, bad header: refused by field."""
    assert problem(lambda: tpdu.check(payload, dcs, udh))[0] == field


@pytest.mark.parametrize(
    ("payload", "dcs", "text"),
    [
        ("wake up", 0, "wake up"),
        ("日本", 8, "日本"),
        ("54657374534d53", 4, "TestSMS"),  # D§9.2
        ("00ff7e", 4, "00ff7e"),
        ("0A", 4, "0A"),
    ],
)
def test_what_the_device_shows(payload: str, dcs: int, text: str) -> None:
    """Text as it is, octets as text where they are, else as digits."""
    assert tpdu.text_of(payload, dcs) == text


# ---- long messages


@given(st.one_of(gsm_texts, texts, st.text("a€"), st.text("é😀")), st.integers(1, 8), st.integers(0, 0xFFFF))
def test_split_texts_come_together_again(text: str, times: int, reference: int) -> None:
    """Every part fits, and a device that got them all, in any order, shows the text."""
    text = "x" + text * times
    parts = tpdu.split(text, reference)
    for payload, dcs, udh in parts:
        tpdu.check(payload, dcs, udh)
        assert tpdu.encode_ucs2(payload)  # no half of a pair
    for arrived in (parts, parts[::-1]):
        assert [(message.text, message.missing) for message in tpdu.reassemble(arrived)] == [(text, ())]


@pytest.mark.parametrize(
    ("text", "lengths", "dcs"),
    [
        ("a" * 160, [160], Dcs.GSM7),
        ("a" * 161, [153, 8], Dcs.GSM7),
        ("a" * 306, [153, 153], Dcs.GSM7),
        ("a" * 152 + "€" * 10, [152, 10], Dcs.GSM7),  # the escape pair moves as one
        ("日" * 70, [70], Dcs.UCS2),
        ("日" * 71, [67, 4], Dcs.UCS2),
        ("日" * 66 + "😀" * 3, [66, 3], Dcs.UCS2),  # so does the surrogate pair
    ],
)
def test_texts_are_split_where_they_must_be(text: str, lengths: list[int], dcs: Dcs) -> None:
    """No header while one message is enough; then 153 septets or 67 units, and no pair in two."""
    parts = tpdu.split(text, 0xCC)
    assert [len(payload) for payload, _, _ in parts] == lengths
    assert {used for _, used, _ in parts} == {dcs}
    assert [udh for _, _, udh in parts] == (
        [""] if len(parts) == 1 else [tpdu.concatenated(0xCC, len(parts), n + 1) for n in range(len(parts))]
    )


def test_splitting_has_limits() -> None:
    """Nothing cannot be sent, nor half a pair, nor what takes 256 parts."""
    assert problem(lambda: tpdu.split("")) == ("payload", "must not be empty")
    assert problem(lambda: tpdu.split("ab\ud83d")) == ("payload", "holds half a surrogate pair at position 2")
    assert len(tpdu.split("a" * 153 * 255)) == 255
    assert problem(lambda: tpdu.split("a" * (153 * 255 + 1)))[1] == "takes 256 parts, and 255 are possible"


def test_inbox_tells_what_is_missing() -> None:
    """Parts that have not come are named, and what has come is shown in order."""
    three = tpdu.concatenated(7, 3, 3), tpdu.concatenated(7, 3, 1)
    assert tpdu.reassemble([("c", 0, three[0]), ("a", 0, three[1])]) == [Reassembled("ac", 0, missing=(2,))]
    assert tpdu.reassemble([]) == []


def test_inbox_keeps_messages_apart() -> None:
    """Plain messages stand alone; other references, totals and codings are other messages."""
    first, second = tpdu.concatenated(1, 2, 1), tpdu.concatenated(1, 2, 2)
    arrived = [
        ("one", 0, first),
        ("plain", 0, ""),
        ("other", 0, tpdu.concatenated(2, 2, 2)),
        ("日", 8, second),
        ("x", 0, tpdu.concatenated(1, 3, 2)),
        (" two", 0, second),
        ("plain", 0, "06050415811581"),  # ports are no reason to wait
    ]
    assert tpdu.reassemble(arrived) == [
        Reassembled("one two", 0),
        Reassembled("plain", 0),
        Reassembled("other", 0, missing=(1,)),
        Reassembled("日", 8, missing=(1,)),
        Reassembled("x", 0, missing=(1, 3)),
        Reassembled("plain", 0),
    ]


def test_reference_may_be_used_again() -> None:
    """A repeated part counts once; once a message is whole, or contradicted, its reference begins another."""
    first, second = tpdu.concatenated(1, 2, 1), tpdu.concatenated(1, 2, 2)
    same = [("a", 0, first), ("a", 0, first), ("b", 0, second)]
    assert tpdu.reassemble(same) == [Reassembled("ab", 0)]
    assert tpdu.reassemble(same * 2) == [Reassembled("ab", 0), Reassembled("ab", 0)]
    assert tpdu.reassemble([("a", 0, first), ("c", 0, first), ("d", 0, second)]) == [
        Reassembled("a", 0, missing=(2,)),
        Reassembled("cd", 0),
    ]


def test_binary_parts_join_before_they_are_read() -> None:
    """Octets of all parts decide together whether the device can show text."""
    first, second = tpdu.concatenated(1, 2, 1), tpdu.concatenated(1, 2, 2)
    text, mixed = tpdu.reassemble([("5465", 4, first), ("7374", 4, second), ("5465", 4, first), ("00", 4, second)])
    assert text.text == "Test"
    assert mixed.text == "546500"
