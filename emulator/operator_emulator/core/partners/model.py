"""The nouns of the service portal: partners, applications, contracts of SIMs, profiles, pools and orders (P§2 to 5).

The portal calls its customers partners, the management API calls them organisations. Both APIs show the same row of
a SIM; what only the portal knows about it is in its ``Contract``.
"""

from datetime import datetime
from enum import StrEnum, unique
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace


class Partner(Struct, frozen=True, gc=False, kw_only=True):
    """A customer of the portal, or a subunit of one (*parent*). *booked* names the optional services (P§1)."""

    id: str
    name: str
    parent: str | None = None
    booked: tuple[str, ...] = ("restrict", "parallelSessions", "transferNotifications")
    position: int = 0


class Application(Struct, frozen=True, gc=False, kw_only=True):
    """An API user of a partner (P§2.5), which *subunits* and *ip_whitelist* restrict, if they are given."""

    client_id: str
    client_secret: str
    partner: str
    read_only: bool = False
    ip_whitelist: tuple[str, ...] = ()
    subunits: tuple[str, ...] = ()


class PartnerCaller(Struct, frozen=True, gc=False):
    """The caller of the portal: an application, and the partner that it belongs to."""

    client_id: str
    partner: str
    read_only: bool = False
    subunits: tuple[str, ...] = ()
    ip_whitelist: tuple[str, ...] = ()

    @property
    def organisation(self) -> None:
        """A partner is no organisation of the management API."""


@unique
class ContractState(StrEnum):
    """The states of a contract (P§4.1), all of them assumed: no list is published."""

    ORDERED = "Ordered"
    INACTIVE = "Inactive"
    TEST = "Test"
    ACTIVE = "Active"
    SUSPENDED = "Suspended"
    BLOCKED = "Blocked"
    TERMINATED = "Terminated"


ON_AIR: Final = frozenset({ContractState.TEST, ContractState.ACTIVE})
"""The states in which the network lets the SIM in."""

IDENTIFIED: Final = ON_AIR | {ContractState.SUSPENDED, ContractState.BLOCKED}
"""The states in which a SIM has an IMSI and an MSISDN (P§4.1)."""


@unique
class Restriction(StrEnum):
    NONE = "No Restriction"
    SPEED = "Speed Step-down"
    DATA = "Data Restricted"

    def stricter(self, other: "Restriction") -> "Restriction":
        """The stricter of two restrictions."""
        order = list(Restriction)
        return max(self, other, key=order.index)


@unique
class Barring(StrEnum):
    """The reasons for which a profile restricts a SIM (P§5.2)."""

    SESSION = "Session Limit"
    USAGE = "Usage Limit"
    DEVICE = "Device Fraud"
    LOCATION = "Location Fraud"

    @property
    def type(self) -> str:
        """Limit or Fraud."""
        return self.rpartition(" ")[2]


@unique
class Alarm(StrEnum):
    """The values of limit status and fraud status: level 1 is a warning, level 2 an alarm (P§4.1)."""

    OK = "OK"
    WARNING = "Warning"
    ALARM = "Alarm"
    OVERRIDDEN = "Overridden"


class Option(Struct, frozen=True, gc=False, kw_only=True):
    """An option that was booked for a SIM in addition to its tariff."""

    booked: datetime
    attributes: dict[str, Any] = field(default_factory=dict)


