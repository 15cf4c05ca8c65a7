"""The household's year by month adds up to what the capacity was computed from."""

from datetime import date

import numpy as np
import pytest

from model.explanation.capacity_table import capacity_table
from model.explanation.season import Loan, season
from model.policy.policy import policy_on
from tests.support.cards.policy_cases import POLICY_CASES

DAY = date(2023, 10, 1)
POLICY = policy_on(DAY)
TEXTS = ("occupation", "household_id")
GROWER = {"wheat_mu": 10, "maize_mu": 10}
MANY = {
    "wages_credited_12m": 20_000, "subsidy_12m": 1250, "rent_12m": 1500,
    "bureau_monthly_payment": 300, "debt_service_12m": 8400,
}  # fmt: skip


def column(name, value):
    is_text = name in TEXTS or name.endswith("_evidence")
    kind = object if is_text else np.float64
    return np.array([np.nan if value is None and not is_text else value], dtype=kind)


def member(**own):
    values = {**POLICY_CASES["member"], **own}
    return {name: column(name, value) for name, value in values.items()}


@pytest.mark.parametrize("own", [{}, MANY])
def test_twelve_months_add_up_to_the_years_sums(own):
    columns = member(**own)
    months, table = season(columns, DAY, POLICY, None), capacity_table(columns, DAY, POLICY, 12)
    yearly = {row.source: row.yearly_yuan for row in table.costs}
    assert sum(each.income_yuan for each in months) == table.income_yuan
    assert sum(each.costs_yuan for each in months) == yearly["living"] + yearly.get("rent", 0)
    debts = sum(yearly.get(name, 0) for name in ("debt_service", "elsewhere", "guarantees"))
    assert sum(each.debts_yuan for each in months) == debts
    assert all(each.loan_yuan == 0 for each in months)


def test_the_year_begins_with_the_month_of_the_edition():
    months = [each.month for each in season(member(), DAY, POLICY, None)]
    assert months[0] == date(2023, 10, 1)
    assert months[3] == date(2024, 1, 1)
    assert len(set(months)) == 12


def test_no_month_takes_income_back():
    assert all(each.income_yuan >= 0 for each in season(member(**MANY), DAY, POLICY, None))


def dues(**own):
    loan = Loan(**{"yuan": 12_000, "annual_rate": 0.06, "months": 6, **own})
    return [each.loan_yuan for each in season(member(), DAY, POLICY, loan)]


def test_a_harvest_loan_is_due_once_with_its_interest():
    assert dues(repayment="harvest_bullet") == [0] * 5 + [12_360] + [0] * 6


def test_interest_first_is_due_monthly_and_the_principal_at_the_end():
    assert dues(repayment="interest_first") == [60] * 5 + [12_060] + [0] * 6


def test_equal_instalments_are_those_of_the_annuity_formula():
    # 12,000 at 0.5 % a month over 6 months: 12,000 · 0.005 / (1 − 1.005⁻⁶) = 2,035.15.
    assert dues(repayment="equal_instalments") == [2_035] * 6 + [0] * 6
    assert dues(repayment="equal_instalments", annual_rate=0.0) == [2_000] * 6 + [0] * 6


def test_a_policy_that_does_not_weigh_evidence_tells_no_year():
    day = date(2023, 9, 1)
    assert season(member(), day, policy_on(day), None) == []
