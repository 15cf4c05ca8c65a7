"""Capital 资金流, the loans: exposure, arrears and what is still to be repaid."""

from __future__ import annotations

from ibis.expr.types import BooleanValue, Table, Value

from model.flows.formula import PROFILE, formula
from model.flows.loan_views import applications, household_loans, loans, repayments
from model.windows import completed_months, in_last, share, total, yuan


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


@formula(loans, none=0)
def loans_repaid_24m(rows: Table) -> Value:
    """Loans whose last month on record falls in the window with nothing left to repay."""
    return _repaid(rows).sum()


@formula(loans)
def largest_loan_repaid_24m(rows: Table) -> Value:
    """Largest amount among the loans repaid in full."""
    return yuan(rows.amount.max(where=_repaid(rows)))


@formula(loans)
def last_loan_worst_days_past_due(rows: Table) -> Value:
    """Most days past due at any month's end of the loan paid out last."""
    return rows.worst_days_past_due.max(where=rows.newest)


@formula(applications)
def months_since_last_loan(rows: Table) -> Value:
    """Completed months since the latest loan was paid out."""
    return completed_months(rows.disbursed_on, rows.as_of).min(where=rows.lent)


@formula(applications, none=0)
def loans_declined_24m(rows: Table) -> Value:
    """Applications declined."""
    return (in_last(rows, 24) & (rows.decision == "declined")).sum()


@formula(loans, none=0)
def balance_outstanding(rows: Table) -> Value:
    """Balance of all open loans after the latest known month."""
    return yuan(total(rows.balance))


@formula(PROFILE)
def debt_weight_12m(profile: Table) -> Value:
    """Balance outstanding / (it + the net sales, QR receipts and subsidies of 12 months)."""
    receipts = profile.net_sales_12m + profile.qr_receipts_12m + profile.subsidy_12m
    return share(profile.balance_outstanding, profile.balance_outstanding + receipts)


@formula(loans, none=0)
def loans_open(rows: Table) -> Value:
    """Loans paid out and not yet repaid in full."""
    return (rows.balance > 0).sum()


@formula(loans, none=0)
def days_past_due_now(rows: Table) -> Value:
    """Most days past due over the open loans, after the latest known month."""
    return rows.last_days_past_due.max(where=rows.balance > 0)


@formula(household_loans, none=0)
def household_balance_outstanding(rows: Table) -> Value:
    """Balance of the open loans of the household's other members."""
    return yuan(total(rows.balance))


@formula(loans, none=0)
def debt_service_12m(rows: Table) -> Value:
    """Principal and interest due in the coming 12 months, estimated from each open loan's terms."""
    return yuan(total(rows.service))


def _repaid(rows: Table) -> BooleanValue:
    return (rows.balance == 0) & (rows.last_month_ago < 24)
