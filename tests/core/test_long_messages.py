"""What takes several short messages: how a device splits it, and how a receiver puts it together again."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operator_emulator.core.network import surrogates, tpdu
from operator_emulator.core.network.alphabets import alphabet
from operator_emulator.core.network.tpdu import Dcs, Part
from operator_emulator.core.world.errors import Malformed

gsm_texts = st.text(st.sampled_from(sorted(alphabet().codes)))
# Half pairs, too, but none of the characters that stand for them in here.
halved_texts = st.text(st.characters(exclude_categories=["Co"])).map(surrogates.hide)


@dataclass(frozen=True)
class Fragment:
    """What came in, from one sender unless said otherwise."""

    payload: str
    udh: str = ""
    dcs: int = 0
    source_address: str = "4321"


def part_of(reference: int, total: int, part: int) -> str:
    return f"050003{reference:02X}{total:02X}{part:02X}"


def problem(act: Callable[[], object]) -> tuple[str, str]:
    """What Malformed says when *act* raises it."""
    with pytest.raises(Malformed) as refusal:
        act()
    return refusal.value.field, refusal.value.problem


@given(st.one_of(gsm_texts, halved_texts, st.text("a€"), st.text("é😀")), st.integers(1, 8), st.integers(0, 255))
def test_split_texts_are_reassembled(text: str, times: int, reference: int) -> None:
    """Every part fits, and a device that got them all, in any order, shows the text."""
    text = "x" + text * times
    parts = tpdu.split(text, reference=reference)
    for part in parts:
        tpdu.check(part.payload, part.dcs, part.udh)
        assert not surrogates.HALVES.search(part.payload)
    arrived = [Fragment(part.payload, part.udh, part.dcs) for part in parts]
    for order in (arrived, arrived[::-1], arrived + arrived[:1]):
        whole = tpdu.reassemble(order)[0]
        assert "".join(one.payload for one in whole.parts) == text
        assert whole.missing == ()


@given(st.binary(min_size=1, max_size=400))
def test_split_octets_are_reassembled(octets: bytes) -> None:
    """134 beside each header, and none divided."""
    parts = tpdu.split(octets.hex(), 0xF5)
    assert "".join(part.payload for part in parts) == octets.hex()
    assert {part.dcs for part in parts} == {0xF5}
    assert len(parts) == (1 if len(octets) <= 140 else -(-len(octets) // 134))


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
    parts = tpdu.split(text, reference=0xCC)
    assert [len(part.payload) for part in parts] == lengths
    assert {part.dcs for part in parts} == {dcs}
    assert [part.udh for part in parts] == (
        [""] if len(parts) == 1 else [part_of(0xCC, len(parts), n + 1) for n in range(len(parts))]
    )


def test_each_part_keeps_the_rest_of_the_header() -> None:
    """Every segment names its tables (TS 23.038, 6.2.1.2): with Turkish letters, 149 septets beside nine octets."""
    parts = tpdu.split("ğ" * 160, header="03250101", reference=8)
    assert parts == [Part("ğ" * 149, 0, "080003080201250101"), Part("ğ" * 11, 0, "080003080202250101")]
    assert len(tpdu.split("ğ" * 155, header="03250101")) == 1


@pytest.mark.parametrize(
    ("header", "room"),
    [("050003CC0201", 153), ("060003F30202", 153), ("8A7088" + "00" * 136, 1)],
)
def test_a_part_of_a_long_message_is_not_split(header: str, room: int) -> None:
    """Nor is what has a header that cannot say more."""
    assert problem(lambda: tpdu.split("a" * 200, header=header)) == (
        "payload",
        f"takes 200 septets, but only {room} fit",
    )


def test_splitting_has_limits() -> None:
    """Nothing cannot be sent, nor what takes 256 parts."""
    assert problem(lambda: tpdu.split("")) == ("payload", "must not be empty")
    assert len(tpdu.split("a" * 153 * 255)) == 255
    assert problem(lambda: tpdu.split("a" * (153 * 255 + 1)))[1] == "takes 256 parts, but at most 255 are possible"


def shown(*arrived: Fragment) -> list[tuple[str, tuple[int, ...]]]:
    """Of each message the payload, and the numbers of the parts that are missing."""
    return [("".join(part.payload for part in one.parts), one.missing) for one in tpdu.reassemble(arrived)]


def test_a_receiver_knows_what_is_missing() -> None:
    """Parts that have not come are named, and what has come is in order."""
    assert shown(Fragment("c", part_of(7, 3, 3)), Fragment("a", part_of(7, 3, 1))) == [("ac", (2,))]
    assert shown() == []


def test_messages_are_kept_apart() -> None:
    """Plain messages stand alone; other senders, references, totals and codings are other messages."""
    first, second = part_of(1, 2, 1), part_of(1, 2, 2)
    assert shown(
        Fragment("one", first),
        Fragment("plain"),
        Fragment("other", part_of(2, 2, 2)),
        Fragment("日", second, dcs=8),
        Fragment("x", part_of(1, 3, 2)),
        Fragment("wide", "06080400010202"),
        Fragment("strange", second, source_address="999"),
        Fragment(" two", second),
        Fragment("plain", "06050415811581"),  # ports are no reason to wait
        Fragment("plain", "060003010202"),  # nor is a header that is badly built
    ) == [
        ("one two", ()),
        ("plain", ()),
        ("other", (1,)),
        ("日", (1,)),
        ("x", (1, 3)),
        ("wide", (1,)),
        ("strange", (1,)),
        ("plain", ()),
        ("plain", ()),
    ]


def test_reference_may_be_used_again() -> None:
    """A repeated part counts once; once a message is whole, or contradicted, its reference begins another."""
    first, second = part_of(1, 2, 1), part_of(1, 2, 2)
    same = [Fragment("a", first), Fragment("a", first), Fragment("b", second)]
    assert shown(*same) == [("ab", ())]
    assert shown(*same, *same) == [("ab", ()), ("ab", ())]
    assert shown(Fragment("a", first), Fragment("c", first), Fragment("d", second)) == [("a", (2,)), ("cd", ())]
