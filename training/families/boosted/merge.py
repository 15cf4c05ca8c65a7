"""Few bins from fine ones: neighbours are merged where the card loses least by it.

Every table of an attribute, its own and those of its pairs, is averaged over the same bins, so the
loss of a merger is the squared change of log odds that all rows suffer in all tables together. The
best bins for each number of them follow by dynamic programming (Fisher 1958, *JASA* 53).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from model.card.bins import Bins, Floats, Ints
from training.additive import Additive, Shape
from training.families.boosted.purify import Weights, bin_weights
from training.families.boosted.spellings import joined
from training.samples.sample import Sample

#: Merging stops paying when one more bin saves less than this mean squared log odds.
_NEGLIGIBLE = 1e-5
#: Bins are added until merging changes the score by no more than this share of its variance.
_MOST_CHANGE = 1e-3
_FEWEST, _STEP = 12, 4


def printable(additive: Additive, sample: Sample, most_bins: int) -> Additive:
    """Return `additive` over as few bins as keep its scores of `sample`, but at most `most_bins`.

    The change of the score is bounded, not the AUC lost on the sample: that is often a gain, where
    merging undoes what trees learned by heart, and says little of rows unseen.
    """
    weights = bin_weights(additive.bins, sample)
    score = additive.log_odds(sample.columns)
    few = additive
    for most in range(min(_FEWEST, most_bins), most_bins + 1, _STEP):
        few = merged(additive, weights, most)
        if np.var(few.log_odds(sample.columns) - score) <= _MOST_CHANGE * np.var(score):
            break
    return few


def merged(additive: Additive, weights: Weights, most_bins: int) -> Additive:
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
    """Return what each bin of `name` adds in every table, shape (size, values).

    Values of a pair's table count by the root of the share of rows at the other attribute's bin,
    so that squares add up to the mean over rows.
    """
    found = []
    for shape in additive.shapes:
        if name in shape.attributes:
            axis = shape.attributes.index(name)
            along = np.moveaxis(shape.log_odds, axis, 0)
            if along.ndim == 2:
                along = along * np.sqrt(weights[shape.attributes[1 - axis]])
            found.append(along.reshape(len(along), -1))
    return np.concatenate(found, axis=1)


def _groups(bins: Bins, profiles: Floats, weights: Floats, most: int) -> Ints:
    """Return the merged bin of each bin code, shape (size,); ordinary bins come first."""
    ordinary = bins.ordinary
    order = np.arange(ordinary)
    if bins.levels:
        # Spellings have no order of their own: they stand by what they add to the log odds.
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
    sums = np.concatenate([np.zeros((1, profiles.shape[1])), _running(profiles, padded)])
    squares = np.concatenate([[0.0], np.cumsum(padded * (profiles**2).sum(axis=1))])
    found = np.zeros((rows + 1, rows + 1))
    for start in range(rows):
        share = ends[start + 1 :] - ends[start]
        mean = ((sums[start + 1 :] - sums[start]) ** 2).sum(axis=1) / share
        found[start, start + 1 :] = squares[start + 1 :] - squares[start] - mean
    return np.maximum(found, 0.0)


def _running(profiles: Floats, weights: Floats) -> Floats:
    return np.cumsum(profiles * weights[:, None], axis=0)


def _merged_bins(bins: Bins, group: Ints) -> Bins:
    ordinary = group[: bins.ordinary]
    if bins.levels:
        return joined(bins, ordinary)
    kept = [a != b for a, b in pairwise(ordinary)]
    return replace(bins, edges=tuple(e for e, cut in zip(bins.edges, kept, strict=True) if cut))


def _averaged(shape: Shape, group: Mapping[str, Ints], weights: Weights) -> Shape:
    table = shape.log_odds
    for axis, name in enumerate(shape.attributes):
        share = np.maximum(weights[name], 1e-12)
        onto = np.zeros((int(group[name].max()) + 1, len(share)))
        onto[group[name], np.arange(len(share))] = share
        onto /= onto.sum(axis=1, keepdims=True)
        table = np.moveaxis(np.tensordot(onto, table, axes=(1, axis)), 0, axis)
    return Shape(shape.attributes, table)
