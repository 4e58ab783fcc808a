"""The routes of version 2 (V§3). Those of ``..sims``, ``..usage`` and ``..orders`` are version 1's as they are."""

from operator_emulator.management import orders, sims, usage
from operator_emulator.management.v2 import events, sms
from operator_emulator.management.v2 import sims as sims_2
from operator_emulator.web.openapi import Document, Endpoint, Route

TABLE: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/v2/sims", sims.list_sims),
    ("GET", "/v2/sims/{iccid}", sims.show_sim),
    ("PUT", "/v2/sims/{iccid}", sims.change_sim),
    ("POST", "/v2/sims/{iccid}/reset", sims_2.reset_sim),
    ("GET", "/v2/sims/{iccid}/quota/data", sims_2.show_data_quota),
    ("GET", "/v2/sims/{iccid}/quota/sms", sims_2.show_sms_quota),
    ("GET", "/v2/sims/{iccid}/status", sims_2.show_status),
    ("POST", "/v2/sims/{iccid}/sms", sms.send_sms),
    ("GET", "/v2/sims/{iccid}/sms", sms.list_sms),
    ("GET", "/v2/sims/{iccid}/sms/{id}", sms.show_sms),
    ("DELETE", "/v2/sims/{iccid}/sms/{id}", sms.cancel_sms),
    ("GET", "/v2/sims/{iccid}/events", events.list_events),
    ("POST", "/v2/sims/{iccid}/topup", orders.top_up_sim),
    # Not published as routes; something published points at them.
    ("GET", "/v2/sims/{iccid}/usage", usage.show_usage),
    ("GET", "/v2/orders", orders.list_orders),
    ("GET", "/v2/orders/{order_number}", orders.show_order),
)


def build(document: Document) -> list[Route]:
    return [document.route(method, path, endpoint) for method, path, endpoint in TABLE]
