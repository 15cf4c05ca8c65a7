"""Boosted trees as exact tables, purified and merged; each step keeps its promises."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.card.bins import Bins
from model.profile.dictionary import Dictionary, member_dictionary
from training.additive import Additive, Shape
from training.binning.optimal import breaks_direction
from training.families.boosted.bins import VIEWS, different_views, fine_bins, view_sample
from training.families.boosted.booster import Growth, grow
from training.families.boosted.merge import merge_bins, reduce_bins
from training.families.boosted.pairs import best_pairs
from training.families.boosted.purify import bin_weights, purify, with_unseen_bins
from training.families.boosted.trees import Tables
from training.samples.sample import Sample

ROWS = 1_500
CROPS = ("小麦", "玉米", "水稻", "苹果")


def an_attribute(name, kind="number", direction="free"):
    like = member_dictionary()["average_balance_12m"]
    return replace(
        like, name=name, type=kind, direction=direction, minimum=None, maximum=None, role="scored"
    )


def a_sample(rows=ROWS, seed=3):
    """Income and debt act together; one in nine incomes is missing; crops differ."""
    rng = np.random.default_rng(seed)
    income, debt = rng.normal(size=(2, rows)).round(2)
    crop = rng.choice(np.array(CROPS, dtype=object), rows)
    village = np.array([f"V{code:02d}" for code in rng.integers(0, 30, rows)], dtype=object)
    risk = -1 - income + 1.5 * (debt > 0.5) * (income < 0) + (crop == "玉米") * 0.8
    bad = rng.random(rows) < 1 / (1 + np.exp(-risk))
    income[::9] = np.nan
    crop[5::50] = None
    columns = {"income": income, "debt": debt, "crop": crop, "village": village}
    numbers = np.arange(rows, dtype=np.int64)
    return Sample(columns, bad, numbers, np.zeros_like(numbers))


DICTIONARY = Dictionary(
    {
        a.name: a
        for a in (
            an_attribute("income", direction="down"),
            an_attribute("debt"),
            an_attribute("crop", "text"),
            an_attribute("village", "text"),
        )
    },
    "none",
)


@pytest.fixture(scope="module")
def sample():
    return a_sample()


@pytest.fixture(scope="module")
def bins(sample):
    found, dropped = fine_bins(sample, list(DICTIONARY))
    assert not dropped
    return found


def ensemble_tables(sample, bins, view):
    seen = view_sample(view, bins, sample, DICTIONARY, seed=1)
    booster = grow(seen, sample, Growth(None, 20, 1.0), rounds=60, seed=1)
    tables = Tables.empty(bins)
    tables.add(booster, seen.columns, 1.0, -1)
    return tables, seen, booster


@pytest.mark.parametrize("view", VIEWS)
def test_the_tables_add_up_to_the_trees_raw_score(sample, bins, view):
    few = {name: own for name, own in bins.items() if name != "village"}
    tables, seen, booster = ensemble_tables(sample, few, view)
    additive = purify(tables, few, bin_weights(few, sample), DICTIONARY)
    raw = booster.predict(seen.values, raw_score=True)
    np.testing.assert_allclose(-additive.log_odds(sample.columns), raw, atol=1e-9)
    assert {len(shape.attributes) for shape in additive.shapes} == {1, 2}


def test_the_risk_of_a_word_excludes_the_outcome_of_the_row_itself(sample, bins):
    seen = view_sample("risk", bins, sample, DICTIONARY, seed=1)
    column = [c.attribute for c in seen.columns].index("village")
    own = seen.columns[column].by_code[bins["village"].codes(sample.columns["village"])]
    assert np.corrcoef(own, sample.bad)[0, 1] > 1.5 * abs(
        np.corrcoef(seen.values[:, column], sample.bad)[0, 1]
    )


def test_views_differ_only_where_a_text_has_few_spellings(bins):
    assert different_views(bins) == VIEWS
    assert different_views({name: bins[name] for name in ("income", "village")}) == ("risk",)


def test_free_pairs_hold_no_main_effect_once_purified(sample, bins):
    tables, _, _ = ensemble_tables(sample, bins, "spelling")
    weights = bin_weights(bins, sample)
    additive = purify(tables, bins, weights, DICTIONARY)
    pair = next(s for s in additive.shapes if s.attributes == ("debt", "crop"))
    np.testing.assert_allclose(pair.log_odds @ weights["crop"], 0, atol=1e-12)
    np.testing.assert_allclose(weights["debt"] @ pair.log_odds, 0, atol=1e-12)


def test_a_declared_direction_holds_in_every_slice_of_every_table_fine_and_merged(sample, bins):
    tables, _, _ = ensemble_tables(sample, bins, "risk")
    weights = bin_weights(bins, sample)
    fine = with_unseen_bins(purify(tables, bins, weights, DICTIONARY), weights)
    for additive in (fine, merge_bins(fine, weights, 6)):
        for shape in additive.shapes:
            if "income" in shape.attributes:
                along = np.moveaxis(shape.log_odds, shape.attributes.index("income"), 0)
                ordinary = along[: additive.bins["income"].ordinary]
                assert not breaks_direction(np.round(ordinary, 9), "down")


def test_out_of_range_numbers_are_worth_no_more_than_any_other_value(sample, bins):
    tables, _, _ = ensemble_tables(sample, bins, "risk")
    weights = bin_weights(bins, sample)
    shapes = with_unseen_bins(purify(tables, bins, weights, DICTIONARY), weights).shapes
    for shape in shapes:
        if "debt" in shape.attributes:
            along = np.moveaxis(shape.log_odds, shape.attributes.index("debt"), 0)
            assert (along[-1] <= along[:-1].min(axis=0) + 1e-12).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-30, 30), min_size=2, max_size=12), st.integers(1, 12))
def test_merging_is_optimal_for_its_number_of_bins(values, most):
    odds = np.array([*values, 0, 0], dtype=float) / 10
    bins = Bins("x", edges=tuple(float(e) for e in range(1, len(values))))
    weights = {"x": np.r_[np.full(len(values), 1 / len(values)), 0.0, 0.0]}
    few = merge_bins(Additive(0.0, {"x": bins}, (Shape(("x",), odds),)), weights, most)
    assert few.bins["x"].ordinary <= most
    lost = squares_lost(few, odds[: len(values)])
    assert lost <= best_by_trying_all(odds[: len(values)], few.bins["x"].ordinary) + 1e-9


def squares_lost(few, odds):
    codes = few.bins["x"].codes(np.arange(len(odds), dtype=float))
    return float(((few.shapes[0].log_odds[codes] - odds) ** 2).sum())


def best_by_trying_all(odds, groups):
    if groups == 1:
        return float(((odds - odds.mean()) ** 2).sum())
    return min(
        best_by_trying_all(odds[:cut], groups - 1)
        + float(((odds[cut:] - odds[cut:].mean()) ** 2).sum())
        for cut in range(groups - 1, len(odds))
    )


def test_bins_are_added_until_the_score_hardly_changes(sample, bins):
    tables, _, _ = ensemble_tables(sample, bins, "risk")
    weights = bin_weights(bins, sample)
    fine = with_unseen_bins(purify(tables, bins, weights, DICTIONARY), weights)
    score = fine.log_odds(sample.columns)

    def change(few):
        return np.var(few.log_odds(sample.columns) - score) / np.var(score)

    few = reduce_bins(fine, sample, 40)
    used = max(own.ordinary for own in few.bins.values())
    assert change(few) <= 1e-3 < change(merge_bins(fine, weights, used - 4))
    assert max(own.ordinary for own in reduce_bins(fine, sample, 8).bins.values()) == 8


def test_pairs_are_ranked_by_their_gain_and_losing_pairs_never_enter():
    gains = [{("a", "b"): 3.0, ("a", "c"): 1.0, ("b", "c"): -5.0}, {("a", "c"): 4.0}]
    assert best_pairs(gains, 10) == (("a", "c"), ("a", "b"))
    assert best_pairs(gains, 1) == (("a", "c"),)
