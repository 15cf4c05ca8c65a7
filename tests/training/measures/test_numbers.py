"""Measures against independent numbers, and against their definitions.

The German credit figures (Hofmann 1994, UCI Statlog; 1,000 loans) were computed outside this
repository; only counts by age group and by duration stand here, none of the data.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.binning.evidence import (
    counts,
    information_value,
    smoothed,
    weight_of_evidence,
)
from training.measures.calibration import (
    brier,
    by_grade,
    equal_groups,
    expected_calibration_error,
)
from training.measures.discrimination import auc, gini, ks
from training.measures.stability import stability_index

#: Loans and bads by age below 26, 35, 40 and above.
AGE = np.array([(190, 80), (358, 112), (153, 30), (299, 78)], dtype=float)
#: Duration in months → loans and bads.
DURATION = {
    4: (6, 0), 5: (1, 0), 6: (75, 9), 7: (5, 0), 8: (7, 1), 9: (49, 14), 10: (28, 3), 11: (9, 0),
    12: (179, 49), 13: (4, 0), 14: (4, 1), 15: (64, 12), 16: (2, 1), 18: (113, 42), 20: (8, 1),
    21: (30, 9), 22: (2, 0), 24: (184, 56), 26: (1, 0), 27: (13, 5), 28: (3, 1), 30: (40, 13),
    33: (3, 1), 36: (83, 37), 39: (5, 1), 40: (1, 1), 42: (11, 3), 45: (5, 4), 47: (1, 0),
    48: (48, 28), 54: (2, 1), 60: (13, 6), 72: (1, 1),
}  # fmt: skip

some_counts = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=12
).filter(lambda rows: all(sum(column) for column in zip(*rows, strict=True)))


def age_counts():
    return AGE[:, 0] - AGE[:, 1], AGE[:, 1]


def duration_counts():
    """Goods and bads from the longest duration to the shortest: shorter is safer."""
    rows = np.array([DURATION[months] for months in sorted(DURATION, reverse=True)], dtype=float)
    return rows[:, 0] - rows[:, 1], rows[:, 1]


def test_weight_of_evidence_of_age_equals_the_independent_numbers():
    expected = [0.5288441293, 0.0604651957, -0.5636891133, -0.1941560144]
    assert weight_of_evidence(*age_counts()) == pytest.approx(expected, abs=5e-11)


def test_information_value_of_age_equals_the_independent_number():
    assert information_value(*age_counts()) == pytest.approx(0.11274208164011867, abs=1e-15)


def test_auc_of_duration_equals_the_independent_number():
    assert float(auc(*duration_counts())) == pytest.approx(0.6285928571, abs=5e-11)


def test_ks_of_duration_reads_the_gap_between_ties_only():
    assert float(ks(*duration_counts())) == pytest.approx(0.1919047619, abs=5e-11)


def test_the_sign_of_woe_is_that_of_risk():
    riskier, safer = weight_of_evidence(np.array([10.0, 90.0]), np.array([9.0, 1.0]))
    assert riskier > 0 > safer


@given(some_counts)
def test_auc_is_the_chance_that_a_good_beats_a_bad(drawn):
    goods, bads = np.array(drawn, dtype=float).T
    points = np.arange(len(drawn))
    wins = [
        g * b * (1.0 if i > j else 0.5 if i == j else 0.0)
        for i, g in zip(points, goods, strict=True)
        for j, b in zip(points, bads, strict=True)
    ]
    assert float(auc(goods, bads)) == pytest.approx(sum(wins) / (goods.sum() * bads.sum()))
    assert float(gini(goods, bads)) == pytest.approx(2 * float(auc(goods, bads)) - 1)


@given(some_counts)
def test_reversing_the_points_reverses_the_auc_and_keeps_the_ks(drawn):
    goods, bads = np.array(drawn, dtype=float).T
    assert float(auc(goods, bads) + auc(goods[::-1], bads[::-1])) == pytest.approx(1.0)
    assert float(ks(goods[::-1], bads[::-1])) == pytest.approx(float(ks(goods, bads)))


@given(some_counts)
def test_smoothing_keeps_every_bin_finite_and_an_empty_bin_at_zero(drawn):
    goods, bads = np.array([*drawn, (0, 0)], dtype=float).T
    woe = weight_of_evidence(*smoothed(goods, bads, 20.0))
    assert np.isfinite(woe).all()
    assert woe[-1] == pytest.approx(0.0, abs=1e-12)


def test_a_pure_bin_is_infinite_until_it_is_smoothed():
    goods, bads = np.array([50.0, 50.0]), np.array([0.0, 10.0])
    assert weight_of_evidence(goods, bads)[0] == -np.inf
    assert information_value(goods, bads) == np.inf
    assert -2.0 < weight_of_evidence(*smoothed(goods, bads, 20.0))[0] < 0.0


def test_counts_put_goods_and_bads_into_their_bins():
    codes, bad = np.array([0, 0, 2, 2, 2]), np.array([True, False, False, False, True])
    goods, bads = counts(codes, bad, 4)
    assert (goods.tolist(), bads.tolist()) == ([1, 0, 2, 0], [1, 0, 1, 0])


def test_brier_is_the_mean_squared_error_of_the_pd():
    goods, bads, pd = np.array([3.0, 1.0]), np.array([1.0, 0.0]), np.array([0.3, 0.1])
    squares = [0.3**2] * 3 + [0.7**2, 0.1**2]
    assert float(brier(goods, bads, pd)) == pytest.approx(np.mean(squares))


def test_calibration_error_weighs_each_group_by_its_rows():
    goods, bads = np.array([80.0, 45.0]), np.array([20.0, 5.0])
    pd, group = np.array([0.3, 0.1]), np.array([0, 1])
    found = expected_calibration_error(goods, bads, pd, group)
    assert float(found) == pytest.approx((100 * 0.1 + 50 * 0.0) / 150)


def test_equal_groups_never_split_one_total_and_follow_the_points():
    group = equal_groups(np.array([5.0, 90.0, 5.0, 100.0]), groups=4)
    assert group.tolist() == sorted(group.tolist())
    assert len(group) == 4


def test_grades_have_expected_and_observed_rates_and_empty_ones_are_left_out():
    goods, bads, pd = np.array([90.0, 99.0]), np.array([10.0, 1.0]), np.array([0.08, 0.01])
    grade = np.array(["C", "A"], dtype=object)
    rows = by_grade(goods, bads, pd, grade, ["A", "B", "C"])
    assert [(r.grade, r.rows, r.bads) for r in rows] == [("A", 100, 1), ("C", 100, 10)]
    assert (rows[1].expected, rows[1].observed) == (pytest.approx(0.08), pytest.approx(0.1))
    assert rows[1].low < 0.08 < rows[1].high


def test_one_outlier_does_not_hide_a_shift_over_frozen_bins():
    rng = np.random.default_rng(1)
    then, now = rng.normal(0, 1, 20_000), rng.normal(0.5, 1, 20_000)
    then[0] = 1e6
    cuts = np.quantile(then, np.arange(1, 10) / 10)
    frozen = [
        np.bincount(np.searchsorted(cuts, x), minlength=10).astype(float) for x in (then, now)
    ]
    edges = np.linspace(then.min(), then.max(), 11)
    wide = [
        np.histogram(np.clip(x, edges[0], edges[-1]), edges)[0].astype(float) for x in (then, now)
    ]
    # Half a standard deviation is 0.25 by the formula's limit, the squared shift.
    assert stability_index(*frozen) == pytest.approx(0.25, abs=0.03)
    assert stability_index(*wide) < 0.001


def test_stability_is_zero_for_the_same_shares_and_finite_for_an_emptied_bin():
    then = np.array([50.0, 30.0, 20.0, 0.0])
    assert stability_index(then, 3 * then) == pytest.approx(0.0)
    assert 0.5 < stability_index(then, np.array([50.0, 0.0, 20.0, 30.0])) < np.inf
