"""SIMs as their owner sees and changes them (D§7, 12.5, 14)."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from operator_emulator.core.customers import quotas, sims
from operator_emulator.core.customers.model import (
    OCTETS_PER_MB,
    Caller,
    CoreNetwork,
    Organisation,
    Sim,
    SimChange,
    SimState,
)
from operator_emulator.core.network import numbering
from operator_emulator.core.network.model import DeviceStatus
from operator_emulator.core.world.calendar import add_months, midnight_of, next_midnight
from operator_emulator.core.world.errors import (
    Malformed,
    SimExpired,
    TransferForbidden,
    UnknownOrganisation,
    UnknownSim,
)
from operator_emulator.core.world.model import EventType
from operator_emulator.core.world.payloads import DataDisconnection, SimStateChange
from tests.core.conftest import BEGAN, CALLER, ICCID, MASTER, OTHER, STRANGER, SUB, CoreWorld, MakeLaboratory

OFFLINE, ATTACHED, ONLINE = DeviceStatus.OFFLINE, DeviceStatus.ATTACHED, DeviceStatus.ONLINE
SOUTH = Caller("south", SUB)
THIRD = "8988228066600000003"


def change(laboratory: CoreWorld, iccid: str = ICCID, **what: Any) -> Sim:
    return laboratory.do(sims.change, CALLER, iccid, SimChange(**what))


def shown(laboratory: CoreWorld, caller: Caller = CALLER, **how: Any) -> tuple[list[str], int]:
    page, total = laboratory.look(sims.page, caller, **{"offset": 0, "limit": 10, **how})
    return [sim.iccid for sim in page], total


# --------------------------------------------------------------------------------------------- looking


def test_a_sim_is_seen_by_its_owner_only(laboratory: CoreWorld) -> None:
    """To others it is unknown (D§3.2), to its master organisation, too (D§2.1)."""
    sim = laboratory.new(OTHER, SUB)
    assert laboratory.look(sims.owned, SOUTH, OTHER) == sim
    for caller, iccid in ((CALLER, OTHER), (Caller("other", STRANGER), OTHER), (SOUTH, ICCID)):
        with pytest.raises(UnknownSim) as refused:
            laboratory.look(sims.owned, caller, iccid)
        assert refused.value.iccid == iccid


def test_twenty_digits_are_an_unknown_sim_unless_accepted(make_laboratory: MakeLaboratory) -> None:
    """The check digit is no part of an ICCID here; accepted, it must be right (D§7, 15)."""
    long = numbering.iccid_with_luhn(ICCID)
    wrong = ICCID + str((int(long[-1]) + 1) % 10)
    for accept in (False, True):
        laboratory = make_laboratory(accept_luhn=accept)
        laboratory.new()
        if accept:
            assert laboratory.look(sims.owned, CALLER, long).iccid == ICCID
            laboratory.do(sims.change, CALLER, long, SimChange(iccid=long, label="x"))
            assert laboratory.sim().label == "x"
        else:
            with pytest.raises(UnknownSim):
                laboratory.look(sims.owned, CALLER, long)
        with pytest.raises(UnknownSim):
            laboratory.look(sims.owned, CALLER, wrong)


def test_sims_stand_in_the_order_in_which_they_came(laboratory: CoreWorld) -> None:
    """Not by ICCID (D§5), and only the caller's own."""
    for iccid in (THIRD, ICCID):
        laboratory.new(iccid)
    laboratory.new(OTHER, SUB)
    assert shown(laboratory) == ([THIRD, ICCID], 2)
    assert shown(laboratory, offset=1, limit=1) == ([ICCID], 2)
    assert shown(laboratory, offset=9) == ([], 2)
    assert shown(laboratory, SOUTH) == ([OTHER], 1)


def test_sims_are_sorted_and_filtered_by_device_and_address(laboratory: CoreWorld) -> None:
    """The two sort keys and the two filters of the list (D§5)."""
    for n, iccid in enumerate((THIRD, OTHER, ICCID)):
        laboratory.new(iccid)
        laboratory.change(iccid, imei=f"8682390510114{n}04", ip_address=f"10.0.0.{9 - n}")
    assert shown(laboratory, order="-imei")[0] == [ICCID, OTHER, THIRD]
    assert shown(laboratory, order="ip_address")[0] == [ICCID, OTHER, THIRD]
    assert shown(laboratory, ip_address="10.0.0.8") == ([OTHER], 1)
    assert shown(laboratory, ip_address="10.0.0.8", imei="86823905101140") == ([], 0)


