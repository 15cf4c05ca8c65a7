"""What a loan costs, and the rate that covers it."""

from datetime import date

import numpy as np
import pytest

from model.decision.price import above_cap_bp, break_even_bp, expected_loss_bp, rate_bp
from model.policy.policy import policy_on

POLICY, BEFORE = policy_on(date(2023, 10, 1)), policy_on(date(2023, 9, 30))


def test_the_expected_loss_is_pd_times_what_is_lost_of_what_is_owed():
    # 60 % of 90 % of the amount: 0.05 loses 2.7 %; 0.000001 loses something, rounded up.
    pd = np.array([0.05, 0.1, 0.0, 0.000001, np.nan])
    assert expected_loss_bp(pd, POLICY).tolist() == [270, 540, 0, 1, 0]


def test_break_even_adds_funds_handling_and_capital():
    assert break_even_bp(np.array([0.05]), POLICY).tolist() == [270 + 210 + 150 + 50]


@pytest.mark.parametrize(
    ("spread", "pd", "rate"),
    [
        # LPR of 3.45 % and the spread cover a good loan; a risky one costs more than that.
        (120, 0.004, 465),
        (480, 0.08, 842),
        (800, 0.2, 1200),
    ],
)
def test_the_rate_is_the_grades_or_what_the_loan_costs_within_the_cap(spread, pd, rate):
    assert rate_bp(np.array([spread]), np.array([pd]), POLICY).tolist() == [rate]


def test_a_policy_of_before_prices_by_grade_alone():
    assert rate_bp(np.array([480]), np.array([0.08]), BEFORE).tolist() == [345 + 480]
    assert np.isnan(above_cap_bp(np.array([0.9]), BEFORE)).all()


def test_only_a_loan_whose_cost_exceeds_the_cap_is_above_it():
    excess = above_cap_bp(np.array([0.01, 0.2, np.nan]), POLICY)
    assert excess[0] < 0 < excess[1]
    assert np.isnan(excess[2])


@pytest.mark.parametrize("pd", np.linspace(0.0005, 0.14, 40))
def test_no_rate_within_the_cap_loses_money_on_average(pd):
    one = np.array([pd])
    if above_cap_bp(one, POLICY)[0] <= 0:
        for terms in POLICY.grades:
            assert (
                rate_bp(np.array([terms.spread_bp]), one, POLICY)[0]
                >= break_even_bp(one, POLICY)[0]
            )
