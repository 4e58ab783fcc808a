"""Days and months of the calendar, in UTC; timedelta does not know months."""

import calendar
from datetime import datetime

from operator_emulator.core.world.model import DAY


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
