"""Arithmetic of windows: months between dates, sums within a window, shares, growth, volatility.

Every engine must give the same bits. So months are computed in integers, sums are taken over
integers only (money in fen, areas in hundredths of a mu), and floats appear only in the last step
of a row.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import (
    BooleanValue,
    DateValue,
    FloatingValue,
    IntegerValue,
    NumericValue,
    Table,
)

#: A record lapses five years after it ended (credit reporting rules, art. 16).
LAPSE_MONTHS = 60


def month_number(day: DateValue) -> IntegerValue:
    """Return the months from year 0 to the month of `day`."""
    return day.year() * 12 + day.month()


def completed_months(start: DateValue, end: DateValue) -> IntegerValue:
    """Return the full months from `start` to `end`; from the 15th to the 14th is not yet one."""
    unfinished = (end.day() < start.day()).cast("int64")
    return month_number(end) - month_number(start) - unfinished


def completed_years(start: DateValue, end: DateValue) -> IntegerValue:
    """Return the full years from `start` to `end`, 0 if `start` is later."""
    return (completed_months(start, end) // 12).clip(lower=0)


def day_number(day: DateValue) -> IntegerValue:
    """Return the days from 1970-01-01 to `day`."""
    number: IntegerValue = day.delta(ibis.date(1970, 1, 1), unit="D")
    return number


def in_last(rows: Table, months: int, skip: int = 0) -> BooleanValue:
    """Return which `rows` fall within the last `months` months before the latest `skip`.

    ``rows.months_ago`` is 0 for the last full month before the as-of date (monthly rows) or for a
    date less than a month before it (dated rows).
    """
    return (rows.months_ago >= skip) & (rows.months_ago < skip + months)


def total(column: IntegerValue, where: BooleanValue | None = None) -> IntegerValue:
    """Return the exact sum of an integer `column`; blanks and absent rows count as 0."""
    return column.sum(where=where).fill_null(0)


def yuan(fen: IntegerValue) -> FloatingValue:
    """Return an amount of fen (hundredths) in yuan."""
    return fen.cast("float64") / 100


def mu(hundredths: IntegerValue) -> FloatingValue:
    """Return an area of hundredths of a mu in mu."""
    return hundredths.cast("float64") / 100


def share(part: NumericValue, whole: NumericValue) -> FloatingValue:
    """Return `part` / `whole`; missing if `whole` is 0."""
    return part.cast("float64") / whole.nullif(0).cast("float64")


def growth(recent: IntegerValue, before: IntegerValue) -> FloatingValue:
    """Return the change between two sums on a scale from -1 (all lost) to 1 (all new).

    ``(recent - before) / (recent + before)`` stays finite where the plain ratio does not; missing
    if both are 0.
    """
    return share(recent - before, recent + before)


def volatility(
    values: IntegerValue, months: IntegerValue | int, where: BooleanValue
) -> FloatingValue:
    """Return the coefficient of variation (population form) of non-negative integers `values`.

    ``sqrt(n Σx² - (Σx)²) / Σx`` from exact sums. With a fixed number of `months`, a month without a
    row counts as 0. The greatest possible value is ``sqrt(n - 1)``; missing if the sum is 0.
    """
    first = total(values, where).cast("float64")
    second = total(values * values, where).cast("float64")
    return (second * months - first * first).clip(lower=0).sqrt() / first.nullif(0)
