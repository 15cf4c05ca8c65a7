"""Capital 资金流, the loans: exposure, what was repaid, defaults and coming debt service."""

from __future__ import annotations

import ibis
from ibis.expr.types import BooleanValue, IntegerValue, Table, Value

from model.profile.flows.applications import lent_loans
from model.profile.flows.formula import PROFILE, formula, view
from model.profile.flows.repayments import DEFAULT_DAYS, SHAPES, repayments
from model.profile.point_in_time import KEYS, PointInTime
from model.profile.windows import (
    LAPSE_MONTHS,
    completed_months,
    day_number,
    share,
    total,
    yuan,
)


@view("loans", either=SHAPES)
def loans(now: PointInTime) -> Table:
    """Select lent loans with their balance after the latest known month, money in fen.

    A loan without any repayment month yet is owed in full. `newest` marks the loan paid out last;
    `service` is the estimate of `coming_service`.
    """
    lent = _with_balance(lent_loans(now), now)
    latest_first = ibis.window(
        group_by=list(KEYS), order_by=[ibis.desc("disbursed_on"), ibis.desc("loan_id")]
    )
    return lent.mutate(
        newest=ibis.row_number().over(latest_first) == 0, service=coming_service(lent)
    )


@view("loans", either=SHAPES)
def defaults(now: PointInTime) -> Table:
    """Select lent loans that were once 90 days past due and then paid, with the day of `ended_on`.

    That day ends the first month without arrears after the last one at 90 days or more.
    """
    months = repayments.rows(now)
    keys = [*KEYS, "loan_id"]
    late = months.filter(months.days_past_due >= DEFAULT_DAYS)
    last = late.group_by(keys).aggregate(last_late=late.event_on.max())
    since = months.inner_join(last, keys).filter(
        lambda row: (row.event_on > row.last_late) & (row.days_past_due == 0)
    )
    return since.group_by(keys).aggregate(ended_on=since.event_on.min())


def coming_service(loans: Table) -> IntegerValue:
    """Estimate principal and interest due in the coming 12 months on each loan, in fen.

    With balance B, yearly rate r, `left` months to maturity (at least 1, so that an overdue loan is
    due at once) and n = min(12, left):

    - equal instalments, equal principal: B·n/left + B·r·n/12·(1 - n/(2·left)), the balance falling
      evenly;
    - interest first, quarterly interest, revolving: B·r·n/12, and B if it matures within 12 months;
    - harvest bullet: B + B·r·months/12 if it matures within 12 months, else nothing.

    A blank rate counts as no interest. Rounded half up to a fen per loan, so that sums are exact.
    """
    balance = loans.balance.cast("float64")
    rate = loans.annual_rate.fill_null(0).cast("float64") / 1_000_000
    left = (loans.months - completed_months(loans.disbursed_on, loans.as_of)).clip(lower=1)
    ahead = left.clip(upper=12)
    yearly = balance * rate
    mid_term = (left * 2 - ahead).cast("float64") / (left * 2).cast("float64")
    matures = (left <= 12).cast("float64")
    due = ibis.cases(
        (loans.repayment.isin(["equal_instalments", "equal_principal"]),
         balance * ahead / left + yearly * ahead / 12 * mid_term),
        (loans.repayment.isin(["interest_first", "quarterly_interest", "revolving"]),
         yearly * ahead / 12 + balance * matures),
        else_=(balance + yearly * loans.months / 12) * matures,
    )  # fmt: skip
    return ((due * 2 + 1) / 2).floor().cast("int64")


def _with_balance(lent: Table, now: PointInTime) -> Table:
    months = repayments.rows(now)
    latest = months.group_by([*KEYS, "loan_id"]).aggregate(
        last_balance=months.balance.argmin(months.months_ago),
        last_days_past_due=months.days_past_due.argmin(months.months_ago),
        worst_days_past_due=months.days_past_due.max(),
        last_month_ago=months.months_ago.min(),
    )
    known = lent.left_join(latest, [*KEYS, "loan_id"], rname="{name}_of_months")
    return known.mutate(balance=ibis.coalesce(known.last_balance, known.amount))


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


@formula(defaults)
def default_ended_on(rows: Table) -> Value:
    """Day on which the last default of 90 days with us ended, of the last five years."""
    age = completed_months(rows.ended_on, rows.as_of)
    return day_number(rows.ended_on.max(where=age < LAPSE_MONTHS))


@formula(loans, none=0)
def debt_service_12m(rows: Table) -> Value:
    """Principal and interest due in the coming 12 months, estimated from each open loan's terms."""
    return yuan(total(rows.service))


def _repaid(rows: Table) -> BooleanValue:
    return (rows.balance == 0) & (rows.last_month_ago < 24)
