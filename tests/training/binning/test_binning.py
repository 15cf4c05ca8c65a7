"""One attribute into bins: optimal, directed, smoothed, and dropped by name when it cannot be."""

import numpy as np
import pytest

from model.profile.dictionary import Attribute, Text
from training.additive import Dropped
from training.binning import optimal
from training.binning.binning import Binned, bin_attribute
from training.settings import Settings

SETTINGS = Settings()


def attribute(kind="number", direction="free", low=None, high=None):
    text = Text("x", "x")
    return Attribute(
        "x", text, "information", kind, "scored", text, text,
        direction=direction, minimum=low, maximum=high,
    )  # fmt: skip


@pytest.fixture
def risky():
    """Values whose risk rises with them, 3,000 rows."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=3000)
    return values, rng.random(3000) < 1 / (1 + np.exp(2 - values))


def reason(found):
    assert isinstance(found, Dropped)
    return found.reason.en


def test_risk_rises_over_the_bins_of_an_upward_attribute(risky):
    found = bin_attribute(attribute(direction="up"), *risky, SETTINGS)
    assert 3 <= found.bins.ordinary <= SETTINGS.most_bins
    assert (np.diff(found.woe[: found.bins.ordinary]) > 0).all()
    assert found.iv > 0.3


def test_an_attribute_with_the_wrong_declared_direction_has_no_information_value(risky):
    found = bin_attribute(attribute(direction="down"), *risky, SETTINGS)
    assert found.bins.ordinary == 1
    assert found.iv < SETTINGS.least_iv


def test_every_bin_has_at_least_the_minimum_share(risky):
    values, bad = risky
    found = bin_attribute(attribute(direction="up"), values, bad, SETTINGS)
    rows = np.bincount(found.bins.codes(values), minlength=found.bins.size)
    assert rows[: found.bins.ordinary].min() >= 0.045 * len(values)


def test_missing_values_carry_their_own_evidence(risky):
    values, bad = risky[0].copy(), risky[1].copy()
    values[:300], bad[:300] = np.nan, True
    found = bin_attribute(attribute(direction="up"), values, bad, SETTINGS)
    assert found.woe[found.bins.missing] == found.woe.max() > 1


def test_an_empty_missing_bin_is_average(risky):
    found = bin_attribute(attribute(direction="up"), *risky, SETTINGS)
    assert found.woe[found.bins.missing] == pytest.approx(0.0, abs=1e-12)


def test_nobody_gains_by_a_number_out_of_range(risky):
    found = bin_attribute(attribute(direction="up", low=-3, high=3), *risky, SETTINGS)
    assert found.woe[found.bins.out_of_range] == found.woe.max()
    assert found.bins.codes(np.array([-9.0, 9.0, np.inf])).tolist() == [found.bins.out_of_range] * 3


def test_values_out_of_range_do_not_move_the_cuts(risky):
    values, bad = risky
    clean = bin_attribute(attribute(direction="up", low=-9, high=9), values, bad, SETTINGS)
    dirty = bin_attribute(
        attribute(direction="up", low=-9, high=9),
        np.concatenate([values, [1e9, -1e9, np.inf]]), np.concatenate([bad, [False] * 3]), SETTINGS,
    )  # fmt: skip
    assert dirty.bins == clean.bins


def test_one_cut_that_separates_perfectly_is_found():
    values = np.repeat([0.0, 1.0], 500)
    bad = values == 1
    found = bin_attribute(attribute(direction="up"), values, bad, SETTINGS)
    assert found.bins.edges == (1.0,)
    assert np.isfinite(found.woe).all()
    wrong_way = bin_attribute(attribute(direction="down"), values, bad, SETTINGS)
    assert wrong_way.bins.edges == ()


@pytest.mark.parametrize(
    ("kind", "values", "why"),
    [
        ("number", np.full(200, np.nan), "every value is missing"),
        ("number", np.full(200, 7.0), "constant"),
        ("number", np.full(200, 1e9), "no value lies inside its declared range"),
        ("text", np.full(200, None), "every value is missing"),
        ("text", np.full(200, "same", dtype=object), "constant"),
        (
            "text",
            np.array([f"w{i}" for i in range(200)], dtype=object),
            "none of its 200 spellings",
        ),
    ],
)
def test_an_attribute_without_information_is_dropped_by_name(kind, values, why):
    bad = np.arange(200) % 5 == 0
    found = bin_attribute(attribute(kind, low=-1e6, high=1e6), values, bad, SETTINGS)
    assert why in reason(found)


def test_an_unfinished_search_drops_the_attribute_with_a_reason(risky, monkeypatch):
    monkeypatch.setattr(optimal, "_SECONDS", 0)
    found = bin_attribute(attribute(direction="up"), *risky, SETTINGS)
    assert "no binning fits its direction (up)" in reason(found)


@pytest.fixture
def crops():
    """Three common crops of rising risk, one rare crop, 3,000 rows."""
    rng = np.random.default_rng(5)
    words = rng.choice(["wheat", "maize", "melon"], 3000).astype(object)
    chance = np.select([words == "wheat", words == "maize"], [0.05, 0.15], 0.3)
    bad = rng.random(3000) < chance
    words[:10], bad[:10] = "saffron", False
    return words, bad


def test_spellings_are_grouped_by_risk_and_rare_ones_left_out_of_range(crops):
    found = bin_attribute(attribute("text"), *crops, SETTINGS)
    assert isinstance(found, Binned)
    assert found.bins.levels == (("wheat",), ("maize",), ("melon",))
    assert (np.diff(found.woe[:3]) > 0).all()


def test_an_unknown_spelling_is_no_safer_than_average(crops):
    found = bin_attribute(attribute("text"), *crops, SETTINGS)
    # All ten rare rows were good, and still.
    assert found.woe[found.bins.out_of_range] == 0.0


def test_binning_does_not_depend_on_the_order_of_rows(risky, crops):
    order = np.random.default_rng(0).permutation(3000)
    for kind, (values, bad) in (("number", risky), ("text", crops)):
        one = bin_attribute(attribute(kind), values, bad, SETTINGS)
        other = bin_attribute(attribute(kind), values[order], bad[order], SETTINGS)
        assert (one.bins, one.iv) == (other.bins, other.iv)
