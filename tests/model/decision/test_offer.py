"""Limit and rate: the smallest bound sets the limit, and a worse grade never gets better terms."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.decision.offer import BOUNDS, grade_of_pd, offer
from model.policy.policy import policy_on

DAY = date(2023, 10, 1)
POLICY = policy_on(DAY)
GRADES = [terms.grade for terms in POLICY.grades]


def offered(capacity, grade="A", owed=0.0, policy=POLICY, pd=0.0):
    columns = {"balance_outstanding": np.array([owed], dtype=np.float64)}
    found = offer(
        columns,
        np.array([capacity], dtype=np.float64),
        np.array([pd]),
        np.array([grade], object),
        policy,
    )
    return int(found.limit_yuan[0]), float(found.annual_rate[0]), found.bound_by[0]


@pytest.mark.parametrize(
    ("capacity", "grade", "owed", "limit", "bound"),
    [
        (1e9, "A", 0, 50000, "PRODUCT_CAP"),
        (1e9, "C", 0, 40000, "GRADE_CAP"),
        (39999, "C", 0, 39000, "REPAYMENT_CAPACITY"),
        (40000, "C", 0, 40000, "REPAYMENT_CAPACITY"),
        (50000, "A", 0, 50000, "PRODUCT_CAP"),
        (1e9, "A", 0.01, 49000, "PRODUCT_CAP"),
        (1e9, "C", 20000, 20000, "GRADE_CAP"),
        (1e9, "A", 47001, 0, "PRODUCT_CAP"),
        (1e9, "A", 47000, 3000, "PRODUCT_CAP"),
        (2999, "A", 0, 0, "REPAYMENT_CAPACITY"),
        (3000, "A", 0, 3000, "REPAYMENT_CAPACITY"),
        (np.nan, "A", 0, 0, "REPAYMENT_CAPACITY"),
        (1e9, "A", np.nan, 50000, "PRODUCT_CAP"),
        (1e9, "A", np.inf, 0, "PRODUCT_CAP"),
        (1e9, "A", 1e300, 0, "PRODUCT_CAP"),
        (np.inf, "A", 0, 0, "REPAYMENT_CAPACITY"),
    ],
)
def test_the_smallest_bound_sets_the_limit_and_is_named(capacity, grade, owed, limit, bound):
    assert offered(capacity, grade, owed)[::2] == (limit, bound)


def test_the_rate_is_prime_rate_and_spread_exact_to_a_basis_point():
    rates = [offered(1e9, grade)[1] for grade in GRADES]
    assert rates == [0.0465, 0.0525, 0.0605, 0.0705, 0.0825, 0.0965, 0.1145]


def test_the_rate_stays_within_floor_and_cap():
    best = [offered(1e9, "A", policy=policy_on(day))[1] for day in (DAY, date(2025, 6, 1))]
    assert best == [0.0465, 0.0420]
    dear = replace(POLICY, numbers={**POLICY.numbers, "lpr_bp": 900})
    cheap = replace(policy_on(date(2023, 9, 30)), numbers={**POLICY.numbers, "lpr_bp": 100})
    # Costs are priced only where all of them are known.
    del cheap.numbers["loss_given_default_percent"]
    assert offered(1e9, "G", policy=dear)[1] == 0.12
    assert offered(1e9, "A", policy=cheap)[1] == 0.0385


capacities = st.floats(0, 1e7)
debts = st.floats(0, 1e6)


@settings(deadline=None)
@given(capacities, debts)
def test_a_worse_grade_never_raises_the_limit_or_lowers_the_rate(capacity, owed):
    for better, worse in pairwise(GRADES):
        (most, low, _), (least, high, _) = (
            offered(capacity, better, owed),
            offered(capacity, worse, owed),
        )
        assert most >= least
        assert low <= high


@settings(deadline=None)
@given(capacities, st.floats(0, 1e6), debts, st.floats(0, 1e6), st.sampled_from(GRADES))
def test_more_capacity_never_lowers_the_limit_and_more_debt_never_raises_it(
    capacity, more, owed, further, grade
):
    limit = offered(capacity, grade, owed)[0]
    assert offered(capacity + more, grade, owed)[0] >= limit
    assert offered(capacity, grade, owed + further)[0] <= limit


@settings(deadline=None)
@given(st.floats(), st.floats(), st.sampled_from(GRADES))
def test_a_limit_is_nothing_or_whole_thousands_no_less_than_the_smallest_loan(
    capacity, owed, grade
):
    limit, _, bound = offered(capacity, grade, owed)
    assert limit == 0 or (limit % 1000 == 0 and 3000 <= limit <= 50000)
    assert bound in BOUNDS


@pytest.mark.parametrize(
    ("pd", "grade"),
    [(0.0, "A"), (0.005, "A"), (0.0050001, "B"), (0.02, "C"), (0.16, "F"), (0.17, "G"), (1.0, "G")],
)
def test_a_grade_takes_the_pds_up_to_its_ceiling(pd, grade):
    assert grade_of_pd(np.array([pd]), POLICY).tolist() == [grade]


def test_a_grade_unknown_to_the_policy_raises_an_error():
    with pytest.raises(KeyError):
        offered(1e9, "H")
