"""Cross-fitting: a learner fits the whole sample, and each fold's other rows; the fold judges.

A learner makes every choice (bins, pairs, derived attributes, rounds) from the rows it is given.
What it says of a fold was therefore chosen without that fold. Where one of several candidates is
taken by its loss, the candidate of a fold is the one with the least loss on the other folds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from model.card.bins import Floats, Ints
from model.errors import TrainingError
from model.profile.dictionary import Dictionary
from training.additive import Fit
from training.binning.missing import fit_without_gain
from training.measures.calibration import log_losses
from training.samples.sample import Rows, Sample
from training.settings import Family, Settings

Name = TypeVar("Name", bound=str)
#: Fits by family, then by candidate, simplest first.
Fits = Mapping[Family, Mapping[str, Fit]]


@dataclass(frozen=True)
class CrossFit:
    """A family's chosen fit on the whole sample, with its out-of-fold predictions.

    Attributes
    ----------
    candidate : str
        Name of the candidate with the least out-of-fold log loss.
    log_loss : mapping of str to float
        Out-of-fold log loss by candidate.
    unseen_log_odds : Floats
        Shape (n,): log odds good:bad of each row by fits, and by a choice of candidate, that did
        not see its borrower.
    fold : Ints
        Shape (n,): number of the fold that each row was left out in.
    """

    fit: Fit
    candidate: str
    log_loss: Mapping[str, float]
    unseen_log_odds: Floats
    fold: Ints


class Learner(Protocol):
    """A way to learn additive models from a sample; it chooses on that sample alone."""

    def fits(self, sample: Sample, dictionary: Dictionary, settings: Settings) -> Fits:
        """Return one fit per candidate.

        Raises
        ------
        TrainingError
            If no attribute of the sample can be used.
        """
        ...


def cross_fit_steps(settings: Settings) -> int:
    """Return how often `cross_fit` calls ``step_done``."""
    return settings.folds + 1


def cross_fit(
    learner: Learner,
    sample: Sample,
    dictionary: Dictionary,
    settings: Settings,
    step_done: Callable[[], object] = lambda: None,
) -> dict[Family, CrossFit]:
    """Return each family of `learner` with its fit on `sample` and its out-of-fold log odds.

    Raises
    ------
    TrainingError
        If no attribute of the sample can be used.
    """
    fits = _fits(learner, sample, dictionary, settings)
    step_done()
    fold = np.empty(len(sample), dtype=np.int64)
    unseen = {(family, name): np.zeros(len(sample)) for family, own in fits.items() for name in own}
    for number, (train, test) in enumerate(folds_of(sample, settings)):
        known, new = sample.take(train), sample.take(test)
        predicted = _predict_unseen(learner, known, new, dictionary, settings)
        fold[test] = number
        for key, log_odds in unseen.items():
            log_odds[test] = predicted.get(key, _base_log_odds(known))
        step_done()
    return {
        family: _chosen(own, {name: unseen[family, name] for name in own}, sample, fold)
        for family, own in fits.items()
    }


def _fits(learner: Learner, sample: Sample, dictionary: Dictionary, settings: Settings) -> Fits:
    """Return the learner's fits, in which a missing record is worth no more than a typical one."""
    return {
        family: {name: fit_without_gain(fit, sample) for name, fit in own.items()}
        for family, own in learner.fits(sample, dictionary, settings).items()
    }


def _predict_unseen(
    learner: Learner, train: Sample, test: Sample, dictionary: Dictionary, settings: Settings
) -> dict[tuple[Family, str], Floats]:
    try:
        fits = _fits(learner, train, dictionary, settings)
    except TrainingError:
        # In weak data a fold may have no usable attribute; its rows get the base rate.
        return {}
    return {
        (family, name): fit.additive.log_odds(test.columns)
        for family, own in fits.items()
        for name, fit in own.items()
    }


def _chosen(
    fits: Mapping[str, Fit], unseen: Mapping[str, Floats], sample: Sample, fold: Ints
) -> CrossFit:
    best, log_odds = choose(unseen, sample, fold)
    losses = {name: loss_of(each, sample) for name, each in unseen.items()}
    return CrossFit(fits[best], best, losses, log_odds, fold)


def choose(unseen: Mapping[Name, Floats], sample: Sample, fold: Ints) -> tuple[Name, Floats]:
    """Return the candidate with the least loss, and out-of-fold log odds of choosing so.

    Parameters
    ----------
    unseen : mapping of str to Floats
        By candidate, shape (n,): out-of-fold log odds. A tie goes to the earlier.

    Returns
    -------
    tuple of name and Floats
        In the log odds, the candidate of each fold is the one with the least loss on the others.
    """
    losses = {name: _losses(log_odds, sample) for name, log_odds in unseen.items()}
    log_odds = np.empty(len(sample))
    for number in np.unique(fold):
        here = fold == number
        best = min(losses, key=lambda name: losses[name][~here].sum())
        log_odds[here] = unseen[best][here]
    return min(losses, key=lambda name: losses[name].sum()), log_odds


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


def _losses(log_odds: Floats, sample: Sample) -> Floats:
    return np.asarray(sample.weights * log_losses(log_odds, sample.bad), dtype=np.float64)
