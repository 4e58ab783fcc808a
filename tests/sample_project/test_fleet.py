"""The service against an operator that can be told what to do."""

import pytest
from fleet import Inbox, Operator


@pytest.fixture
def operator(emulator):
    return Operator(emulator.management_url, *emulator.credentials)


@pytest.fixture
def inbox(emulator):
    """The service's real webhook, where the operator pushes to from now on."""
    inbox = Inbox()
    emulator.organisation.forward_to(inbox.url)
    yield inbox
    inbox.close()


def test_a_pump_is_woken_when_it_can_be(emulator, operator, inbox, sim):
    operator.wake(sim.iccid)
    emulator.clock.advance(hours=5)
    assert inbox.reached == []
    sim.attach()
    emulator.clock.advance(seconds=5)
    assert inbox.reached == [sim.iccid]


def test_what_a_pump_says_arrives(emulator, inbox, make_sim):
    make_sim("Pump 7", device="ATTACHED").send_mo("pressure=2.1")
    emulator.clock.advance()
    assert inbox.said == ["pressure=2.1"]


def test_a_token_lives_an_hour(emulator, operator, customer):
    assert len(operator.sims()) == 3
    emulator.clock.advance(hours=2)
    assert len(operator.sims()) == 3
    emulator.verify(path="*/oauth/token", count=2)
    assert customer.received == []


def test_a_lost_token_is_fetched_again(emulator, operator):
    emulator.faults.add("unauthorized-once")
    assert len(operator.sims()) == 3


def test_an_operator_in_maintenance_is_an_error(emulator, operator):
    operator.sims()
    with emulator.faults.during("maintenance"), pytest.raises(OSError, match="503") as refused:
        operator.sims()
    refused.value.close()
    assert len(operator.sims()) == 3


def test_reports_are_sent_again_while_we_are_down(emulator, operator, customer, sim):
    customer.answer_with(500, times=3)
    id = operator.wake(sim.attach().iccid)
    emulator.clock.advance(minutes=30)
    assert [report.json["id"] for report in customer.expect(4, "PATCH")] == [id] * 4


@pytest.mark.operator_emulator(sims=40)
def test_a_large_fleet_takes_more_than_one_page(operator):
    assert len(operator.sims()) == 10  # the operator's default, until the service asks for more pages
