"""Days and months of the calendar, in UTC; timedelta does not know months."""

import calendar
from datetime import UTC, datetime, timedelta
from typing import Final

from operator_emulator.core.world.model import DAY

FIRST_INSTANT: Final = datetime.min.replace(tzinfo=UTC)


def ago(span: timedelta, instant: datetime) -> datetime:
    """*span* before *instant*, or the first instant there is."""
    return instant - span if instant - FIRST_INSTANT > span else FIRST_INSTANT


def add_months(instant: datetime, months: int) -> datetime:
    """The same day and time *months* later (or earlier), or the month's last day where there is no such day."""
    count = instant.year * 12 + instant.month - 1 + months
    year, month = divmod(count, 12)
    day = min(instant.day, calendar.monthrange(year, month + 1)[1])
    return instant.replace(year=year, month=month + 1, day=day)


def midnight_of(instant: datetime) -> datetime:
    """When the day of *instant* began."""
    return instant.replace(hour=0, minute=0, second=0, microsecond=0)


def next_midnight(instant: datetime) -> datetime:
    """The first midnight after *instant*."""
    return midnight_of(instant) + DAY
