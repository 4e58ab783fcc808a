"""Partners, their applications and contracts: the verbs that have no door of their own (P§2.5, 3.1)."""

from typing import Any

import pytest
from msgspec.structs import replace

from operator_emulator.core.customers import sims
from operator_emulator.core.customers.model import SimState
from operator_emulator.core.network import device
from operator_emulator.core.network.model import DeviceStatus
from operator_emulator.core.partners import applications, contracts, partners
from operator_emulator.core.partners.model import Application, ContractState, Restriction
from operator_emulator.core.world.errors import ForeignPartner, Malformed, UnknownUser, WrongPassword
from tests.core.conftest import ICCID, MASTER, CoreWorld
from tests.portal.conftest import ACTIVE, BRANCH, INACTIVE, MAIN, OTHER, TEST, plant_partners


@pytest.fixture
def portal(laboratory: CoreWorld) -> CoreWorld:
    """A laboratory with partners in it."""
    laboratory.do(plant_partners)
    return laboratory


def contract(laboratory: CoreWorld, iccid: str) -> Any:
    return laboratory.look(lambda world: world.contracts.get(iccid))


def application(**changes: Any) -> Application:
    return replace(Application(client_id="new", client_secret="new", partner=MAIN), **changes)


def test_credentials_are_compared(portal: CoreWorld) -> None:
    """An unknown client and a wrong secret are two refusals."""
    assert portal.look(applications.authenticate, "portal-demo", "portal-demo").partner == MAIN
    with pytest.raises(UnknownUser):
        portal.look(applications.authenticate, "nobody", "x")
    with pytest.raises(WrongPassword):
        portal.look(applications.authenticate, "portal-demo", "x")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"partner": "999999"}, "partner"),
        ({"subunits": ("999999",)}, "subunits"),
        ({"subunits": (OTHER,)}, "subunits"),
        ({"ip_whitelist": ("192.0.2.1",) * 11}, "ip_whitelist"),
    ],
)
def test_an_application_is_of_a_partner_and_its_subunits(portal: CoreWorld, changes: Any, field: str) -> None:
    """Nothing is registered otherwise."""
    with pytest.raises(Malformed) as refusal:
        portal.do(applications.add_application, application(**changes))
    assert refusal.value.field == field
    assert portal.look(lambda world: world.applications.get("new")) is None


def test_a_stream_has_the_published_kind_of_id(portal: CoreWorld) -> None:
    """40 hex digits: the SHA-1 of environment, event type and client (P§6.1)."""
    portal.do(applications.add_application, application())
    found = portal.look(lambda world: [one.id for one in world.subscriptions.find(partner=MAIN)])
    assert applications.stream_id("simaction.v1", "portal-demo") == "a6585f917c70baebf3f40e68fff1a6cfffe4fcaa"
    assert {applications.stream_id(about, "new") for about in applications.STREAMS} < set(found)


def test_an_unknown_partner_has_no_name(portal: CoreWorld) -> None:
    """Nor is it anybody's subunit, nor has it booked anything."""
    with pytest.raises(ForeignPartner):
        portal.look(partners.named, "999999")
    assert portal.look(partners.main_of, "999999") == "999999"
    assert portal.look(partners.books, "999999", "restrict") is False
    assert portal.look(partners.main_of, BRANCH) == MAIN


def test_a_sim_without_a_contract_is_no_partners(portal: CoreWorld) -> None:
    """It has no restrictions, and nothing follows it."""
    portal.active()
    assert portal.look(partners.data_restricted, ICCID) is False
    portal.do(lambda world: sims.suspend(world, portal.sim()))
    assert contract(portal, ICCID) is None


def test_a_contract_about_a_sim_that_is_there_takes_it_as_it_is(portal: CoreWorld) -> None:
    """Its identity and volumes stay; the network's state follows the contract's."""
    before = portal.active()
    portal.do(contracts.sign, MAIN, ICCID, ContractState.SUSPENDED)
    after = portal.sim()
    assert after == replace(before, state=SimState.SUSPENDED)
    assert contract(portal, ICCID).previous_state is ContractState.ACTIVE


def test_a_new_sim_of_an_organisation_has_its_volumes(portal: CoreWorld) -> None:
    """One that is nobody's else has none: a partner's volumes are pools."""
    portal.do(contracts.sign, MAIN, "8949020000000000201", ContractState.ACTIVE, organisation=MASTER)
    portal.do(contracts.sign, MAIN, "8949020000000000202", ContractState.ACTIVE)
    assert portal.sim("8949020000000000201").data_quota is not None
    assert portal.sim("8949020000000000202").data_quota is None
    assert portal.sim("8949020000000000202").ip_address != portal.sim(TEST).ip_address


def test_an_order_whose_sims_are_gone_is_still_delivered(portal: CoreWorld) -> None:
    """What was done with them meanwhile stays."""
    caller = portal.look(applications.enter, "portal-demo")
    order = portal.do(contracts.order, caller, MAIN, "M2M-ESIM", 3, {})
    gone, terminated, _ = order.iccids

    def meddle(world: Any) -> None:
        world.contracts.delete(gone)
        world.contracts.put(replace(world.contracts.get(terminated), state=ContractState.TERMINATED))

    portal.do(meddle)
    portal.advance(1)
    states = [one and one.state for one in (contract(portal, iccid) for iccid in order.iccids)]
    assert states == [None, ContractState.TERMINATED, ContractState.INACTIVE]


def test_a_session_is_kept_when_it_closes(portal: CoreWorld) -> None:
    """Of a partner's SIM only, with what it used."""
    portal.device(DeviceStatus.ONLINE, ACTIVE)
    portal.do(device.use_data, ACTIVE, 5, 7)
    portal.active()
    portal.device(DeviceStatus.ONLINE)
    for iccid in (ACTIVE, ICCID):
        portal.do(device.close_pdp_context, iccid)
    (session,) = portal.look(lambda world: world.sessions.find())
    assert (session.iccid, session.octets_tx, session.octets_rx) == (ACTIVE, 5, 7)


def test_a_restriction_compares_by_how_hard_it_is() -> None:
    """No data is harder than slow data."""
    assert Restriction.SPEED.stricter(Restriction.DATA) is Restriction.DATA
    assert Restriction.SPEED.stricter(Restriction.NONE) is Restriction.SPEED


def test_a_sim_in_stock_is_not_in_the_network(portal: CoreWorld) -> None:
    """Issued, and never activated."""
    assert (portal.sim(INACTIVE).state, portal.sim(INACTIVE).activated) == (SimState.ISSUED, None)
