"""Endpoints for orders, top-ups, extensions, products and support cases (D§12, 13)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.core.customers import orders
from operator_emulator.core.customers.model import Order
from operator_emulator.core.world.errors import UnknownOrder
from operator_emulator.management.context import caller_of, dialect_of
from operator_emulator.management.links import address_of
from operator_emulator.management.paging import page_headers, read_page, read_sort
from operator_emulator.management.wire import orders as wire
from operator_emulator.management.wire.values import read_iccids, read_id
from operator_emulator.web.context import engine_of
from operator_emulator.web.receive import noting, read_json
from operator_emulator.web.respond import answer

SORT_KEYS = {"order_number": "number", "order_status": "status", "order_date": "ordered"}


async def list_orders(request: Request) -> Response:
    """GET /v1/orders"""
    dialect = dialect_of(request)
    query = request.query_params
    note = noting(request)
    page = read_page(query, 10, 10, dialect.policy, note)
    found, total = await engine_of(request).read(
        orders.page,
        caller_of(request),
        offset=page.offset,
        limit=page.size,
        order=read_sort(query, SORT_KEYS, dialect.policy, note),
    )
    return answer(request, [show(request, order) for order in found], headers=page_headers(page, total))


async def show_order(request: Request) -> Response:
    """GET /v1/orders/{order_number}"""
    text = request.path_params["order_number"]
    number = read_id("order_number", text)
    if number is None:
        raise UnknownOrder(text)
    order = await engine_of(request).read(orders.show, caller_of(request), number)
    return answer(request, show(request, order))


def show(request: Request, order: Order) -> dict[str, Any]:
    return wire.show_order(order, dialect_of(request), address_of(request, "/sims/"))


async def place_order(request: Request) -> Response:
    """POST /v1/orders"""
    lines, address, reference = wire.read_order(await read_json(request))
    order = await engine_of(request).write(orders.place, caller_of(request), lines, address, reference)
    return answer(request, show(request, order), status=201, headers=location_of(request, order))


def ordered(request: Request, order: Order) -> Response:
    return answer(request, status=201, headers=location_of(request, order))


def location_of(request: Request, order: Order) -> dict[str, str]:
    return {"Location": address_of(request, f"/orders/{order.number}")}


# --------------------------------------------------------------------------------------------- volume and time


async def top_up_sim(request: Request) -> Response:
    """POST /v1/sims/{iccid}/topup"""
    return await top_up(request, (request.path_params["iccid"],), bulk=False)


async def top_up_sims(request: Request) -> Response:
    """POST /v1/sims/topup"""
    return await top_up(request, read_iccids(await read_json(request), ""), bulk=True)


async def top_up(request: Request, iccids: tuple[str, ...], *, bulk: bool) -> Response:
    order = await engine_of(request).write(
        orders.top_up, caller_of(request), iccids, payment_method(request), bulk=bulk
    )
    return ordered(request, order)


async def extend_sims(request: Request) -> Response:
    """POST /v1/sims/extension"""
    iccids, product = wire.read_extension(await read_json(request))
    order = await engine_of(request).write(orders.extend, caller_of(request), iccids, product, payment_method(request))
    return ordered(request, order)


async def set_auto_topup(request: Request) -> Response:
    """POST /v1/sims/autoTopup"""
    iccids, enabled = wire.read_auto_topup(await read_json(request))
    await engine_of(request).write(orders.set_auto_topup, caller_of(request), iccids, enabled)
    return answer(request, status=201)


def payment_method(request: Request) -> str | None:
    return request.query_params.get("payment_method")


# --------------------------------------------------------------------------------------------- products, support


async def list_products(request: Request) -> Response:
    """GET /v1/products"""
    found = await engine_of(request).read(orders.products)
    edition = dialect_of(request).edition
    return answer(request, [wire.show_product(product, edition) for product in found])


async def list_cases(request: Request) -> Response:
    """GET /v1/support. A page has one case by default (D§5)."""
    page = read_page(request.query_params, 1, 100, dialect_of(request).policy, noting(request))
    found, total = await engine_of(request).read(orders.cases, caller_of(request), offset=page.offset, limit=page.size)
    return answer(request, [wire.show_case(case) for case in found], headers=page_headers(page, total))


async def open_case(request: Request) -> Response:
    """POST /v1/support"""
    case = wire.read_case(await read_json(request))
    await engine_of(request).write(orders.open_case, caller_of(request), **case)
    return answer(request, status=201)
