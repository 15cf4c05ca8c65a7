"""Identity 身份, the household: what its other members owe, and what a person must look at.

The profile holds sums and counts over the others, never whose they are.
"""

from __future__ import annotations

from ibis.expr.types import Table, Value

from model.profile.flows.formula import formula, view
from model.profile.flows.information import adverse_records
from model.profile.flows.loans import loans
from model.profile.flows.repayments import (
    DEFAULT_DAYS,
    SHAPES,
    possible_defaults,
    repayments,
)
from model.profile.point_in_time import KEYS, PointInTime
from model.profile.windows import in_last, total, yuan


@view("loans", "members", either=SHAPES)
def household_loans(now: PointInTime) -> Table:
    """Select lent loans of the other members of each member's household."""
    borrowers = now.by_mates(now.tables["loans"])
    owed = loans.rows(borrowers).select("as_of", "balance", mate_id="member_id")
    return _of_others(now, borrowers, owed)


@view("loans", "members", either=SHAPES)
def household_defaults(now: PointInTime) -> Table:
    """Select the months of the last 24 in which loans of the others were 90 days past due."""
    late = now.by_mates(now.tables["loans"].semi_join(possible_defaults(now), "loan_id"))
    months = repayments.rows(late)
    found = months.filter((months.days_past_due >= DEFAULT_DAYS) & in_last(months, 24))
    return _of_others(now, late, found.select("as_of", mate_id="member_id"))


@view("adverse_records", "members")
def household_records(now: PointInTime) -> Table:
    """Select court and blacklist records of the others that are not resolved."""
    ever = now.tables["adverse_records"].filter(lambda row: row.kind.isin(["court", "blacklist"]))
    named = now.by_mates(ever)
    rows = adverse_records.rows(named)
    found = rows.filter(rows.kind.isin(["court", "blacklist"]) & ~rows.resolved)
    return _of_others(now, named, found.select("as_of", mate_id="member_id"))


@formula(household_loans, none=0)
def household_balance_outstanding(rows: Table) -> Value:
    """Balance of the open loans of the household's other members."""
    return yuan(total(rows.balance))


@formula(household_defaults, none=0)
def household_defaults_24m(rows: Table) -> Value:
    """Other members of the household who were 90 days past due with us."""
    return rows.mate_id.nunique()


@formula(household_records, none=0)
def household_adverse(rows: Table) -> Value:
    """Other members of the household with a court or blacklist record that is not resolved."""
    return rows.mate_id.nunique()


def _of_others(now: PointInTime, others: PointInTime, rows: Table) -> Table:
    """Return `rows` of `mate_id`, once for each other member of the mate's household."""
    living = others.rows("members").select("as_of", "household_id", mate_id="member_id")
    homes = now.rows("members").select(*KEYS, "household_id")
    mates = homes.inner_join(living, ["as_of", "household_id"])
    apart = mates.filter(mates.mate_id != mates.member_id).drop("household_id")
    return apart.inner_join(rows, ["as_of", "mate_id"])
