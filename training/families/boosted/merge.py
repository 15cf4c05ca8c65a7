"""Merge fine bins into few, where the card loses least.

All tables of an attribute, its own and those of its pairs, are averaged over the same bins. The
loss of a merger is therefore the squared change of log odds over all rows and all tables. Dynamic
programming gives the best bins for each number of bins (Fisher 1958, *JASA* 53).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from model.card.bins import Bins, Floats, Ints
from training.additive import Additive, Shape
from training.families.boosted.purify import Weights, bin_weights
from training.families.boosted.spellings import merge_levels
from training.samples.sample import Sample

#: No bin is added once the remaining loss (mean squared log odds) is below this.
_NEGLIGIBLE = 1e-5
#: Bins are added until merging changes the score by no more than this share of its variance.
_MAX_CHANGE = 1e-3
_MIN_BINS, _STEP = 12, 4


def reduce_bins(additive: Additive, sample: Sample, most_bins: int) -> Additive:
    """Return `additive` over the fewest bins that preserve its scores on `sample`.

    At most `most_bins` ordinary bins an attribute. The change of the score is bounded, not the AUC
    lost on the sample: merging undoes overfitting, so that AUC often rises, and it says little
    about unseen rows.
    """
    weights = bin_weights(additive.bins, sample)
    score = additive.log_odds(sample.columns)
    few = additive
    for most in range(min(_MIN_BINS, most_bins), most_bins + 1, _STEP):
        few = merge_bins(additive, weights, most)
        if np.var(few.log_odds(sample.columns) - score) <= _MAX_CHANGE * np.var(score):
            break
    return few


def merge_bins(additive: Additive, weights: Weights, most_bins: int) -> Additive:
    """Return `additive` over at most `most_bins` ordinary bins an attribute.

    Tables are averaged by the share of rows of each bin, attribute by attribute, which keeps any
    direction a table has; missing and out-of-range bins stay as they are.
    """
    group = {
        name: _groups(own, _profiles(additive, name, weights), weights[name], most_bins)
        for name, own in additive.bins.items()
    }
    bins = {name: _merged_bins(own, group[name]) for name, own in additive.bins.items()}
    shapes = tuple(_averaged(shape, group, weights) for shape in additive.shapes)
    return replace(additive, bins=bins, shapes=shapes)


def _profiles(additive: Additive, name: str, weights: Weights) -> Floats:
    """Return the values of each bin of `name` in all tables, shape (size, values).

    Values of a pair's table count by the root of the share of rows at the other attribute's bin,
    so that squares add up to the mean over rows.
    """
    columns = []
    for shape in additive.shapes:
        if name in shape.attributes:
            axis = shape.attributes.index(name)
            along = np.moveaxis(shape.log_odds, axis, 0)
            if along.ndim == 2:
                along = along * np.sqrt(weights[shape.attributes[1 - axis]])
            columns.append(along.reshape(len(along), -1))
    return np.concatenate(columns, axis=1)


def _groups(bins: Bins, profiles: Floats, weights: Floats, most: int) -> Ints:
    """Return the merged bin of each bin code, shape (size,); ordinary bins come first."""
    ordinary = bins.ordinary
    order = np.arange(ordinary)
    if bins.levels:
        # Spellings have no order of their own, so they are ordered by their log odds.
        order = np.argsort(profiles[:ordinary, 0], kind="stable")
    starts = _best_starts(profiles[order], weights[order], min(most, ordinary))
    group = np.empty(bins.size, dtype=np.int64)
    group[order] = np.searchsorted(starts, np.arange(ordinary), side="right") - 1
    group[ordinary:] = len(starts) + np.arange(2)
    return group


def _best_starts(profiles: Floats, weights: Floats, most: int) -> Ints:
    """Return the first row of each merged bin, at most `most`, with the least loss."""
    rows = len(profiles)
    loss = _losses(profiles, weights)
    best = [loss[0, 1:].copy()]
    back: list[Ints] = [np.zeros(rows, dtype=np.int64)]
    while len(best) < most and best[-1][-1] > _NEGLIGIBLE:
        # A bin from row s to row e after the best mergers of the rows before s.
        before = np.concatenate([[np.inf], best[-1][:-1]])
        total = before[:, None] + loss[:rows, 1:]
        total[np.tril_indices(rows, -1)] = np.inf
        back.append(total.argmin(axis=0))
        best.append(total.min(axis=0))
    starts, end = [], rows - 1
    for step in range(len(best) - 1, -1, -1):
        start = int(back[step][end]) if step else 0
        starts.append(start)
        end = start - 1
    return np.array(starts[::-1], dtype=np.int64)


def _losses(profiles: Floats, weights: Floats) -> Floats:
    """Return the weighted squares lost by merging rows s to e - 1, shape (rows + 1, rows + 1)."""
    rows = len(profiles)
    padded = np.maximum(weights, 1e-12)
    ends = np.concatenate([[0.0], np.cumsum(padded)])
    sums = np.concatenate(
        [np.zeros((1, profiles.shape[1])), np.cumsum(profiles * padded[:, None], axis=0)]
    )
    squares = np.concatenate([[0.0], np.cumsum(padded * (profiles**2).sum(axis=1))])
    losses = np.zeros((rows + 1, rows + 1))
    for start in range(rows):
        share = ends[start + 1 :] - ends[start]
        mean = ((sums[start + 1 :] - sums[start]) ** 2).sum(axis=1) / share
        losses[start, start + 1 :] = squares[start + 1 :] - squares[start] - mean
    return np.maximum(losses, 0.0)


def _merged_bins(bins: Bins, group: Ints) -> Bins:
    ordinary = group[: bins.ordinary]
    if bins.levels:
        return merge_levels(bins, ordinary)
    is_cut = [a != b for a, b in pairwise(ordinary)]
    return replace(bins, edges=tuple(e for e, cut in zip(bins.edges, is_cut, strict=True) if cut))


def _averaged(shape: Shape, group: Mapping[str, Ints], weights: Weights) -> Shape:
    table = shape.log_odds
    for axis, name in enumerate(shape.attributes):
        share = np.maximum(weights[name], 1e-12)
        onto = np.zeros((int(group[name].max()) + 1, len(share)))
        onto[group[name], np.arange(len(share))] = share
        onto /= onto.sum(axis=1, keepdims=True)
        table = np.moveaxis(np.tensordot(onto, table, axes=(1, axis)), 0, axis)
    return Shape(shape.attributes, table)
