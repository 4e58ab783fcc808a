"""Orders, top-ups, extensions, products and support cases (D§12.2 to 12.4, 13)."""

from typing import Any, Final

from operator_emulator.core.customers.model import Charge, Order, OrderLine, OrderType, Product, SupportCase
from operator_emulator.core.world.errors import Malformed
from operator_emulator.management.editions import Dialect, Edition
from operator_emulator.management.wire.values import (
    read_boolean,
    read_iccids,
    read_list,
    read_number,
    read_object,
    read_required,
    read_text,
    zulu,
)

ADDRESS: Final = (
    "salutation",
    "first_name",
    "last_name",
    "company",
    "street",
    "address_line2",
    "house_number",
    "zip",
    "city",
    "country",
    "phone",
)


def read_order(body: Any) -> tuple[tuple[OrderLine, ...], dict[str, str], str | None]:
    """The lines, the delivery address, and the customer's reference."""
    values = read_object(body)
    lines = []
    for one in read_list(values.get("products"), "products"):
        line = read_object(one, "products")
        product, quantity = read_number(line, "productId"), read_number(line, "quantity")
        if product is None or quantity is None:
            raise Malformed("products", "must have a productId and a quantity in each entry")
        lines.append(OrderLine(product, quantity))
    delivery = values.get("delivery_address")
    fields = {} if delivery is None or delivery == "" else read_object(delivery, "delivery_address")
    address = {name: text for name in ADDRESS if (text := read_text(fields, name))}
    if address.get("salutation", "1") not in ("1", "2"):
        raise Malformed("salutation", "must be 1 or 2")
    return tuple(lines), address, read_text(values, "customer_reference") or None


def read_extension(body: Any) -> tuple[tuple[str, ...], int | None]:
    """The SIMs to extend, and their new product."""
    values = read_object(body)
    return read_iccids(values.get("iccids"), "iccids"), read_number(values, "productId")


def read_auto_topup(body: Any) -> tuple[tuple[str, ...], bool]:
    values = read_object(body)
    enabled = read_boolean(values, "enabled")
    if enabled is None:
        raise Malformed("enabled", "is missing")
    return read_iccids(values.get("iccids"), "iccids"), enabled


def show_order(order: Order, dialect: Dialect, sims: str) -> dict[str, Any]:
    """An order. *sims* is the URL before the ICCID in links to SIMs."""
    known = order.type is not OrderType.TARIFF_CHANGE or dialect.edition.tariff_change
    shown: dict[str, Any] = {
        "order_number": order.number,
        "order_type": (order.type if known else OrderType.ADDITIONAL_ORDER).value,
        "order_date": zulu(order.ordered),
        "order_status": order.status.value,
    }
    if order.invoice:
        shown["invoice_number"] = order.invoice
        shown["invoice_amount"] = f"{order.amount // 100}.{order.amount % 100:02}"
        shown["currency"] = order.currency
    if order.address:
        shown["shipping_address"] = order.address
    if order.iccids:
        shown["sims"] = [{"iccid": iccid, "_links": [{"rel": "self", "href": sims + iccid}]} for iccid in order.iccids]
    if order.lines:
        shown["products"] = [{"product_id": line.product, "quantity": line.quantity} for line in order.lines]
    return shown


def show_product(product: Product, edition: Edition) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": product.id,
        "product": product.name,
        "material": product.material,
        "package_size": product.package_size,
        "minQuantity": product.min_quantity,
        "maxQuantity": product.max_quantity,
        "maxQuantityPerCustomer": product.max_quantity_per_customer,
        "min_contract_duration": product.min_contract_duration,
    }
    for name, charges in (
        ("one_time_charges", product.one_time_charges),
        ("recurring_charges", product.recurring_charges),
    ):
        if charges:
            listed = [show_charge(charge) for charge in charges]
            shown[name] = listed[0] if edition.single_charges else listed
    return shown


def show_charge(charge: Charge) -> dict[str, Any]:
    amount = charge.amount_net
    return {
        "name": charge.name,
        "amount_net": int(amount) if amount.is_integer() else amount,
        "currency": charge.currency,
    }


# --------------------------------------------------------------------------------------------- support


def read_case(body: Any) -> dict[str, str]:
    """A support case. All four fields are required (assumed, D§13)."""
    values = read_object(body)
    return {
        "sender": read_required(values, "senderName"),
        "reply_to": read_required(values, "replyToMail"),
        "subject": read_required(values, "subject"),
        "text": read_required(values, "text"),
    }


def show_case(case: SupportCase) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "caseId": str(case.id),
        "communications": [
            {
                "communicationDate": zulu(one.at),
                "direction": one.direction,
                "id": str(one.id),
                "originator": one.originator,
                "subject": one.subject,
                "text": one.text,
                "type": one.type,
            }
            for one in case.communications
        ],
        "createDate": zulu(case.created),
    }
    if case.solved is not None:
        shown["solvedDate"] = zulu(case.solved)
    return shown | {"status": case.status.value, "subject": case.subject, "text": case.text}
