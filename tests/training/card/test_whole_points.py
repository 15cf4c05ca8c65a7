"""Whole points rounded together: never worse than rounded alone, with directions kept."""

from dataclasses import replace

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model.card.bins import Bins
from model.profile.dictionary import Dictionary, member_dictionary
from training.additive import Shape
from training.binning.missing import shape_without_gain, typical_codes
from training.binning.optimal import breaks_direction
from training.card.whole_points import whole_points

BINS = {
    "debts": Bins("debts", edges=(1.0, 2.0, 3.0)),
    "savings": Bins("savings", edges=(1.0, 2.0)),
    "crop": Bins("crop", levels=(("wheat",), ("maize",))),
}
TERMS = (("debts",), ("savings",), ("crop",), ("debts", "savings"), ("savings", "crop"))
WAYS = {"debts": "up", "savings": "free", "crop": "free"}


def dictionary():
    like = member_dictionary()["average_balance_12m"]
    return Dictionary(
        {name: replace(like, name=name, direction=way) for name, way in WAYS.items()}, "none"
    )


def shapes_of(rng):
    """Random tables that keep the direction of debts, with out of range lowest."""
    found = []
    for names in TERMS:
        table = rng.normal(scale=3, size=[BINS[name].size for name in names])
        for axis, name in enumerate(names):
            along, own = np.moveaxis(table, axis, 0), BINS[name]
            if WAYS[name] == "up":
                along[: own.ordinary] = -np.sort(-along[: own.ordinary], axis=0)
        for axis, name in enumerate(names):
            along, own = np.moveaxis(table, axis, 0), BINS[name]
            along[own.out_of_range] = along[: own.out_of_range].min(axis=0)
        found.append(Shape(names, table))
    return found


def case(seed):
    rng = np.random.default_rng(seed)
    codes = {name: rng.integers(0, own.size, 300) for name, own in BINS.items()}
    shapes, weights = shapes_of(rng), rng.uniform(0.5, 2, 300)
    return [shape_without_gain(each, BINS, codes, weights) for each in shapes], codes, weights


def pointed(seed):
    """Each shape of a case with its whole points."""
    shapes, codes, weights = case(seed)
    return zip(shapes, whole_points(shapes, BINS, codes, weights, dictionary()), strict=True)


def squared_error(shapes, tables, codes, weights):
    left = sum(
        (shape.log_odds - table)[tuple(codes[name] for name in shape.attributes)]
        for shape, table in zip(shapes, tables, strict=True)
    )
    return float(weights @ (left - np.average(left, weights=weights)) ** 2)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
@example(85)
def test_points_found_together_err_less_than_each_rounded_alone(seed):
    shapes, codes, weights = case(seed)
    points = whole_points(shapes, BINS, codes, weights, dictionary())
    alone = [np.rint(shape.log_odds) for shape in shapes]
    together = squared_error(shapes, points, codes, weights)
    assert together <= squared_error(shapes, alone, codes, weights) + 1e-9


def test_on_many_tables_half_the_squared_error_goes():
    total = np.zeros(2)
    for seed in range(30):
        shapes, codes, weights = case(seed)
        found = whole_points(shapes, BINS, codes, weights, dictionary())
        for place, tables in enumerate((found, [np.rint(s.log_odds) for s in shapes])):
            total[place] += squared_error(shapes, tables, codes, weights)
    assert total[0] < 0.6 * total[1]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_whole_points_keep_directions_and_the_lowest_points_of_out_of_range_values(seed):
    for shape, table in pointed(seed):
        assert table.min() == 0
        for axis, name in enumerate(shape.attributes):
            along, own = np.moveaxis(table, axis, 0), BINS[name]
            assert not breaks_direction(along[: own.ordinary].astype(float), WAYS[name])
            if not own.levels:
                assert (along[own.out_of_range] <= along[: own.out_of_range].min(axis=0)).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_a_missing_value_earns_no_more_than_the_typical_one_once_points_are_whole(seed):
    shapes, codes, weights = case(seed)
    tables = whole_points(shapes, BINS, codes, weights, dictionary())
    for shape, table in zip(shapes, tables, strict=True):
        typical = tuple(typical_codes(shape, BINS, codes, weights))
        for axis, (name, code) in enumerate(zip(shape.attributes, typical, strict=True)):
            along = np.moveaxis(table, axis, 0)
            assert (along[BINS[name].missing] <= along[code]).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_no_cell_moves_more_than_a_point_from_its_own_value(seed):
    for shape, table in pointed(seed):
        moved = table - shape.log_odds
        inside = moved[tuple(slice(0, BINS[name].out_of_range) for name in shape.attributes)]
        assert np.ptp(inside) <= 2 + 1e-9
