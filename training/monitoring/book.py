"""The loan book as known on a day: every disbursed loan with its arrears by month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.archive import Archive
from training.settings import Settings
from training.vintages import Loans, Months, disbursed_loans, labelled_loans, performance_window
from training.visible import visible_rows


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
