"""Cross-fitting: learners fit on the whole sample and on folds, with out-of-fold log odds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from model.card.bins import Floats
from model.errors import TrainingError
from model.profile.dictionary import Dictionary
from training.additive import Fit
from training.measures.calibration import log_losses
from training.samples.sample import Rows, Sample
from training.settings import Settings


@dataclass(frozen=True)
class CrossFit:
    """The chosen fit on the whole sample, with its out-of-fold predictions.

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
    """A way to learn a card, with out-of-fold log odds."""

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


class Family(Protocol):
    """A family of models whose candidates are judged by refitting them on folds."""

    def fits(self, sample: Sample, dictionary: Dictionary, settings: Settings) -> dict[str, Fit]:
        """Return one fit per candidate of the family, by the candidate's name, simplest first.

        Raises
        ------
        TrainingError
            If no attribute of the sample can be used.
        """
        ...


@dataclass(frozen=True)
class RefitLearner:
    """The learner of a `Family`: it refits the family on every fold."""

    family: Family

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
        """Fit on the whole sample and on every fold; return the candidate with the least loss."""
        fits = self.family.fits(sample, dictionary, settings)
        step_done()
        unseen = {name: np.zeros(len(sample)) for name in fits}
        for train, test in folds_of(sample, settings):
            known, new = sample.take(train), sample.take(test)
            predicted = self._predict_unseen(known, new, dictionary, settings)
            for name in unseen:
                unseen[name][test] = predicted.get(name, _base_log_odds(known))
            step_done()
        losses = {name: loss_of(odds, sample) for name, odds in unseen.items()}
        best = min(losses, key=lambda name: losses[name])
        return CrossFit(fits[best], best, losses, unseen[best])

    def _predict_unseen(
        self, train: Sample, test: Sample, dictionary: Dictionary, settings: Settings
    ) -> Mapping[str, Floats]:
        try:
            fits = self.family.fits(train, dictionary, settings)
        except TrainingError:
            # In weak data a fold may have no usable attribute; its rows get the base rate.
            return {}
        return {name: fit.additive.log_odds(test.columns) for name, fit in fits.items()}


def folds_of(sample: Sample, settings: Settings) -> Iterator[tuple[Rows, Rows]]:
    """Yield the rows to learn from and the rows left out, by fold; a borrower is in one fold."""
    options = {"n_splits": settings.folds, "shuffle": True, "random_state": settings.seed}
    rows = np.zeros(len(sample))
    if len(np.unique(sample.borrower)) == len(sample):
        yield from StratifiedKFold(**options).split(rows, sample.bad)
    else:
        yield from StratifiedGroupKFold(**options).split(rows, sample.bad, sample.borrower)


def _base_log_odds(sample: Sample) -> float:
    return float(np.log((1 - sample.bad_rate) / sample.bad_rate))


def loss_of(log_odds: Floats, sample: Sample) -> float:
    """Return the mean log loss of `log_odds` (good:bad) on `sample`."""
    return float(np.average(log_losses(log_odds, sample.bad), weights=sample.weight))
