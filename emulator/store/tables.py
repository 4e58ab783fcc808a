"""Which tables there are, and which of their fields can be asked for.

``indexes`` lists tuples of fields; each becomes an SQL index, and each field named in any of them a column that
``find`` and ``count`` take as a condition or an order.
"""

from dataclasses import dataclass
from typing import Any, Final

from emulator.core import belongings_model, model, partner_model, tester_model


@dataclass(frozen=True, slots=True)
class Kept:
    noun: type[Any]
    key: str = "id"
    indexes: tuple[tuple[str, ...], ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Every indexed field once, in order of first mention."""
        return tuple(dict.fromkeys(field for index in self.indexes for field in index if field != self.key))


TABLES: Final[dict[str, Kept]] = {
    "clocks": Kept(model.Clock),
    "origins": Kept(model.Origin),
    "jobs": Kept(model.Job, indexes=(("due", "id"), ("kind", "about"))),
    "organisations": Kept(model.Organisation, indexes=(("parent",),)),
    "users": Kept(model.User, key="username", indexes=(("organisation",),)),
    "tokens": Kept(model.Token, key="digest", indexes=(("username", "number"), ("expires",))),
    "sims": Kept(
        model.Sim,
        key="iccid",
        indexes=(
            ("organisation", "position"),
            ("organisation", "imei"),
            ("organisation", "ip_address"),
            ("state", "expires"),
            ("imsi",),
            ("msisdn",),
            ("auto_topup",),
        ),
    ),
    "usage": Kept(model.DailyUsage, indexes=(("iccid", "day"), ("day",))),
    "sms": Kept(
        model.Sms,
        indexes=(
            ("iccid", "id"),
            ("iccid", "direction", "status"),
            ("iccid", "submitted"),
            ("submitted", "expires"),
        ),
    ),
    "events": Kept(
        model.Event,
        indexes=(("iccid", "id"), ("iccid", "type"), ("organisation", "id"), ("at",)),
    ),
    "subscriptions": Kept(model.Subscription, indexes=(("organisation",), ("partner",))),
    "notifications": Kept(
        model.Notification,
        indexes=(("subscription", "fate", "id"), ("event",), ("organisation", "id"), ("finished",)),
    ),
    "products": Kept(model.Product, indexes=(("position",),)),
    "orders": Kept(model.Order, key="number", indexes=(("organisation", "number"), ("status",), ("ordered",))),
    "cases": Kept(model.SupportCase, indexes=(("organisation", "id"),)),
    "batches": Kept(model.Batch),
    "transfers": Kept(model.Transfer),
    "partners": Kept(partner_model.Partner, indexes=(("parent", "position"),)),
    "applications": Kept(partner_model.Application, key="client_id", indexes=(("partner",),)),
    "contracts": Kept(
        partner_model.Contract,
        key="iccid",
        indexes=(("partner", "position"), ("partner", "state"), ("euiccid",)),
    ),
    "actions": Kept(partner_model.Action, indexes=(("partner", "created"), ("partner", "status"))),
    "sim_transfers": Kept(partner_model.SimTransfer, indexes=(("sender",), ("receiver",))),
    "profiles": Kept(partner_model.Profile, indexes=(("partner",),)),
    "pools": Kept(partner_model.Pool, indexes=(("partner", "position"),)),
    "sessions": Kept(partner_model.DataSession, indexes=(("iccid", "opened"), ("closed",))),
    "partner_orders": Kept(partner_model.PartnerOrder, indexes=(("partner",),)),
    "api_usage": Kept(partner_model.ApiUsage, indexes=(("partner",),)),
    "sim_counts": Kept(partner_model.SimCount),
    "faults": Kept(tester_model.Fault, indexes=(("point",),)),
    "rate_limits": Kept(tester_model.RateLimit, key="name", indexes=(("position",),)),
    "buckets": Kept(tester_model.Bucket),
    "recipes": Kept(belongings_model.Belongings),
    "behaviours": Kept(tester_model.Behaviour, key="iccid"),
}