@pytest.mark.parametrize(
    ("imei", "found"),
    [
        ("8682390510114404", True),
        ("868239051011440", True),  # a true IMEI, whose last digit is its check digit
        ("86823905101144", True),
        ("8682390510114499", False),
        ("8682390510114", False),
        ("86823905101145", False),
    ],
)
def test_an_imei_finds_its_device_by_fourteen_digits(laboratory: CoreWorld, imei: str, found: bool) -> None:
    """What is stored has sixteen, and clients look for fourteen (D§5); whoever knows sixteen means them."""
    laboratory.new()
    laboratory.change(imei="8682390510114404")
    assert shown(laboratory, imei=imei)[1] == found


# --------------------------------------------------------------------------------------------- making


def test_a_new_sim_derives_omitted_values(laboratory: CoreWorld) -> None:
    """Identities by the recorded relation (D§15), an address of its organisation's network, no life yet."""
    sim = laboratory.new()
    assert (sim.imsi, sim.msisdn) == ("901405100000001", "882285100000001")
    assert sim.ip_address == numbering.ip_address_for(MASTER, 0)
    assert (sim.state, sim.activated, sim.expires) == (SimState.ISSUED, None, None)
    assert (sim.data_quota, sim.sms_quota, sim.device.status) == (None, None, OFFLINE)


def test_a_new_sim_keeps_given_values(laboratory: CoreWorld) -> None:
    """And addresses that are given are not given again."""
    first = numbering.ip_address_for(MASTER, 0)
    sim = laboratory.do(
        sims.new,
        organisation=MASTER,
        iccid=ICCID,
        imsi="901409999999999",
        msisdn="882289999999999",
        ip_address=first,
        imsi_2="460001234567890",
        label="pump 7",
    )
    assert (sim.imsi, sim.msisdn, sim.ip_address) == ("901409999999999", "882289999999999", first)
    assert (sim.imsi_2, sim.label) == ("460001234567890", "pump 7")
    assert laboratory.new(OTHER).ip_address == numbering.ip_address_for(MASTER, 1)


def test_ordered_sims_have_numbers_of_their_own(laboratory: CoreWorld) -> None:
    """Counting on from one that no fixture has taken."""
    first = sims.ORDERED_FROM[CoreNetwork.PLATFORM_1] + 1
    laboratory.new(str(first + 1))
    made = [laboratory.do(sims.new, organisation=MASTER).iccid for _ in range(2)]
    assert made == [str(first), str(first + 2)]
    assert all(re.fullmatch("[0-9]{19}", iccid) for iccid in made)


def test_a_delivered_sim_brings_its_volumes(laboratory: CoreWorld) -> None:
    """Issued, with 500 MB and 250 SMS: 51, 56, 58 (D§13, 14)."""
    sim = laboratory.do(sims.deliver, MASTER, 1002)
    assert sim.data_quota is not None
    assert sim.sms_quota is not None
    assert (sim.state, sim.product) == (SimState.ISSUED, 1002)
    assert (sim.data_quota.volume, sim.sms_quota.volume) == (500 * OCTETS_PER_MB, 250)
    assert laboratory.happened() == [
        EventType.SIM_ASSIGNED,
        EventType.DATA_QUOTA_ASSIGNED,
        EventType.SMS_QUOTA_ASSIGNED,
    ]


# --------------------------------------------------------------------------------------------- switching


def test_the_first_activation_begins_a_life(laboratory: CoreWorld) -> None:
    """8, the date, the end ten years and three months later at midnight, and volumes if it has none (D§8.4, 14)."""
    laboratory.new()
    sim = change(laboratory, enabled=True)
    assert (sim.state, sim.activated) == (SimState.ACTIVATED, BEGAN)
    assert sim.expires == datetime(2036, 6, 10, tzinfo=UTC)
    assert sim == laboratory.sim()
    assert laboratory.happened() == [
        EventType.SIM_STATE_CHANGED,
        EventType.DATA_QUOTA_ASSIGNED,
        EventType.SMS_QUOTA_ASSIGNED,
    ]
    assert laboratory.log()[0].payload == SimStateChange(before=SimState.ISSUED, after=SimState.ACTIVATED)


