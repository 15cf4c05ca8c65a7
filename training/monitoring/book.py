"""The loan book as known on a day: disbursed loans, their arrears by month, vintage curves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from data.storage.archive import Archive
from model.card.bins import Floats
from training.samples.vintages import (
    Loans,
    Months,
    disbursed_loans,
    labelled_loans,
    loan_months,
    performance_window,
    repays_at_maturity,
)
from training.settings import Settings

#: Curves end at this many months on book.
_MAX_MONTHS = 24
_MIN_LOANS = 20
_NEVER = np.datetime64("9999-12", "M")


@dataclass(frozen=True)
class LoanBook:
    """Loans disbursed before a day, and the months of their arrears that had arrived by then.

    Attributes
    ----------
    loans : Loans
        With labels as known on that day.
    bullet : array of bool
        Shape (loans,): repays no principal before maturity.
    decided : Months
        Shape (loans,): the month by whose end the label is decided.
    loan, month, days : array
        Shape (rows,): index of the loan, the month, and days past due at the end of the month.
    last : datetime64[M]
        The last complete month before the day.
    """

    loans: Loans
    bullet: NDArray[np.bool_]
    decided: Months
    loan: NDArray[np.int64]
    month: Months
    days: NDArray[np.int64]
    last: np.datetime64

    def first_month_late(self, days: int) -> Months:
        """Return by loan the first month that ended at least `days` past due; NaT if none."""
        first = np.full(len(self.bullet), _NEVER)
        late = self.days >= days
        np.minimum.at(first, self.loan[late], self.month[late])
        first[first == _NEVER] = np.datetime64("NaT")
        return first


@dataclass(frozen=True)
class VintageCurve:
    """One quarter's loans; ``bad[m]`` is the share ever bad by ``m`` months on book."""

    quarter: str
    loans: int
    bad: Floats


def loan_book(archive: Archive, as_of: date, settings: Settings) -> LoanBook:
    """Return the loan book as known on `as_of`."""
    loans = labelled_loans(archive, as_of, settings)
    table = disbursed_loans(archive, as_of)
    rows = loan_months(archive, as_of, table, settings)
    return LoanBook(
        loans=loans,
        bullet=repays_at_maturity(table),
        decided=performance_window(table, settings).decided,
        loan=rows.loan,
        month=rows.month,
        days=rows.days,
        last=np.datetime64(as_of, "M") - 1,
    )


def quarters(vintage: Months) -> NDArray[np.str_]:
    """Return the quarter of each month, such as ``2022Q3``."""
    month = vintage.astype("datetime64[M]").astype(np.int64)
    year, quarter = 1970 + month // 12, month % 12 // 3 + 1
    return np.array([f"{y}Q{q}" for y, q in zip(year, quarter, strict=True)], dtype=np.str_)


def vintage_curves(book: LoanBook, bad_days: int) -> tuple[VintageCurve, ...]:
    """Return the curves, oldest first; quarters of fewer than 20 loans are left out.

    A quarter's curve ends at the age that its youngest month has reached, so that every point of a
    curve has the same loans in its denominator.
    """
    vintage, quarter = book.loans.vintage, quarters(book.loans.vintage)
    first = book.first_month_late(bad_days)
    age = (first - vintage).astype(np.int64)
    curves = []
    for name in np.unique(quarter):
        inside = quarter == name
        reached = min(int((book.last - vintage[inside].max()).astype(np.int64)), _MAX_MONTHS)
        if inside.sum() < _MIN_LOANS or reached < 0:
            continue
        late = inside & ~np.isnat(first) & (age <= reached)
        counts = np.bincount(age[late], minlength=reached + 1)
        curves.append(VintageCurve(str(name), int(inside.sum()), np.cumsum(counts) / inside.sum()))
    return tuple(curves)
