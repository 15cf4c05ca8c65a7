"""Capital 资金流, the conduct of loans to the day: how early or late each instalment was paid.

An instalment counts once its day has come or it was paid in full before. Days are positive for late
and negative for early. An instalment that is still owed is late by the days since it fell due.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import IntegerValue, Table, Value

from model.profile.flows.formula import formula, view
from model.profile.flows.loans import applications
from model.profile.point_in_time import KEYS, PointInTime, in_force, versions
from model.profile.windows import completed_months, in_last, share


@view("loans", "instalments")
def instalments(now: PointInTime) -> Table:
    """Select the instalments of lent loans that were due or paid in full, with `days_late`.

    `months_ago` counts from the day they fell due; `newest` marks the one that fell due last.
    """
    lent = applications.rows(now).filter(lambda rows: rows.lent)
    rows = _known(now, lent).filter(lambda rows: rows.settled | (rows.due_on < rows.as_of))
    until = ibis.ifelse(rows.settled, rows.paid_on, rows.as_of)
    latest_first = ibis.window(
        group_by=list(KEYS),
        order_by=[ibis.desc("due_on"), ibis.desc("loan_id"), ibis.desc("number")],
    )
    return rows.mutate(
        days_late=_days(rows.due_on, until),
        months_ago=completed_months(rows.due_on, rows.as_of),
        newest=ibis.row_number().over(latest_first) == 0,
    )


@view("loans", "instalments")
def repaid_loans(now: PointInTime) -> Table:
    """Select lent loans of which every instalment is paid in full, with the days they ran."""
    lent = applications.rows(now).filter(lambda rows: rows.lent)
    rows = _known(now, lent)
    by_loan = rows.group_by([*KEYS, "loan_id", "disbursed_on"]).aggregate(
        paid_off_on=rows.paid_on.max(),
        matures_on=rows.due_on.max(),
        repaid=rows.settled.all(),
    )
    repaid = by_loan.filter(by_loan.repaid)
    return repaid.mutate(
        held=_days(repaid.disbursed_on, repaid.paid_off_on),
        term=_days(repaid.disbursed_on, repaid.matures_on),
        ago=_days(repaid.paid_off_on, repaid.as_of),
        months_ago=completed_months(repaid.paid_off_on, repaid.as_of),
    )


@formula(instalments)
def average_days_late_24m(rows: Table) -> Value:
    """Mean days late of the instalments that fell due, early ones counted as less than 0."""
    recent = in_last(rows, 24)
    return share(rows.days_late.sum(where=recent), recent.sum())


@formula(instalments)
def worst_days_late_24m(rows: Table) -> Value:
    """Most days late of any instalment that fell due."""
    return rows.days_late.max(where=in_last(rows, 24))


@formula(instalments)
def last_days_late(rows: Table) -> Value:
    """Days late of the instalment that fell due last."""
    return rows.days_late.max(where=rows.newest)


@formula(repaid_loans)
def held_share_24m(rows: Table) -> Value:
    """Days the loans repaid in full were held / days of their terms."""
    recent = in_last(rows, 24)
    return share(rows.held.sum(where=recent), rows.term.sum(where=recent))


@formula(repaid_loans)
def days_since_loan_repaid(rows: Table) -> Value:
    """Days since the last loan was repaid in full."""
    return rows.ago.min()


def _known(now: PointInTime, lent: Table) -> Table:
    """Return the instalments of `lent` loans as known on each day; `settled` are paid in full."""
    loans = lent.select(*KEYS, "loan_id", "disbursed_on")
    own = versions("instalments", now.tables["instalments"].semi_join(loans, "loan_id"))
    rows = in_force(own.inner_join(loans, "loan_id"))
    owed = rows.principal_due + rows.interest_due
    settled = (rows.paid_on < rows.as_of) & (rows.paid >= owed)
    return rows.mutate(settled=settled.fill_null(False))


def _days(start: Value, end: Value) -> IntegerValue:
    days: IntegerValue = end.delta(start, unit="day")
    return days
