"""What takes the place of each operation of version 1 (V§3), and what a client has to change for it (V§4 to 9).

A page for those who migrate, and the words of the migration report. Methods stay what they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

Route = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Successor:
    """*path* is that of version 2, or None if it has no such operation. *changes* are sentences."""

    path: str | None
    changes: str


def _same(path: str, changes: str = "") -> Successor:
    return Successor(path, changes or "Only the path and the error body change.")


def _none(changes: str) -> Successor:
    return Successor(None, changes)


SIM: Final = "/v2/sims/{iccid}"
ORDERS: Final = (
    "Nothing is published for version 2. The Location of a top-up names this path, so the emulator serves it in the "
    "format of version 1 (assumed)."
)

SUCCESSORS: Final[Mapping[Route, Successor]] = MappingProxyType(
    {
        ("GET", "/v1/sims"): _same(
            "/v2/sims", "The list contains the SIMs of both core networks; version 1 leaves out those on the new one."
        ),
        ("POST", "/v1/sims"): _none("Version 2 has no bulk change. PUT /v2/sims/{iccid} changes one SIM immediately."),
        ("GET", "/v1/sims/{iccid}"): _same(SIM),
        ("PUT", "/v1/sims/{iccid}"): _same(
            SIM, "No field of the body is required. An expired SIM gives 409 instead of 422 (assumed)."
        ),
        ("GET", "/v1/sims/{iccid}/status"): _same(
            SIM + "/status",
            "status is an object with a description, which may be BLOCKED. The list pdp_contexts replaces pdp_context. "
            "Several fields of location and session are removed, others are new. Dates of a session end in .000Z.",
        ),
        ("POST", "/v1/sims/simTransfer"): _none("Version 2 has no transfers."),
        ("GET", "/v1/sims/{iccid}/connectivity_info"): _none(
            "Version 2 has no look-up in the visited network. /status has location and cell of an open session."
        ),
        ("POST", "/v1/sims/{iccid}/reset"): _same(SIM + "/reset", "A disabled SIM gives 409 (assumed)."),
        ("GET", "/v1/sims/{iccid}/events"): _same(
            SIM + "/events",
            "The answer is a list without an envelope; totals are in headers, if anywhere. event_type is an object; "
            "the text is called description. There is no sort parameter.",
        ),
        ("GET", "/v1/sims/{iccid}/usage"): _same(
            SIM + "/usage",
            "The operator's navigation lists daily usage, but path and format are unpublished. The emulator keeps "
            "those of version 1 (assumed).",
        ),
        ("GET", "/v1/sims/{iccid}/quota/data"): _same(
            SIM + "/quota/data",
            "total_volume is the volume after the latest top-up; accumulated_total_volume is the sum of everything "
            "bought. Dates end in Z. peak_throughput and last_status_change_date are removed.",
        ),
        ("GET", "/v1/sims/{iccid}/quota/sms"): _same(
            SIM + "/quota/sms",
            "total_volume is the volume after the latest top-up; accumulated_total_volume is the sum of everything "
            "bought. Dates end in Z. last_status_change_date is removed.",
        ),
        ("GET", "/v1/sims/{iccid}/sms"): _same(
            SIM + "/sms",
            "pageSize is called per_page, 20 by default and 1000 at most. There is no sort parameter. Canceled "
            "messages are not listed (assumed). The objects are those of the single message.",
        ),
        ("POST", "/v1/sims/{iccid}/sms"): _same(
            SIM + "/sms",
            "The id is in the body, as a string; there is no Location. A used-up quota or limit gives 409 instead of "
            "422 (assumed).",
        ),
        ("GET", "/v1/sims/{iccid}/sms/{id}"): _same(
            SIM + "/sms/{id}",
            "Status 2 PENDING replaces 1, 2 and 3. retry_count and msc are numbers. Dates end in .000Z. retry_date "
            "is null instead of missing. A canceled message gives 404 (assumed).",
        ),
        ("DELETE", "/v1/sims/{iccid}/sms/{id}"): _same(SIM + "/sms/{id}", "The answer repeats the id in its body."),
        ("POST", "/v1/sims/{iccid}/topup"): _same(
            SIM + "/topup", "The Location names an order of version 2. An expired SIM gives 409 (assumed)."
        ),
        ("POST", "/v1/sims/topup"): _none("Version 2 has no bulk top-up. POST /v2/sims/{iccid}/topup tops up one SIM."),
        ("POST", "/v1/sims/autoTopup"): _none("Version 2 has no automatic top-up."),
        ("GET", "/v1/sims/limits"): _none("Version 2 has no monthly limits. /status says whether one is reached."),
        ("POST", "/v1/sims/limits"): _none("Version 2 has no monthly limits."),
        ("GET", "/v1/sims/{service}/limits"): _none("Version 2 has no monthly limits."),
        ("POST", "/v1/sims/extension"): _none("Version 2 has no extensions."),
        ("GET", "/v1/orders"): _same("/v2/orders", ORDERS),
        ("POST", "/v1/orders"): _none("Version 2 cannot place orders."),
        ("GET", "/v1/orders/{order_number}"): _same("/v2/orders/{order_number}", ORDERS),
        ("GET", "/v1/products"): _none("Version 2 has no products."),
        ("GET", "/v1/support"): _none("Version 2 has no support cases."),
        ("POST", "/v1/support"): _none("Version 2 has no support cases."),
    }
)
