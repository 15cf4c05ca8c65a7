"""The cap on the points of one attribute: what it shrinks, what it costs, where it is not used."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from model.card.bins import Bins
from training.additive import Additive, Shape
from training.card.range_cap import cap_factors, range_shares
from training.settings import Settings
from training.train import FlatRows, train_rows

NAMES = tuple(f"a{number}" for number in range(10))


def tables(**ranges):
    """An additive model of one table an attribute, of these ranges of log odds."""
    bins = {name: Bins(name, (0.0,)) for name in ranges}
    shapes = [Shape((name,), np.array([0.0, own, 0.0, 0.0])) for name, own in ranges.items()]
    return Additive(0.0, bins, tuple(shapes))


def shrunk(additive, factors):
    return replace(
        additive,
        shapes=tuple(
            Shape(s.attributes, s.log_odds * np.prod([factors.get(n, 1.0) for n in s.attributes]))
            for s in additive.shapes
        ),
    )


def test_no_attribute_keeps_more_than_its_share():
    steep = tables(**{**dict.fromkeys(NAMES, 1.0), "a0": 9.0, "a1": 6.0})
    factors = cap_factors(steep, 0.25)
    assert set(factors) == {"a0", "a1"}
    assert max(range_shares(shrunk(steep, factors)).values()) <= 0.25


def test_the_tables_of_an_attribute_and_of_its_pairs_count_together():
    additive = tables(**dict.fromkeys(NAMES, 1.0))
    pair = Shape(("a0", "a1"), np.array([[0.0, 4.0, 0.0, 0.0]] * 4))
    paired = replace(additive, shapes=(*additive.shapes, pair))
    assert range_shares(paired)["a0"] == pytest.approx(5 / 14)
    factors = cap_factors(paired, 0.25)
    assert max(range_shares(shrunk(paired, factors)).values()) <= 0.25


def test_an_even_card_is_left_as_it_is():
    assert cap_factors(tables(**dict.fromkeys(NAMES, 1.0)), 0.25) == {}


def test_a_card_of_few_attributes_is_not_flattened():
    assert cap_factors(tables(a0=9.0, a1=1.0, a2=1.0, a3=1.0, a4=1.0), 0.25) == {}


@pytest.fixture(scope="module")
def steep_table():
    """Of ten columns one decides most of the risk."""
    rng = np.random.default_rng(6)
    columns = rng.normal(size=(10, 4000))
    log_odds = -1.8 + 2.4 * columns[0] + 0.35 * columns[1:].sum(axis=0)
    bad = rng.random(4000) < 1 / (1 + np.exp(-log_odds))
    named = dict(zip(NAMES, columns, strict=True))
    return pa.table({**named, "bad": bad.astype(np.int64)})


def trained(table, **more):
    settings = Settings(family="woe", resamples=50, **more)
    return train_rows(FlatRows(table, "bad"), settings)


def test_a_capped_card_keeps_to_the_cap_in_whole_points_and_shows_what_it_lost(steep_table):
    free, capped = trained(steep_table, most_range_share=1.0), trained(steep_table)
    shares = [
        max(np.ptp(term.points) for term in run.card.terms)
        / sum(np.ptp(term.points) for term in run.card.terms)
        for run in (free, capped)
    ]
    assert shares[0] > 0.3
    assert shares[1] <= 0.25
    assert free.learned.range_cap is None
    cost = capped.learned.range_cap
    assert set(cost.before) == {"a0"}
    assert cost.auc_lost > 0
    assert cost.log_loss_added > 0


def test_the_pds_of_a_capped_card_hold_on_rows_that_it_never_saw(steep_table):
    run = trained(steep_table)
    measures = run.performance.evaluations[run.samples.validated_on].measures
    observed, expected = measures["bad_rate"].value, measures["expected_bad_rate"].value
    assert expected == pytest.approx(observed, abs=0.02)
