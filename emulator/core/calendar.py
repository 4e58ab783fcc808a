"""Months, which timedelta does not know."""

import calendar
from datetime import datetime


def add_months(instant: datetime, months: int) -> datetime:
    """The same day and time *months* later (or earlier), or the month's last day where there is no such day."""
    count = instant.year * 12 + instant.month - 1 + months
    year, month = divmod(count, 12)
    day = min(instant.day, calendar.monthrange(year, month + 1)[1])
    return instant.replace(year=year, month=month + 1, day=day)
