"""Months as integers since January 1970, so that arrays of them can be added and compared."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from data.simulator.arrays import Ints

M = TypeVar("M", int, Ints)
SECONDS_A_DAY = 86_400


def month_of(text: str) -> int:
    """Return the number of a month given as ``2023-09``."""
    return int(np.datetime64(text, "M").astype(np.int64))


def format_month(month: int) -> str:
    """Return a month as ``2023-09``."""
    return str(np.datetime64(month, "M"))


def year_of(month: M) -> M:
    """Return the calendar year of a month."""
    return month // 12 + 1970


def month_of_year(month: M) -> M:
    """Return 1 for January to 12 for December."""
    return month % 12 + 1


def first_day(month: int | Ints) -> Ints:
    """Return the month's first day, in days since 1970-01-01."""
    months = np.asarray(month, dtype=np.int64).astype("datetime64[M]")
    return months.astype("datetime64[D]").astype(np.int64)


def last_day(month: int | Ints) -> Ints:
    """Return the month's last day, in days since 1970-01-01."""
    return first_day(np.asarray(month, dtype=np.int64) + 1) - 1


def month_of_day(day: Ints) -> Ints:
    """Return the month a day (since 1970-01-01) falls in."""
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