def test_an_activation_keeps_volumes_and_dates_that_are_there(laboratory: CoreWorld) -> None:
    """A delivered SIM has its volumes already; a second activation changes neither date."""
    delivered = laboratory.do(sims.deliver, MASTER, 1001)
    sim = change(laboratory, delivered.iccid, enabled=True)
    assert (sim.data_quota, sim.sms_quota) == (delivered.data_quota, delivered.sms_quota)
    laboratory.advance(days=1)
    change(laboratory, delivered.iccid, enabled=False)
    again = change(laboratory, delivered.iccid, enabled=True)
    assert (again.activated, again.expires) == (sim.activated, sim.expires)
    assert laboratory.log()[-1].payload == SimStateChange(before=SimState.SUSPENDED, after=SimState.ACTIVATED)


@pytest.mark.parametrize("lacking", ["data_quota", "sms_quota"])
def test_an_activation_fills_the_volume_that_is_lacking(laboratory: CoreWorld, lacking: str) -> None:
    """And leaves the other as it is."""
    laboratory.do(quotas.top_up, laboratory.new(), 100, 100)
    laboratory.change(ICCID, **{lacking: None})
    sim = change(laboratory, enabled=True)
    assert sim.data_quota is not None
    assert sim.sms_quota is not None
    volumes = sim.data_quota.volume // OCTETS_PER_MB, sim.sms_quota.volume
    assert volumes == ((500, 100) if lacking == "data_quota" else (100, 250))


@pytest.mark.parametrize(
    ("activated", "expires"),
    [
        (datetime(2021, 8, 26, 12, 13, 6, tzinfo=UTC), datetime(2031, 11, 26, tzinfo=UTC)),  # recorded
        (datetime(2018, 8, 20, 7, tzinfo=UTC), datetime(2028, 11, 20, tzinfo=UTC)),  # recorded
        (datetime(2021, 11, 30, tzinfo=UTC), datetime(2032, 2, 29, tzinfo=UTC)),
        (datetime(2022, 11, 30, tzinfo=UTC), datetime(2033, 2, 28, tzinfo=UTC)),
    ],
)
def test_a_life_ends_as_recorded(laboratory: CoreWorld, activated: datetime, expires: datetime) -> None:
    """Ten years and three months after the activation, at midnight (D§8.4)."""
    assert laboratory.look(sims.end_of_life, activated) == expires


def test_a_partners_sim_gets_no_volumes(laboratory: CoreWorld) -> None:
    """What it may use is in its contract."""
    sim = laboratory.do(sims.activate, laboratory.do(sims.new, organisation=None, iccid=ICCID))
    assert (sim.state, sim.data_quota, sim.sms_quota) == (SimState.ACTIVATED, None, None)


def test_disabling_takes_everything_from_the_device(laboratory: CoreWorld) -> None:
    """9, 0, 5, 15, 16 (D§14), and the SIM cannot attach until it is enabled."""
    laboratory.active(status=ONLINE)
    sim = change(laboratory, enabled=False)
    assert (sim.state, sim.device.status, sim.device.pdp) == (SimState.SUSPENDED, OFFLINE, None)
    assert laboratory.happened() == [
        EventType.SIM_STATE_CHANGED,
        EventType.DATA_DISCONNECTED,
        EventType.PDP_CONTEXT_DELETED,
        EventType.LOCATION_PURGED,
        EventType.GPRS_LOCATION_PURGED,
    ]
    state, disconnected = laboratory.log()[:2]
    assert state.payload == SimStateChange(before=SimState.ACTIVATED, after=SimState.SUSPENDED)
    assert disconnected.payload == DataDisconnection()
    laboratory.device(ATTACHED)
    assert laboratory.sim().device.status is OFFLINE
    change(laboratory, enabled=True)
    laboratory.device(ATTACHED)
    assert laboratory.sim().device.status is ATTACHED


def test_disabling_an_attached_device_disconnects_no_data(laboratory: CoreWorld) -> None:
    """Nor is there anything to purge of one that is gone."""
    laboratory.active(status=ATTACHED)
    change(laboratory, enabled=False)
    assert laboratory.happened() == [
        EventType.SIM_STATE_CHANGED,
        EventType.LOCATION_PURGED,
        EventType.GPRS_LOCATION_PURGED,
    ]


