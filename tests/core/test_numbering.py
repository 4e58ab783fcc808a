"""Identities: published samples, shapes, and that no two SIMs of a world can share one."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operator_emulator.core.network import numbering
from operator_emulator.core.network.numbering import AUSTRIA, GERMANY, GLOBAL, PLANS, Node, Plan
from operator_emulator.core.world.errors import Malformed

MSISDN = "[0-9]{8,15}"  # P§9; ITU-T E.164

digits = st.text("0123456789", min_size=1, max_size=40)
cards = st.builds(
    lambda prefix, rest: (prefix + rest)[:19],
    st.sampled_from(["89"] + [prefix for prefix, _ in PLANS if prefix]),
    st.text("0123456789", min_size=19, max_size=19),
)
iccids = st.builds(lambda card, full: numbering.iccid_with_luhn(card) if full else card, cards, st.booleans())


# ---- check digits


@pytest.mark.parametrize(
    ("number", "digit"),
    [
        ("8988303000123456789", "4"),  # D§15
        ("8949020000157526886", "0"),  # P§9
        ("892547597825575888", "3"),  # P§9
        ("7992739871", "3"),  # the textbook's
        ("49015420323751", "8"),  # the IMEI in examples everywhere
        ("", "0"),
    ],
)
def test_luhn_digits_of_published_numbers(number: str, digit: str) -> None:
    """Published numbers that pass the Luhn test end with the digit we compute."""
    assert numbering.luhn(number) == digit


@given(digits, st.data())
def test_luhn_notices_a_wrong_digit(number: str, data: st.DataObject) -> None:
    """Changing any one digit changes the check digit: what the formula is for."""
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[place]]))
    assert numbering.luhn(number) != numbering.luhn(number[:place] + other + number[place + 1 :])


@given(cards)
def test_check_digit_comes_and_goes(card: str) -> None:
    """A card and its 20-digit form lead to one another, and each is left alone where it is wanted."""
    full = numbering.iccid_with_luhn(card)
    assert len(full) == 20
    assert full[-1] == numbering.luhn(card)
    assert numbering.iccid_with_luhn(full) == full
    assert numbering.without_luhn(full) == numbering.without_luhn(card) == card


def test_wrong_check_digit_is_kept() -> None:
    """The published 20-digit sample, whose last digit is wrong, stays as it is (D§15)."""
    assert numbering.iccid_with_luhn("89883030001234567890") == "89883030001234567890"


# ---- derived identities


@pytest.mark.parametrize(
    ("iccid", "imsi", "msisdn"),
    [
        ("8988280666000001075", "901405100001075", "882285100001075"),  # 2018
        ("8988228066602306770", "901405102306770", "882285102306770"),  # 2021
    ],
)
def test_recorded_relation_of_identities(iccid: str, imsi: str, msisdn: str) -> None:
    """IMSI and MSISDN follow from the ICCID as recorded, with or without its check digit (D§15)."""
    assert numbering.imsi_for(iccid) == imsi
    assert numbering.msisdn_for(iccid) == msisdn
    assert numbering.imsi_for(numbering.iccid_with_luhn(iccid)) == imsi


def test_portal_cards_have_numbers_of_their_country() -> None:
    """German and Austrian cards get IMSIs and MSISDNs of Germany and Austria (P§9)."""
    german, austrian = "89490200001575268860", "8999829699800485278"
    assert numbering.imsi_for(german).startswith("26201")
    assert numbering.msisdn_for(german).startswith("4915")
    assert numbering.imsi_for(austrian).startswith("23203")
    assert numbering.msisdn_for(austrian).startswith("43676")


@given(iccids)
def test_derived_identities_have_the_right_shape(iccid: str) -> None:
    """Whatever the card, what we make up for it could be real, and is the same next time."""
    imsi, msisdn, imeisv = numbering.imsi_for(iccid), numbering.msisdn_for(iccid), numbering.imeisv_for(iccid)
    assert re.fullmatch("[0-9]{15}", imsi)
    assert re.fullmatch(MSISDN, msisdn)
    assert re.fullmatch("[0-9]{16}", imeisv)
    assert imeisv[:8] in numbering.TYPE_ALLOCATION_CODES
    assert (imsi, imeisv) == (numbering.imsi_for(iccid), numbering.imeisv_for(iccid))


def test_ten_devices_of_a_card_are_ten_devices() -> None:
    """A swapped device is another one up to the tenth; the eleventh is the first with newer software."""
    devices = [numbering.imeisv_for(numbering.FIRST_ICCID, n) for n in range(11)]
    assert len({device[:14] for device in devices}) == 10
    assert numbering.same_device(devices[0], devices[10])
    assert devices[0] != devices[10]


@given(st.integers(0, 99_999_999), st.integers(0, 99_999_999), st.integers(0, 2000))
def test_cards_that_differ_in_seven_digits_have_different_devices(one: int, other: int, n: int) -> None:
    """Type and serial of the device tell two cards apart as far as promised."""
    devices = [numbering.imeisv_for(f"{GLOBAL.iccid}{serial:08}", n) for serial in (one, other)]
    assert numbering.same_device(*devices) or one % 10_000_000 != other % 10_000_000
    assert not numbering.same_device(*devices) or one % 10_000_000 == other % 10_000_000


# ---- ranges


def test_demo_world_begins_at_its_first_iccid() -> None:
    """SIM n of the packaged world ends in n, as recorded runs of cards do: they are consecutive (D§15)."""
    assert numbering.iccid_range(numbering.FIRST_ICCID, 3) == [
        "8988228066600000001",
        "8988228066600000002",
        "8988228066600000003",
    ]
    assert numbering.iccid_range(numbering.FIRST_ICCID, 0) == []


@given(cards, st.integers(0, 300), st.booleans())
def test_ranges_are_consecutive_cards(card: str, count: int, full: bool) -> None:
    """Each card of a range follows the one before; with check digits, each has its own."""
    found = numbering.iccid_range(numbering.iccid_with_luhn(card) if full else card, count)
    numbers = [int(numbering.without_luhn(iccid)) for iccid in found]
    assert len(found) == count
    assert all(after - before == 1 for before, after in pairwise(numbers))
    assert numbers[:1] in ([], [int(card)])
    assert not full or all(iccid[-1] == numbering.luhn(iccid[:19]) for iccid in found)


blocks = st.lists(
    st.tuples(
        st.integers(1, numbering.BLOCKS),
        st.integers(),  # seed
        st.integers(0, 99_999),  # organisation
        st.sampled_from([GLOBAL, GERMANY, AUSTRIA]),
    ),
    min_size=2,
    max_size=8,
    unique_by=lambda drawn: drawn[0],
)


@given(blocks, st.data())
def test_generated_blocks_of_a_world_share_nothing(
    drawn: list[tuple[int, int, int, Plan]], data: st.DataObject
) -> None:
    """Whatever seeds and organisations, blocks of distinct numbers have distinct identities throughout.

    Of each block the test takes the first and last card and a drawn few, since any two would do as well.
    """
    found = []
    for block, seed, organisation, plan in drawn:
        first = numbering.generate_iccids(block, 1, seed=seed, organisation=organisation, plan=plan)[0]
        card = int(numbering.without_luhn(first))
        last = numbering.LARGEST_BLOCK - 1
        found += [str(card + index) for index in {0, last, data.draw(st.integers(0, last))}]
    for derive in (str, numbering.imsi_for, numbering.msisdn_for):
        assert len({derive(iccid) for iccid in found}) == len(found)
    assert len({numbering.imeisv_for(iccid)[:14] for iccid in found}) == len(found)


def test_largest_block_stays_within_itself() -> None:
    """100,000 SIMs in the last block are all different, and all of that block."""
    found = numbering.generate_iccids(99, 100_000, seed=7, organisation=4321)
    assert len(set(found)) == 100_000
    assert {iccid[:14] for iccid in found} == {found[0][:14]}
    assert {len(iccid) for iccid in found} == {19}
    assert len({numbering.imeisv_for(iccid)[:14] for iccid in found}) == 100_000


@given(st.integers(1, 99), st.integers(), st.integers(), st.sampled_from([plan for _, plan in PLANS]))
def test_generated_cards_leave_room_for_written_ones(block: int, seed: int, organisation: int, plan: Plan) -> None:
    """Serials that begin with 0 are never generated: they are the packaged world's, and the recorded ones."""
    iccid = numbering.generate_iccids(block, 1, seed=seed, organisation=organisation, plan=plan)[0]
    assert re.fullmatch("89[0-9]{17,18}", iccid)
    assert numbering.without_luhn(iccid)[-8] != "0"
    assert len(iccid) == (20 if plan.check_digit else 19)
    assert numbering.iccid_with_luhn(iccid)[-1] == numbering.luhn(iccid[:19])


