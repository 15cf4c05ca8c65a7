"""From grown ensembles to shapes: bagged over seeds and views, as tables over fine bins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import lightgbm

from training.additive import Additive
from training.boosted.booster import Growth, grow, side_by_side
from training.boosted.folds import Frame
from training.boosted.purify import bin_weights, purified, with_unseen_bins
from training.boosted.trees import Tables
from training.boosted.views import Seen, View, see
from training.boosted.words import told_apart

#: The whole sample carries a little more growth than the folds that chose the rounds.
_MORE_ROUNDS = 1.1


def distilled(frame: Frame, growth: Growth, rounds: Mapping[View, int], bags: int) -> Additive:
    """Return the mean of at least `bags` ensembles grown on the whole sample, as fine tables."""
    per_view = -(-bags // len(rounds))
    works = [
        partial(_one_bag, frame, growth, view, round(_MORE_ROUNDS * count), frame.seed + 1 + bag)
        for view, count in rounds.items()
        for bag in range(per_view)
    ]
    grown = side_by_side(works)
    # Words have the same numbers in every bag: only the rows' own outcomes are drawn anew.
    bins, _ = told_apart(grown[0][0].columns, frame.bins)
    tables = Tables.empty(bins)
    for seen, ensemble in grown:
        tables.add(ensemble, told_apart(seen.columns, frame.bins)[1], 1 / len(works), -1)
    weights = bin_weights(bins, frame.sample)
    fine = with_unseen_bins(purified(tables, bins, weights, frame.dictionary), weights)
    return replace(fine, derived=frame.derived)


def _one_bag(
    frame: Frame, growth: Growth, view: View, rounds: int, seed: int
) -> tuple[Seen, lightgbm.Booster]:
    # Another seed also draws the folds of unseen risks anew.
    seen = see(view, frame.bins, frame.sample, frame.dictionary, seed)
    return seen, grow(seen, frame.sample, growth, rounds, seed)
