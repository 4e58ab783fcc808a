"""Generated fleets: plausible, of any size, and the same bytes for the same seed."""

import re
from hashlib import sha256

import pytest

from operator_emulator import fixtures
from operator_emulator.core.network import numbering
from operator_emulator.fixtures.generate import generate
from operator_emulator.fixtures.read.entries import OrganisationEntry


def written(sims: int, seed: int) -> str:
    lines: list[str] = []
    generate(sims, seed, lines.append)
    return "".join(lines)


def fleet(sims: int, seed: int = 1) -> OrganisationEntry:
    (organisation,) = fixtures.loads(written(sims, seed)).organisations
    return organisation


def test_the_same_seed_gives_the_same_bytes() -> None:
    """And another seed another fleet."""
    assert written(300, 7) == written(300, 7)
    assert written(300, 7) != written(300, 8)


def test_a_longer_fleet_begins_like_a_shorter_one() -> None:
    """A SIM does not depend on how many come after it."""
    short, long = (written(sims, 7).split("sims:\n")[1].splitlines() for sims in (20, 40))
    assert long[:20] == short


@pytest.mark.parametrize("sims", [0, 1, 1001])
def test_a_fleet_of_any_size_is_a_fixture(sims: int) -> None:
    """It loads without problems, with so many SIMs, and somebody to ask for them."""
    organisation = fleet(sims)
    assert len(organisation.sims) == sims
    assert [user.username for user in organisation.users] == ["demo"]


def test_identities_are_those_of_their_cards_and_occur_once() -> None:
    """ICCID, IMSI, MSISDN and IMEI hang together as recorded (D§15)."""
    sims = fleet(1500).sims
    for sim in sims:
        assert numbering.is_iccid19(sim.iccid)
        assert (sim.imsi, sim.msisdn) == (numbering.imsi_for(sim.iccid), numbering.msisdn_for(sim.iccid))
        assert sim.device is None or sim.device.imei == numbering.imeisv_for(sim.iccid)
    assert len({sim.iccid for sim in sims}) == 1500


def test_a_fleet_has_sims_of_every_kind() -> None:
    """On the air and off it, at home and abroad, issued and disabled, fresh and used."""
    sims = fleet(1500).sims
    assert {sim.status for sim in sims} == {None, "Disabled", "Issued"}
    held = [sim.device for sim in sims if sim.device]
    assert {device.status for device in held} == {"ONLINE", "ATTACHED", "OFFLINE"}
    assert {device.rat for device in held} == {"2G", "3G", "LTE", "CAT-M", "NB-IoT"}
    assert len({device.operator for device in held}) >= 7
    assert all(re.fullmatch(r"[A-Z][a-z ]+ \d{4,}, .+", sim.label or "") for sim in sims)
    assert len({sim.label for sim in sims}) == 1500


def test_more_sims_than_a_block_holds_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of ten stand in for those of 100,000."""
    monkeypatch.setattr(numbering, "LARGEST_BLOCK", 10)
    sims = fleet(25).sims
    assert len({sim.iccid for sim in sims}) == 25
    assert [sim.iccid[12:14] for sim in sims] == ["01"] * 10 + ["02"] * 10 + ["03"] * 5


def test_progress_is_told_on_the_way() -> None:
    """In steps that add up to all of them, while it is written and not after."""
    steps: list[int] = []
    seen: list[int] = []
    generate(1234, 1, lambda _: seen.append(sum(steps)), steps.append)
    assert sum(steps) == 1234
    assert len(steps) > 2
    assert seen[-1] < 1234


def test_the_bytes_of_a_seed_are_pinned() -> None:
    """Identities, statuses and figures never change for a seed; towns and the name do when Faker's lists do."""
    stable = re.sub(r'(label: "[A-Za-z ]+ \d+|name: ")[^"]*"', r'\1"', written(200, 1))
    assert sha256(stable.encode()).hexdigest()[:16] == "ec7cea29fdd44acb"
