"""Products, orders and support cases (D§12.2 to 12.4, 13).

An order is placed, paid and completed. With a credit card or monthly invoice this happens at once. A bank transfer or
boleto is paid after ``policy.payment_time``, or when a tester calls ``pay``.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from operator_emulator.core.customers import ownership, quotas, sims
from operator_emulator.core.customers.model import (
    Caller,
    Charge,
    Communication,
    Order,
    OrderLine,
    OrderPurpose,
    OrderStatus,
    OrderType,
    Product,
    Sim,
    SimState,
    SupportCase,
)
from operator_emulator.core.world import schedule
from operator_emulator.core.world.calendar import add_months, midnight_of
from operator_emulator.core.world.errors import (
    ForeignSim,
    Malformed,
    PaymentMethodInvalid,
    SimExpired,
    UnknownOrder,
    UnknownProduct,
)
from operator_emulator.core.world.model import DAY, JobKind
from operator_emulator.core.world.world import World

# The products of a world whose fixture defines none. The first is published (D§13); ids, prices and package sizes of
# the others are assumed. Lifetime products have no recurring charges.
CATALOGUE: Final = (
    Product(
        id=1001,
        name="1NCE IoT FlexSIM - Standard",
        material="1NCE FlexSIM",
        one_time_charges=(Charge(name="provisionCharge", amount_net=10.0),),
        position=1,
    ),
    Product(
        id=1002,
        name="1NCE IoT FlexSIM - Industrial",
        material="1NCE FlexSIM Industrial",
        one_time_charges=(Charge(name="provisionCharge", amount_net=12.0),),
        position=2,
    ),
    Product(
        id=1003,
        name="1NCE IoT Chip SIM - Industrial",
        material="1NCE MFF2",
        package_size=500,
        max_quantity=10,
        one_time_charges=(Charge(name="provisionCharge", amount_net=6000.0),),
        position=3,
    ),
)

PAYMENT_METHODS: Final = frozenset({"banktransfer", "creditcard", "monthlyinvoice", "boleto"})
DEFAULT_METHOD: Final = "banktransfer"
AT_ONCE: Final = frozenset({"creditcard", "monthlyinvoice"})  # the others are paid when the money arrives (D§12.2)
VAT_PERCENT: Final = 19
FIRST_NUMBER: Final = 2_000_000_001
FIRST_INVOICE: Final = 20_000_001
CET: Final = timedelta(hours=1)  # ahead of UTC; the operator mentions no summer time (D§12.3)


# --------------------------------------------------------------------------------------------- views


def products(world: World) -> list[Product]:
    return world.products.find(order="position")


def page(world: World, caller: Caller, *, offset: int, limit: int, order: str = "") -> tuple[list[Order], int]:
    """A page of the organisation's orders, by number unless *order* is given, and their number in all."""
    mine = world.orders.find(organisation=caller.organisation, order=order or "number", offset=offset, limit=limit)
    return mine, world.orders.count(organisation=caller.organisation)


def show(world: World, caller: Caller, number: int) -> Order:
    """One order. Raises UnknownOrder, also for an order of another organisation."""
    order = world.orders.get(number)
    if order is None or order.organisation != caller.organisation:
        raise UnknownOrder(str(number))
    return order


# --------------------------------------------------------------------------------------------- placing


def place(
    world: World,
    caller: Caller,
    lines: tuple[OrderLine, ...],
    address: dict[str, str],
    customer_reference: str | None = None,
) -> Order:
    """Order SIMs. Raises Malformed for a quantity that the product does not allow, and UnknownProduct."""
    if not lines:
        raise Malformed("products", "must name at least one product")
    quantities: dict[int, int] = {}
    for line in lines:
        if line.quantity < 1:
            raise Malformed("quantity", "must be at least 1")
        quantities[line.product] = quantities.get(line.product, 0) + line.quantity
    net = 0.0
    for wanted, quantity in quantities.items():
        product = world.products.get(wanted)
        if product is None:
            raise UnknownProduct(wanted)
        if not product.min_quantity <= quantity <= product.max_quantity:
            allowed = f"{product.min_quantity} to {product.max_quantity}"
            raise Malformed("quantity", f"must be from {allowed} for product {product.id}")
        net += quantity * sum(charge.amount_net for charge in product.one_time_charges)
    mine = caller.organisation
    first = not world.orders.count(organisation=mine) and not world.sims.count(organisation=mine)
    return write(
        world,
        mine,
        OrderType.FIRST_ORDER if first else OrderType.ADDITIONAL_ORDER,
        OrderPurpose.SIMS,
        DEFAULT_METHOD,
        amount=round(net * (100 + VAT_PERCENT)),
        lines=lines,
        address=address,
        customer_reference=customer_reference,
    )


