"""Laws of trained cards, pairs included: directions hold, and reasons add up to the gap exactly."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.card.reasons import points_lost
from model.profile.dictionary import read_dictionary
from training.settings import Settings
from training.train import train_table

ROWS = 3_000
DIRECTIONS = {"debts": "up", "savings": "down", "crop": "free"}
numbers = st.floats(-1, 11) | st.just(float("nan")) | st.just(float("inf"))
members = st.tuples(numbers, numbers, st.sampled_from(["wheat", "maize", "never seen", None]))


def dictionary():
    said = "{zh: 甲, en: a}"
    return read_dictionary(
        "\n".join(
            f"{name}: {{zh: {name}, en: {name}, flow: capital, role: scored, direction: {way},"
            f" type: {'text' if name == 'crop' else 'number'}, min: 0, max: 10,"
            f" reason: {said}, missing: {said}}}".replace(
                " min: 0, max: 10," if name == "crop" else "\0", ""
            )
            for name, way in DIRECTIONS.items()
        ),
        "test.yaml",
    )


@pytest.fixture(scope="module", params=["woe", "boosted"])
def card(request, tmp_path_factory):
    """A card of a table where debts hurt only those without savings: a pair, if pairs are tried."""
    rng = np.random.default_rng(3)
    debts, savings = (rng.uniform(0, 10, ROWS).round(1) for _ in range(2))
    risk = -3 + 4.5 * ((debts > 5) & (savings < 5))
    bad = rng.random(ROWS) < 1 / (1 + np.exp(-risk))
    crop = rng.choice(["wheat", "maize"], ROWS).tolist()
    path = tmp_path_factory.mktemp("moves") / "loans.parquet"
    pq.write_table(pa.table({"debts": debts, "savings": savings, "crop": crop, "bad": bad}), path)
    chosen = Settings(family=request.param, resamples=20, folds=2)
    return train_table(path, "bad", chosen, dictionary=dictionary()).card


def codes_of(card, rows):
    columns = {
        "debts": np.array([row[0] for row in rows], dtype=np.float64),
        "savings": np.array([row[1] for row in rows], dtype=np.float64),
        "crop": np.array([row[2] for row in rows], dtype=object),
    }
    return card.codes(columns)


def points(card, rows):
    return card.points_by_attribute(codes_of(card, rows))


def test_the_boosted_card_has_a_pair(card):
    if card.provenance["family"] == "boosted":
        assert any(len(term.attributes) == 2 for term in card.terms)


@settings(max_examples=200, deadline=None)
@given(member=members, low=st.floats(0, 10), high=st.floats(0, 10), at=st.sampled_from([0, 1]))
def test_moving_one_attribute_the_declared_way_never_turns_the_points(card, member, low, high, at):
    low, high = sorted((low, high))
    rows = [(*member[:at], value, *member[at + 1 :]) for value in (low, high)]
    before, after = card.total(points(card, rows))
    if at == 0:  # more debts never help
        assert after <= before
    else:  # more savings never hurt
        assert after >= before


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(members, min_size=1, max_size=20))
def test_reasons_add_up_to_the_gap_to_the_reference_exactly(card, rows):
    codes = codes_of(card, rows)
    by_factor = card.points_by_factor(codes)
    reference = card.base + sum(term.reference for term in card.terms)
    gap = reference - card.total(by_factor)
    np.testing.assert_array_equal(points_lost(card, codes, by_factor).sum(axis=1), gap)
