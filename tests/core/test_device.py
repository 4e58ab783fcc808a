"""The device's side: location, sessions, data, and what the network refuses (D§8.1, 11.2, 14)."""

from datetime import timedelta
from typing import Any

import pytest

from operator_emulator.core.customers import quotas, sims
from operator_emulator.core.customers.model import OCTETS_PER_MB, Sim, SimChange, SimState
from operator_emulator.core.network import device, networks
from operator_emulator.core.network.model import AttachFailure, DeliveryFailure, DeviceStatus, Rat, Sms
from operator_emulator.core.partners.model import Contract, ContractState, Partner, Restriction
from operator_emulator.core.world.errors import LostAtNetwork, Malformed, UnknownSim
from operator_emulator.core.world.model import EventType
from operator_emulator.core.world.payloads import (
    Cell,
    LocationUpdate,
    PdpContextChange,
    PdpContextRefusal,
    SimStateChange,
)
from tests.core.conftest import BEGAN, CALLER, ICCID, OTHER, CoreWorld, MakeLaboratory, forget_events

MB = OCTETS_PER_MB
OFFLINE, ATTACHED, ONLINE = DeviceStatus.OFFLINE, DeviceStatus.ATTACHED, DeviceStatus.ONLINE
LOCATION, GPRS_LOCATION = EventType.LOCATION_UPDATED, EventType.GPRS_LOCATION_UPDATED
CREATED, REFUSED = EventType.PDP_CONTEXT_CREATED, EventType.PDP_CONTEXT_REFUSED
UPDATED, DELETED = EventType.PDP_CONTEXT_UPDATED, EventType.PDP_CONTEXT_DELETED
PURGED, GPRS_PURGED = EventType.LOCATION_PURGED, EventType.GPRS_LOCATION_PURGED
ONE, TWO = "8682390510114404", "3526561000000001"


def set_status(laboratory: CoreWorld, status: DeviceStatus, **how: Any) -> tuple[Sim, AttachFailure | None]:
    return laboratory.do(device.set_status, ICCID, status, **how)


def use(laboratory: CoreWorld, tx: int, rx: int = 0) -> Sim:
    sim = laboratory.do(device.use_data, ICCID, tx, rx)
    assert isinstance(sim, Sim)
    return sim


def lost(laboratory: CoreWorld, payload: str = "hello") -> LostAtNetwork:
    refused = laboratory.do(device.send_mo, ICCID, payload)
    assert isinstance(refused, LostAtNetwork)
    assert refused.iccid == ICCID
    return refused


# --------------------------------------------------------------------------------------------- location


def test_a_device_attaches_to_the_default_network(laboratory: CoreWorld) -> None:
    """VLR, then SGSN (D§14: 1, 2), with their numbers and the access technology."""
    laboratory.active()
    sim = laboratory.device(ATTACHED)
    assert (sim.device.status, sim.device.network, sim.device.rat) == (ATTACHED, networks.DEFAULT, Rat.LTE)
    assert sim.device.attached == sim.device.attached_gprs == BEGAN
    assert (sim.device.imei is not None, sim.imei) == (True, None)  # learnt when a session opens (D§7.1)
    vlr, sgsn = laboratory.log()
    assert (vlr.type, vlr.network, vlr.imei) == (LOCATION, networks.DEFAULT, sim.device.imei)
    assert (sgsn.type, sgsn.network) == (GPRS_LOCATION, networks.DEFAULT)
    assert vlr.payload == sgsn.payload == LocationUpdate(cell=Cell(rat=Rat.LTE))


def test_a_device_is_told_where_and_what_it_is(laboratory: CoreWorld) -> None:
    """Network by name or PLMN, access technology, cell, IMEISV; what is left out later stays."""
    laboratory.active()
    sim, refused = set_status(
        laboratory, ATTACHED, imei=ONE, operator="26001", rat=Rat.GERAN_2G, cell_lac=53113, cell_id=46261
    )
    assert refused is None
    assert sim.device.network is not None
    assert (sim.device.imei, sim.device.network.name, sim.device.rat) == (ONE, "Plus", Rat.GERAN_2G)
    assert (sim.device.cell_lac, sim.device.cell_id) == (53113, 46261)
    laboratory.device(OFFLINE)
    again = laboratory.device(ATTACHED, rat=Rat.LTE)
    assert again.device.network == sim.device.network
    assert (again.device.imei, again.device.rat, again.device.cell_id) == (ONE, Rat.LTE, 46261)


