"""Payloads of the events in the portal's streams (P§5).

*overrides* are a tester's values for the ``data`` that is sent, as JSON. They may violate its description.
"""

from enum import StrEnum, unique
from typing import Any

from msgspec import Struct

from operator_emulator.core.partners.model import Barring, PoolType, Restriction


@unique
class Notice(StrEnum):
    """The four notices of a SIM transfer (P§4.5)."""

    REQUESTED = "requested"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


class PartnerPayload(Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    overrides: dict[str, Any] = {}


class ActionDone(PartnerPayload, frozen=True, kw_only=True):
    signup: str


class TransferNotice(PartnerPayload, frozen=True, kw_only=True):
    """*sender* and *receiver* are the partners' names."""

    notice: Notice
    signup: str
    transaction: str
    sender: str
    receiver: str


class ProfileNotice(PartnerPayload, frozen=True, kw_only=True):
    """*allowed* and *detected* count *unit*. *apn*: the only access point that the profile restricts; None: all."""

    restriction: Restriction
    barring: Barring
    level: int
    allowed: str
    detected: str
    unit: str
    apn: str | None = None
    apn_restriction: Restriction | None = None


class PoolLimitNotice(PartnerPayload, frozen=True, kw_only=True):
    """*limit*: the percentage of the pool at which this *level* is reached."""

    pool: str
    offering_name: str
    offering_id: int
    counted: PoolType
    level: int
    limit: float


class CostLimitNotice(PartnerPayload, frozen=True, kw_only=True):
    """*limit*: the cost of messages at which this *level* is reached."""

    euiccid: str | None
    msisdn: str
    offering_name: str
    offering_id: int
    level: int
    limit: float
    profile_name: str
    profile_id: int


AnyNotice = ActionDone | TransferNotice | ProfileNotice | PoolLimitNotice | CostLimitNotice
