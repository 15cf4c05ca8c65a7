"""Turns of a free attribute's table stand on evidence, or are smoothed away."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.binning.turns import supported_turns, turns

#: Points of the share of fresh express of an earlier card, and what 20 points mean in log odds.
FRESH = np.array([5.0, 8, 12, 16, 18, 13, 17, 12, 15, 1])
LOG_ODDS = FRESH * np.log(2) / 20


def rows_of(log_odds, rows):
    """Goods and bads of `rows` by bin, at the odds of the table around a bad rate of 3 %."""
    odds = np.exp(log_odds - log_odds.mean()) * 32
    bads = rows / (1 + odds)
    return rows - bads, bads


@pytest.mark.parametrize(
    ("values", "count"),
    [([1, 2, 3], 0), ([3, 3, 3], 0), ([1, 2, 2, 1], 1), ([1, 2, 1, 2, 2, 1], 3)],
)
def test_turns_are_counted_and_flat_stretches_are_none(values, count):
    assert turns(np.array(values)) == count


def test_a_zigzag_of_few_rows_is_smoothed_to_one_turn_at_most():
    assert turns(FRESH) == 5
    found = supported_turns(LOG_ODDS, *rows_of(LOG_ODDS, np.full(10, 150.0)))
    assert turns(found) <= 1


def test_a_zigzag_that_many_rows_support_stays():
    found = supported_turns(LOG_ODDS, *rows_of(LOG_ODDS, np.full(10, 100_000.0)))
    np.testing.assert_array_equal(found, LOG_ODDS)


def test_the_fall_at_all_fresh_stays_where_its_rows_support_it_and_goes_where_they_do_not():
    rising = np.array([5.0, 8, 12, 16, 18, 1]) * np.log(2) / 20
    many = supported_turns(rising, *rows_of(rising, np.full(6, 20_000.0)))
    np.testing.assert_array_equal(many, rising)
    few = supported_turns(rising, *rows_of(rising, np.array([4_000.0] * 5 + [20.0])))
    assert turns(few) == 0
    assert few[0] < few[3]


tables = st.lists(
    st.tuples(st.floats(-2, 2), st.floats(0, 500), st.floats(0, 60)), min_size=1, max_size=12
)


@given(tables)
def test_smoothing_adds_no_turn_keeps_the_mean_and_leaves_one_way_tables_alone(table):
    log_odds, goods, bads = (np.array(column) for column in zip(*table, strict=True))
    found = supported_turns(log_odds, goods, bads)
    rows = goods + bads
    assert turns(found) <= turns(log_odds)
    if rows.min() > 0.1:
        assert np.average(found, weights=rows) == pytest.approx(
            np.average(log_odds, weights=rows), abs=1e-9
        )
    one_way = np.sort(log_odds)
    np.testing.assert_array_equal(supported_turns(one_way, goods, bads), one_way)


@given(tables)
def test_what_is_smoothed_stays_as_it_is(table):
    log_odds, goods, bads = (np.array(column) for column in zip(*table, strict=True))
    once = supported_turns(log_odds, goods, bads)
    np.testing.assert_allclose(supported_turns(once, goods, bads), once, atol=1e-12)