def test_a_device_that_leaves_is_purged(laboratory: CoreWorld) -> None:
    """15, 16; its last location stays known (D§8.1). One that is gone leaves no more."""
    laboratory.active(status=ATTACHED)
    sim = laboratory.do(device.detach, ICCID)
    assert (sim.device.status, sim.device.network, sim.device.attached) == (OFFLINE, networks.DEFAULT, BEGAN)
    assert laboratory.happened() == [PURGED, GPRS_PURGED]
    laboratory.do(device.detach, ICCID)
    assert laboratory.happened() == [PURGED, GPRS_PURGED]


def test_nb_iot_knows_no_vlr(laboratory: CoreWorld) -> None:
    """Packets only: no VLR location, neither learnt nor purged."""
    laboratory.active()
    sim = laboratory.device(ATTACHED, rat=Rat.NB_IOT)
    assert (sim.device.attached, sim.device.attached_gprs) == (None, BEGAN)
    laboratory.device(OFFLINE)
    assert laboratory.happened() == [GPRS_LOCATION, GPRS_PURGED]


def test_a_change_to_the_same_state_records_no_event(laboratory: CoreWorld) -> None:
    """The same status at the same place again; a device that moves is heard."""
    laboratory.active(status=ATTACHED)
    set_status(laboratory, ATTACHED, operator="T-Mobile", rat=Rat.LTE)
    set_status(laboratory, ATTACHED)
    assert laboratory.happened() == []
    set_status(laboratory, ATTACHED, cell_id=1)
    assert laboratory.happened() == [LOCATION, GPRS_LOCATION]


def test_a_device_that_moves_keeps_its_session(laboratory: CoreWorld) -> None:
    """1, 2, and 4 for the session that goes along (D§14)."""
    before = laboratory.active(status=ONLINE)
    sim, _ = set_status(laboratory, ONLINE, operator="Plus")
    assert sim.device.pdp == before.device.pdp
    assert laboratory.happened() == [LOCATION, GPRS_LOCATION, UPDATED]
    sim, _ = set_status(laboratory, ATTACHED, operator="Vodafone")
    assert sim.device.status is ATTACHED
    assert laboratory.happened()[3:] == [LOCATION, GPRS_LOCATION, UPDATED, DELETED]


def test_a_sim_is_in_one_device_at_a_time(laboratory: CoreWorld) -> None:
    """Put into another, it leaves the network first, as what it was in."""
    laboratory.active()
    set_status(laboratory, ONLINE, imei=ONE)
    laboratory.do(forget_events)
    sim, _ = set_status(laboratory, ONLINE, imei=TWO)
    assert (sim.imei, sim.device.imei) == (TWO, TWO)
    assert [(event.type, event.imei) for event in laboratory.log()] == [
        (DELETED, ONE),
        (PURGED, ONE),
        (GPRS_PURGED, ONE),
        (LOCATION, TWO),
        (GPRS_LOCATION, TWO),
        (CREATED, TWO),
    ]


@pytest.mark.parametrize(
    ("state", "cause"),
    [
        (SimState.ISSUED, AttachFailure.SIM_NOT_ACTIVATED),
        (SimState.SUSPENDED, AttachFailure.SIM_SUSPENDED),
        (SimState.EXPIRED, AttachFailure.QUOTA_EXPIRED),
    ],
)
def test_only_an_activated_sim_may_enter(laboratory: CoreWorld, state: SimState, cause: AttachFailure) -> None:
    """The device tried: an event says so, and nothing else changes but the device that holds the SIM."""
    laboratory.active(state=state)
    sim, refused = set_status(laboratory, ONLINE, imei=ONE)
    assert (refused, sim.device.status, sim.device.imei) == (cause, OFFLINE, ONE)
    event = laboratory.log()[0]
    assert (event.type, event.imei) == (REFUSED, ONE)
    assert event.payload == PdpContextRefusal(cause=cause, cell=Cell(rat=Rat.LTE))
    assert laboratory.device(ATTACHED) == sim
    assert len(laboratory.log()) == 2