def test_generated_cards_are_known_by_heart() -> None:
    """The same seed makes the same cards on every machine; changing this breaks fixtures that rely on it."""
    assert numbering.generate_iccids(1, 2, seed=7, organisation=4321) == [
        "8988228066690100000",
        "8988228066690100001",
    ]
    assert numbering.generate_iccids(1, 1, seed=8, organisation=4321) != ["8988228066690100000"]


@pytest.mark.parametrize(("block", "count", "field"), [(0, 1, "generate"), (100, 1, "generate"), (1, -1, "sims")])
def test_more_than_the_digits_can_tell_apart_is_refused(block: int, count: int, field: str) -> None:
    """A hundredth block has no number of its own."""
    with pytest.raises(Malformed) as refusal:
        numbering.generate_iccids(block, count, seed=1, organisation=1)
    assert refusal.value.field == field


def test_block_of_more_than_100000_sims_is_refused() -> None:
    """The next card would be the first of the next block."""
    with pytest.raises(Malformed, match="from 0 to 100000 in one block"):
        numbering.generate_iccids(1, 100_001, seed=1, organisation=1)


# ---- networks


def test_addresses_of_an_organisation_are_its_own() -> None:
    """The first addresses of an organisation run on from .1, skipping what ends in 0 or 255 (D§15)."""
    assert numbering.ip_address_for(0, 0) == "10.0.0.1"
    assert numbering.ip_address_for(0, 253) == "10.0.0.254"
    assert numbering.ip_address_for(0, 254) == "10.0.1.1"
    assert numbering.ip_address_for(4321, 0) == "10.132.0.1"
    assert len({numbering.ip_address_for(4321, index) for index in range(100_000)}) == 100_000


