"""Refit a family on folds, choose its candidate there, and keep the out-of-fold log odds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from model.card.bins import Floats
from model.errors import TrainingError
from model.profile.dictionary import Dictionary
from training.additive import Family, Fit
from training.samples.sample import Rows, Sample
from training.settings import Settings


@dataclass(frozen=True)
class CrossFit:
    """The chosen fit on the whole sample, and what it predicts for rows it did not see.

    Attributes
    ----------
    candidate : str
        Name of the candidate with the least out-of-fold log loss.
    log_loss : mapping of str to float
        Out-of-fold log loss by candidate.
    unseen_log_odds : Floats
        Shape (n,): log odds good:bad of each row by the fits that did not see its borrower.
    """

    fit: Fit
    candidate: str
    log_loss: Mapping[str, float]
    unseen_log_odds: Floats


class Learner(Protocol):
    """A family with its own way to be judged out of fold."""

    @property
    def name(self) -> str:
        """The family's name, as the card's provenance tells it."""
        ...

    def steps(self, settings: Settings) -> int:
        """Return how often `cross_fit` calls ``step_done``."""
        ...

    def cross_fit(
        self,
        sample: Sample,
        dictionary: Dictionary,
        settings: Settings,
        step_done: Callable[[], object],
    ) -> CrossFit:
        """Return the fit on the whole sample with its out-of-fold log odds.

        Raises
        ------
        TrainingError
            If no attribute of the sample can be used.
        """
        ...


def cross_fit(
    family: Family,
    sample: Sample,
    dictionary: Dictionary,
    settings: Settings,
    step_done: Callable[[], object],
) -> CrossFit:
    """Fit `family` on the whole sample and on every fold; call `step_done` after each of them.

    Raises
    ------
    TrainingError
        If no attribute of the whole sample can be used.
    """
    whole = family.fits(sample, dictionary, settings)
    step_done()
    unseen = {name: np.zeros(len(sample)) for name in whole}
    for train, test in folds_of(sample, settings):
        known, new = sample.take(train), sample.take(test)
        found = _unseen(family, known, new, dictionary, settings)
        for name in unseen:
            unseen[name][test] = found.get(name, _base_log_odds(known))
        step_done()
    losses = {name: loss_of(odds, sample) for name, odds in unseen.items()}
    best = min(losses, key=lambda name: losses[name])
    return CrossFit(whole[best], best, losses, unseen[best])


def folds_of(sample: Sample, settings: Settings) -> Iterator[tuple[Rows, Rows]]:
    """Yield the rows to learn from and the rows left out, fold by fold; no borrower is parted."""
    how = {"n_splits": settings.folds, "shuffle": True, "random_state": settings.seed}
    rows = np.zeros(len(sample))
    if len(np.unique(sample.borrower)) == len(sample):
        yield from StratifiedKFold(**how).split(rows, sample.bad)
    else:
        yield from StratifiedGroupKFold(**how).split(rows, sample.bad, sample.borrower)


def _unseen(
    family: Family, train: Sample, test: Sample, dictionary: Dictionary, settings: Settings
) -> Mapping[str, Floats]:
    try:
        fits = family.fits(train, dictionary, settings)
    except TrainingError:
        # Weak data may leave a fold nothing to go by: then it knows its base rate and no more.
        return {}
    return {name: fit.additive.log_odds(test.columns) for name, fit in fits.items()}


def _base_log_odds(sample: Sample) -> float:
    return float(np.log((1 - sample.bad_rate) / sample.bad_rate))


def loss_of(log_odds: Floats, sample: Sample) -> float:
    """Return the mean log loss of `log_odds` (good:bad) on `sample`."""
    losses = np.logaddexp(0.0, np.where(sample.bad, log_odds, -log_odds))
    return float(np.average(losses, weights=sample.weight))


@dataclass(frozen=True)
class Refitted:
    """A family judged by `cross_fit`."""

    family: Family

    @property
    def name(self) -> str:
        """The family's name."""
        return self.family.name

    def steps(self, settings: Settings) -> int:
        """Return how often `cross_fit` calls ``step_done``."""
        return settings.folds + 1

    def cross_fit(
        self,
        sample: Sample,
        dictionary: Dictionary,
        settings: Settings,
        step_done: Callable[[], object],
    ) -> CrossFit:
        """Return the chosen fit; see `cross_fit`."""
        return cross_fit(self.family, sample, dictionary, settings, step_done)
