"""Text of many spellings as numbers: shrunk, out of fold, and exact."""

from dataclasses import replace

import numpy as np
import pytest

from model.profile.dictionary import Dictionary, member_dictionary
from training.families.boosted.bins import fine_bins, view_rows, view_sample
from training.families.boosted.booster import Growth, grow
from training.families.boosted.purify import bin_weights, purify
from training.families.boosted.spellings import merge_indistinct_words, prior_rows
from training.families.boosted.trees import Tables
from training.samples.sample import Sample

ROWS, VILLAGES = 6_000, 400


def an_attribute(name, kind):
    like = member_dictionary()["average_balance_12m"]
    return replace(
        like, name=name, type=kind, direction="free", minimum=None, maximum=None, role="scored"
    )


DICTIONARY = Dictionary(
    {"village": an_attribute("village", "text"), "debt": an_attribute("debt", "number")}, "none"
)


@pytest.fixture(scope="module")
def sample():
    """Villages of very unlike size, the small ones riskier, some blank, many met once or twice."""
    rng = np.random.default_rng(8)
    place = np.minimum(rng.geometric(0.012, ROWS), VILLAGES)
    debt = rng.normal(size=ROWS).round(1)
    risk = -1.5 + 0.8 * (place > 120) * (debt > 0) + 0.5 * np.sin(place)
    bad = rng.random(ROWS) < 1 / (1 + np.exp(-risk))
    village = np.array([f"V{code:03d}" for code in place], dtype=object)
    village[::50] = None
    numbers = np.arange(ROWS, dtype=np.int64)
    return Sample({"village": village, "debt": debt}, bad, numbers, np.zeros_like(numbers))


@pytest.fixture(scope="module")
def bins(sample):
    return fine_bins(sample, list(DICTIONARY))[0]


def drawn(rates, seed):
    rng = np.random.default_rng(seed)
    rows = rng.integers(1, 80, len(rates)).astype(float)
    return rows, rng.binomial(rows.astype(int), rates).astype(float)


def test_the_prior_is_that_of_the_beta_law_the_words_rates_were_drawn_from():
    for strength in (10, 40):
        rates = np.random.default_rng(strength).beta(0.25 * strength, 0.75 * strength, 20_000)
        assert prior_rows(*drawn(rates, 1)) == pytest.approx(strength, rel=0.1)


def test_words_that_differ_by_chance_alone_are_shrunk_to_the_base_rate():
    assert prior_rows(*drawn(np.full(5_000, 0.2), 2)) > 500
    assert prior_rows(np.full(9, 10.0), np.full(9, 2.0)) == 2_000


def test_one_word_alone_is_shrunk_fully():
    assert prior_rows(np.array([50.0, 0.0]), np.array([9.0, 0.0])) == 2_000


def test_the_frequency_of_a_word_excludes_the_row_itself(sample, bins):
    seen = view_sample("risk", bins, sample, DICTIONARY, seed=1)
    _, common = (row for row, c in enumerate(seen.columns) if c.attribute == "village")
    codes = bins["village"].codes(sample.columns["village"])
    known = codes < bins["village"].ordinary
    rows = np.bincount(codes)[codes]
    np.testing.assert_allclose(seen.values[known, common], np.log(rows[known]))
    assert np.isnan(seen.values[codes == bins["village"].missing, common]).all()


def test_the_bin_of_rare_words_counts_as_one_average_word(sample, bins):
    own, values = bins["village"], sample.columns["village"]
    rare = values[own.codes(values) == own.out_of_range]
    assert len(set(rare)) > 5
    seen = view_sample("risk", bins, sample, DICTIONARY, seed=1)
    common = [c for c in seen.columns if c.attribute == "village"][1].by_code
    mean_rows = len(rare) / len(set(rare))
    assert common[own.out_of_range] == pytest.approx(np.log1p(mean_rows), abs=1 / 16)
    assert common[own.out_of_range] < common[: own.ordinary].min()


def test_equal_words_share_a_bin_and_the_tables_add_up_to_the_trees(sample, bins):
    seen = view_sample("risk", bins, sample, DICTIONARY, seed=1)
    booster = grow(seen, sample, Growth(None, 20, 1.0), rounds=80, seed=1)
    few, columns = merge_indistinct_words(seen.columns, bins)
    assert few["village"].ordinary < bins["village"].ordinary
    assert few["debt"] == bins["debt"]
    tables = Tables.empty(few)
    tables.add(booster, columns, 1.0, -1)
    additive = purify(tables, few, bin_weights(few, sample), DICTIONARY)
    codes = {name: own.codes(sample.columns[name]) for name, own in bins.items()}
    raw = booster.predict(view_rows(seen, codes), raw_score=True)
    np.testing.assert_allclose(-additive.log_odds(sample.columns), raw, atol=1e-9)
