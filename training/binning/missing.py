"""A missing record is never worth more than the typical known one, so that nobody gains by it.

Whoever leaves a record out would otherwise score better than whoever brings an average one. The
typical value of a number is its median; of text, the group of median worth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Bins, Floats, Ints, input_values
from training.additive import Additive, Fit, Shape
from training.samples.sample import Sample

Codes = Mapping[str, Ints]
Number = TypeVar("Number", np.int64, np.float64)


def fit_without_gain(fit: Fit, sample: Sample) -> Fit:
    """Return `fit` with every missing bin worth at most the typical known value.

    The mean over `sample` stays: the intercept takes what the missing bins lose.
    """
    fine = None if fit.fine is None else additive_without_gain(fit.fine, sample)
    return replace(fit, additive=additive_without_gain(fit.additive, sample), fine=fine)


def additive_without_gain(additive: Additive, sample: Sample) -> Additive:
    """Return `additive` as `fit_without_gain` does a fit."""
    codes = {
        name: additive.bins[name].codes(
            input_values(name, sample.columns, additive.bins, additive.derived)
        )
        for shape in additive.shapes
        for name in shape.attributes
    }
    weights = sample.weights
    held = tuple(shape_without_gain(s, additive.bins, codes, weights) for s in additive.shapes)
    lost = sum(
        float(np.average((was.log_odds - now.log_odds)[_cells(was, codes)], weights=weights))
        for was, now in zip(additive.shapes, held, strict=True)
    )
    return replace(additive, intercept=additive.intercept + lost, shapes=held)


def shape_without_gain(
    shape: Shape, bins: Mapping[str, Bins], codes: Codes, weights: Floats
) -> Shape:
    """Return `shape` with its missing slices at most its typical ones, cell by cell.

    A number out of range stays worth no more than any other.

    Parameters
    ----------
    codes
        Shape (n,) each: the rows' bin codes by attribute.
    weights
        Shape (n,): how many rows each row represents.
    """
    typical = tuple(typical_codes(shape, bins, codes, weights))
    return Shape(shape.attributes, hold_missing(shape, shape.log_odds, bins, typical))


def hold_missing(
    shape: Shape,
    table: NDArray[Number],
    bins: Mapping[str, Bins],
    typical: tuple[int | None, ...],
) -> NDArray[Number]:
    """Return a copy of `table`, of the form of `shape`, with missing at most `typical`."""
    held = table.copy()
    for axis, (name, code) in enumerate(zip(shape.attributes, typical, strict=True)):
        if code is not None:
            along, own = np.moveaxis(held, axis, 0), bins[name]
            along[own.missing] = np.minimum(along[own.missing], along[code])
            if not own.levels:
                known = along[: own.out_of_range].min(axis=0)
                along[own.out_of_range] = np.minimum(along[own.out_of_range], known)
    return held


def typical_codes(
    shape: Shape, bins: Mapping[str, Bins], codes: Codes, weights: Floats
) -> Iterator[int | None]:
    """Yield the bin of each attribute's typical known value; None where no value is known."""
    for axis, name in enumerate(shape.attributes):
        own = bins[name]
        rows = np.bincount(codes[name], weights, own.size)[: own.ordinary]
        worth = np.moveaxis(shape.log_odds, axis, 0)[: own.ordinary].reshape(own.ordinary, -1)
        order = np.arange(own.ordinary)
        if own.levels:  # groups of spellings have no order but their worth
            order = np.argsort(worth.mean(axis=1), kind="stable")
        yield _median(np.asarray(rows[order], dtype=np.float64), order)


def _median(rows: Floats, order: Ints) -> int | None:
    if not rows.sum():
        return None
    reached = np.searchsorted(np.cumsum(rows), rows.sum() / 2)
    return int(order[min(reached, len(order) - 1)])


def _cells(shape: Shape, codes: Codes) -> tuple[Ints, ...]:
    return tuple(codes[name] for name in shape.attributes)
