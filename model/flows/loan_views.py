"""Loans as of a date: what was applied for, what the months of repayment say, and what is owed."""

from __future__ import annotations

import ibis
from ibis.expr.types import IntegerValue, Table

from model.flows.formula import view
from model.point_in_time import KEYS, PointInTime, in_force, versions, with_age
from model.windows import completed_months


@view("loans")
def applications(now: PointInTime) -> Table:
    """Take applications; `lent` once the money has been paid out."""
    rows = now.rows("loans")
    paid_out = (rows.disbursed_on < rows.as_of).fill_null(False)
    return rows.mutate(lent=(rows.decision == "approved") & paid_out)


@view("loans", "repayments")
def repayments(now: PointInTime) -> Table:
    """Take the months of repayment of lent loans; in a `due_month` something was due or overdue."""
    lent = applications.rows(now).filter(lambda rows: rows.lent).select(*KEYS, "loan_id")
    own = versions("repayments", now.tables["repayments"].semi_join(lent, "loan_id"))
    rows = with_age("repayments", in_force(own.inner_join(lent, "loan_id")))
    return rows.mutate(due_month=(rows.due > 0) | (rows.days_past_due > 0))


@view("loans", "repayments")
def loans(now: PointInTime) -> Table:
    """Take lent loans with their standing after the latest known month, money in fen.

    A loan without any month yet is owed in full. `newest` marks the member's last loan paid out,
    `service` is the estimate of `coming_service`.
    """
    standing = _with_standing(applications.rows(now).filter(lambda rows: rows.lent), now)
    latest_first = ibis.window(
        group_by=list(KEYS), order_by=[ibis.desc("disbursed_on"), ibis.desc("loan_id")]
    )
    return standing.mutate(
        newest=ibis.row_number().over(latest_first) == 0, service=coming_service(standing)
    )


@view("loans", "repayments", "members")
def household_loans(now: PointInTime) -> Table:
    """Take lent loans of the other members of each member's household."""
    borrowers = now.seen_by(now.tables["loans"])
    owed = loans.rows(borrowers).select("as_of", "balance", mate_id="member_id")
    living = borrowers.rows("members").select("as_of", "household_id", mate_id="member_id")
    homes = now.rows("members").select(*KEYS, "household_id")
    mates = homes.inner_join(living, ["as_of", "household_id"])
    others = mates.filter(mates.mate_id != mates.member_id)
    return others.inner_join(owed, ["as_of", "mate_id"]).select(*KEYS, "balance")


def coming_service(loans: Table) -> IntegerValue:
    """Estimate principal and interest due in the coming 12 months on each loan, in fen.

    With balance B, yearly rate r, `left` months to maturity (at least 1, so that an overdue loan is
    due at once) and n = min(12, left):

    - equal instalments: B·n/left + B·r·n/12·(1 - n/(2·left)), the balance falling evenly;
    - interest first: B·r·n/12, and B if it matures within 12 months;
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
        (loans.repayment == "equal_instalments",
         balance * ahead / left + yearly * ahead / 12 * mid_term),
        (loans.repayment == "interest_first", yearly * ahead / 12 + balance * matures),
        else_=(balance + yearly * loans.months / 12) * matures,
    )  # fmt: skip
    return ((due * 2 + 1) / 2).floor().cast("int64")


def _with_standing(lent: Table, now: PointInTime) -> Table:
    months = repayments.rows(now)
    latest = months.group_by([*KEYS, "loan_id"]).aggregate(
        last_balance=months.balance.argmin(months.months_ago),
        last_days_past_due=months.days_past_due.argmin(months.months_ago),
        worst_days_past_due=months.days_past_due.max(),
        last_month_ago=months.months_ago.min(),
    )
    known = lent.left_join(latest, [*KEYS, "loan_id"], rname="{name}_of_months")
    return known.mutate(balance=ibis.coalesce(known.last_balance, known.amount))
