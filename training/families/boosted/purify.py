"""Separate main effects from pairs' effects, and set the values of bins that no tree has seen.

Functional analysis of variance over bins (Lengerich et al. 2020, AISTATS, "Purifying interaction
effects"): the part of a pair's table that depends on one attribute alone moves into that
attribute's own table. The sum over tables stays the same at every cell.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from model.card.bins import Bins, Floats
from model.profile.dictionary import Dictionary, Direction
from training.additive import Additive, Shape
from training.families.boosted.trees import Tables
from training.samples.sample import Sample

Weights = Mapping[str, Floats]


def bin_weights(bins: Mapping[str, Bins], sample: Sample) -> dict[str, Floats]:
    """Return the weighted share of rows by bin code of each attribute."""
    weights = {}
    for name, own in bins.items():
        rows = np.bincount(
            own.codes(sample.columns[name]), weights=sample.weights, minlength=own.size
        )
        weights[name] = rows / rows.sum()
    return weights


def purify(
    tables: Tables, bins: Mapping[str, Bins], weights: Weights, dictionary: Dictionary
) -> Additive:
    """Return `tables` (log odds bad:good) as a purified additive model (log odds good:bad).

    Along an attribute with a declared direction only the part is moved that leaves the pair's table
    in that direction in every slice, so that whole points can keep it term by term.
    """
    mains = {name: np.zeros(own.size) for name, own in bins.items()}
    pairs: dict[tuple[str, ...], Floats] = {}
    for names, table in tables.by_attributes.items():
        if len(names) == 1:
            mains[names[0]] -= table
        else:
            pairs[names] = -table
    for names, table in pairs.items():
        for axis, name in enumerate(names):
            other = weights[names[1 - axis]]
            part = _main_part(table, axis, other, bins[name], dictionary[name].direction)
            mains[name] += part
            table -= part[:, None] if axis == 0 else part[None, :]
    intercept = -tables.constant
    for name, main in mains.items():
        middle = float(weights[name] @ main)
        main -= middle
        intercept += middle
    shapes = [Shape((name,), main) for name, main in mains.items()]
    shapes += [Shape(names, table) for names, table in pairs.items()]
    return Additive(intercept, bins, tuple(shapes))


def _main_part(table: Floats, axis: int, other: Floats, bins: Bins, direction: Direction) -> Floats:
    """Return the part of `table` that depends only on the attribute along `axis`, shape (size,)."""
    along = table if axis == 0 else table.T
    part: Floats = along @ other
    if direction == "free" or bins.levels:
        return part
    steps = np.diff(along[: bins.ordinary], axis=0)
    # Points fall as risk rises. The smallest step over slices is the step that all slices share.
    shared = np.minimum(steps.max(axis=1), 0) if direction == "up" else steps.min(axis=1).clip(0)
    climbed = np.concatenate([[0.0], np.cumsum(shared)])
    level = float(part[: bins.ordinary].mean() - climbed.mean())
    part[: bins.ordinary] = climbed + level
    return part


def with_unseen_bins(additive: Additive, weights: Weights) -> Additive:
    """Return `additive` with defined values for bins without training rows.

    A missing value that training never saw gets the average. A number out of range gets the lowest
    value of its attribute, in every term. An unknown spelling gets the value of the rare ones, but
    at most the average.
    """
    shapes = [_with_unseen(shape, additive.bins, weights) for shape in additive.shapes]
    return Additive(additive.intercept, additive.bins, tuple(shapes))


def _with_unseen(shape: Shape, bins: Mapping[str, Bins], weights: Weights) -> Shape:
    table = shape.log_odds.copy()
    for axis, name in enumerate(shape.attributes):
        along, own = np.moveaxis(table, axis, 0), bins[name]
        if weights[name][own.missing] == 0:
            along[own.missing] = np.tensordot(weights[name], along, axes=1)
        if own.levels:
            along[own.out_of_range] = np.minimum(along[own.out_of_range], 0.0)
        else:
            along[own.out_of_range] = along[: own.out_of_range].min(axis=0)
    return Shape(shape.attributes, table)
