"""Ensembles grown on folds: how many rounds to grow, what unseen rows score, which pairs gain.

Which pairs of attributes say more together: ranked by what they gain out of fold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from model.card.bins import Bins, Floats
from model.card.derived import Derived
from model.profile.dictionary import Dictionary
from training.additive import Additive
from training.families.boosted.bins import Seen, View, see, shown
from training.families.boosted.booster import (
    Growth,
    Pair,
    Watched,
    best_rounds,
    grow_watched,
    side_by_side,
)
from training.families.boosted.purify import bin_weights, purified
from training.families.boosted.spellings import told_apart
from training.families.boosted.trees import Tables
from training.samples.sample import Bools, Rows, Sample


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


@dataclass(frozen=True)
class Frame:
    """What every fit of one sample shares: its bins, its dictionary, the views, the seed.

    The sample has a column, and the dictionary an entry, for each attribute of `derived` too.
    """

    sample: Sample
    bins: Mapping[str, Bins]
    dictionary: Dictionary
    views: tuple[View, ...]
    seed: int
    derived: Mapping[str, Derived] = field(default_factory=dict)


@dataclass(frozen=True)
class _Grown:
    """An ensemble of one fold and view, with the rows it has not seen."""

    view: View
    fold: int
    seen: Seen
    unseen: Floats
    watched: Watched


@dataclass(frozen=True)
class Folded:
    """What the folds say of one way to grow.

    Attributes
    ----------
    rounds : mapping of View to int
        With the least loss out of fold.
    unseen : Floats
        Shape (n,): log odds good:bad of each row by the ensembles that did not see it.
    """

    rounds: Mapping[View, int]
    unseen: Floats
    grown: tuple[_Grown, ...]


def grow_on_folds(
    frame: Frame,
    folds: list[tuple[Rows, Rows]],
    growths: list[Growth],
    views: tuple[View, ...],
    step_done: Callable[[], object] = lambda: None,
) -> Folded:
    """Grow on every fold in every view, `growths` by fold; then call `step_done`."""
    works = [
        partial(_grow_one, frame, folds, fold, view, growth)
        for fold, growth in enumerate(growths)
        for view in views
    ]
    grown = side_by_side(works)
    step_done()
    rounds = {v: best_rounds([g.watched.losses for g in grown if g.view == v]) for v in views}
    unseen_odds = np.zeros(len(frame.sample))
    for g in grown:
        raw = g.watched.booster.predict(g.unseen, raw_score=True, num_iteration=rounds[g.view])
        unseen_odds[folds[g.fold][1]] -= np.asarray(raw) / len(views)
    return Folded(rounds, unseen_odds, tuple(grown))


def _grow_one(
    frame: Frame, folds: list[tuple[Rows, Rows]], fold: int, view: View, growth: Growth
) -> _Grown:
    known, new = (frame.sample.take(rows) for rows in folds[fold])
    seen = see(view, frame.bins, known, frame.dictionary, frame.seed)
    unseen = shown(seen, {name: b.codes(new.columns[name]) for name, b in frame.bins.items()})
    watched = grow_watched(seen, known, unseen, new, growth, frame.seed)
    return _Grown(view, fold, seen, unseen, watched)


def gains_by_fold(
    frame: Frame, folded: Folded, folds: list[tuple[Rows, Rows]]
) -> list[dict[Pair, float]]:
    """Return for each fold what each pair gains on the fold's unseen rows."""
    gains = []
    for g in folded.grown:
        train, test = folds[g.fold]
        bins, columns = told_apart(g.seen.columns, frame.bins)
        tables = Tables.empty(bins)
        tables.add(g.watched.booster, columns, 1.0, folded.rounds[g.view])
        weights = bin_weights(bins, frame.sample.take(train))
        additive = purified(tables, bins, weights, frame.dictionary)
        gains.append(pair_gains(additive, frame.sample.take(test)))
    return gains
