"""The calendar of the loans: China keeps one time, without summer time."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def year_in_china(moment: str) -> int:
    """Return the year in China at a stored moment (`api.ledger.chain.moment`), by its text alone.

    China's year begins eight hours before that of UTC.
    """
    return int(moment[:4]) + (moment[5:13] >= "12-31T16")


def date_in_china(moment: datetime) -> date:
    """Return the date in China at `moment`, which knows its own zone."""
    return moment.astimezone(CHINA).date()
