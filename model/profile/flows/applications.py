"""Capital 资金流, the applications for loans: what was asked for, granted and paid out."""

from __future__ import annotations

from ibis.expr.types import Table, Value

from model.profile.flows.formula import formula, view
from model.profile.point_in_time import PointInTime
from model.profile.windows import completed_months, in_last


@view("loans")
def applications(now: PointInTime) -> Table:
    """Select applications; `lent` is true once the money has been paid out."""
    rows = now.rows("loans")
    paid_out = (rows.disbursed_on < rows.as_of).fill_null(False)
    return rows.mutate(lent=(rows.decision == "approved") & paid_out)


def lent_loans(now: PointInTime) -> Table:
    """Return the applications whose money has been paid out."""
    return applications.rows(now).filter(lambda rows: rows.lent)


@formula(applications)
def months_since_last_loan(rows: Table) -> Value:
    """Completed months since the latest loan was paid out."""
    return completed_months(rows.disbursed_on, rows.as_of).min(where=rows.lent)


@formula(applications, none=0)
def loans_declined_24m(rows: Table) -> Value:
    """Applications declined."""
    return (in_last(rows, 24) & (rows.decision == "declined")).sum()