# --------------------------------------------------------------------------------------------- changing


def test_only_the_fields_that_are_present_change(laboratory: CoreWorld) -> None:
    """Partial objects, down to an empty one (D§7.2); a label and a lock write no event (D§14, assumed)."""
    before = laboratory.active()
    assert change(laboratory) == before
    labelled = change(laboratory, label="pump 7")
    assert labelled == laboratory.sim()
    assert (labelled.label, labelled.imei_lock, labelled.state) == ("pump 7", False, SimState.ACTIVATED)
    assert change(laboratory, imei_lock=True).label == "pump 7"
    assert change(laboratory, label="").label is None
    assert laboratory.log() == []


@pytest.mark.parametrize("state", [SimState.ACTIVATED, SimState.SUSPENDED])
def test_writing_the_current_state_again_is_no_event(laboratory: CoreWorld, state: SimState) -> None:
    """200, and nothing happened (D§7.2, assumed)."""
    laboratory.active(state=state)
    assert change(laboratory, enabled=state is SimState.ACTIVATED).state is state
    assert laboratory.log() == []


def test_a_sim_that_was_never_activated_is_not_enabled_already(laboratory: CoreWorld) -> None:
    """Disabling it changes nothing."""
    laboratory.new()
    assert change(laboratory, enabled=False).state is SimState.ISSUED
    assert laboratory.log() == []


def test_a_body_about_another_sim_is_ignored(laboratory: CoreWorld) -> None:
    """Neither the one in the path nor the one in the body changes (D§7.2, assumed)."""
    laboratory.active()
    laboratory.active(OTHER)
    laboratory.do(sims.change, CALLER, ICCID, SimChange(iccid=OTHER, label="x"))
    assert (laboratory.sim().label, laboratory.sim(OTHER).label) == (None, None)
    laboratory.do(sims.change, CALLER, ICCID, SimChange(iccid=ICCID, label="x"))
    assert laboratory.sim().label == "x"


def test_a_label_has_255_characters_at_most(laboratory: CoreWorld) -> None:
    """More is malformed, wherever it is asked for (D§7.2, assumed)."""
    laboratory.active()
    assert change(laboratory, label="ü" * 255).label == "ü" * 255
    with pytest.raises(Malformed, match="label: has 256 characters; the limit is 255"):
        change(laboratory, label="x" * 256)
    with pytest.raises(Malformed):
        laboratory.do(sims.submit_batch, CALLER, (SimChange(iccid=ICCID, label="x" * 256),))


def test_an_expired_sim_is_changed_no_more(laboratory: CoreWorld) -> None:
    """Extension is all that is allowed (D§3.2, 14)."""
    laboratory.active(state=SimState.EXPIRED)
    with pytest.raises(SimExpired) as refused:
        change(laboratory)
    assert refused.value.iccids == (ICCID,)
    with pytest.raises(SimExpired):
        laboratory.do(sims.reset, CALLER, ICCID)
    with pytest.raises(UnknownSim):
        change(laboratory, OTHER)


# --------------------------------------------------------------------------------------------- in bulk


def test_a_batch_is_applied_a_little_later(laboratory: CoreWorld) -> None:
    """After two seconds, in its order; what is unknown, foreign or nameless is skipped (D§7.3)."""
    laboratory.active()
    laboratory.active(OTHER)
    laboratory.active(THIRD, organisation=STRANGER)
    changes = (
        SimChange(iccid=ICCID, label="first"),
        SimChange(iccid="8988228066699999999", label="nobody"),
        SimChange(iccid=THIRD, label="stolen"),
        SimChange(label="nameless"),
        SimChange(iccid=OTHER, enabled=False),
        SimChange(iccid=ICCID, label="second", imei_lock=True),
    )
    laboratory.do(sims.submit_batch, CALLER, changes)
    laboratory.advance(1.999)
    assert laboratory.sim().label is None
    assert laboratory.advance(0.001) == 1
    assert (laboratory.sim().label, laboratory.sim().imei_lock) == ("second", True)
    assert laboratory.sim(OTHER).state is SimState.SUSPENDED
    assert laboratory.sim(THIRD).label is None
    assert laboratory.look(lambda world: world.batches.count()) == 0


