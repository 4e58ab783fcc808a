"""GSM 7-bit, the default alphabet and the national language tables (3GPP TS 23.038)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operator_emulator.core.network.alphabets import DEFAULT, ESCAPE, EXTENSION, Alphabet, Language, alphabet

EXTENDED = "".join(EXTENSION.values())
languages = st.sampled_from(Language)
alphabets = st.builds(alphabet, languages, languages)


@st.composite
def texts_with_their_alphabet(draw: st.DrawFn) -> tuple[Alphabet, str]:
    letters = draw(alphabets)
    return letters, draw(st.text(st.sampled_from(sorted(letters.codes))))


# --------------------------------------------------------------------------------------------- the default one


def test_the_default_alphabet_has_a_place_for_each_code() -> None:
    """128 characters, one for each code, the escape at 1B."""
    assert len(DEFAULT) == len(set(DEFAULT)) == 128
    assert DEFAULT[ESCAPE] == "\x1b"


def test_extension_characters_count_twice() -> None:
    """Ten characters lie behind an escape (TS 23.038, 6.2.1.1)."""
    letters = alphabet()
    assert set(EXTENDED) == set("^{}\\[~]|€\f")
    assert letters.septets(EXTENDED) == 20
    assert letters.septets("") == 0
    assert letters.encode("€") == b"\x1b\x65"


@pytest.mark.parametrize("character", ["ç", "`", "\x1b", "\t", "α", "日", "😀", "\ud800", "\0"])
def test_characters_outside_the_alphabet_have_no_septets(character: str) -> None:
    """A raw escape is no character either."""
    assert alphabet().septets("a" + character) is None
    with pytest.raises(KeyError):
        alphabet().encode("a" + character)


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
def test_undefined_codes_are_shown_nevertheless(codes: bytes, text: str) -> None:
    """A receiver shows what it cannot know (TS 23.038, 6.2.1 and 6.2.1.1)."""
    assert alphabet().decode(codes) == text


# --------------------------------------------------------------------------------------------- all of them


@given(texts_with_their_alphabet())
def test_encoding_loses_nothing(case: tuple[Alphabet, str]) -> None:
    """Text over an alphabet comes back, and its length in septets is known before."""
    letters, text = case
    codes = letters.encode(text)
    assert letters.decode(codes) == text
    assert letters.septets(text) == len(codes)
    assert all(code < 128 for code in codes)


@given(alphabets, st.lists(st.integers(0, 127)).map(bytes))
def test_any_septets_are_some_text(letters: Alphabet, codes: bytes) -> None:
    """Decoding never fails and yields what could be sent again."""
    assert letters.septets(letters.decode(codes)) is not None


@pytest.mark.parametrize("language", Language)
def test_every_table_has_the_controls_in_their_places(language: Language) -> None:
    """Line feed, carriage return and escape are where they are in the default alphabet; 128 places in all."""
    locking = alphabet(language).locking
    assert len(locking) == 128
    assert (locking[0x0A], locking[0x0D], locking[ESCAPE], locking[0x20]) == ("\n", "\r", "\x1b", " ")
    assert alphabet(shift=language).shift[0x65] == "€"


@pytest.mark.parametrize(
    ("language", "text", "codes"),
    [
        (Language.TURKISH, "ığŞİç€", "070C1C406004"),
        (Language.PORTUGUESE, "ãõÇ∞`", "7B7C13157D"),
        (Language.BENGALI, "অঁ০৭ৎ,", "03001B191B21602C"),
        (Language.GUJARATI, "અૐ૦?", "03601B1C3F"),
        (Language.HINDI, "अँॐ।a", "0300601B1961"),
        (Language.KANNADA, "ಅಡಪೕ", "03243D60"),
        (Language.MALAYALAM, "അൗൿ", "03601B34"),
        (Language.ORIYA, "ଅୖୱ", "03601B2C"),
        (Language.PUNJABI, "ਅੑੴ", "03607F"),
        (Language.TAMIL, "அௐ௹௺", "03607F1B2E"),
        (Language.TELUGU, "అౕ౿€", "03601B321B65"),
        (Language.URDU, "اےٰ۰؀", "005B7F1B1C1B19"),
    ],
)
def test_letters_of_each_language_have_their_codes(language: Language, text: str, codes: str) -> None:
    """TS 23.038, annex A: some of the first, the last and the odd ones of each pair of tables."""
    letters = alphabet(language, language)
    assert letters.encode(text).hex().upper() == codes


@pytest.mark.parametrize(
    ("language", "text", "codes"),
    [
        (Language.TURKISH, "ğışĞ", "1B671B691B731B47"),
        (Language.SPANISH, "áÚçñ", "1B611B551B097D"),
        (Language.PORTUGUESE, "ãÀΦê", "1B7B1B41121B05"),
    ],
)
def test_a_single_shift_table_leaves_the_default_alphabet_in_place(language: Language, text: str, codes: str) -> None:
    """Its letters come behind an escape; what the default alphabet has needs none."""
    assert alphabet(shift=language).encode(text).hex().upper() == codes


def test_spanish_has_no_locking_shift_table() -> None:
    """The default alphabet stays (TS 23.038, 6.2.1.2.4)."""
    assert alphabet(Language.SPANISH) == alphabet()


def test_a_code_without_a_letter_is_shown_as_a_space() -> None:
    """Tables of some scripts have holes; behind an escape, the letter of the locking table is shown."""
    bengali = alphabet(Language.BENGALI, Language.BENGALI)
    assert bengali.decode(bytes.fromhex("0C")) == " "
    assert bengali.decode(bytes.fromhex("1B61")) == "a"
