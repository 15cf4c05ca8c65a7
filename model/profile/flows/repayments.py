"""Capital 资金流, the months of loans: what fell due, what was paid, what is past due and owed.

A bank reports its loans by month (``repayments``), to the day (``instalments``), or both. The
months of a loan without a monthly report are read from its instalments, as a report would state
them at the end of each month.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import DateValue, IntegerValue, Table, Value

from model.archive.tables import EVENT_ON, RECORDED_AT
from model.profile.flows.applications import lent_loans
from model.profile.flows.formula import formula, view
from model.profile.flows.instalments import known_instalments, with_loan
from model.profile.point_in_time import KEYS, PointInTime, in_force, versions, with_age
from model.profile.windows import in_last, month_number, share, total

#: The monthly shape and the daily shape of the same facts.
SHAPES = ("repayments", "instalments")
#: Days past due from which a loan counts as a default.
DEFAULT_DAYS = 90
_LOAN = (*KEYS, "loan_id")
#: Columns of both shapes with their types; an engine tells apart columns that may be null.
_COLUMNS = {
    "member_id": "string", "as_of": "date", "loan_id": "string", "event_on": "date",
    "months_ago": "int64", "due": "int64", "paid": "int64", "days_past_due": "int64",
    "balance": "int64",
}  # fmt: skip


@view("loans", either=SHAPES)
def repayments(now: PointInTime) -> Table:
    """Select the months of lent loans; in a `due_month` something was due or overdue."""
    lent = lent_loans(now)
    shapes = {"repayments": _reported, "instalments": _from_instalments}
    found = [read(now, lent) for name, read in shapes.items() if name in now.tables]
    rows = found[0] if len(found) == 1 else found[0].union(found[1])
    return rows.mutate(due_month=(rows.due > 0) | (rows.days_past_due > 0))


def possible_defaults(now: PointInTime) -> Table:
    """Return ``loan_id`` of the loans that reports tell as defaulted or that need no report."""
    found = []
    if "repayments" in now.tables:
        reports = now.tables["repayments"]
        found.append(reports.filter(reports.days_past_due >= DEFAULT_DAYS))
    if "instalments" in now.tables:
        earliest = now.spine.as_of.min().as_scalar()
        found.append(_without_report(now, now.tables["instalments"], earliest))
    names = [rows.select("loan_id").cast({"loan_id": "string"}) for rows in found]
    return names[0] if len(names) == 1 else names[0].union(names[1])


def _reported(now: PointInTime, lent: Table) -> Table:
    own = versions("repayments", now.tables["repayments"].semi_join(lent, "loan_id"))
    rows = in_force(own.inner_join(lent.select(*_LOAN), "loan_id"))
    return with_age("repayments", rows).select(*_COLUMNS).cast(_COLUMNS)


def _from_instalments(now: PointInTime, lent: Table) -> Table:
    """Return the full months of `lent` loans of which no month is reported.

    An instalment counts as past due until it is paid in full. A payment in part lowers the balance
    by what it exceeds the interest.
    """
    rows = _by_month(with_loan(known_instalments(now, _without_report(now, lent, lent.as_of))))
    by_month = rows.group_by([*_LOAN, "month_at", "ends_before", "amount", "ended"]).aggregate(
        due=total(rows.owed, month_number(rows.due_on) == rows.month_at),
        paid=total(rows.paid, month_number(rows.paid_on) == rows.month_at),
        days_past_due=_days_past_due(rows),
        repaid_principal=total(rows.principal_paid, rows.paid_on < rows.ends_before),
    )
    left = (by_month.amount - by_month.repaid_principal).clip(lower=0)
    return (
        by_month.mutate(
            event_on=(by_month.ends_before - ibis.interval(days=1)).cast("date"),
            months_ago=month_number(by_month.as_of) - by_month.month_at - 1,
            balance=ibis.ifelse(by_month.ended, 0, left),
        )
        .select(*_COLUMNS)
        .cast(_COLUMNS)
    )


def _without_report(now: PointInTime, rows: Table, day: DateValue) -> Table:
    """Return `rows` of loans of which no monthly report was known on `day`."""
    if "repayments" not in now.tables:
        return rows
    reports = now.tables["repayments"]
    known_on = ibis.greatest(reports[RECORDED_AT].date(), reports[EVENT_ON])
    first = reports.group_by("loan_id").aggregate(first_known_on=known_on.min())
    known = rows.left_join(first, "loan_id", rname="{name}_reported")
    return known.filter(known.first_known_on.isnull() | (known.first_known_on >= day))


def _by_month(rows: Table) -> Table:
    """Return `rows` of instalments once for each full month of their loan up to its last payment.

    The first month is the one after the money was paid out, or that in which an instalment fell due
    or the loan was paid off before. ``month_at`` is its `month_number`, ``ends_before`` the first
    day after it, ``ended`` whether the loan is paid off by then.
    """
    first = ibis.least(month_number(rows.disbursed_on) + 1, month_number(rows.first_due_on))
    last_full, paid_off = month_number(rows.as_of) - 1, month_number(rows.paid_off_on)
    spans = rows.mutate(
        since=ibis.ifelse(rows.repaid, ibis.least(first, paid_off), first),
        until=ibis.ifelse(rows.repaid, ibis.least(last_full, paid_off), last_full),
    )
    months = spans.mutate(month_at=ibis.range(spans.since, spans.until + 1).unnest())
    return months.mutate(
        ends_before=ibis.date(months.month_at // 12, months.month_at % 12 + 1, 1),
        ended=months.repaid & (months.month_at == month_number(months.paid_off_on)),
    )


def _days_past_due(rows: Table) -> IntegerValue:
    is_due = rows.due_on < rows.ends_before
    is_paid = rows.settled & (rows.paid_on < rows.ends_before)
    days = rows.ends_before.delta(rows.due_on, unit="day") - 1
    worst: IntegerValue = days.max(where=is_due & ~is_paid).fill_null(0)
    return worst


@formula(repayments)
def worst_days_past_due_24m(months: Table) -> Value:
    """Most days past due at any month's end."""
    return months.days_past_due.max(where=in_last(months, 24))


@formula(repayments)
def average_days_past_due_24m(months: Table) -> Value:
    """Mean days past due over the months in which something was due or overdue."""
    due = in_last(months, 24) & months.due_month
    return share(total(months.days_past_due, due), due.sum())


@formula(repayments)
def repaid_on_time_share_24m(months: Table) -> Value:
    """Months with nothing past due / months in which something was due or overdue."""
    due = in_last(months, 24) & months.due_month
    return share((due & (months.days_past_due == 0)).sum(), due.sum())
