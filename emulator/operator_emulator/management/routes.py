"""The route table, in the order of the description (D§7). Fixed paths take precedence over parameters."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from operator_emulator.management import auth, orders, sims, sms, usage
from operator_emulator.management.editions import Edition
from operator_emulator.web.openapi import Document, Endpoint, Route


async def absent(_: Request) -> Response:
    """404 for routes that an edition lacks. Without it, /sims/limits would match /sims/{iccid}."""
    raise HTTPException(404)


def build(document: Document, edition: Edition, *, all_routes: bool = False) -> list[Route]:
    """The routes of an edition; with *all_routes*, those of every edition."""
    table: tuple[tuple[str, str, Endpoint], ...] = (
        ("POST", "/oauth/token", auth.issue_token),
        ("GET", "/v1/sims", sims.list_sims),
        ("POST", "/v1/sims", sims.change_sims),
        ("GET", "/v1/sims/{iccid}", sims.show_sim),
        ("PUT", "/v1/sims/{iccid}", sims.change_sim),
        ("GET", "/v1/sims/{iccid}/status", sims.show_status),
        ("POST", "/v1/sims/simTransfer", sims.transfer_sims),
        ("GET", "/v1/sims/{iccid}/connectivity_info", sims.show_connectivity),
        ("POST", "/v1/sims/{iccid}/reset", sims.reset_sim),
        ("GET", "/v1/sims/{iccid}/events", sms.list_events),
        ("GET", "/v1/sims/{iccid}/usage", usage.show_usage),
        ("GET", "/v1/sims/{iccid}/quota/data", usage.show_data_quota),
        ("GET", "/v1/sims/{iccid}/quota/sms", usage.show_sms_quota),
        ("GET", "/v1/sims/{iccid}/sms", sms.list_sms),
        ("POST", "/v1/sims/{iccid}/sms", sms.send_sms),
        ("GET", "/v1/sims/{iccid}/sms/{id}", sms.show_sms),
        ("DELETE", "/v1/sims/{iccid}/sms/{id}", sms.cancel_sms),
        ("POST", "/v1/sims/{iccid}/topup", orders.top_up_sim),
        ("POST", "/v1/sims/topup", orders.top_up_sims),
        ("POST", "/v1/sims/autoTopup", orders.set_auto_topup),
        ("GET", "/v1/sims/limits", usage.show_limits),
        ("POST", "/v1/sims/limits", usage.set_limits),
        ("GET", "/v1/sims/{service}/limits", usage.list_limits),
        ("POST", "/v1/sims/extension", orders.extend_sims),
        ("GET", "/v1/orders", orders.list_orders),
        ("POST", "/v1/orders", orders.place_order),
        ("GET", "/v1/orders/{order_number}", orders.show_order),
        ("GET", "/v1/products", orders.list_products),
        ("GET", "/v1/support", orders.list_cases),
        ("POST", "/v1/support", orders.open_case),
    )
    without = frozenset() if all_routes else edition.without
    return [document.route(method, path, absent if path in without else endpoint) for method, path, endpoint in table]
