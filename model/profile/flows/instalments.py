"""Capital 资金流, the conduct of loans to the day: how early or late each instalment was paid.

An instalment counts once its day has come or it was paid in full before. Days are positive for late
and negative for early. An instalment that is still owed is late by the days since it fell due.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import IntegerValue, Table, Value

from model.profile.flows.applications import lent_loans
from model.profile.flows.formula import formula, view
from model.profile.point_in_time import KEYS, PointInTime, in_force, versions
from model.profile.windows import completed_months, in_last, month_number, share

#: The latest instalments that tell of a borrower's present habits.
_RECENT = 3


@view("loans", "instalments")
def instalments(now: PointInTime) -> Table:
    """Select the instalments of lent loans that were due or paid in full, with `days_late`.

    `months_ago` counts from the day they fell due, or were paid before it; `later` how many fell
    due after each.
    """
    rows = known_instalments(now, lent_loans(now)).filter(
        lambda rows: rows.settled | (rows.due_on < rows.as_of)
    )
    until = ibis.ifelse(rows.settled, rows.paid_on, rows.as_of)
    latest_first = ibis.window(
        group_by=list(KEYS),
        order_by=[ibis.desc("due_on"), ibis.desc("loan_id"), ibis.desc("number")],
    )
    return rows.mutate(
        days_late=_days(rows.due_on, until),
        months_ago=completed_months(ibis.least(rows.due_on, until), rows.as_of),
        later=ibis.row_number().over(latest_first),
    )


@view("loans", "instalments")
def repaid_loans(now: PointInTime) -> Table:
    """Select lent loans that are paid off, with the days they ran."""
    rows = with_loan(known_instalments(now, lent_loans(now)))
    loan = [*KEYS, "loan_id", "disbursed_on", "paid_off_on", "matures_on"]
    repaid = rows.filter(rows.repaid).select(*loan).distinct()
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
    return rows.days_late.max(where=rows.later == 0)


@formula(instalments)
def recent_days_late(rows: Table) -> Value:
    """Mean days late of the three instalments that fell due last."""
    recent = rows.later < _RECENT
    return share(rows.days_late.sum(where=recent), recent.sum())


@formula(instalments)
def late_share_24m(rows: Table) -> Value:
    """Instalments paid, or still owed, after their day / instalments that fell due."""
    recent = in_last(rows, 24)
    return share((recent & (rows.days_late > 0)).sum(), recent.sum())


@formula(repaid_loans)
def held_share_24m(rows: Table) -> Value:
    """Days the loans repaid in full were held / days of their terms."""
    recent = in_last(rows, 24)
    return share(rows.held.sum(where=recent), rows.term.sum(where=recent))


@formula(repaid_loans)
def days_since_loan_repaid(rows: Table) -> Value:
    """Days since the last loan was repaid in full."""
    return rows.ago.min()


def known_instalments(now: PointInTime, lent: Table) -> Table:
    """Return the instalments of `lent` loans as known on each day, amounts in fen.

    Parameters
    ----------
    lent
        Rows of `lent_loans`.

    Returns
    -------
    ibis.Table
        With the loan's ``disbursed_on``, ``months`` and ``amount``; ``owed`` is principal and
        interest, ``settled`` whether it was paid in full, ``principal_paid`` what payments came to
        beyond the interest.
    """
    loans = lent.select(*KEYS, "loan_id", "disbursed_on", "months", "amount")
    own = versions("instalments", now.tables["instalments"].semi_join(loans, "loan_id"))
    rows = in_force(own.inner_join(loans, "loan_id"))
    rows = rows.mutate(owed=rows.principal_due + rows.interest_due)
    return _settled(rows.mutate(paid_on=(rows.paid_on < rows.as_of).ifelse(rows.paid_on, None)))


def _settled(rows: Table) -> Table:
    """Append ``settled`` and ``principal_paid``, with lost payments filled in.

    Money goes to the oldest debt first (Civil Code, art. 560). So an instalment that is not
    recorded as paid was paid by the day on which a later one was paid in full.
    """
    in_full = (rows.paid_on.notnull() & (rows.paid >= rows.owed)).fill_null(False)
    later = ibis.window(
        group_by=[*KEYS, "loan_id"], order_by="number", preceding=None, following=(1, None)
    )
    rows = rows.mutate(in_full=in_full)
    known = rows.mutate(later_on=rows.in_full.ifelse(rows.paid_on, None).min().over(later))
    is_lost = ~known.in_full & known.later_on.notnull()
    filled = known.mutate(
        settled=known.in_full | is_lost,
        paid_on=is_lost.ifelse(known.later_on, known.paid_on),
        paid=is_lost.ifelse(known.owed, known.paid),
    )
    beyond = (filled.paid - filled.interest_due).clip(lower=0)
    return filled.mutate(principal_paid=ibis.least(beyond, filled.principal_due))


def with_loan(rows: Table) -> Table:
    """Append to `known_instalments` what holds of the loan, and whether it is ``repaid``.

    A loan is repaid if all its instalments are paid in full and they are all there is: they reach
    the month of its maturity or its amount. Some banks send an instalment when it falls due.
    """
    loan = ibis.window(group_by=[*KEYS, "loan_id"])
    matures_on, principal = rows.due_on.max().over(loan), rows.principal_due.sum().over(loan)
    maturity = month_number(rows.disbursed_on) + rows.months
    is_whole = (month_number(matures_on) >= maturity) | (principal >= rows.amount)
    return rows.mutate(
        first_due_on=rows.due_on.min().over(loan),
        matures_on=matures_on,
        paid_off_on=rows.paid_on.max().over(loan),
        repaid=rows.settled.all().over(loan) & is_whole,
    )


def _days(start: Value, end: Value) -> IntegerValue:
    days: IntegerValue = end.delta(start, unit="day")
    return days