def test_a_refused_device_has_left_where_it_was(laboratory: CoreWorld) -> None:
    """By hand: a suspended SIM that is still attached is thrown out when it reports anew."""
    laboratory.active(status=ATTACHED, state=SimState.SUSPENDED)
    assert laboratory.device(ATTACHED, cell_id=1).device.status is OFFLINE
    assert laboratory.happened() == [PURGED, GPRS_PURGED, REFUSED]


def test_an_unknown_network_or_sim_is_refused(laboratory: CoreWorld) -> None:
    """Before anything changes, and the message says which networks there are."""
    laboratory.active()
    with pytest.raises(Malformed, match=r"operator: must be one of T-Mobile \(26201\), Vodafone"):
        set_status(laboratory, ATTACHED, operator="Nobody")
    for verb in (device.detach, device.close_pdp_context):
        with pytest.raises(UnknownSim):
            laboratory.do(verb, OTHER)
    with pytest.raises(UnknownSim):
        laboratory.do(device.set_status, OTHER, ONLINE)
    assert laboratory.log() == []


def test_networks_are_found_in_any_case() -> None:
    """By name, by PLMN; the default is Deutsche Telekom's."""
    assert networks.find("t-mobile") is networks.find("26201") is networks.find(None) is networks.DEFAULT
    assert networks.find("telekom") is networks.DEFAULT


def test_every_network_is_told_from_every_other() -> None:
    """By id, name, PLMN and the numbers of its nodes."""
    for of in (networks.plmn, networks.msc, networks.vlr, networks.sgsn, networks.sgsn_ip):
        assert len({of(network) for network in networks.NETWORKS}) == len(networks.NETWORKS)
    assert len({network.id for network in networks.NETWORKS}) == len(networks.NETWORKS)
    assert len({network.name.casefold() for network in networks.NETWORKS}) == len(networks.NETWORKS)
    assert networks.sgsn_ip(networks.DEFAULT, plane=1) == "198.19.4.2"


# --------------------------------------------------------------------------------------------- IMEI lock


def lock(laboratory: CoreWorld, on: bool = True) -> Sim:
    return laboratory.do(sims.change, CALLER, ICCID, SimChange(imei_lock=on))


def test_a_lock_holds_the_next_device_that_attaches(laboratory: CoreWorld) -> None:
    """The IMEISV seen is stored, and another device is refused with an event (D§14)."""
    laboratory.active()
    assert lock(laboratory).locked_imei is None
    assert set_status(laboratory, ATTACHED, imei=ONE)[0].locked_imei == ONE
    laboratory.device(OFFLINE)
    sim, refused = set_status(laboratory, ONLINE, imei=TWO)
    assert (refused, sim.device.status, sim.locked_imei) == (AttachFailure.IMEI_LOCK_BREACHED, OFFLINE, ONE)
    assert laboratory.log()[-1].imei == TWO
    assert set_status(laboratory, ONLINE, imei=ONE)[1] is None


def test_a_lock_compares_the_software_version_too(laboratory: CoreWorld) -> None:
    """A firmware update that changes the last two digits locks the device out (D§14)."""
    laboratory.active()
    set_status(laboratory, ATTACHED, imei=ONE)
    lock(laboratory)
    sim, refused = set_status(laboratory, ATTACHED, imei=ONE[:14] + "05")
    assert (refused, sim.device.status) == (AttachFailure.IMEI_LOCK_BREACHED, OFFLINE)


def test_a_lock_during_a_session_drops_it_and_holds_the_device(laboratory: CoreWorld) -> None:
    """The device stays attached, may open a session again, and is the one that is locked."""
    laboratory.active(status=ONLINE)
    sim = lock(laboratory)
    assert (sim.device.status, sim.locked_imei) == (ATTACHED, sim.device.imei)
    assert laboratory.happened() == [DELETED]
    assert set_status(laboratory, ONLINE)[1] is None


def test_a_lock_that_is_opened_lets_any_device_in(laboratory: CoreWorld) -> None:
    """And what it held is forgotten."""
    laboratory.active(status=ATTACHED)
    lock(laboratory)
    lock(laboratory)
    assert lock(laboratory, False).locked_imei is None
    assert set_status(laboratory, ONLINE, imei=TWO)[1] is None


# --------------------------------------------------------------------------------------------- sessions


