"""The nouns of the person who tests: what should go wrong, how fast customers may ask, what devices do unasked.

They are rows as all others: a snapshot keeps them, a reset drops them.
"""

from datetime import datetime
from enum import StrEnum, unique
from typing import Any

from msgspec import Struct, field


@unique
class FaultPoint(StrEnum):
    """Where a fault strikes."""

    HTTP = "http"  # a request to any of the operator's APIs
    NETWORK = "network"  # an attempt to deliver an SMS
    CALLBACK = "callback"  # a push to a customer's endpoint
    DATA_STREAM = "data-stream"  # a batch of a data stream


class Fault(Struct, frozen=True, gc=False, kw_only=True):
    """An injected fault. *match* and *effect* are as specs/control.yaml describes them for each point."""

    id: int
    name: str
    point: FaultPoint
    match: dict[str, Any] = field(default_factory=dict)
    effect: dict[str, Any] = field(default_factory=dict)
    probability: float = 1.0
    times: int | None = None  # how often it still strikes; None: without end
    considered: int = 0  # how often it could have struck
    struck: int = 0


class Strike(Struct, frozen=True, gc=False):
    """A fault that strikes, and for how many real seconds it delays."""

    fault: Fault
    delay: float = 0.0


@unique
class Per(StrEnum):
    """The requests that share a rate limit."""

    ORGANISATION = "organisation"
    ADDRESS = "address"


class RateLimit(Struct, frozen=True, gc=False, kw_only=True):
    """So many *requests* in so many *seconds* of the world, to paths like *path*. *position* orders them."""

    name: str
    path: str
    per: Per
    requests: int
    seconds: float
    position: int = 0


class Bucket(Struct, frozen=True, gc=False, kw_only=True):
    """The token bucket of one caller for one rate limit: *tokens* at the instant *at*."""

    id: str  # "<limit> <organisation or address>"
    organisation: int | None = None
    tokens: float
    at: datetime


class AutoReply(Struct, frozen=True, gc=False):
    """Answer every message that arrives, so many *seconds* later; ``{payload}`` stands for what came."""

    payload: str
    seconds: float = 1.0


class GoesOffline(Struct, frozen=True, gc=False):
    """Leave the network every so many *seconds*, and come back *away* seconds later."""

    seconds: float
    away: float


class UsesData(Struct, frozen=True, gc=False):
    """Send and receive so many octets every so many *seconds*."""

    seconds: float
    octets_tx: int = 0
    octets_rx: int = 0


class Behaviour(Struct, frozen=True, gc=False, kw_only=True):
    """The automatic behaviour of a device. *left_as* is its status before it went offline by itself."""

    iccid: str
    auto_reply: AutoReply | None = None
    goes_offline: GoesOffline | None = None
    uses_data: UsesData | None = None
    acknowledges_after: float | None = None  # seconds on the air, instead of policy.radio_time
    left_as: str | None = None
