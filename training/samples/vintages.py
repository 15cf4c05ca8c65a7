"""Disbursed loans by vintage with their labels, as known on a day.

A loan is ripe when its performance window has closed by the calendar, whatever its outcome. If a
loan entered as soon as it is bad, the youngest vintages would fill with bads, because their goods
are not ripe yet.

A loan whose principal falls due at the end is judged by its maturity, since interest alone says
little. A harvest-bullet loan has one due date, its maturity: its label is final once `bad_days`
have passed after it, so it is ripe then, before the rest of its window has passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data.storage.archive import Archive
from data.storage.profiles import loan_months_as_of
from model.archive.tables import EVENT_ON, RECORDED_AT, archive_tables
from training.settings import Settings

#: Labels of a loan: its outcome, or the reason why it is not in the sample.
GOOD, BAD, INDETERMINATE = "good", "bad", "indeterminate"
UNRIPE, UNRECORDED, RUN_IN = "unripe", "unrecorded", "run_in"
LABELS = (GOOD, BAD, INDETERMINATE, UNRIPE, UNRECORDED, RUN_IN)
#: Kinds of repayment whose principal falls due at maturity.
AT_MATURITY = ("harvest_bullet", "interest_first", "quarterly_interest", "revolving")
#: Events by which a loan is bad, whatever its days past due.
BAD_EVENTS = ("restructured", "written_off")
Months = NDArray[np.datetime64]
Strings = NDArray[np.object_]


@dataclass(frozen=True)
class Loans:
    """Disbursed loans with labels, in order of loan id; every array has shape (loans,).

    Attributes
    ----------
    vintage : array of datetime64[M]
        Month of disbursement.
    applied : array of datetime64[D]
        Day of application: the profile is as of that day, and sees only what was known before it.
    label : array of str
        One of `LABELS`.
    """

    loan_id: Strings
    member_id: Strings
    vintage: Months
    applied: NDArray[np.datetime64]
    label: Strings


@dataclass(frozen=True)
class VintageRow:
    """The number of loans of one vintage by label."""

    vintage: str
    loans: int
    good: int
    bad: int
    indeterminate: int
    unripe: int
    unrecorded: int
    run_in: int


def labelled_loans(archive: Archive, as_of: date, settings: Settings) -> Loans:
    """Return every loan disbursed before `as_of` with its label as known on that day.

    ``unrecorded`` are loans whose window has closed but whose last rows have not arrived;
    ``run_in`` are loans applied for before the archive had recorded `run_in_months`.
    """
    loans = disbursed_loans(archive, as_of)
    window = performance_window(loans, settings)
    applied = loans["applied_on"].to_numpy().astype("datetime64[D]")
    months = loan_months(archive, as_of, loans, settings)
    label = _labels(window, _performance(months, window), as_of, settings)
    label[applied < _first_usable(archive, settings)] = RUN_IN
    return Loans(
        loans["loan_id"].to_numpy(dtype=object),
        loans["member_id"].to_numpy(dtype=object),
        _months(loans["disbursed_on"]),
        applied,
        label,
    )


def vintage_rows(loans: Loans) -> list[VintageRow]:
    """Return the counts by vintage, oldest first."""
    return [
        VintageRow(
            str(month),
            int((loans.vintage == month).sum()),
            *(int(((loans.vintage == month) & (loans.label == name)).sum()) for name in LABELS),
        )
        for month in np.unique(loans.vintage)
    ]


#: Share of a month's loans that may still lack an outcome where the month counts as whole.
_MOST_UNRIPE = 0.1


def last_whole_month(vintages: Sequence[VintageRow]) -> np.datetime64 | None:
    """Return the last month up to which nearly every loan of every vintage is ripe; None: none.

    Of a later month only the short loans have an outcome, and they are safer than the long ones.
    """
    last = None
    for row in vintages:
        counted = row.loans - row.run_in
        if counted and row.unripe > _MOST_UNRIPE * counted:
            break
        last = np.datetime64(row.vintage, "M")
    return last


def disbursed_loans(archive: Archive, as_of: date) -> pd.DataFrame:
    """Return the loans disbursed before `as_of` as known on that day, in order of loan id."""
    columns = ["loan_id", "member_id", "applied_on", "decision", "disbursed_on", "months",
               "repayment"]  # fmt: skip
    loans = visible_rows(archive, "loans", columns, as_of)
    disbursed = (loans["decision"] == "approved") & (loans["disbursed_on"] < pd.Timestamp(as_of))
    return loans[disbursed].sort_values("loan_id", ignore_index=True)


def visible_rows(archive: Archive, table: str, columns: list[str], as_of: date) -> pd.DataFrame:
    """Return `columns` of the rows of `table` visible as of `as_of`; dates as timestamps.

    A row is visible if its event and its record both lie before that day; of several versions of a
    key the latest recorded counts.
    """
    rows = archive.read(table).select([*dict.fromkeys([*columns, RECORDED_AT, EVENT_ON])])
    midnight = pa.scalar(datetime.combine(as_of, time()), pa.timestamp("us"))
    known = pc.and_(
        pc.less(rows[EVENT_ON], pa.scalar(as_of, pa.date32())), pc.less(rows[RECORDED_AT], midnight)
    )
    key = list(archive_tables()[table].key)
    frame = _with_floats(rows.filter(known)).to_pandas(date_as_object=False)
    # Versions recorded at the same instant are ordered by content, never by the order of rows.
    ordered = frame.sort_values([RECORDED_AT, *sorted(set(columns) - set(key))], kind="stable")
    latest: pd.DataFrame = ordered.drop_duplicates(key, keep="last")[columns]
    return latest


@dataclass(frozen=True)
class Window:
    """By loan: the window's last month, and the month by whose end the label is decided."""

    ends: Months
    decided: Months