@given(st.integers(0, 10**9), st.integers(0, 16_645_000), st.integers(0, 16_645_000))
def test_no_two_sims_of_an_organisation_share_an_address(organisation: int, one: int, other: int) -> None:
    """Up to more SIMs than a world can generate."""
    addresses = [numbering.ip_address_for(organisation, index) for index in (one, other)]
    assert (addresses[0] == addresses[1]) is (one == other)
    for address in addresses:
        parts = [int(part) for part in address.split(".")]
        assert parts[0] == 10
        assert all(0 <= part <= 255 for part in parts)
        assert 1 <= parts[3] <= 254


def test_nodes_carry_recorded_numbers() -> None:
    """German switches have recorded numbers; others follow their country and network (D§9.3, 11.2)."""
    assert numbering.network_node("49", "01", "msc", 0) == "491700160000"
    assert numbering.network_node("49", "01", "vlr", 0) == "491700970000"
    assert numbering.network_node("48", "01", "sgsn", 738) == "486010300738"
    assert numbering.network_node("1", "260", "msc", 1) == "12600160001"


@given(
    st.sampled_from(["1", "49", "48", "31", "420"]),
    st.sampled_from(["01", "02", "03", "04", "20", "260"]),
    st.lists(
        st.tuples(st.sampled_from(["msc", "vlr", "sgsn"]), st.integers(0, 9999)),
        min_size=2,
        max_size=2,
        unique=True,
    ),
)
def test_nodes_of_a_network_have_numbers_of_their_own(
    country_code: str, mnc: str, nodes: list[tuple[Node, int]]
) -> None:
    """Two switches of one network never share a number, and each is of E.164 length."""
    numbers = {numbering.network_node(country_code, mnc, kind, n) for kind, n in nodes}
    assert len(numbers) == 2
    assert all(re.fullmatch(MSISDN, number) and number.startswith(country_code) for number in numbers)