def top_up(world: World, caller: Caller, iccids: tuple[str, ...], payment_method: str | None, *, bulk: bool) -> Order:
    """Order volume for SIMs, always data and SMS together (D§12.2).

    Raises Malformed for an empty list, UnknownSim, ForeignSim, SimExpired and PaymentMethodInvalid.
    """
    chosen = payment_by(world, caller.organisation, payment_method)
    named = unexpired(affected(world, caller, iccids))
    return order_volume(world, caller.organisation, named, chosen, OrderType.BULK_TOPUP if bulk else OrderType.TOPUP)


def order_volume(world: World, organisation: int, named: list[Sim], payment_method: str, type: OrderType) -> Order:
    return write(
        world,
        organisation,
        type,
        OrderPurpose.TOPUP,
        payment_method,
        amount=world.policy.topup_price * len(named),
        iccids=tuple(sim.iccid for sim in named),
    )


def extend(
    world: World,
    caller: Caller,
    iccids: tuple[str, ...],
    product: int | None = None,
    payment_method: str | None = None,
) -> Order:
    """Order another lifetime for SIMs, which may have expired. *product* changes their product (D§12.4).

    Raises Malformed for an empty list, or for a SIM that ``policy.extension_before_end`` does not let be extended yet;
    UnknownSim, ForeignSim, UnknownProduct and PaymentMethodInvalid.
    """
    chosen = payment_by(world, caller.organisation, payment_method)
    if product is not None and world.products.get(product) is None:
        raise UnknownProduct(product)
    named = affected(world, caller, iccids)
    window = world.policy.extension_before_end
    for sim in named:
        if window is not None and (sim.expires is None or sim.expires - window > world.now):
            raise Malformed("iccids", f"names {sim.iccid}, which cannot be extended yet")
    switches = product is not None and any(sim.product != product for sim in named)
    return write(
        world,
        caller.organisation,
        OrderType.TARIFF_CHANGE if switches else OrderType.ADDITIONAL_ORDER,
        OrderPurpose.EXTENSION,
        chosen,
        amount=world.policy.extension_price * len(named),
        iccids=tuple(sim.iccid for sim in named),
        product=product,
    )


def affected(world: World, caller: Caller, iccids: Iterable[str]) -> list[Sim]:
    """The SIMs of an order, without repetitions."""
    unique = tuple(dict.fromkeys(iccids))
    if not unique:
        raise Malformed("iccids", "must name at least one SIM")
    for iccid in unique:
        sim = world.sims.get(iccid)
        if sim is not None and sim.organisation != caller.organisation:
            raise ForeignSim(iccid)
    return [ownership.owned(world, caller, iccid) for iccid in unique]


def unexpired(named: list[Sim]) -> list[Sim]:
    """The same SIMs. Raises SimExpired with all expired ones (D§3.2: only an extension is allowed)."""
    expired = tuple(sim.iccid for sim in named if sim.state is SimState.EXPIRED)
    if expired:
        raise SimExpired(expired)
    return named


def payment_by(world: World, organisation: int, method: str | None) -> str:
    """The payment method. Unknown words mean a bank transfer; known ones must be set up (D§12.2, C15)."""
    chosen = method if method in PAYMENT_METHODS else DEFAULT_METHOD
    customer = world.organisations.get(organisation)
    if customer is None or chosen not in customer.payment_methods:
        raise PaymentMethodInvalid(chosen)
    return chosen


def write(
    world: World,
    organisation: int,
    type: OrderType,
    purpose: OrderPurpose,
    payment_method: str,
    *,
    amount: int,
    lines: tuple[OrderLine, ...] = (),
    iccids: tuple[str, ...] = (),
    product: int | None = None,
    address: dict[str, str] | None = None,
    customer_reference: str | None = None,
) -> Order:
    """Create an order with its invoice, pay it now or schedule the payment, and return its present state."""
    number = FIRST_NUMBER - 1 + world.next_id("order")
    while world.orders.get(number) is not None:  # the fixture's orders have numbers of their own
        number = FIRST_NUMBER - 1 + world.next_id("order")
    order = world.orders.put(
        Order(
            number=number,
            organisation=organisation,
            type=type,
            purpose=purpose,
            status=OrderStatus.IN_PROGRESS,
            ordered=world.now,
            payment_method=payment_method,
            amount=amount,
            invoice=str(FIRST_INVOICE + number - FIRST_NUMBER),
            customer_reference=customer_reference,
            address=address or {},
            lines=lines,
            iccids=iccids,
            product=product,
        )
    )
    if payment_method in AT_ONCE or world.policy.instant_payment:
        pay(world, str(number))
    elif world.policy.payment_time is not None:
        schedule.at(world, world.now + world.policy.payment_time, JobKind.ORDERS_PAY, number)
    return world.orders.get(number) or order


# --------------------------------------------------------------------------------------------- completion


def pay(world: World, number: str) -> None:
    """Pay an order. New SIMs arrive after ``policy.delivery_time``; everything else is done at once."""
    order = world.orders.get(int(number))
    if order is None or order.status is not OrderStatus.IN_PROGRESS:
        return
    schedule.cancel(world, JobKind.ORDERS_PAY, number)
    schedule.cancel(world, JobKind.ORDERS_COMPLETE, number)
    if order.purpose is OrderPurpose.SIMS and world.policy.delivery_time:
        schedule.at(world, world.now + world.policy.delivery_time, JobKind.ORDERS_COMPLETE, number)
    else:
        complete(world, number)


