"""Rank pairs of attributes by what their tables gain on rows that the trees have not seen.

Ensembles in which any two attributes may share a tree are grown on the inner splits. Each is
decomposed into tables, and a pair's gain is the loss that its table saves on the rows left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from training.additive import Additive
from training.families.boosted.booster import Growth, Pair
from training.families.boosted.folds import FitInputs, Grown, InnerSplits, grow_on_splits
from training.families.boosted.purify import bin_weights, purify
from training.families.boosted.spellings import merge_indistinct_words
from training.families.boosted.trees import Tables
from training.measures.calibration import log_losses
from training.samples.sample import Sample


def choose_pairs(
    inputs: FitInputs, inner: InnerSplits, growth: Growth, most: int
) -> tuple[Pair, ...]:
    """Return at most `most` pairs that gain on the rows left out by the splits, largest first."""
    # One view ranks as well as three, and costs a third.
    inputs = replace(inputs, views=inputs.views[:1])
    grown = grow_on_splits(inputs, inner, replace(growth, pairs=None))
    return best_pairs(_gains_by_split(inputs, inner, grown), most)


def _gains_by_split(
    inputs: FitInputs, inner: InnerSplits, grown: Grown
) -> Iterable[dict[Pair, float]]:
    for e in grown.ensembles:
        train, test = inner.splits[e.split]
        bins, columns = merge_indistinct_words(e.seen.columns, inputs.bins)
        tables = Tables.empty(bins)
        tables.add(e.stopped.booster, columns, 1.0, grown.rounds[e.view])
        weights = bin_weights(bins, inputs.sample.take(train))
        additive = purify(tables, bins, weights, inputs.dictionary)
        yield pair_gains(additive, inputs.sample.take(test))


def pair_gains(additive: Additive, unseen: Sample) -> dict[Pair, float]:
    """Return by pair the total log loss that its table saves on rows the model has not seen."""
    codes = {name: own.codes(unseen.columns[name]) for name, own in additive.bins.items()}
    log_odds = additive.log_odds(unseen.columns)
    before, weight = log_losses(log_odds, unseen.bad), unseen.weights
    gains = {}
    for shape in additive.shapes:
        if len(shape.attributes) == 2:
            first, second = shape.attributes
            part = shape.log_odds[codes[first], codes[second]]
            gains[first, second] = float(
                weight @ (log_losses(log_odds - part, unseen.bad) - before)
            )
    return gains


def best_pairs(gains: Iterable[dict[Pair, float]], most: int) -> tuple[Pair, ...]:
    """Return at most `most` pairs with a positive total gain over splits, largest first."""
    total: Counter[Pair] = Counter()
    for split in gains:
        total.update(split)
    ranked = sorted(total, key=lambda pair: (-total[pair], pair))
    return tuple(pair for pair in ranked[:most] if total[pair] > 0)