def test_a_session_tells_the_imei(laboratory: CoreWorld) -> None:
    """3, with the data node's two addresses; only now the operator knows the device (D§7.1)."""
    laboratory.active(status=ATTACHED)
    sim = laboratory.device(ONLINE)
    assert sim.device.pdp is not None
    assert (sim.device.status, sim.imei, sim.device.pdp.opened) == (ONLINE, sim.device.imei, BEGAN)
    (event,) = laboratory.log()
    assert (event.type, event.network) == (CREATED, networks.DEFAULT)
    assert event.payload == PdpContextChange(pdp=sim.device.pdp, cell=Cell(rat=Rat.LTE), ip_address=sim.ip_address)
    assert laboratory.device(ONLINE) == sim
    assert len(laboratory.log()) == 1


def test_a_session_attaches_first(laboratory: CoreWorld) -> None:
    """1, 2, 3, from OFFLINE."""
    laboratory.active()
    laboratory.device(ONLINE)
    assert laboratory.happened() == [LOCATION, GPRS_LOCATION, CREATED]


def test_a_session_is_closed(laboratory: CoreWorld) -> None:
    """5, with what it carried; the device stays attached, and a second closing is nothing."""
    laboratory.active(status=ONLINE)
    use(laboratory, 3, 4)
    assert laboratory.do(device.close_pdp_context, ICCID).device.status is ATTACHED
    laboratory.do(device.close_pdp_context, ICCID)
    (event,) = laboratory.log()
    assert event.type is DELETED
    assert isinstance(event.payload, PdpContextChange)
    assert (event.payload.pdp.id, event.payload.pdp.octets_tx, event.payload.pdp.octets_rx) == (1, 3, 4)


def test_a_device_that_goes_offline_ends_its_session_first(laboratory: CoreWorld) -> None:
    """5, 15, 16 (D§14)."""
    laboratory.active(status=ONLINE)
    assert laboratory.device(OFFLINE).device.pdp is None
    assert laboratory.happened() == [DELETED, PURGED, GPRS_PURGED]


def test_a_session_is_refused_at_zero_and_the_device_stays_attached(laboratory: CoreWorld) -> None:
    """3 with the cause, every time it tries (D§11.2); after a top-up it may (D§12.2)."""
    laboratory.active()
    laboratory.with_volume(data=0)
    sim, refused = set_status(laboratory, ONLINE)
    assert (refused, sim.device.status) == (AttachFailure.QUOTA_EXHAUSTED, ATTACHED)
    assert [event.payload for event in laboratory.log(REFUSED)] == [
        PdpContextRefusal(cause=AttachFailure.QUOTA_EXHAUSTED, cell=Cell(rat=Rat.LTE))
    ]
    laboratory.do(quotas.top_up, sim, 500, 250)
    assert set_status(laboratory, ONLINE)[1] is None


def test_a_partner_restricts_data(laboratory: CoreWorld) -> None:
    """The contract bars sessions, as the service profile does (D§11.2; P§4.2)."""
    partner = Partner(id="GP_1", name="Partner", position=1)
    contract = Contract(
        iccid=ICCID, partner="GP_1", position=1, state=ContractState.ACTIVE, restriction=Restriction.DATA
    )
    laboratory.active(organisation=None, status=ATTACHED)
    laboratory.do(lambda world: world.partners.put(partner))
    laboratory.do(lambda world: world.contracts.put(contract))
    assert set_status(laboratory, ONLINE)[1] is AttachFailure.DATA_SERVICE_BARRED


def test_a_partner_may_look_back_at_its_sessions(laboratory: CoreWorld) -> None:
    """A session that is over is kept for a SIM under contract (P§3.5)."""
    partner = Partner(id="GP_1", name="Partner", position=1)
    contract = Contract(iccid=ICCID, partner="GP_1", position=1, state=ContractState.ACTIVE)
    laboratory.active(organisation=None)
    laboratory.do(lambda world: world.partners.put(partner))
    laboratory.do(lambda world: world.contracts.put(contract))
    use(laboratory, 3, 4)
    laboratory.advance(60)
    laboratory.device(ATTACHED)
    (session,) = laboratory.look(lambda world: world.sessions.find())
    assert (session.iccid, session.octets_tx, session.octets_rx, session.network) == (ICCID, 3, 4, "T-Mobile")
    assert (session.opened, session.closed) == (BEGAN, BEGAN + timedelta(seconds=60))


# --------------------------------------------------------------------------------------------- data


