"""The loan book as known on a day: every disbursed loan with its arrears by month.

Vintage curves: the share of loans ever bad, by months on book, for each quarter of disbursement.

A quarter's curve ends at the age its youngest month has reached, so that every point of a curve
has the same loans below the line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.storage.archive import Archive
from model.card.bins import Floats
from training.samples.vintages import (
    Loans,
    Months,
    disbursed_loans,
    labelled_loans,
    performance_window,
    visible_rows,
)
from training.settings import Settings


@dataclass(frozen=True)
class Book:
    """Loans disbursed before a day, and the months of their arrears that had arrived by then.

    Attributes
    ----------
    loans : Loans
        With labels as known on that day.
    bullet : array of bool
        Shape (loans,): repaid in one sum at maturity.
    decided : Months
        Shape (loans,): the month by whose end the label is decided.
    place, month, days : array
        Shape (rows,): which loan, which month, and its days past due at the month's end.
    last : datetime64[M]
        The last whole month before the day.
    """

    loans: Loans
    bullet: NDArray[np.bool_]
    decided: Months
    place: NDArray[np.int64]
    month: Months
    days: NDArray[np.int64]
    last: np.datetime64

    def first_month_late(self, days: int) -> Months:
        """Return by loan the first month that ended at least `days` past due; NaT if none."""
        found = np.full(len(self.bullet), np.datetime64("9999-12", "M"))
        late = self.days >= days
        np.minimum.at(found, self.place[late], self.month[late])
        found[found == np.datetime64("9999-12", "M")] = np.datetime64("NaT")
        return found


def loan_book(archive: Archive, as_of: date, settings: Settings) -> Book:
    """Return the loan book as known on `as_of`."""
    loans = labelled_loans(archive, as_of, settings)
    table = disbursed_loans(archive, as_of)
    rows = visible_rows(archive, "repayments", ["loan_id", "month", "days_past_due"], as_of)
    place = pd.Index(table["loan_id"]).get_indexer(pd.Index(rows["loan_id"]))
    known = place >= 0
    return Book(
        loans=loans,
        bullet=(table["repayment"] == "harvest_bullet").to_numpy(dtype=bool),
        decided=performance_window(table, settings).decided,
        place=place[known].astype(np.int64),
        month=rows["month"].to_numpy(dtype="datetime64[M]")[known],
        days=rows["days_past_due"].to_numpy(dtype=np.int64)[known],
        last=np.datetime64(as_of, "M") - 1,
    )


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
