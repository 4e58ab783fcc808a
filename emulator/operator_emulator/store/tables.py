"""Which tables there are, and which of their fields can be asked for.

``indexes`` lists tuples of fields; each becomes an SQL index, and each field named in any of them a column that
``find`` and ``count`` take as a condition or an order.
"""

from dataclasses import dataclass
from typing import Any, Final

from operator_emulator.core.customers import model as customers
from operator_emulator.core.network import model as network
from operator_emulator.core.partners import action_model
from operator_emulator.core.partners import model as partners
from operator_emulator.core.tester import model as tester
from operator_emulator.core.tester import organisation_snapshot_model
from operator_emulator.core.world import model as world


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
    "clocks": Kept(world.Clock),
    "origins": Kept(world.Origin),
    "jobs": Kept(world.Job, indexes=(("due", "id"), ("kind", "about"))),
    "organisations": Kept(customers.Organisation, indexes=(("parent",),)),
    "users": Kept(customers.User, key="username", indexes=(("organisation",),)),
    "tokens": Kept(customers.Token, key="digest", indexes=(("username", "number"), ("expires",))),
    "sims": Kept(
        customers.Sim,
        key="iccid",
        indexes=(
            ("organisation", "position", "core"),
            ("organisation", "imei"),
            ("organisation", "ip_address"),
            ("state", "expires"),
            ("imsi",),
            ("msisdn",),
            ("auto_topup",),
            ("presence", "position"),
            ("sms_volume", "position"),
            ("search_text",),
        ),
    ),
    "usage": Kept(customers.DailyUsage, indexes=(("iccid", "day"), ("day",))),
    "sms": Kept(
        network.Sms,
        indexes=(
            ("iccid", "id"),
            ("iccid", "direction", "status"),
            ("iccid", "submitted"),
            ("submitted", "expires"),
        ),
    ),
    "events": Kept(
        world.Event,
        indexes=(("iccid", "id"), ("iccid", "type"), ("organisation", "id"), ("at",)),
    ),
    "subscriptions": Kept(world.Subscription, indexes=(("organisation",), ("partner",))),
    "notifications": Kept(
        world.Notification,
        indexes=(("subscription", "fate", "id"), ("event",), ("organisation", "id"), ("finished",)),
    ),
    "products": Kept(customers.Product, indexes=(("position",),)),
    "orders": Kept(customers.Order, key="number", indexes=(("organisation", "number"), ("status",), ("ordered",))),
    "cases": Kept(customers.SupportCase, indexes=(("organisation", "id"),)),
    "data_streams": Kept(customers.DataStream, indexes=(("organisation",),)),
    "usage_records": Kept(customers.UsageRecord, indexes=(("organisation", "id"), ("iccid",), ("at",))),
    "batches": Kept(customers.Batch),
    "transfers": Kept(customers.Transfer),
    "partners": Kept(partners.Partner, indexes=(("parent", "position"),)),
    "applications": Kept(partners.Application, key="client_id", indexes=(("partner",),)),
    "contracts": Kept(
        partners.Contract,
        key="iccid",
        indexes=(("partner", "position"), ("partner", "state"), ("euiccid",)),
    ),
    "actions": Kept(action_model.Action, indexes=(("partner", "created"), ("partner", "status"))),
    "sim_transfers": Kept(action_model.SimTransfer, indexes=(("sender",), ("receiver",))),
    "profiles": Kept(partners.Profile, indexes=(("partner",),)),
    "pools": Kept(partners.Pool, indexes=(("partner", "position"),)),
    "sessions": Kept(partners.DataSession, indexes=(("iccid", "opened"), ("closed",))),
    "partner_orders": Kept(partners.PartnerOrder, indexes=(("partner",),)),
    "api_usage": Kept(partners.ApiUsage, indexes=(("partner",),)),
    "rate_windows": Kept(partners.RateWindow),
    "faults": Kept(tester.Fault, indexes=(("point",),)),
    "rate_limits": Kept(tester.RateLimit, key="name", indexes=(("position",),)),
    "buckets": Kept(tester.Bucket, indexes=(("organisation",),)),
    "organisation_snapshots": Kept(organisation_snapshot_model.OrganisationSnapshot),
    "behaviours": Kept(tester.Behaviour, key="iccid"),
}
