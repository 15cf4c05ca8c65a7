"""Ensembles grown on folds: the number of rounds, out-of-fold log odds, and the gain of pairs."""

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
from training.families.boosted.bins import SampleView, View, view_rows, view_sample
from training.families.boosted.booster import (
    EarlyStopped,
    Growth,
    Pair,
    best_rounds,
    grow_with_early_stopping,
    run_parallel,
)
from training.families.boosted.purify import bin_weights, purify
from training.families.boosted.spellings import merge_indistinct_words
from training.families.boosted.trees import Tables
from training.measures.calibration import log_losses
from training.samples.sample import Rows, Sample


@dataclass(frozen=True)
class FitInputs:
    """What all fits of one sample share.

    The sample has a column, and the dictionary an entry, for each attribute of `derived` too.
    """

    sample: Sample
    bins: Mapping[str, Bins]
    dictionary: Dictionary
    views: tuple[View, ...]
    seed: int
    derived: Mapping[str, Derived] = field(default_factory=dict)


@dataclass(frozen=True)
class _FoldEnsemble:
    """The ensemble of one fold in one view; `unseen` has the values of the fold's left-out rows."""

    view: View
    fold: int
    seen: SampleView
    unseen: Floats
    stopped: EarlyStopped


@dataclass(frozen=True)
class FoldResults:
    """The ensembles of all folds for one way to grow.

    Attributes
    ----------
    rounds : mapping of View to int
        The number of rounds with the least loss out of fold.
    unseen : Floats
        Shape (n,): log odds good:bad of each row by the ensembles that did not view_sample it.
    """

    rounds: Mapping[View, int]
    unseen: Floats
    ensembles: tuple[_FoldEnsemble, ...]


def grow_on_folds(
    inputs: FitInputs,
    folds: list[tuple[Rows, Rows]],
    growths: list[Growth],
    views: tuple[View, ...],
    step_done: Callable[[], object] = lambda: None,
) -> FoldResults:
    """Grow on every fold in every view, `growths` by fold; then call `step_done`."""
    works = [
        partial(_grow_one, inputs, folds, fold, view, growth)
        for fold, growth in enumerate(growths)
        for view in views
    ]
    ensembles = run_parallel(works)
    step_done()
    rounds = {v: best_rounds([e.stopped.losses for e in ensembles if e.view == v]) for v in views}
    unseen_odds = np.zeros(len(inputs.sample))
    for e in ensembles:
        raw = e.stopped.booster.predict(e.unseen, raw_score=True, num_iteration=rounds[e.view])
        unseen_odds[folds[e.fold][1]] -= np.asarray(raw) / len(views)
    return FoldResults(rounds, unseen_odds, tuple(ensembles))


def _grow_one(
    inputs: FitInputs, folds: list[tuple[Rows, Rows]], fold: int, view: View, growth: Growth
) -> _FoldEnsemble:
    known, new = (inputs.sample.take(rows) for rows in folds[fold])
    seen = view_sample(view, inputs.bins, known, inputs.dictionary, inputs.seed)
    unseen = view_rows(seen, {name: b.codes(new.columns[name]) for name, b in inputs.bins.items()})
    stopped = grow_with_early_stopping(seen, known, unseen, new, growth, inputs.seed)
    return _FoldEnsemble(view, fold, seen, unseen, stopped)


def gains_by_fold(
    inputs: FitInputs, results: FoldResults, folds: list[tuple[Rows, Rows]]
) -> list[dict[Pair, float]]:
    """Return by fold the gain of each pair on the fold's unseen rows."""
    gains = []
    for e in results.ensembles:
        train, test = folds[e.fold]
        bins, columns = merge_indistinct_words(e.seen.columns, inputs.bins)
        tables = Tables.empty(bins)
        tables.add(e.stopped.booster, columns, 1.0, results.rounds[e.view])
        weights = bin_weights(bins, inputs.sample.take(train))
        additive = purify(tables, bins, weights, inputs.dictionary)
        gains.append(pair_gains(additive, inputs.sample.take(test)))
    return gains


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
    """Return at most `most` pairs with a positive total gain over folds, largest first."""
    total: Counter[Pair] = Counter()
    for fold in gains:
        total.update(fold)
    ranked = sorted(total, key=lambda pair: (-total[pair], pair))
    return tuple(pair for pair in ranked[:most] if total[pair] > 0)