def test_an_empty_batch_is_fine(laboratory: CoreWorld) -> None:
    """And nothing waits for it (D§7.3)."""
    laboratory.do(sims.submit_batch, CALLER, ())
    assert laboratory.jobs() == []


def test_a_batch_with_expired_sims_is_refused_as_a_whole(laboratory: CoreWorld) -> None:
    """The refusal names all of them, each once (D§3.2, 7.3)."""
    laboratory.active()
    for iccid in (OTHER, THIRD):
        laboratory.active(iccid, state=SimState.EXPIRED)
    changes = tuple(SimChange(iccid=iccid, label="x") for iccid in (ICCID, THIRD, OTHER, THIRD))
    with pytest.raises(SimExpired) as refused:
        laboratory.do(sims.submit_batch, CALLER, changes)
    assert refused.value.iccids == (THIRD, OTHER)
    assert laboratory.jobs() == []


def test_a_batch_passes_over_what_changed_meanwhile(laboratory: CoreWorld) -> None:
    """A SIM that expired or went away before the batch came."""
    laboratory.active()
    laboratory.active(OTHER)
    laboratory.do(sims.submit_batch, CALLER, tuple(SimChange(iccid=one, label="x") for one in (ICCID, OTHER)))
    laboratory.change(state=SimState.EXPIRED)
    laboratory.change(OTHER, organisation=SUB)
    laboratory.advance(2)
    assert (laboratory.sim().label, laboratory.sim(OTHER).label) == (None, None)


def test_a_large_batch_is_applied_part_by_part(laboratory: CoreWorld) -> None:
    """So that nobody waits for all of it; the parts follow at once, in order."""
    laboratory.active()
    count = 2 * sims.APPLIED_AT_ONCE + 1
    laboratory.do(sims.submit_batch, CALLER, tuple(SimChange(iccid=ICCID, label=str(n)) for n in range(count)))
    assert laboratory.advance(2) == 3
    assert laboratory.sim().label == str(count - 1)
    laboratory.do(sims.apply_batch, "1")  # over and done with
    assert laboratory.sim().label == str(count - 1)


# --------------------------------------------------------------------------------------------- transferring


def transfer(laboratory: CoreWorld, caller: Caller = CALLER, target: int | None = SUB, **what: Any) -> None:
    laboratory.do(sims.transfer, caller, target=target, **what)


def test_a_transfer_moves_sims_after_a_minute(laboratory: CoreWorld) -> None:
    """50 for the one, 51 for the other, another address, and the session gone that had the old one (D§12.5)."""
    before = laboratory.active(status=ONLINE)
    transfer(laboratory, iccids=[ICCID])
    laboratory.advance(59)
    assert laboratory.sim() == before
    laboratory.advance(1)
    after = laboratory.sim()
    assert after.organisation == SUB
    assert after.ip_address == numbering.ip_address_for(SUB, 0) != before.ip_address
    assert (after.device.status, after.data_quota) == (ATTACHED, before.data_quota)
    assert [(event.type, event.organisation) for event in laboratory.log()] == [
        (EventType.PDP_CONTEXT_DELETED, MASTER),
        (EventType.SIM_RELEASED, MASTER),
        (EventType.SIM_ASSIGNED, SUB),
    ]
    assert laboratory.look(lambda world: world.transfers.count()) == 0
    laboratory.do(sims.complete_transfer, "1")  # over and done with


def test_a_sub_organisation_gives_back_to_its_master(laboratory: CoreWorld) -> None:
    """By name, or by leaving the target out (D§12.5)."""
    for iccid, target in ((ICCID, None), (OTHER, MASTER)):
        laboratory.active(iccid, organisation=SUB)
        transfer(laboratory, SOUTH, target, iccids=[iccid])
    laboratory.advance(60)
    assert shown(laboratory)[0] == [ICCID, OTHER]


