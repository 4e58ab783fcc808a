"""What usage records of both generations have in common (S§6)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from operator_emulator.core.customers.model import Service, UsageRecord
from operator_emulator.core.network import networks
from operator_emulator.management.v2.wire.quotas import amount_of
from operator_emulator.management.wire.status import RATEZONE, TARIFF

TRAFFIC: Final[Mapping[Service, dict[str, Any]]] = MappingProxyType(
    {
        Service.DATA: {"id": 5, "description": "Data"},
        Service.SMS: {"id": 6, "description": "SMS"},
    }
)
# The names are assumed.
RATED: Final = {"id": TARIFF, "name": "IoT Lifetime", "ratezone": {"id": RATEZONE, "name": "Zone 1"}}
SMS_TIME: Final = timedelta(seconds=1)  # from the start of a message to its end, as published


def end_of(record: UsageRecord) -> datetime:
    return record.at + SMS_TIME if record.service is Service.SMS else record.at


def volume_of(record: UsageRecord) -> dict[str, Any]:
    """Megabytes or messages."""
    amount = amount_of(record.service)
    return {"total": amount(record.tx + record.rx), "tx": amount(record.tx), "rx": amount(record.rx)}


def rating_of(record: UsageRecord) -> dict[str, Any]:
    """Where it was used and how it is rated. Here ``mnc`` is a single string, which in events is a list."""
    network = record.network or networks.NETWORKS[0]
    country = {"id": network.country_id, "mcc": network.mcc, "name": network.country}
    return {
        "operator": {"id": network.id, "name": network.name, "mnc": network.mnc, "country": country},
        "tariff": RATED,
        "traffic_type": TRAFFIC[record.service],
    }
