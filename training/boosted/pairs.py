"""Which pairs of attributes say more together: ranked by what they gain out of fold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from model.scorecard import Floats
from training.additive import Additive
from training.boosted.booster import Pair
from training.sample import Bools, Sample


def pair_gains(additive: Additive, unseen: Sample) -> dict[Pair, float]:
    """Return by pair how much log loss its table saves on rows the model has not seen, in all."""
    codes = {name: own.codes(unseen.columns[name]) for name, own in additive.bins.items()}
    whole = additive.log_odds(unseen.columns)
    before, weight = _losses(whole, unseen.bad), unseen.weights
    gains = {}
    for shape in additive.shapes:
        if len(shape.attributes) == 2:
            first, second = shape.attributes
            part = shape.log_odds[codes[first], codes[second]]
            gains[first, second] = float(weight @ (_losses(whole - part, unseen.bad) - before))
    return gains


def best_pairs(gains: Iterable[dict[Pair, float]], most: int) -> tuple[Pair, ...]:
    """Return at most `most` pairs that gain over all folds, most first."""
    total: Counter[Pair] = Counter()
    for fold in gains:
        total.update(fold)
    ranked = sorted(total, key=lambda pair: (-total[pair], pair))
    return tuple(pair for pair in ranked[:most] if total[pair] > 0)


def _losses(log_odds: Floats, bad: Bools) -> Floats:
    return np.logaddexp(0.0, np.where(bad, log_odds, -log_odds))
