"""Ensembles grown on splits of the rows that a fit may see: the rounds, and unseen log odds.

These inner splits choose; they never judge. A fit is judged on rows outside all of its splits
(`training.families.cross_fit`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from model.card.bins import Bins, Floats, Ints
from model.card.derived import Derived
from model.profile.dictionary import Dictionary
from training.families.boosted.bins import SampleView, View, view_rows, view_sample
from training.families.boosted.booster import (
    EarlyStopped,
    Growth,
    best_rounds,
    grow_with_early_stopping,
    run_parallel,
)
from training.families.cross_fit import folds_of
from training.samples.sample import Rows, Sample
from training.settings import Settings

#: With one split, the share of the rows that it leaves out is one in this many.
_PARTS = 5


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
class InnerSplits:
    """Splits of a sample into rows to grow on and rows that stop the growth.

    Attributes
    ----------
    splits : tuple of pair of Rows
        Rows to grow on, and rows left out; no row is left out twice.
    """

    splits: tuple[tuple[Rows, Rows], ...]

    @staticmethod
    def of(sample: Sample, count: int, settings: Settings) -> InnerSplits:
        """Return `count` splits; a borrower stays on one side of each.

        Two or more splits leave every row out once; one leaves out a fifth.
        """
        # Another seed than the outer folds', which would nest in the same order.
        folds = count if count > 1 else _PARTS
        inner = replace(settings, folds=folds, seed=settings.seed + 1)
        return InnerSplits(tuple(folds_of(sample, inner))[:count])

    @property
    def rows(self) -> Rows:
        """The rows left out by any split, in the order of the splits."""
        return np.concatenate([test for _, test in self.splits])

    @property
    def part(self) -> Ints:
        """The part of each of `rows`: its split, or, with one split, an arbitrary one."""
        if len(self.splits) == 1:
            return np.arange(len(self.rows)) % _PARTS
        return np.repeat(np.arange(len(self.splits)), [len(test) for _, test in self.splits])


@dataclass(frozen=True)
class _Ensemble:
    """The ensemble of one split in one view; `unseen` has the values of the rows left out."""

    view: View
    split: int
    seen: SampleView
    unseen: Floats
    stopped: EarlyStopped


@dataclass(frozen=True)
class Grown:
    """What the ensembles of all splits show of one way to grow.

    Attributes
    ----------
    rounds : mapping of View to int
        The number of rounds with the least loss on the rows left out.
    unseen : Floats
        Log odds good:bad of the splits' `rows`, by the ensembles that did not see them.
    """

    rounds: Mapping[View, int]
    unseen: Floats
    ensembles: tuple[_Ensemble, ...]


def grow_on_splits(inputs: FitInputs, inner: InnerSplits, growth: Growth) -> Grown:
    """Grow on every split in every view, each until the loss on its left-out rows stops falling."""
    ensembles = run_parallel(
        partial(_grow_one, inputs, inner, split, view, growth)
        for split in range(len(inner.splits))
        for view in inputs.views
    )
    rounds = {
        view: best_rounds([e.stopped.losses for e in ensembles if e.view == view])
        for view in inputs.views
    }
    unseen = [np.zeros(len(test)) for _, test in inner.splits]
    for e in ensembles:
        raw = e.stopped.booster.predict(e.unseen, raw_score=True, num_iteration=rounds[e.view])
        unseen[e.split] -= np.asarray(raw) / len(inputs.views)
    return Grown(rounds, np.concatenate(unseen), tuple(ensembles))


def _grow_one(
    inputs: FitInputs, inner: InnerSplits, split: int, view: View, growth: Growth
) -> _Ensemble:
    known, new = (inputs.sample.take(rows) for rows in inner.splits[split])
    seen = view_sample(view, inputs.bins, known, inputs.dictionary, inputs.seed)
    unseen = view_rows(seen, {name: b.codes(new.columns[name]) for name, b in inputs.bins.items()})
    stopped = grow_with_early_stopping(seen, known, unseen, new, growth, inputs.seed)
    return _Ensemble(view, split, seen, unseen, stopped)
