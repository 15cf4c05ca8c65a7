"""Capital 资金流, the accounts: their age, standing payments, and the credit bureau."""

from __future__ import annotations

from ibis.expr.types import Table, Value

from model.profile.flows.formula import formula, view
from model.profile.point_in_time import KEYS, PointInTime, in_force, versions
from model.profile.windows import completed_months, total, yuan

#: A report of the credit bureau says nothing of today after a year.
_REPORT_MONTHS = 12


@view("accounts")
def accounts(now: PointInTime) -> Table:
    """Select the accounts that are open, one row for each holder."""
    rows = now.rows("accounts")
    return rows.filter((rows.closed_on >= rows.as_of).fill_null(True))


@view("accounts", "standing_payments")
def standing(now: PointInTime) -> Table:
    """Select the standing payments in force from accounts that the member owns, money in fen."""
    owned = _owned(now)
    payments = now.tables["standing_payments"].semi_join(owned, "account_id")
    rows = in_force(versions("standing_payments", payments).inner_join(owned, "account_id"))
    return rows.filter((rows.to_on >= rows.as_of).fill_null(True))


@view("accounts")
def second(now: PointInTime) -> Table:
    """Select the second holders of open accounts that the member owns."""
    owned = _owned(now)
    known = versions("accounts", now.tables["accounts"].semi_join(owned, "account_id"))
    others = known.drop("member_id").inner_join(owned, "account_id")
    rows = in_force(others).filter(lambda rows: rows.role == "second_holder")
    return rows.filter((rows.closed_on >= rows.as_of).fill_null(True))


@view("bureau_reports")
def bureau(now: PointInTime) -> Table:
    """Select the reports of the last year; money in fen."""
    rows = now.rows("bureau_reports")
    return rows.filter(rows.months_ago < _REPORT_MONTHS)


def _owned(now: PointInTime) -> Table:
    owned = accounts.rows(now).filter(lambda rows: rows.role == "owner")
    return owned.select(*KEYS, "account_id").distinct()


@formula(accounts)
def account_age_months(rows: Table) -> Value:
    """Completed months since the oldest open account of the member was opened."""
    age = completed_months(rows.opened_on, rows.as_of)
    return age.max(where=rows.role == "owner")


@formula(standing, none=0)
def standing_payments(rows: Table) -> Value:
    """Standing payments in force."""
    return rows.count()


@formula(standing, none=0)
def household_payments(rows: Table) -> Value:
    """Standing payments of the household's living in force."""
    return (rows.kind == "household").sum()


@formula(second, none=0)
def second_holders(rows: Table) -> Value:
    """Second holders of open accounts that the member owns."""
    return rows.count()


@formula(standing, none=0)
def standing_payments_yuan(rows: Table) -> Value:
    """Sum of the standing payments in force."""
    return yuan(total(rows.amount))


@formula(bureau)
def bureau_lenders(rows: Table) -> Value:
    """Lenders elsewhere by the latest report of the credit bureau."""
    return rows.lenders.argmax(rows.reported_on)


@formula(bureau)
def bureau_balance(rows: Table) -> Value:
    """Balance owed elsewhere by the latest report of the credit bureau."""
    return yuan(rows.balance.argmax(rows.reported_on))


@formula(bureau)
def bureau_overdue(rows: Table) -> Value:
    """Amount overdue elsewhere by the latest report of the credit bureau."""
    return yuan(rows.overdue_amount.argmax(rows.reported_on))
