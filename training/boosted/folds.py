"""Ensembles grown on folds: how many rounds to grow, what unseen rows score, which pairs gain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from model.derived import Derived
from model.dictionary import Dictionary
from model.scorecard import Bins, Floats
from training.boosted.booster import Growth, Pair, Watched, best_rounds, grow_watched, side_by_side
from training.boosted.pairs import pair_gains
from training.boosted.purify import bin_weights, purified
from training.boosted.trees import Tables
from training.boosted.views import Seen, View, see, shown
from training.boosted.words import told_apart
from training.sample import Rows, Sample


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
