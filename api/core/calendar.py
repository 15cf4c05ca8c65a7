"""Dates in China, which has one time zone and no summer time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def date_in_china(moment: datetime) -> date:
    """Return the date in China at `moment`, an aware datetime."""
    return moment.astimezone(CHINA).date()


def midnight_in_china(day: date) -> datetime:
    """Return the moment at which `day` begins in China."""
    return datetime.combine(day, time.min, CHINA)