def test_data_is_used_in_a_session(laboratory: CoreWorld) -> None:
    """It opens for it, stays open, and counts what went through it."""
    laboratory.active()
    use(laboratory, 2 * MB, 3 * MB)
    sim = use(laboratory, MB)
    assert sim.device.pdp is not None
    assert (sim.device.status, sim.device.pdp.octets_tx, sim.device.pdp.octets_rx) == (ONLINE, 3 * MB, 3 * MB)
    assert sim.data_quota is not None
    assert sim.data_quota.volume == 494 * MB
    assert laboratory.happened() == [LOCATION, GPRS_LOCATION, CREATED]


def test_the_last_data_closes_the_session(laboratory: CoreWorld) -> None:
    """18 on the way, 19 at zero, then 5, and from there on refusals (D§14)."""
    laboratory.active(status=ONLINE)
    use(laboratory, 401 * MB)
    sim = use(laboratory, 100 * MB)
    assert sim.device.status is ATTACHED
    assert laboratory.happened() == [EventType.DATA_THRESHOLD_REACHED, EventType.DATA_USED_UP, DELETED]
    refused = laboratory.do(device.use_data, ICCID, 1, 1)
    assert isinstance(refused, LostAtNetwork)
    assert refused.cause is AttachFailure.QUOTA_EXHAUSTED
    assert laboratory.happened()[-1] is REFUSED
    assert laboratory.look(quotas.month_to_date, ICCID).octets_tx == 501 * MB


def test_a_monthly_limit_lets_the_session_go_on_and_refuses_the_next(laboratory: CoreWorld) -> None:
    """It is new sessions that feel it (D§12.1)."""
    laboratory.active(status=ONLINE)
    laboratory.do(quotas.set_limits, CALLER, data=9)
    use(laboratory, 10 * MB)
    assert use(laboratory, MB).device.status is ONLINE
    laboratory.device(ATTACHED)
    assert set_status(laboratory, ONLINE)[1] is AttachFailure.MONTHLY_USAGE_LIMIT_EXCEEDED
    laboratory.advance(days=22)  # April
    assert set_status(laboratory, ONLINE)[1] is None


def test_data_is_not_used_backwards(laboratory: CoreWorld) -> None:
    """A negative volume is malformed, and opens nothing."""
    laboratory.active()
    for tx, rx in ((-1, 5), (5, -1)):
        with pytest.raises(Malformed, match="must not be negative"):
            laboratory.do(device.use_data, ICCID, tx, rx)
    assert laboratory.sim().device.status is OFFLINE


# --------------------------------------------------------------------------------------------- messages


def test_a_device_that_is_not_there_sends_nothing(laboratory: CoreWorld) -> None:
    """Offline, on NB-IoT, or with a SIM that is not activated: lost, uncharged, and the operator knows nothing."""
    laboratory.active()
    assert lost(laboratory).cause is DeliveryFailure.ABSENT_SUBSCRIBER
    laboratory.device(ATTACHED, rat=Rat.NB_IOT)
    assert lost(laboratory).cause is DeliveryFailure.TELESERVICE_NOT_PROVISIONED
    laboratory.change(state=SimState.SUSPENDED)
    laboratory.do(forget_events)
    assert lost(laboratory).cause is DeliveryFailure.CALL_BARRED
    assert laboratory.log() == []
    assert laboratory.look(lambda world: world.sms.count()) == 0


def test_an_mo_at_zero_is_lost_and_warned_of_again(laboratory: CoreWorld) -> None:
    """The last one brings event 21, and so does every one after it (D§9.6)."""
    laboratory.active(status=ATTACHED)
    laboratory.with_volume(sms=1)
    assert isinstance(laboratory.do(device.send_mo, ICCID, "the last", "12345"), Sms)
    assert lost(laboratory).cause is DeliveryFailure.QUOTA_EXHAUSTED
    assert lost(laboratory).cause is DeliveryFailure.QUOTA_EXHAUSTED
    assert len(laboratory.log(EventType.SMS_USED_UP)) == 3
    assert laboratory.look(quotas.month_to_date, ICCID).sms_mo == 1


def test_an_mo_beyond_the_monthly_limit_is_lost_without_a_word(laboratory: CoreWorld) -> None:
    """The network rejects it: no event, no message (D§9.6)."""
    laboratory.active(status=ATTACHED)
    laboratory.do(quotas.set_limits, CALLER, sms_mo=35)
    for n in range(10):
        assert isinstance(laboratory.do(device.send_mo, ICCID, f"number {n}"), Sms)
    before = len(laboratory.log())
    assert lost(laboratory).cause is DeliveryFailure.LIMIT_REACHED
    assert len(laboratory.log()) == before


