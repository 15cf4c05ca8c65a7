"""Gains, lift and the cut-off strategy table, against sums worked out by hand."""

import numpy as np
import pytest

from training.measures.cut_offs import (
    Economics,
    best_cut_off,
    cut_off_table,
    gains_table,
    points_at_ks,
    usual_cut_offs,
)
from training.measures.evaluate import Evaluation, Interval

#: Four totals: 100 rows each, with 40, 20, 10 and 2 bads.
POINTS = np.array([500, 520, 540, 560])
BADS = np.array([40.0, 20.0, 10.0, 2.0])
GOODS = 100 - BADS
EVALUATION = Evaluation(400, 72, {"ks": Interval.exact(0.0)}, [], POINTS, GOODS, BADS)
#: A repaid loan earns 10, a bad one loses 50.
ECONOMICS = Economics(0.1, 0.5)


def strategy(cut_offs=(500, 520, 540, 560)):
    return cut_off_table(EVALUATION, cut_offs, ECONOMICS, 400, 54)


def test_gains_are_counted_from_the_riskiest_up():
    rows = gains_table(EVALUATION, groups=4)
    assert [(row.low, row.rows, row.bads) for row in rows] == [
        (500, 100, 40), (520, 100, 20), (540, 100, 10), (560, 100, 2),
    ]  # fmt: skip
    assert [row.bads_so_far for row in rows] == pytest.approx([40 / 72, 60 / 72, 70 / 72, 1])
    assert [row.goods_so_far for row in rows] == pytest.approx([60 / 328, 140 / 328, 230 / 328, 1])
    assert rows[0].lift == pytest.approx(0.40 / 0.18)
    assert rows[1].lift_so_far == pytest.approx(0.30 / 0.18)
    assert rows[-1].lift_so_far == pytest.approx(1)
    assert max(row.ks for row in rows) == pytest.approx(60 / 72 - 140 / 328)


def test_the_widest_gap_stands_at_its_points():
    points, good, bad = points_at_ks(EVALUATION)
    assert points == 520
    assert (good, bad) == (pytest.approx(140 / 328), pytest.approx(60 / 72))


def test_a_cut_off_approves_what_lies_at_or_above_it():
    row = strategy()[2]
    assert row.points == 540
    assert row.approved.value == pytest.approx(0.5)
    assert row.bad_rate.value == pytest.approx(12 / 200)
    assert row.bads_refused == pytest.approx(60 / 72)
    assert row.goods_refused == pytest.approx(140 / 328)
    # (188 x 10 - 12 x 50) / 400 yuan per 100 applied for.
    assert row.profit.value == pytest.approx(3.2)
    assert row.margin_needed == pytest.approx(0.5 * 12 / 188)


def test_the_best_cut_off_is_where_the_next_group_no_longer_breaks_even():
    """Groups earn while their bad rate is below the break-even rate, here one in six."""
    assert ECONOMICS.break_even == pytest.approx(1 / 6)
    assert [row.profit.value for row in strategy()] == pytest.approx([-0.8, 2.7, 3.2, 2.2])
    assert best_cut_off(strategy()).points == 540


def test_an_interval_of_the_profit_is_that_of_a_mean_over_rows():
    row = strategy()[2]
    each = np.repeat([10.0, -50.0, 0.0], [188, 12, 200])
    error = each.std() / np.sqrt(400)
    assert row.profit.high - row.profit.low == pytest.approx(2 * 1.96 * error, rel=0.12)


def test_the_operative_cut_off_is_among_those_compared():
    assert usual_cut_offs(EVALUATION, 533, steps=4) == [500, 520, 533, 540, 560]
    assert usual_cut_offs(EVALUATION, None, steps=2) == [500, 540]


def test_a_cut_off_that_approves_nobody_is_left_out():
    assert [row.points for row in strategy((540, 900))] == [540]
