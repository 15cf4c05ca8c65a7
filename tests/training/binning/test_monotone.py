"""Declared directions: pooled where they break, kept by rounding, round numbers for cut points."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.card.bins import Bins
from training.binning.optimal import breaks_direction, hold_direction, tidy_edges
from training.card.compile import merge_equal

tables = st.lists(st.tuples(st.floats(-5, 5), st.integers(0, 1000)), min_size=1, max_size=12).map(
    lambda rows: np.array(rows, dtype=float).T
)


@given(tables, st.sampled_from(["up", "down"]))
def test_a_pooled_table_keeps_its_direction_after_rounding(table, direction):
    held = hold_direction(*table, direction)
    assert not breaks_direction(np.rint(29 * held), direction)


@given(tables, st.sampled_from(["up", "down"]))
def test_pooling_keeps_the_weighted_mean_and_changes_nothing_twice(table, direction):
    values, weights = table
    held = hold_direction(values, weights, direction)
    np.testing.assert_allclose(held @ weights, values @ weights, atol=1e-6)
    np.testing.assert_array_equal(hold_direction(held, weights, direction), held)


@given(tables)
def test_a_free_attribute_keeps_its_table(table):
    np.testing.assert_array_equal(hold_direction(*table, "free"), table[0])


def test_rising_risk_means_falling_log_odds():
    assert breaks_direction(np.array([1.0, 2.0]), "up")
    assert breaks_direction(np.array([2.0, 1.0]), "down")
    assert not breaks_direction(np.array([2.0, 1.0, 1.0]), "up")


finite = st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=2, max_size=40)


@given(finite, st.data())
def test_a_tidy_edge_separates_the_values_as_the_split_did(values, data):
    ordered = np.unique(np.array(values))
    chosen = data.draw(st.lists(st.integers(0, len(ordered) - 1), max_size=4, unique=True))
    splits = np.sort(ordered[chosen])
    edges = np.array(tidy_edges(splits, ordered))
    before = np.searchsorted(splits[splits > ordered[0]], ordered, side="right")
    np.testing.assert_array_equal(np.searchsorted(edges, ordered, side="right"), before)


def test_tidy_edges_are_the_numbers_a_person_would_choose():
    assert tidy_edges(np.array([34.5]), np.array([30.0, 34.0, 35.0, 36.0])) == (35.0,)
    assert tidy_edges(np.array([1034.21]), np.array([987.6, 1050.3])) == (1000.0,)
    assert tidy_edges(np.array([0.12345]), np.array([0.1212, 0.1261])) == (0.126,)
    assert tidy_edges(np.array([5.0]), np.array([7.0, 8.0])) == ()


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.integers(0, 9), st.integers(0, 9))
def test_merging_equal_neighbours_never_changes_a_score(ordinary, missing, out_of_range):
    edges = tuple(float(i) for i in range(1, len(ordinary)))
    bins = Bins("x", edges, minimum=-100.0, maximum=100.0)
    points = np.array([*ordinary, missing, out_of_range])
    merged, kept = merge_equal(bins, points)
    values = np.array([*np.arange(-1, 9) + 0.5, *range(9), np.nan, np.inf, -101.0])
    np.testing.assert_array_equal(kept[merged.codes(values)], points[bins.codes(values)])
    assert all(np.diff(kept[: merged.ordinary]) != 0)


@given(st.lists(st.integers(0, 2), min_size=1, max_size=6))
def test_merging_equal_spellings_never_changes_a_score(ordinary):
    words = [f"word {i}" for i in range(len(ordinary))]
    bins = Bins("x", levels=tuple((word,) for word in words))
    points = np.array([*ordinary, 7, 8])
    merged, kept = merge_equal(bins, points)
    values = np.array([*words, None, "other"], dtype=object)
    np.testing.assert_array_equal(kept[merged.codes(values)], points[bins.codes(values)])