def complete(world: World, number: str) -> None:
    """Carry out an order. SIMs that no longer exist are skipped."""
    order = world.orders.get(int(number))
    if order is None or order.status is not OrderStatus.IN_PROGRESS:
        return
    if order.purpose is OrderPurpose.SIMS:
        order = replace(order, iccids=tuple(sim.iccid for sim in deliver(world, order)))
    else:
        for iccid in order.iccids:
            sim = world.sims.get(iccid)
            if sim is None:
                continue
            if order.purpose is OrderPurpose.TOPUP:
                quotas.top_up(world, sim, world.policy.topup_data_mb, world.policy.topup_sms)
            else:
                extend_life(world, sim, order.product)
    world.orders.put(replace(order, status=OrderStatus.COMPLETED, completed=world.now))


def deliver(world: World, order: Order) -> list[Sim]:
    """Create the SIMs of every line. A package of a product may hold several SIMs."""
    delivered = []
    for line in order.lines:
        product = world.products.get(line.product)
        package = product.package_size if product is not None else 1
        for _ in range(line.quantity * package):
            delivered.append(sims.deliver(world, order.organisation, line.product))
    return delivered


def extend_life(world: World, sim: Sim, product: int | None) -> None:
    """Extend the life of a SIM. Remaining volume and time carry over; an expired SIM becomes active again.

    The new period begins when the old one ends, or now if it has ended (D§12.4).
    """
    policy = world.policy
    if sim.expires is not None:
        longer = add_months(max(sim.expires, world.now), 12 * policy.lifetime_years)
        sim = replace(sim, expires=midnight_of(longer))
    if product is not None:
        sim = replace(sim, product=product)
    sim = world.sims.put(sim)
    if sim.state is SimState.EXPIRED:
        sim = sims.activate(world, sim)
    quotas.top_up(world, sim, policy.data_quota_mb, policy.sms_quota)


# --------------------------------------------------------------------------------------------- auto top-up


def set_auto_topup(world: World, caller: Caller, iccids: tuple[str, ...], enabled: bool) -> None:
    """Switch the automatic top-up of SIMs on or off (D§12.3).

    Raises Malformed, UnknownSim, ForeignSim, SimExpired, and PaymentMethodInvalid without a credit card.
    """
    payment_by(world, caller.organisation, "creditcard")
    for sim in unexpired(affected(world, caller, iccids)):
        world.sims.put(replace(sim, auto_topup=enabled))
    schedule_check(world)


def schedule_check(world: World) -> None:
    """Schedule the next check if any SIM has automatic top-up; otherwise none."""
    schedule.cancel(world, JobKind.ORDERS_AUTO_TOPUP)
    if world.sims.count(auto_topup=True):
        schedule.at(world, next_check(world.now, world.policy.auto_topup_hours), JobKind.ORDERS_AUTO_TOPUP)


def next_check(now: datetime, hours: int) -> datetime:
    """The next time after *now* at which the hour in CET is a multiple of *hours*."""
    local = now + CET
    midnight = midnight_of(local)
    every = timedelta(hours=hours)
    due = midnight + ((local - midnight) // every + 1) * every
    return min(due, midnight + DAY) - CET


def auto_topup(world: World, _: str = "") -> None:
    """Top up SIMs by credit card if data or SMS are below the threshold."""
    for sim in world.sims.find(auto_topup=True):
        if sim.organisation is None or sim.state is SimState.EXPIRED:
            continue
        volumes = (quota for quota in (sim.data_quota, sim.sms_quota) if quota is not None)
        if any(quotas.below_threshold(world, quota) for quota in volumes):
            order_volume(world, sim.organisation, [sim], "creditcard", OrderType.TOPUP)
    schedule_check(world)


# --------------------------------------------------------------------------------------------- support


def open_case(world: World, caller: Caller, *, sender: str, reply_to: str, subject: str, text: str) -> SupportCase:
    """Open a case. The customer's text is its first communication."""
    said = Communication(
        id=world.next_id("communication"),
        at=world.now,
        direction="IN",
        originator=f"{sender} <{reply_to}>",
        subject=subject,
        text=text,
    )
    return world.cases.put(
        SupportCase(
            id=world.next_id("case"),
            organisation=caller.organisation,
            created=world.now,
            subject=subject,
            text=text,
            communications=(said,),
        )
    )


def cases(world: World, caller: Caller, *, offset: int, limit: int) -> tuple[list[SupportCase], int]:
    """A page of the organisation's cases in the order of their opening, and their number in all."""
    mine = world.cases.find(organisation=caller.organisation, order="id", offset=offset, limit=limit)
    return mine, world.cases.count(organisation=caller.organisation)