def performance_window(loans: pd.DataFrame, settings: Settings) -> Window:
    """Return the window of each of `loans`, from `disbursed_loans`."""
    disbursed = _months(loans["disbursed_on"])
    maturity = disbursed + loans["months"].to_numpy(dtype="timedelta64[M]")
    last = settings.window_months, settings.bullet_window_months
    ends = np.where(repays_at_maturity(loans), maturity + last[1], disbursed + last[0])
    # Days past due are read at month ends, so include the whole month after the last bad day.
    settled = maturity + (-(-settings.bad_days // 30) + 1)
    return Window(
        ends, np.where(loans["repayment"] == "harvest_bullet", np.minimum(ends, settled), ends)
    )


def repays_at_maturity(loans: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which of `loans` repay no principal before their maturity."""
    return np.asarray(loans["repayment"].isin(AT_MATURITY), dtype=np.bool_)


@dataclass(frozen=True)
class LoanMonths:
    """Months of loans as known on a day; every array has shape (rows,).

    Attributes
    ----------
    loan : array of int
        Index into the loans of `disbursed_loans`.
    days : array of int
        Days past due at the month's end; at least `bad_days` in the month of a `BAD_EVENTS`.
    is_repaid : array of bool
        Whether nothing is left to repay.
    """

    loan: NDArray[np.int64]
    month: Months
    days: NDArray[np.int64]
    is_repaid: NDArray[np.bool_]


def loan_months(
    archive: Archive, as_of: date, loans: pd.DataFrame, settings: Settings
) -> LoanMonths:
    """Return the months of `loans`, from `disbursed_loans`, and those in which they turned bad."""
    rows = loan_months_as_of(archive, as_of).to_pandas(date_as_object=False)
    events = visible_rows(archive, "loan_events", ["loan_id", "happened_on", "kind"], as_of)
    events = events[events["kind"].isin(BAD_EVENTS)]
    loan = pd.Index(loans["loan_id"]).get_indexer(pd.concat([rows["loan_id"], events["loan_id"]]))
    months = np.concatenate([_months(rows["event_on"]), _months(events["happened_on"])])
    days = [rows["days_past_due"].to_numpy(), np.full(len(events), settings.bad_days)]
    repaid = [(rows["balance"] == 0).to_numpy(), np.zeros(len(events), dtype=bool)]
    known = loan >= 0
    return LoanMonths(
        loan[known].astype(np.int64),
        months[known],
        np.concatenate(days).astype(np.int64)[known],
        np.concatenate(repaid).astype(np.bool_)[known],
    )


@dataclass(frozen=True)
class _Performance:
    """By loan: worst days past due in the window, last recorded month, whether it was repaid."""

    worst: NDArray[np.int64]
    last: Months
    repaid: NDArray[np.bool_]


def _performance(rows: LoanMonths, window: Window) -> _Performance:
    number = len(window.ends)
    inside = rows.month <= window.ends[rows.loan]
    worst = np.zeros(number, dtype=np.int64)
    np.maximum.at(worst, rows.loan[inside], rows.days[inside])
    last = np.full(number, np.datetime64("0001-01", "M"))
    np.maximum.at(last, rows.loan, rows.month)
    repaid = np.zeros(number, dtype=bool)
    repaid[rows.loan[rows.is_repaid & (rows.month == last[rows.loan])]] = True
    return _Performance(worst, last, repaid)


def _labels(window: Window, performance: _Performance, as_of: date, settings: Settings) -> Strings:
    label = np.full(len(performance.worst), GOOD, dtype=object)
    label[performance.worst >= settings.indeterminate_days] = INDETERMINATE
    label[(performance.last < window.decided) & ~performance.repaid] = UNRECORDED
    label[performance.worst >= settings.bad_days] = BAD
    label[window.decided >= np.datetime64(as_of, "M")] = UNRIPE
    return label


def _first_usable(archive: Archive, settings: Settings) -> np.datetime64:
    """Return the first application month with enough recorded months before it."""
    firsts = [
        np.datetime64(first, "M")
        for table in ("cashflow", "sales", "parcels")
        if (first := _first_month(archive, table)) is not None
    ]
    return min(firsts) + settings.run_in_months if firsts else np.datetime64("0001-01", "M")


def _first_month(archive: Archive, table: str) -> date | None:
    earliest: date | None = pc.min(archive.read(table)["month"]).as_py()
    return earliest


def _months(dates: pd.Series[pd.Timestamp]) -> Months:
    return dates.to_numpy(dtype="datetime64[M]")


def _with_floats(rows: pa.Table) -> pa.Table:
    # pandas stores decimals as objects; a float still shows whether a balance is zero.
    fields = [
        pa.field(f.name, pa.float64() if pa.types.is_decimal(f.type) else f.type)
        for f in rows.schema
    ]
    return rows.cast(pa.schema(fields))
