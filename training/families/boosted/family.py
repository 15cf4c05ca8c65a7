"""Boosted shapes: trees of two splits, distilled into tables, merged into printable bins.

The number of trees and the pairs are chosen out of fold on the sample alone.

From grown ensembles to shapes: bagged over seeds and views, as tables over fine bins.

A frame with derived attributes beside its own, kept only if ensembles lose less by them.
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
from training.families.boosted.bins import Seen, View, different_views, see, usable_bins
from training.families.boosted.booster import Effort, Growth, effort_for, grow, side_by_side
from training.families.boosted.derived import screened
from training.families.boosted.folds import Folded, Frame, best_pairs, gains_by_fold, grow_on_folds
from training.families.boosted.merge import printable
from training.families.boosted.purify import bin_weights, purified, with_unseen_bins
from training.families.boosted.spellings import told_apart
from training.families.boosted.trees import Tables
from training.families.cross_fit import CrossFit, folds_of, loss_of
from training.families.derived_attributes import with_attributes, with_columns
from training.families.family import strength
from training.samples.sample import Rows, Sample
from training.settings import Settings

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


def with_derived(
    frame: Frame,
    found: tuple[Derived, ...],
    settings: Settings,
    grown: Folded,
    grow: Callable[[Frame], Folded],
) -> tuple[Frame, Folded]:
    """Return the frame and its ensembles, with what was `found` if that lowers the loss.

    Ensembles grown anew have to lose less on rows they did not see, by more than the standard error
    of the difference.

    Parameters
    ----------
    grown : Folded
        The ensembles of `frame`, as `grow` returns them.
    """
    wider = _widened(frame, found, settings)
    if wider is None:
        return frame, grown
    again = grow(wider)
    gained = _losses(grown.unseen, frame.sample) - _losses(again.unseen, frame.sample)
    noise = gained.std() / np.sqrt(len(gained))
    return (wider, again) if gained.mean() > noise else (frame, grown)


def _widened(frame: Frame, found: tuple[Derived, ...], settings: Settings) -> Frame | None:
    """Return the frame with those of `found` that keep still; None if there are none."""
    derived = {own.name: own for own in found}
    sample = with_columns(frame.sample, derived, frame.bins)
    dictionary = with_attributes(frame.dictionary, found)
    only = Dictionary({name: dictionary[name] for name in derived}, dictionary.digest)
    try:
        bins, _ = usable_bins(sample, only, settings)
    except TrainingError:
        return None
    return replace(
        frame,
        sample=sample,
        bins={**frame.bins, **bins},
        dictionary=dictionary,
        derived={name: derived[name] for name in bins},
    )


def _losses(log_odds: Floats, sample: Sample) -> Floats:
    losses = np.logaddexp(0.0, np.where(sample.bad, log_odds, -log_odds))
    return np.asarray(sample.weights * losses, dtype=np.float64)


PAIRS: Final = "boosted"
SINGLE: Final = "boosted_single"


@dataclass(frozen=True)
class BoostedEstimator:
    """What joblib keeps for analysts: the shapes over fine bins, before any was merged."""

    fine: Additive
    growth: Growth


class BoostedFamily:
    """Distilled boosted shapes; with pairs of attributes, or with single attributes only."""

    def __init__(self, name: str = PAIRS) -> None:
        self.name = name

    def cross_fit(
        self,
        sample: Sample,
        dictionary: Dictionary,
        settings: Settings,
        step_done: Callable[[], object],
    ) -> CrossFit:
        """Return the fit and its out-of-fold log odds; see `training.additive.Family`."""
        frame, dropped = _framed(sample, dictionary, settings)
        effort = effort_for(len(sample), len(frame.bins))
        folds = list(folds_of(sample, settings))
        single = Growth((), effort.least_rows, effort.ridge, effort.rate)
        growth = single if self.name == SINGLE else replace(single, pairs=None)
        views = frame.views if self.name == SINGLE else frame.views[:1]
        grow = partial(grow_on_folds, folds=folds, growths=[growth] * len(folds), views=views)
        folded = grow(frame)
        step_done()
        if settings.most_derived:
            alone = folded if self.name == SINGLE else grow(frame, growths=[single] * len(folds))
            found = screened(frame, alone.unseen, folds, settings.most_derived)
            frame, folded = with_derived(frame, found, settings, folded, grow)
        step_done()
        if self.name != SINGLE:
            growth, growths = _paired(frame, folded, folds, growth, effort)
            step_done()
            folded = grow_on_folds(frame, folds, growths, frame.views, step_done)
        fine = distilled(frame, growth, folded.rounds, effort.bags)
        few = printable(fine, frame.sample, effort.most_bins)
        step_done()
        fit = Fit(few, tuple(dropped), strength(few, frame.sample, settings),
                  BoostedEstimator(fine, growth), fine)  # fmt: skip
        told = _told(growth, folded, len(frame.derived))
        return CrossFit(fit, told, {told: loss_of(folded.unseen, sample)}, folded.unseen)

    def steps(self, settings: Settings) -> int:
        """Return how often `cross_fit` calls ``step_done``."""
        return 3 if self.name == SINGLE else 5


def _paired(
    frame: Frame, first: Folded, folds: list[tuple[Rows, Rows]], growth: Growth, effort: Effort
) -> tuple[Growth, list[Growth]]:
    """Return how to grow with the best pairs on the whole sample, and how on each fold.

    A fold's pairs are ranked on the other folds, so that its rows stay unseen.
    """
    gains = gains_by_fold(frame, first, folds)
    rest = ([g for k, g in enumerate(gains) if k != fold] for fold in range(len(folds)))
    by_fold = [replace(growth, pairs=best_pairs(others, effort.most_pairs)) for others in rest]
    return replace(growth, pairs=best_pairs(gains, effort.most_pairs)), by_fold


def _framed(
    sample: Sample, dictionary: Dictionary, settings: Settings
) -> tuple[Frame, list[Dropped]]:
    bins, dropped = usable_bins(sample, dictionary, settings)
    return Frame(sample, bins, dictionary, different_views(bins), settings.seed), dropped


def _told(growth: Growth, folded: Folded, derived: int) -> str:
    rounds = ", ".join(f"{count} by {view}" for view, count in folded.rounds.items())
    parts = f"{len(growth.pairs or ())} pairs; {derived} derived"
    return f"{parts}; {growth.least_rows} rows a leaf; rounds {rounds}"