def test_a_range_means_the_callers_sims_in_it(laboratory: CoreWorld) -> None:
    """Both its ends belong to it; others' SIMs stay where they are; a SIM that is named twice moves once."""
    laboratory.active(ICCID)
    laboratory.active(OTHER, organisation=STRANGER)
    laboratory.active(THIRD)
    transfer(laboratory, iccids=[THIRD], ranges=[(ICCID, THIRD)])
    laboratory.advance(60)
    assert shown(laboratory, SOUTH)[0] == [ICCID, THIRD]
    assert laboratory.sim(OTHER).organisation == STRANGER
    assert len(laboratory.log(EventType.SIM_ASSIGNED)) == 2


@pytest.mark.parametrize(
    ("caller", "target"),
    [
        (CALLER, MASTER),  # itself
        (CALLER, None),  # has no master
        (CALLER, STRANGER),
        (SOUTH, STRANGER),
        (SOUTH, 4323),  # a sister
    ],
)
def test_sims_move_between_master_and_sub_only(laboratory: CoreWorld, caller: Caller, target: int | None) -> None:
    """Never from sub to sub, nor to strangers (D§12.5)."""
    laboratory.do(lambda world: world.organisations.put(Organisation(id=4323, name="Sister", parent=MASTER)))
    laboratory.active(ICCID, organisation=caller.organisation)
    with pytest.raises(TransferForbidden) as refused:
        transfer(laboratory, caller, target, iccids=[ICCID])
    assert (refused.value.source, refused.value.target) == (caller.organisation, target or MASTER)


def test_a_transfer_that_names_wrong_things_moves_nothing(laboratory: CoreWorld) -> None:
    """Nobody, no SIM, a foreign one, an expired one, a range that is none: each is refused as a whole."""
    laboratory.active()
    laboratory.active(OTHER, organisation=STRANGER)
    laboratory.active(THIRD, state=SimState.EXPIRED)
    with pytest.raises(UnknownOrganisation):
        transfer(laboratory, target=1, iccids=[ICCID])
    with pytest.raises(Malformed, match="iccids: must name at least one SIM"):
        transfer(laboratory)
    with pytest.raises(UnknownSim):
        transfer(laboratory, iccids=[ICCID, OTHER])
    with pytest.raises(UnknownSim):
        transfer(laboratory, iccids=[ICCID], ranges=[(OTHER, OTHER)])
    with pytest.raises(SimExpired) as refused:
        transfer(laboratory, ranges=[(ICCID, THIRD)])
    assert refused.value.iccids == (THIRD,)
    for first, last in ((THIRD, ICCID), (ICCID, ICCID + "0")):
        with pytest.raises(Malformed, match="iccid_ranges: contains no SIM"):
            transfer(laboratory, ranges=[(first, last)])
    assert laboratory.jobs() == []


def test_a_sim_that_went_away_meanwhile_is_not_transferred(laboratory: CoreWorld) -> None:
    """To another organisation, or for good."""
    laboratory.active()
    laboratory.active(OTHER)
    transfer(laboratory, iccids=[ICCID, OTHER])
    laboratory.change(organisation=STRANGER)
    laboratory.do(lambda world: world.sims.delete(OTHER))
    laboratory.advance(60)
    assert laboratory.sim().organisation == STRANGER
    assert laboratory.log() == []


# --------------------------------------------------------------------------------------------- the calendar


def test_months_end_where_they_end() -> None:
    """A month after 31 January is the last of February; a month before March, too."""
    late = datetime(2024, 1, 31, 23, 59, tzinfo=UTC)
    assert add_months(late, 1) == datetime(2024, 2, 29, 23, 59, tzinfo=UTC)
    assert add_months(late, -2) == datetime(2023, 11, 30, 23, 59, tzinfo=UTC)
    assert add_months(late, -13) == datetime(2022, 12, 31, 23, 59, tzinfo=UTC)
    assert midnight_of(late) == datetime(2024, 1, 31, tzinfo=UTC)
    assert next_midnight(late) == datetime(2024, 2, 1, tzinfo=UTC)
    assert next_midnight(next_midnight(late)) == datetime(2024, 2, 2, tzinfo=UTC)


def test_a_lock_of_a_sim_never_attached_waits(laboratory: CoreWorld) -> None:
    """Locked at the first attach, whatever comes (D§14)."""
    laboratory.new()
    assert change(laboratory, imei_lock=True, enabled=True).locked_imei is None
    sim = laboratory.device(ATTACHED)
    assert sim.locked_imei == sim.device.imei
