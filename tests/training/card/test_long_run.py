"""The long-run curve: the slope within years, the level of the average year."""

from dataclasses import replace

import numpy as np
import pytest

from model.card.scorecard import Scaling
from training.card.calibrate import with_curve
from training.card.long_run import Unseen, long_run_line, vintage_years
from training.samples.vintages import VintageRow, last_whole_month
from training.settings import Settings

SCALING = Scaling()
YEARS = 4


def loans(slope, shifts, rows=40_000, seed=8):
    """Rows with log odds of `slope` times the scale's, less the shift of their year."""
    rng = np.random.default_rng(seed)
    period = rng.integers(0, 12 * len(shifts), rows)
    # The programme grows towards safer borrowers, so that level and mix move together.
    points = np.rint(rng.normal(575 + 8 * (period // 12), 30, rows)).astype(np.int64)
    odds = slope * (points - SCALING.offset) / SCALING.factor - np.array(shifts)[period // 12]
    return Unseen(points, rng.random(rows) < 1 / (1 + np.exp(odds)), period)


def test_the_slope_is_that_within_years_though_the_level_moves_with_the_mix():
    steep = loans(1.3, (0.0, 0.3, 0.6, 0.9))
    found = long_run_line(steep, SCALING)
    assert found.slope == pytest.approx(1.3, abs=0.06)
    alike = Unseen(steep.points, steep.bad, steep.period % 12 + 12 * (np.arange(40_000) % YEARS))
    assert long_run_line(alike, SCALING).slope < found.slope


def test_the_level_is_the_mean_of_the_years_however_many_loans_each_has():
    found = loans(1.0, (0.0, 0.0, 0.0, 0.7))
    last = found.period // 12 == YEARS - 1
    thinned = np.flatnonzero(~last | (np.arange(len(last)) % 5 == 0))
    few = Unseen(found.points[thinned], found.bad[thinned], found.period[thinned])
    line = long_run_line(few, SCALING)
    rates = [few.bad[few.period // 12 == year].mean() for year in (3, 2, 1, 0)]
    assert line.rates == pytest.approx(rates)
    pd = line.pd(few.points.astype(np.float64), SCALING)
    by_year = [pd[few.period // 12 == year].mean() for year in range(YEARS)]
    assert np.mean(by_year) == pytest.approx(np.mean(rates))


def test_calibrated_points_of_like_years_keep_the_odds_of_the_scale():
    found = long_run_line(loans(1.0, (0.0,) * YEARS), SCALING)
    assert found.slope == pytest.approx(1.0, abs=0.05)
    assert found.pd(np.array([600.0]), SCALING)[0] == pytest.approx(1 / 51, rel=0.1)


def test_years_are_counted_back_from_the_latest_month():
    """Of 27 months, the first three belong to the older of two years."""
    year = vintage_years(np.arange(27).repeat(20), np.ones(540, dtype=bool))
    assert year.reshape(27, 20)[:, 0].tolist() == [1] * 15 + [0] * 12


def test_a_year_with_few_bads_joins_the_year_before_it():
    period = np.arange(48).repeat(10)
    bad = (period < 24) | (np.arange(480) % 120 == 0)
    assert vintage_years(period, bad)[::120].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("months", [1, 12, 23])
def test_rows_of_less_than_two_years_keep_the_line(member_card, months):
    rows = loans(0.7, (0.0,), rows=3000)
    short = Unseen(rows.points, rows.bad, rows.period % months)
    assert long_run_line(short, SCALING) is None
    card = with_curve(member_card, short, Settings())
    assert card.pd_values.tolist() == member_card.pd_values.tolist()


def test_points_that_rank_in_reverse_keep_the_line():
    assert long_run_line(loans(-0.5, (0.0,) * YEARS, rows=3000), SCALING) is None


def test_rows_of_weight_two_are_rows_twice():
    rows = loans(1.1, (0.0, 0.2, 0.4, 0.6), rows=4000)
    weight = np.where(np.arange(4000) % 3 == 0, 2.0, 1.0)
    weighted = Unseen(rows.points, rows.bad, rows.period, weight)
    double = np.repeat(np.arange(4000), weight.astype(int))
    twice = Unseen(rows.points[double], rows.bad[double], rows.period[double])
    one, other = long_run_line(weighted, SCALING), long_run_line(twice, SCALING)
    assert (one.slope, one.intercept) == pytest.approx((other.slope, other.intercept), rel=1e-6)


def test_reject_inference_keeps_the_line(member_card):
    settings = Settings(reject_inference="ipw")
    card = with_curve(member_card, loans(0.7, (0.0,) * YEARS, rows=3000), settings)
    assert card.pd_values.tolist() == member_card.pd_values.tolist()


def test_the_level_is_that_of_whole_months_though_the_slope_reads_all():
    """The last year holds its short loans alone, which are safer."""
    rows = loans(1.2, (0.4, 0.4, 0.4, -1.0))
    whole = rows.period < 36
    found = long_run_line(replace(rows, whole=whole), SCALING)
    assert len(found.rates) == 3
    assert found.slope == pytest.approx(long_run_line(rows, SCALING).slope)
    assert found.rates.mean() > long_run_line(rows, SCALING).rates.mean()
    assert long_run_line(replace(rows, whole=rows.period < 12), SCALING) is None


def test_a_month_is_whole_while_nearly_all_its_loans_have_an_outcome():
    row = VintageRow("2022-01", 100, 80, 5, 5, 10, 0, 0)
    unripe = replace(row, vintage="2022-02", good=79, unripe=11)
    late = replace(row, vintage="2022-03")
    assert last_whole_month([row, unripe, late]) == np.datetime64("2022-01")
    assert last_whole_month([unripe, row]) is None
