"""Boosted shapes: trees of two splits, distilled into tables, merged into printable bins.

The number of trees and the pairs are chosen out of fold on the sample alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from model.dictionary import Dictionary
from training.additive import Additive, Dropped, Fit
from training.boosted.booster import Growth
from training.boosted.derived import screened
from training.boosted.distil import distilled
from training.boosted.effort import Effort, effort_for
from training.boosted.fine_bins import usable_bins
from training.boosted.folds import Folded, Frame, gains_by_fold, grow_on_folds
from training.boosted.merge import printable
from training.boosted.pairs import best_pairs
from training.boosted.views import different_views
from training.boosted.widen import with_derived
from training.cross_fit import CrossFit, folds_of, loss_of
from training.sample import Rows, Sample
from training.settings import Settings
from training.strength import strength

PAIRS, SINGLE = "boosted", "boosted_single"


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