class Contract(Struct, frozen=True, gc=False, kw_only=True):
    """The portal's data about a SIM, under the same key: the ICCID."""

    iccid: str
    partner: str
    position: int
    state: ContractState = ContractState.INACTIVE
    previous_state: ContractState | None = None  # before it was suspended or blocked
    sim_type: str = "PHYSICAL"  # PHYSICAL | VIRTUAL
    euiccid: str | None = None
    eid_profile_status: str | None = None
    activation_code: str | None = None
    activated: datetime | None = None
    binding_start: datetime | None = None
    binding_end: datetime | None = None
    offering_id: int = 800000333
    offering_name: str = "M2M Standard"
    options: dict[str, Option] = field(default_factory=dict)  # by their ids
    profiles: dict[str, str] = field(default_factory=dict)  # limit, fraud, cost, apn -> profile id
    static_ips: dict[str, str] = field(default_factory=dict)  # APN -> address
    remarks: dict[str, str] = field(default_factory=dict)
    restriction: Restriction = Restriction.NONE
    restriction_reason: Barring | None = None  # None: the customer asked for it
    overridden: Restriction = Restriction.NONE  # what applies again once an overridden limit is restored
    apn_restrictions: dict[str, Restriction] = field(default_factory=dict)
    limit_status: Alarm = Alarm.OK
    fraud_status: Alarm = Alarm.OK
    home_imei: str | None = None  # what device fraud compares with
    pending: str | None = None  # the signup id of the action that holds it
    notices_sent: tuple[str, ...] = ()  # each is sent once a month

    @property
    def reason(self) -> str | None:
        """Why data is restricted, if it is. "Customer" is an assumption."""
        return None if self.restriction is Restriction.NONE else (self.restriction_reason or "Customer")

    def without_restriction(self, type: str) -> "Contract":
        """The contract without the restrictions that profiles of this *type*, Limit or Fraud, have set."""
        struck = self.restriction_reason is not None and self.restriction_reason.type == type
        return replace(self, restriction=Restriction.NONE if struck else self.restriction, apn_restrictions={})


class Threshold(Struct, frozen=True, gc=False):
    """The values at which level 1, a warning, and level 2, an alarm, are reached; None: never."""

    warning: float | None = None
    alarm: float | None = None


class Profile(Struct, frozen=True, gc=False, kw_only=True):
    """A limit, fraud, cost or APN profile, which can be assigned to contracts (P§5.2).

    *thresholds* are those of "sessions" and "usage" (MB) for limits, of "sms" and "voice" (amounts) for costs. *homes*
    are the ISO codes of the countries where a fraud profile expects the SIM; with *device* it watches the IMEI.
    """

    id: str
    partner: str
    name: str
    kind: str  # limit | fraud | cost | apn
    thresholds: dict[str, Threshold] = field(default_factory=dict)
    homes: tuple[str, ...] = ()
    device: bool = False
    restriction: Restriction = Restriction.NONE  # what the alarm does to data
    apn: str | None = None  # an APN-specific profile
    prices: dict[str, float] = field(default_factory=dict)  # cost of one SMS or second


@unique
class PoolType(StrEnum):
    DATA = "DATA"
    VOICE = "VOICE"
    SMS = "SMS"


class Pool(Struct, frozen=True, gc=False, kw_only=True):
    """A volume that the SIMs of a partner share: MB, seconds or messages. *levels* are percentages of it."""

    id: str
    partner: str
    name: str
    type: PoolType
    size: int
    offering_name: str = "M2M Pool"
    offering_id: int = 800206106
    levels: Threshold = Threshold(50.0, 100.0)
    extra_used: int = 0  # used before the world began
    used: dict[str, int] = field(default_factory=dict)  # by month: octets, messages or seconds
    notices_sent: tuple[str, ...] = ()
    position: int = 0


class DataSession(Struct, frozen=True, gc=False, kw_only=True):
    """A data session that has ended (P§3.5). Its key is the id of its PDP context."""

    id: int
    iccid: str
    opened: datetime
    closed: datetime
    ip_address: str
    apn: str
    rat: int
    network: str | None = None
    octets_tx: int = 0
    octets_rx: int = 0
    reason: str | None = None


class PartnerOrder(Struct, frozen=True, gc=False, kw_only=True):
    """An order of SIM cards (P§3.3, assumed shape)."""

    id: str
    partner: str
    material: str
    quantity: int
    ordered: datetime
    iccids: tuple[str, ...] = ()
    delivery_address: dict[str, str] = field(default_factory=dict)
    delivered: datetime | None = None


class ApiUsage(Struct, frozen=True, gc=False, kw_only=True):
    """How often a partner called a method in a month (deprecated, P§3.2)."""

    id: str  # "<partner> <YYYY-MM> <method name>"
    partner: str
    method: str
    calls: int = 0


class RateWindow(Struct, frozen=True, gc=False, kw_only=True):
    """How many SIMs a customer has named in its requests (P§7), by the number of the time step."""

    id: str  # "<partner> <class>"
    counts: dict[int, int] = field(default_factory=dict)
