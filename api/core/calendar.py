"""Dates in China, which has one time zone and no summer time."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def months_after(day: date, months: int) -> date:
    """Return the same day `months` later, or the last of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def date_in_china(moment: datetime) -> date:
    """Return the date in China at `moment`, an aware datetime."""
    return moment.astimezone(CHINA).date()


def midnight_in_china(day: date) -> datetime:
    """Return the moment at which `day` begins in China."""
    return datetime.combine(day, time.min, CHINA)