def test_an_mo_must_fit(laboratory: CoreWorld) -> None:
    """A device cannot send what no short message holds."""
    laboratory.active(status=ATTACHED)
    with pytest.raises(Malformed):
        laboratory.do(device.send_mo, ICCID, "abc", dcs=4)
    with pytest.raises(UnknownSim):
        laboratory.do(device.send_mo, OTHER, "hello")


# --------------------------------------------------------------------------------------------- reset


@pytest.mark.parametrize(
    ("status", "gone", "back"),
    [
        (ONLINE, [DELETED, PURGED, GPRS_PURGED], [LOCATION, GPRS_LOCATION, CREATED]),
        (ATTACHED, [PURGED, GPRS_PURGED], [LOCATION, GPRS_LOCATION]),
        (OFFLINE, [], []),
    ],
)
def test_a_device_returns_from_a_reset_to_its_previous_state(
    laboratory: CoreWorld, status: DeviceStatus, gone: list[EventType], back: list[EventType]
) -> None:
    """5, 15, 16 at once, and 1, 2, 3 some seconds later (D§7.4)."""
    laboratory.active(status=status)
    laboratory.do(sims.reset, CALLER, ICCID)
    assert laboratory.happened() == gone
    assert laboratory.sim().device.status is OFFLINE
    laboratory.advance(4)
    assert laboratory.happened() == gone
    laboratory.advance(1)
    assert laboratory.happened() == gone + back
    assert (laboratory.sim().device.status, laboratory.sim().device.returns_to) == (status, None)


def test_a_device_that_was_moved_meanwhile_does_not_return(laboratory: CoreWorld) -> None:
    """Whoever plays the device has the last word; so has who disables the SIM, or deletes it."""
    laboratory.active(status=ONLINE)
    laboratory.do(sims.reset, CALLER, ICCID)
    laboratory.device(OFFLINE)
    laboratory.advance(10)
    assert laboratory.sim().device.status is OFFLINE

    laboratory.device(ATTACHED)
    laboratory.do(sims.reset, CALLER, ICCID)
    laboratory.do(sims.suspend, laboratory.sim())
    laboratory.do(sims.activate, laboratory.sim())
    laboratory.advance(10)
    assert laboratory.sim().device.status is OFFLINE

    laboratory.device(ATTACHED)
    laboratory.do(sims.reset, CALLER, ICCID)
    laboratory.do(lambda world: world.sims.delete(ICCID))
    laboratory.advance(10)
    assert laboratory.look(lambda world: world.sims.count()) == 0


def test_a_second_reset_starts_the_wait_anew(laboratory: CoreWorld) -> None:
    """Of a device that came back in between."""
    laboratory.active(status=ATTACHED)
    laboratory.do(sims.reset, CALLER, ICCID)
    laboratory.advance(3)
    laboratory.device(ATTACHED)
    laboratory.do(sims.reset, CALLER, ICCID)
    assert laboratory.jobs("device") == ["device.reattach"]
    laboratory.advance(4)
    assert laboratory.sim().device.status is OFFLINE
    laboratory.advance(1)
    assert laboratory.sim().device.status is ATTACHED


def test_a_reset_may_be_written_as_two_changes_of_state(make_laboratory: MakeLaboratory) -> None:
    """As the portal describes it (D§7.4); the SIM stays activated."""
    laboratory = make_laboratory(reset_wraps_status=True)
    laboratory.active(status=ATTACHED)
    laboratory.do(sims.reset, CALLER, ICCID)
    assert laboratory.happened() == [
        EventType.SIM_STATE_CHANGED,
        PURGED,
        GPRS_PURGED,
        EventType.SIM_STATE_CHANGED,
    ]
    assert [event.payload for event in laboratory.log(EventType.SIM_STATE_CHANGED)] == [
        SimStateChange(before=SimState.ACTIVATED, after=SimState.SUSPENDED),
        SimStateChange(before=SimState.SUSPENDED, after=SimState.ACTIVATED),
    ]
    laboratory.advance(5)
    sim = laboratory.sim()
    assert (sim.state, sim.device.status) == (SimState.ACTIVATED, ATTACHED)
