"""Orders in the world: paid by hand, completed once, checked every four hours (D§12.2 to 12.4, 13)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from operator_emulator.core.customers import orders
from operator_emulator.core.customers.model import (
    Caller,
    Order,
    OrderLine,
    OrderStatus,
    OrderType,
    Organisation,
    SimState,
)
from operator_emulator.core.world.errors import Malformed, PaymentMethodInvalid
from operator_emulator.core.world.model import DAY, EventType
from operator_emulator.core.world.world import World
from tests.core.conftest import BEGAN, CALLER, ICCID, MASTER, OTHER, CoreWorld, MakeLaboratory

HOUR = timedelta(hours=1)
ONE = (OrderLine(1001, 1),)


def sell(world: World) -> None:
    for product in orders.CATALOGUE:
        world.products.put(product)


def order(laboratory: CoreWorld, number: int) -> Order:
    return laboratory.look(orders.show, CALLER, number)


def test_the_catalogue_has_ids_of_its_own_in_the_order_of_the_list(laboratory: CoreWorld) -> None:
    """And the list of products is in that order."""
    laboratory.do(sell)
    assert laboratory.look(orders.products) == list(orders.CATALOGUE)
    assert len({product.id for product in orders.CATALOGUE}) == len(orders.CATALOGUE)


def test_an_order_is_paid_by_hand_where_no_transfer_ever_arrives(make_laboratory: MakeLaboratory) -> None:
    """``pay`` is what the control plane calls; twice is once, and an unknown number is nothing."""
    laboratory = make_laboratory(payment_time=None)
    laboratory.do(sell)
    placed = laboratory.do(orders.place, CALLER, ONE, {})
    laboratory.advance(days=365)
    assert order(laboratory, placed.number).status is OrderStatus.IN_PROGRESS
    for _ in range(2):
        laboratory.do(orders.pay, str(placed.number))
    laboratory.do(orders.complete, str(placed.number))
    laboratory.do(orders.pay, "99")
    laboratory.do(orders.complete, "99")
    done = order(laboratory, placed.number)
    assert (done.status, done.completed, len(done.iccids)) == (OrderStatus.COMPLETED, laboratory.now, 1)


def test_paying_early_takes_back_the_transfer_that_was_expected(laboratory: CoreWorld) -> None:
    """Nothing is left to happen of an order that is completed."""
    laboratory.do(sell)
    placed = laboratory.do(orders.place, CALLER, ONE, {})
    assert laboratory.jobs("orders", placed.number) == ["orders.pay"]
    laboratory.do(orders.pay, str(placed.number))
    assert laboratory.jobs("orders") == []


def test_delivery_takes_its_time_after_the_payment(make_laboratory: MakeLaboratory) -> None:
    """``delivery_time`` counts from the payment, whenever that is."""
    laboratory = make_laboratory(delivery_time=DAY)
    laboratory.do(sell)
    placed = laboratory.do(orders.place, CALLER, ONE, {})
    laboratory.advance(days=2)
    assert laboratory.jobs("orders") == ["orders.complete"]
    laboratory.advance(days=1)
    (iccid,) = order(laboratory, placed.number).iccids
    assert laboratory.sim(iccid).product == 1001


def test_a_package_holds_many_sims(make_laboratory: MakeLaboratory) -> None:
    """The quantity counts packages (D§13: package_size)."""
    laboratory = make_laboratory(instant_payment=True)
    laboratory.do(lambda world: world.products.put(replace(orders.CATALOGUE[0], package_size=3)))
    placed = laboratory.do(orders.place, CALLER, (OrderLine(1001, 2),), {})
    assert len(placed.iccids) == 6


def test_a_product_that_is_no_longer_sold_is_still_delivered(laboratory: CoreWorld) -> None:
    """What was ordered was ordered, one SIM for each."""
    laboratory.do(sell)
    placed = laboratory.do(orders.place, CALLER, ONE, {})
    laboratory.do(lambda world: world.products.delete(1001))
    laboratory.advance(days=2)
    assert len(order(laboratory, placed.number).iccids) == 1


def test_order_numbers_keep_clear_of_those_that_a_fixture_brought(laboratory: CoreWorld) -> None:
    """No order is overwritten."""
    laboratory.do(sell)
    first = laboratory.do(orders.place, CALLER, ONE, {})
    laboratory.do(lambda world: world.orders.put(replace(first, number=first.number + 1)))
    second = laboratory.do(orders.place, CALLER, ONE, {})
    assert second.number == first.number + 2
    assert (first.invoice, second.invoice) == ("20000001", "20000003")


def test_a_top_up_reaches_the_sims_that_are_left(laboratory: CoreWorld) -> None:
    """One that is gone when the money comes is left out."""
    for iccid in (ICCID, OTHER):
        laboratory.active(iccid)
    placed = laboratory.do(orders.top_up, CALLER, (ICCID, OTHER), None, bulk=True)
    laboratory.do(lambda world: world.sims.delete(OTHER))
    laboratory.advance(days=2)
    assert order(laboratory, placed.number).status is OrderStatus.COMPLETED
    quota = laboratory.sim().sms_quota
    assert quota is not None
    assert quota.total == 500


def test_an_extension_of_a_sim_that_was_never_activated_adds_volume_alone(laboratory: CoreWorld) -> None:
    """Its life has not begun, so it has no end to move."""
    laboratory.new()
    laboratory.do(orders.extend, CALLER, (ICCID,), None, "creditcard")
    sim = laboratory.sim()
    assert (sim.state, sim.expires) == (SimState.ISSUED, None)
    assert laboratory.happened() == [EventType.DATA_QUOTA_ASSIGNED, EventType.SMS_QUOTA_ASSIGNED]


def test_an_expired_sim_begins_a_new_life_when_its_extension_is_paid(laboratory: CoreWorld) -> None:
    """Activated again, ten years from then, with what it had left and more (D§12.4)."""
    laboratory.active(state=SimState.EXPIRED, expires=BEGAN - 30 * DAY)
    laboratory.do(orders.extend, CALLER, (ICCID,))
    assert laboratory.sim().state is SimState.EXPIRED
    laboratory.advance(days=2)
    sim = laboratory.sim()
    assert (sim.state, sim.expires) == (SimState.ACTIVATED, datetime(2036, 3, 12, tzinfo=UTC))
    assert EventType.SIM_STATE_CHANGED in laboratory.happened()


@pytest.mark.parametrize(("days", "due"), [(91, False), (90, True), (-1, True)])
def test_an_extension_is_due_from_some_time_before_the_end(
    make_laboratory: MakeLaboratory, days: int, due: bool
) -> None:
    """``extension_before_end``: three months are published."""
    laboratory = make_laboratory(extension_before_end=90 * DAY)
    laboratory.active(expires=BEGAN + days * DAY)
    if due:
        laboratory.do(orders.extend, CALLER, (ICCID,))
    else:
        with pytest.raises(Malformed, match="cannot be extended yet"):
            laboratory.do(orders.extend, CALLER, (ICCID,))


def test_a_sim_without_a_life_is_not_due_either(make_laboratory: MakeLaboratory) -> None:
    """Never activated, hence far from its end."""
    laboratory = make_laboratory(extension_before_end=90 * DAY)
    laboratory.new()
    with pytest.raises(Malformed):
        laboratory.do(orders.extend, CALLER, (ICCID,))


def test_an_organisation_that_is_gone_pays_by_nothing(laboratory: CoreWorld) -> None:
    """A token may outlive it."""
    with pytest.raises(PaymentMethodInvalid):
        laboratory.do(orders.top_up, Caller("ghost", 99), (ICCID,), None, bulk=False)


# --------------------------------------------------------------------------------------------- auto top-up


def watching(laboratory: CoreWorld, *iccids: str) -> None:
    laboratory.do(orders.set_auto_topup, CALLER, iccids, True)


def test_each_low_sim_gets_its_own_order_at_the_check(laboratory: CoreWorld) -> None:
    """Data or SMS below a fifth; the others are looked at and left (D§12.3)."""
    for iccid in (ICCID, OTHER):
        laboratory.active(iccid)
    watching(laboratory, ICCID, OTHER)
    laboratory.with_volume(sms=49)
    laboratory.advance(days=1)
    found, total = laboratory.look(orders.page, CALLER, offset=0, limit=10)
    assert (total, found[0].type, found[0].iccids) == (1, OrderType.TOPUP, (ICCID,))


def test_only_what_can_be_topped_up_is(laboratory: CoreWorld) -> None:
    """Neither an expired SIM, nor one of nobody, nor one without volumes."""
    for iccid in (ICCID, OTHER):
        laboratory.active(iccid)
    laboratory.new("8988228066600000003")
    watching(laboratory, ICCID, OTHER, "8988228066600000003")
    laboratory.change(ICCID, state=SimState.EXPIRED)
    laboratory.change(OTHER, organisation=None)
    laboratory.with_volume(ICCID, sms=0)
    laboratory.with_volume(OTHER, sms=0)
    laboratory.advance(days=1)
    assert laboratory.look(lambda world: world.orders.count()) == 0


def test_nobody_checks_when_nobody_wants_it(laboratory: CoreWorld) -> None:
    """One job while there is a SIM to watch, however often it is asked for, and none after."""
    laboratory.active()
    for _ in range(2):
        watching(laboratory, ICCID)
    assert laboratory.jobs("orders.auto_topup") == ["orders.auto_topup"]
    laboratory.do(orders.set_auto_topup, CALLER, (ICCID,), False)
    assert laboratory.jobs("orders.auto_topup") == []


def test_auto_top_up_needs_a_credit_card(laboratory: CoreWorld) -> None:
    """Published (D§12.3)."""
    laboratory.active()
    laboratory.do(lambda world: world.organisations.put(Organisation(id=MASTER, name="x", payment_methods=("boleto",))))
    with pytest.raises(PaymentMethodInvalid):
        watching(laboratory, ICCID)


@pytest.mark.parametrize(
    ("now", "due"),
    [("00:00", "03:00"), ("02:59", "03:00"), ("03:00", "07:00"), ("22:59", "23:00"), ("23:00", "03:00")],
)
def test_checks_are_at_full_hours_of_cet(now: str, due: str) -> None:
    """0, 4, 8, 12, 16 and 20 o'clock there is 23, 3, 7, 11, 15 and 19 UTC (D§12.3)."""
    instant = datetime.fromisoformat(f"2026-03-10T{now}:00+00:00")
    assert f"{orders.next_check(instant, 4):%H:%M}" == due


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(1, 24))
def test_the_next_check_is_soon_and_never_now(naive: datetime, hours: int) -> None:
    """After now, within the interval, and always at midnight too."""
    now = naive.replace(tzinfo=UTC)
    due = orders.next_check(now, hours)
    assert now < due <= now + hours * HOUR
    assert (due + orders.CET).minute == 0


# --------------------------------------------------------------------------------------------- support


def test_cases_are_listed_in_the_order_in_which_they_were_opened(laboratory: CoreWorld) -> None:
    """With how many there are, one's own only."""
    for n in range(3):
        laboratory.do(orders.open_case, CALLER, sender="Ines", reply_to="i@x", subject=str(n), text="t")
    found, total = laboratory.look(orders.cases, CALLER, offset=1, limit=1)
    assert ([case.subject for case in found], total) == (["1"], 3)
    assert laboratory.look(orders.cases, Caller("x", 5136), offset=0, limit=9) == ([], 0)
