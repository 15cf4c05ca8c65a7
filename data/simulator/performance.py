"""The labels of loans by days past due: windows, and outcomes from instalments to the day."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator import months
from data.simulator.arrays import Bools, Ints
from data.simulator.economy import schedule

#: Days past due in the window from which a loan is bad, and from which it is indeterminate.
BAD_DAYS, INDETERMINATE_DAYS = 90, 30
#: Months on book of a loan that repays along the way; months after maturity of any other.
_ON_BOOK, _AFTER_MATURITY = 12, 4
#: Events on whose day a loan is bad.
_BAD_EVENTS = ("restructured", "written_off")


def window_months(kind: Ints, term: Ints) -> Ints:
    """Return the months from disbursement to the end of the performance window."""
    at_end = schedule.principal_at_end(kind)
    return np.where(at_end, term + _AFTER_MATURITY, _ON_BOOK)


def performance(
    lent: pa.Table, instalments: pa.Table, events: pa.Table, last_month: int
) -> tuple[Bools, Ints]:
    """Return which loans have a complete window, and each loan's worst days past due in it.

    The window ends with the last day of its last month. An extension does not move it.

    Parameters
    ----------
    lent : pa.Table
        Disbursed loans, one row each.
    instalments, events : pa.Table
        The latest version of their instalments and events.
    last_month : int
        The last month on record.
    """
    kind = pc.index_in(lent["repayment"], pa.array(schedule.REPAYMENTS)).to_numpy()
    start = months.month_of_day(_days(lent["disbursed_on"]))
    closes = start + window_months(kind.astype(np.int64), lent["months"].to_numpy())
    ends = months.last_day(closes)
    loan = _positions(instalments, lent)
    due, paid = _days(instalments["due_on"]), _days(instalments["paid_on"])
    late = np.where(paid < 0, ends[loan], np.minimum(paid, ends[loan])) - due
    worst = np.zeros(len(ends), dtype=np.int64)
    np.maximum.at(worst, loan, late)
    changed = events.filter(pc.is_in(events["kind"], pa.array(_BAD_EVENTS)))
    of = _positions(changed, lent)
    inside = _days(changed["happened_on"]) <= ends[of]
    np.maximum.at(worst, of[inside], BAD_DAYS)
    return closes <= last_month, worst


def _positions(rows: pa.Table, lent: pa.Table) -> Ints:
    found = pc.index_in(rows["loan_id"], lent["loan_id"].combine_chunks())
    return np.asarray(found.to_numpy(), dtype=np.int64)


def _days(dates: pa.ChunkedArray) -> Ints:
    """Return days since 1970-01-01, -1 for a blank."""
    days = pc.fill_null(dates.cast(pa.int32()), -1)
    return np.asarray(days.to_numpy(), dtype=np.int64)
