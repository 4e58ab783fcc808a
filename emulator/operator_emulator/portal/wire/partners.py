"""Partners, their pools and orders, as JSON."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from operator_emulator.core.partners.model import ApiUsage, ContractState, Partner, PartnerOrder, Pool, PoolType
from operator_emulator.core.world.calendar import add_months, midnight_of
from operator_emulator.core.world.errors import Malformed
from operator_emulator.portal.wire.values import Json, instant, read_boolean, read_text


def show_partner(partner: Partner, counts: Mapping[ContractState, int]) -> Json:
    return {
        "partnerID": partner.id,
        "name": partner.name,
        "simCounts": {state.value: count for state, count in counts.items()},
        "total": sum(counts.values()),
    }


POOL_UNITS: Final = MappingProxyType({PoolType.DATA: "MB", PoolType.VOICE: "SECONDS", PoolType.SMS: "MESSAGES"})


def period(now: datetime) -> Json:
    """The period, which is assumed to be the calendar month."""
    start = midnight_of(now.replace(day=1))
    return {"periodStart": instant(start), "periodEnd": instant(add_months(start, 1))}


def show_pool(pool: Pool, used: float, percent: float, now: datetime) -> Json:
    return {
        "poolName": pool.name,
        "offeringName": pool.offering_name,
        "offeringID": pool.offering_id,
        "type": pool.type,
        "size": pool.size,
        "used": used,
        "unit": POOL_UNITS[pool.type],
        "usedPercent": round(percent, 2),
        **period(now),
    }


def read_order(body: Json) -> tuple[str, int, dict[str, str], bool]:
    """Material, quantity, address, and whether to go below the minimum order quantity."""
    quantity = body.get("quantity")
    if not isinstance(quantity, int) or isinstance(quantity, bool):
        raise Malformed("quantity", "must be a number")
    if quantity < 1:
        raise Malformed("quantity", "must be greater than or equal to 1")
    address = body.get("deliveryAddress") or {}
    if not isinstance(address, dict) or not all(isinstance(text, str) for text in address.values()):
        raise Malformed("deliveryAddress", "must be an object of texts")
    override = read_boolean("overrideMoq", body.get("overrideMoq", False))
    return read_text("materialID", body.get("materialID")), quantity, address, override


def show_order(order: PartnerOrder) -> Json:
    return {
        "orderID": order.id,
        "status": "IN_PROGRESS" if order.delivered is None else "COMPLETED",
        "materialID": order.material,
        "quantity": order.quantity,
        "createdAt": instant(order.ordered),
    }


def show_api_usage(partner: str, rows: Iterable[ApiUsage], now: datetime) -> Json:
    methods = [{"name": row.method, "requests": row.calls} for row in rows]
    return {"partnerID": partner, **period(now), "methods": methods}
