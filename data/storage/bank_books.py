"""The bank's own books of rongzi_e in the archive: each loan with what is owed, and their day.

The books end with the last row that a county's bank recorded, not with the day on which somebody
looks at them: a county whose file is a month old says nothing of the month since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import pyarrow as pa
from ibis.expr.types import Table

from data.storage.archive import Archive
from data.storage.engines import open_tables
from data.storage.profiles import reading
from model.archive.tables import RECORDED_AT
from model.profile.flows.applications import lent_loans
from model.profile.flows.instalments import known_instalments
from model.profile.flows.repayments import repayments
from model.profile.point_in_time import KEYS, PointInTime
from model.profile.windows import total
from model.reconciliation.matching import BankLoan

#: The product that the ledger pays out.
PRODUCT = "rongzi_e"
_BOOKS = ("loans", "instalments", "repayments", "loan_events")
_COUNTY = 6
_OWED = pa.schema(
    [("loan_id", pa.string()), ("principal_paid", pa.int64()), ("due_since", pa.date32())]
)
_REPORTED = pa.schema(
    [("loan_id", pa.string()), ("reported_on", pa.date32()), ("balance", pa.int64()),
     ("days_past_due", pa.int64())]
)  # fmt: skip


@dataclass(frozen=True)
class BankBooks:
    """The loans of rongzi_e that the bank lent, as known before a day.

    Attributes
    ----------
    day_of_county : mapping of str to date
        The last day on which the bank of a county, by its code of six digits, recorded a row.
    loans : mapping of str to tuple of BankLoan
        By member id.
    """

    day_of_county: Mapping[str, date]
    loans: Mapping[str, tuple[BankLoan, ...]]


def bank_books(archive: Archive, as_of: date) -> BankBooks:
    """Return the bank's books as `archive` knew them before `as_of`.

    A loan is read to the day from its instalments. One without instalments is read from its last
    monthly report, and is known to the end of that month.

    Raises
    ------
    ArchiveError
        If a stored part is damaged.
    """
    with reading(archive) as (pinned, running):
        tables = open_tables(pinned, running, ("members", *_BOOKS))
        if "loans" not in tables or "members" not in tables:
            return BankBooks({}, {})
        borrowers = tables["loans"].select("member_id", as_of=ibis.literal(as_of, "date"))
        now = PointInTime(tables, borrowers.distinct())
        days = running.fetch(_days(tables, now, as_of))
        lent = running.fetch(_lent(now))
        owed = running.fetch(_owed(now)) if "instalments" in tables else _OWED.empty_table()
        has_months = "repayments" in tables
        reported = running.fetch(_reported(now)) if has_months else _REPORTED.empty_table()
    days_by_county = {row["county"]: row["day"] for row in days.to_pylist()}
    return BankBooks(days_by_county, _loans(days_by_county, lent, owed, reported, as_of))


def _days(tables: Mapping[str, Table], now: PointInTime, as_of: date) -> Table:
    """Return the last day that each county recorded before `as_of`, in any of the books."""
    counties = now.rows("members").select(
        "member_id", county=lambda rows: rows.village_code.substr(0, _COUNTY)
    )
    owners = tables["loans"].select("loan_id", "member_id").distinct()
    recorded = [
        tables[name].select("loan_id", day=tables[name][RECORDED_AT].date())
        for name in _BOOKS
        if name in tables
    ]
    every = ibis.union(*recorded) if len(recorded) > 1 else recorded[0]
    known = every.filter(every.day < as_of).inner_join(owners, "loan_id")
    known = known.inner_join(counties, "member_id")
    return known.group_by("county").aggregate(day=known.day.max())


def _rongzi_e(now: PointInTime) -> Table:
    return lent_loans(now).filter(lambda rows: rows["product"] == PRODUCT)


def _lent(now: PointInTime) -> Table:
    places = now.rows("members").select(
        "member_id", county=lambda rows: rows.village_code.substr(0, _COUNTY)
    )
    lent = _rongzi_e(now).select("loan_id", "member_id", "disbursed_on", "amount")
    return lent.inner_join(places, "member_id").order_by("member_id", "loan_id")


def _owed(now: PointInTime) -> Table:
    """Return the principal repaid of each loan, and since when something due is not paid."""
    rows = known_instalments(now, _rongzi_e(now))
    is_owed = (rows.due_on < rows.as_of) & ~rows.settled
    return rows.group_by("loan_id").aggregate(
        principal_paid=total(rows.principal_paid, rows.paid_on.notnull()).cast("int64"),
        due_since=rows.due_on.min(where=is_owed),
    )


def _reported(now: PointInTime) -> Table:
    """Return the last monthly figures of each loan."""
    months = repayments.rows(now).semi_join(_rongzi_e(now), [*KEYS, "loan_id"])
    return months.group_by("loan_id").aggregate(
        reported_on=months.event_on.max(),
        balance=months.balance.argmax(months.event_on),
        days_past_due=months.days_past_due.argmax(months.event_on),
    )


def _loans(
    days: Mapping[str, date], lent: pa.Table, owed: pa.Table, reported: pa.Table, as_of: date
) -> dict[str, tuple[BankLoan, ...]]:
    by_day = {row["loan_id"]: row for row in owed.to_pylist()}
    by_month = {row["loan_id"]: row for row in reported.to_pylist()}
    found: dict[str, list[BankLoan]] = {}
    for row in lent.to_pylist():
        loan, last_day = row["loan_id"], as_of - timedelta(days=1)
        known_on, fen, late = days.get(row["county"], last_day), row["amount"], 0
        if loan in by_day:
            fen, since = fen - by_day[loan]["principal_paid"], by_day[loan]["due_since"]
            late = max((known_on - since).days, 0) if since else 0
        elif loan in by_month:
            month = by_month[loan]
            known_on, fen = min(known_on, month["reported_on"]), month["balance"]
            late = month["days_past_due"]
        found.setdefault(row["member_id"], []).append(
            BankLoan(
                loan, row["member_id"], row["disbursed_on"],
                whole_yuan(row["amount"]), whole_yuan(max(fen, 0)), late, known_on,
            )
        )  # fmt: skip
    return {member: tuple(loans) for member, loans in found.items()}


def whole_yuan(fen: int) -> int:
    """Return `fen` in yuan, a part of one counted as a whole one: a fen that is owed is owed."""
    return -(-fen // 100)
