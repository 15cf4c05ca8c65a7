"""Boosted shapes: trees of two splits, distilled into tables and merged into few bins.

The number of trees, the pairs and the derived attributes are chosen out of fold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import lightgbm
import numpy as np

from model.card.bins import Floats
from model.card.derived import Derived
from model.errors import TrainingError
from model.profile.dictionary import Dictionary
from training.additive import Additive, Dropped, Fit
from training.binning.evidence import information_values
from training.families.boosted.bins import (
    SampleView,
    View,
    different_views,
    usable_bins,
    view_sample,
)
from training.families.boosted.booster import Effort, Growth, effort_for, grow, run_parallel
from training.families.boosted.derived import screen_derived
from training.families.boosted.folds import (
    FitInputs,
    FoldResults,
    best_pairs,
    gains_by_fold,
    grow_on_folds,
)
from training.families.boosted.merge import reduce_bins
from training.families.boosted.purify import bin_weights, purify, with_unseen_bins
from training.families.boosted.spellings import merge_indistinct_words
from training.families.boosted.trees import Tables
from training.families.cross_fit import CrossFit, folds_of, loss_of
from training.families.derived_attributes import with_attributes, with_columns
from training.measures.calibration import log_losses
from training.samples.sample import Rows, Sample
from training.settings import Settings

#: The whole sample supports a few more rounds than the folds that chose their number.
_MORE_ROUNDS = 1.1
PAIRS: Final = "boosted"
SINGLE: Final = "boosted_single"


@dataclass(frozen=True)
class BoostedEstimator:
    """The estimator stored for analysts: the shapes over fine bins, before any was merged."""

    fine: Additive
    growth: Growth


class BoostedFamily:
    """Distilled boosted shapes, with pairs of attributes or with single attributes only."""

    def __init__(self, name: str = PAIRS) -> None:
        self.name = name

    def cross_fit(
        self,
        sample: Sample,
        dictionary: Dictionary,
        settings: Settings,
        step_done: Callable[[], object],
    ) -> CrossFit:
        """Return the fit and its out-of-fold log odds; see `training.families.cross_fit`."""
        inputs, dropped = _fit_inputs(sample, dictionary, settings)
        effort = effort_for(len(sample), len(inputs.bins))
        folds = list(folds_of(sample, settings))
        single = Growth((), effort.least_rows, effort.ridge, effort.rate)
        growth = single if self.name == SINGLE else replace(single, pairs=None)
        views = inputs.views if self.name == SINGLE else inputs.views[:1]
        grow = partial(grow_on_folds, folds=folds, growths=[growth] * len(folds), views=views)
        results = grow(inputs)
        step_done()
        if settings.most_derived:
            singles = (
                results if self.name == SINGLE else grow(inputs, growths=[single] * len(folds))
            )
            derived = screen_derived(inputs, singles.unseen, folds, settings.most_derived)
            inputs, results = try_derived(inputs, derived, settings, results, grow)
        step_done()
        if self.name != SINGLE:
            growth, growths = _choose_pairs(inputs, results, folds, growth, effort)
            step_done()
            results = grow_on_folds(inputs, folds, growths, inputs.views, step_done)
        fine = distil(inputs, growth, results.rounds, effort.bags)
        few = reduce_bins(fine, inputs.sample, effort.most_bins)
        step_done()
        strength = information_values(few, inputs.sample, settings.prior_rows)
        fit = Fit(few, tuple(dropped), strength, BoostedEstimator(fine, growth), fine)
        candidate = _describe(growth, results, len(inputs.derived))
        losses = {candidate: loss_of(results.unseen, sample)}
        return CrossFit(fit, candidate, losses, results.unseen)

    def steps(self, settings: Settings) -> int:
        """Return how often `cross_fit` calls ``step_done``."""
        return 3 if self.name == SINGLE else 5


def _fit_inputs(
    sample: Sample, dictionary: Dictionary, settings: Settings
) -> tuple[FitInputs, list[Dropped]]:
    bins, dropped = usable_bins(sample, dictionary, settings)
    return FitInputs(sample, bins, dictionary, different_views(bins), settings.seed), dropped


def _choose_pairs(
    inputs: FitInputs,
    first: FoldResults,
    folds: list[tuple[Rows, Rows]],
    growth: Growth,
    effort: Effort,
) -> tuple[Growth, list[Growth]]:
    """Return the growth with the best pairs, on the whole sample and on each fold.

    The pairs of a fold are ranked on the other folds, so that its rows stay unseen.
    """
    gains = gains_by_fold(inputs, first, folds)
    rest = ([g for k, g in enumerate(gains) if k != fold] for fold in range(len(folds)))
    by_fold = [replace(growth, pairs=best_pairs(others, effort.most_pairs)) for others in rest]
    return replace(growth, pairs=best_pairs(gains, effort.most_pairs)), by_fold


def _describe(growth: Growth, results: FoldResults, derived: int) -> str:
    rounds = ", ".join(f"{count} by {view}" for view, count in results.rounds.items())
    parts = f"{len(growth.pairs or ())} pairs; {derived} derived"
    return f"{parts}; {growth.least_rows} rows a leaf; rounds {rounds}"


def distil(inputs: FitInputs, growth: Growth, rounds: Mapping[View, int], bags: int) -> Additive:
    """Return the mean of at least `bags` ensembles grown on the whole sample, as fine tables."""
    per_view = -(-bags // len(rounds))
    works = [
        partial(_one_bag, inputs, growth, view, round(_MORE_ROUNDS * count), inputs.seed + 1 + bag)
        for view, count in rounds.items()
        for bag in range(per_view)
    ]
    grown = run_parallel(works)
    # Words have the same numbers in every bag; only the folds of out-of-fold risks differ.
    bins, _ = merge_indistinct_words(grown[0][0].columns, inputs.bins)
    tables = Tables.empty(bins)
    for view, ensemble in grown:
        tables.add(
            ensemble, merge_indistinct_words(view.columns, inputs.bins)[1], 1 / len(works), -1
        )
    weights = bin_weights(bins, inputs.sample)
    fine = with_unseen_bins(purify(tables, bins, weights, inputs.dictionary), weights)
    return replace(fine, derived=inputs.derived)


def _one_bag(
    inputs: FitInputs, growth: Growth, view: View, rounds: int, seed: int
) -> tuple[SampleView, lightgbm.Booster]:
    # Another seed also draws other folds for the out-of-fold risks.
    seen = view_sample(view, inputs.bins, inputs.sample, inputs.dictionary, seed)
    return seen, grow(seen, inputs.sample, growth, rounds, seed)


def try_derived(
    inputs: FitInputs,
    derived: tuple[Derived, ...],
    settings: Settings,
    without: FoldResults,
    grow: Callable[[FitInputs], FoldResults],
) -> tuple[FitInputs, FoldResults]:
    """Return the inputs and their ensembles, with `derived` attributes if these lower the loss.

    Ensembles grown with them must have a lower loss on unseen rows, by more than the standard error
    of the difference.

    Parameters
    ----------
    without : FoldResults
        The ensembles of `inputs`, as `grow` returns them.
    """
    wider = _with_derived(inputs, derived, settings)
    if wider is None:
        return inputs, without
    results = grow(wider)
    gained = _losses(without.unseen, inputs.sample) - _losses(results.unseen, inputs.sample)
    noise = gained.std() / np.sqrt(len(gained))
    return (wider, results) if gained.mean() > noise else (inputs, without)


def _with_derived(
    inputs: FitInputs, derived: tuple[Derived, ...], settings: Settings
) -> FitInputs | None:
    """Return the inputs with the stable ones of `derived`; None if there are none."""
    by_name = {own.name: own for own in derived}
    sample = with_columns(inputs.sample, by_name, inputs.bins)
    dictionary = with_attributes(inputs.dictionary, derived)
    only = Dictionary({name: dictionary[name] for name in by_name}, dictionary.digest)
    try:
        bins, _ = usable_bins(sample, only, settings)
    except TrainingError:
        return None
    return replace(
        inputs,
        sample=sample,
        bins={**inputs.bins, **bins},
        dictionary=dictionary,
        derived={name: by_name[name] for name in bins},
    )


def _losses(log_odds: Floats, sample: Sample) -> Floats:
    return np.asarray(sample.weights * log_losses(log_odds, sample.bad), dtype=np.float64)
