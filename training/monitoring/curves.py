"""Vintage curves: the share of loans ever bad, by months on book, for each quarter of disbursement.

A quarter's curve ends at the age its youngest month has reached, so that every point of a curve
has the same loans below the line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.scorecard import Floats
from training.monitoring.book import Book
from training.vintages import Months

#: Curves are followed for this many months on book.
MOST_MONTHS = 24
_LEAST_LOANS = 20


@dataclass(frozen=True)
class VintageCurve:
    """One quarter's loans; ``bad[m]`` is the share ever bad by ``m`` months on book."""

    quarter: str
    loans: int
    bad: Floats


def quarters(vintage: Months) -> NDArray[np.str_]:
    """Return the quarter of each month, such as ``2022Q3``."""
    month = vintage.astype("datetime64[M]").astype(np.int64)
    year, quarter = 1970 + month // 12, month % 12 // 3 + 1
    return np.array([f"{y}Q{q}" for y, q in zip(year, quarter, strict=True)], dtype=np.str_)


def vintage_curves(book: Book, bad_days: int) -> tuple[VintageCurve, ...]:
    """Return the curves, oldest first; quarters of fewer than 20 loans are left out."""
    vintage, quarter = book.loans.vintage, quarters(book.loans.vintage)
    first = book.first_month_late(bad_days)
    age = (first - vintage).astype(np.int64)
    found = []
    for name in np.unique(quarter):
        inside = quarter == name
        reached = min(int((book.last - vintage[inside].max()).astype(np.int64)), MOST_MONTHS)
        if inside.sum() < _LEAST_LOANS or reached < 0:
            continue
        late = inside & ~np.isnat(first) & (age <= reached)
        counts = np.bincount(age[late], minlength=reached + 1)
        found.append(VintageCurve(str(name), int(inside.sum()), np.cumsum(counts) / inside.sum()))
    return tuple(found)
