"""Quotas as version 2 shows them, in answers and inside events (V§6)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from operator_emulator.core.customers import quotas
from operator_emulator.core.customers.model import OCTETS_PER_MB, Quota, Service
from operator_emulator.core.world.policy import Policy
from operator_emulator.management.wire.values import megabytes, quota_id, seconds, zulu

EXHAUSTED: Final = {"id": 0, "description": "EXHAUSTED"}
ACTIVE: Final = {"id": 1, "description": "ACTIVE"}
EXPIRED: Final = {"id": 2, "description": "EXPIRED"}


def show_quota(
    iccid: str,
    service: Service,
    quota: Quota,
    policy: Policy,
    *,
    expires: datetime | None,
    expired: bool = False,
    when: Callable[[datetime], str] = zulu,
) -> dict[str, Any]:
    """A volume with everything that is known of it. *when* writes its end: events have another notation."""
    amount = amount_of(service)
    exhausted = EXHAUSTED if quota.volume <= 0 else ACTIVE
    shown = {
        "id": quota_id(iccid, service),
        "status": EXPIRED if expired else exhausted,
        "volume": amount(quota.volume),
        "total_volume": amount(quota.full),
        "accumulated_total_volume": amount(quota.total),
        "last_volume_added": amount(quota.last_added),
        "service": service.value,
        "threshold_percentage": policy.threshold_percentage,
        "threshold_volume": threshold_volume(service, quota, policy),
    }
    if expires is not None:
        shown["expiry_date"] = when(expires)
    return shown | {"created_at": seconds(quota.created or quota.changed)}


def threshold_volume(service: Service, quota: Quota, policy: Policy) -> int | float:
    """In megabytes or messages; 50, not 50.0."""
    volume = quotas.threshold(policy, quota) / (OCTETS_PER_MB if service is Service.DATA else 1)
    return int(volume) if volume.is_integer() else volume


def amount_of(service: Service) -> Callable[[int], int | float]:
    """How a volume of *service* is printed."""
    return megabytes if service is Service.DATA else int
