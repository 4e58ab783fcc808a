"""Instants and volumes in JSON."""

from datetime import datetime

from operator_emulator.core.customers.model import OCTETS_PER_MB


def octets(megabytes: float) -> int:
    return round(megabytes * OCTETS_PER_MB)


def show_time(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def show_maybe(instant: datetime | None) -> str | None:
    return None if instant is None else show_time(instant)
