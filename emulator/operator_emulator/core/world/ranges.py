"""Ranges: what each setting of Policy can be, by type, unit and range.

A range keeps a setting from breaking something; it is what is sensible, and not what an operator offers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType, NoneType
from typing import Any, Final, Literal, get_args, get_origin

DAY: Final = 86_400  # seconds
WEEK: Final = 7 * DAY
YEAR: Final = 365 * DAY
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(8899, 12, 31, tzinfo=UTC)  # as in fixtures
UNITS: Final = (("y", YEAR), ("d", DAY), ("h", 3600), ("m", 60))


@dataclass(frozen=True, slots=True)
class Range:
    """From *low* to *high*, both possible; of a text, its length. *unit* is that of a number."""

    low: Any
    high: Any
    unit: str = ""

    def holds(self, value: Any) -> bool:
        return bool(self.low <= (len(value) if isinstance(value, str) else value) <= self.high)

    def __str__(self) -> str:
        return f"{show(self.low)} to {show(self.high)}"


def lasting(low: float, high: float) -> Range:
    """A duration; bounds in seconds."""
    return Range(timedelta(seconds=low), timedelta(seconds=high))


RANGES: Final[Mapping[str, Range]] = MappingProxyType(
    {
        "token_ttl": Range(1, YEAR, "seconds"),
        "validity_period": lasting(1, 63 * WEEK),
        "first_attempt": lasting(0, DAY),
        "radio_time": lasting(0, DAY),
        "retry_after": lasting(1, 30 * DAY),
        "sms_charge": Range(0, 1000, "messages"),
        "retention": lasting(0, 100 * YEAR),
        "forwarder_retry_scale": Range(0, 1000),
        "forwarder_give_up": lasting(1, YEAR),
        "forwarder_timeout": Range(0.001, 600, "seconds"),
        "forwarder_connections": Range(1, 1000),
        "forwarder_waiting": Range(1, 1_000_000),
        "data_streams_max": Range(0, 1000),
        "data_stream_interval": lasting(0, DAY),
        "data_stream_timeout": Range(0.001, 600, "seconds"),
        "data_stream_retry": lasting(0.001, DAY),
        "data_stream_retries": Range(0, 1000),
        "data_stream_retention": lasting(0, YEAR),
        "usage_record_interval": lasting(0, DAY),
        "usage_record_octets": Range(0, 10**12, "octets"),
        "bulk_delay": lasting(0, DAY),
        "reset_delay": lasting(0, DAY),
        "max_label": Range(1, 10_000, "characters"),
        "lifetime_years": Range(0, 100, "years"),
        "lifetime_months": Range(0, 1200, "months"),
        "grace_months": Range(0, 1200, "months"),
        "data_quota_mb": Range(0, 10**9, "MB"),
        "sms_quota": Range(0, 10**9, "messages"),
        "threshold_percentage": Range(0, 100, "%"),
        "peak_throughput": Range(0, 10**12, "bit/s"),
        "usage_months": Range(1, 120, "months"),
        "lookup_time": lasting(0, 60),
        "platform_2_since": Range(EARLIEST, LATEST),
        "session_rounding": Range(1, 10**9, "octets"),
        "v1_retired_at": Range(EARLIEST, LATEST),
        "payment_time": lasting(0, YEAR),
        "delivery_time": lasting(0, YEAR),
        "topup_data_mb": Range(0, 10**9, "MB"),
        "topup_sms": Range(0, 10**9, "messages"),
        "topup_price": Range(0, 10**9, "cents"),
        "extension_price": Range(0, 10**9, "cents"),
        "extension_before_end": lasting(0, 100 * YEAR),
        "auto_topup_hours": Range(1, 24, "hours"),
        "transfer_time": lasting(0, 30 * DAY),
        "action_begins": lasting(0, DAY),
        "action_takes": lasting(0, DAY),
        "portal_transfer_time": lasting(0, 30 * DAY),
        "binding_months": Range(0, 1200, "months"),
        "action_max_sims": Range(1, 100_000, "SIMs"),
        "session_history_days": Range(0, 3650, "days"),
        "stream_retention": lasting(0, YEAR),
        "stream_idle": lasting(1, DAY),
        "stream_batch": Range(1, 10_000, "events"),
        "portal_token_ttl": Range(1, YEAR, "seconds"),
        "portal_apn": Range(1, 100, "characters"),
        "portal_host": Range(1, 255, "characters"),
    }
)

TYPE_NAMES: Final[Mapping[type, str]] = MappingProxyType(
    {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        timedelta: "a duration",
        datetime: "an instant",
        str: "a text",
    }
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a setting can be: of a *type*, or one of *choices*; None too, if it is *optional*."""

    type: type
    choices: tuple[Any, ...] = ()
    range: Range | None = None
    optional: bool = False

    def problem(self, value: Any) -> str | None:
        """Why it cannot be *value*, saying what it can be; None if it can."""
        if value is None and self.optional:
            return None
        fits = value in self.choices if self.choices else self._is_of_type(value)
        if fits and (self.range is None or self.range.holds(value)):
            return None
        return f"must be {self}, not {show(value)}"

    def _is_of_type(self, value: Any) -> bool:
        if isinstance(value, bool):
            return self.type is bool
        return isinstance(value, int | float if self.type is float else self.type)

    def __str__(self) -> str:
        if self.choices:
            return "one of " + ", ".join(map(str, self.choices))
        name = TYPE_NAMES[self.type]
        if self.range is None:
            return name
        return (
            f"{name} of {self.range} {self.range.unit}"
            if self.type is str
            else " ".join((name, "from", str(self.range), self.range.unit)).rstrip()
        )


def kind_of(name: str, hint: Any) -> Kind:
    """What a setting can be, from its type hint."""
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        return Kind(type(choices[0]), choices)
    kinds = get_args(hint) or (hint,)
    return Kind(kinds[0], (), RANGES.get(name), NoneType in kinds)


def show(value: Any) -> str:
    """A value as it is written on a command line."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return show_duration(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def show_duration(value: timedelta) -> str:
    """In the largest unit of which it is a whole number."""
    seconds = value.total_seconds()
    for unit, size in UNITS:
        if seconds and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"
