"""The contest of families: choose the best candidate, and compare it with challengers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from model.card.bins import Floats
from model.errors import TrainingError
from model.profile.dictionary import Dictionary
from training.families.boosted.family import PAIRS, SINGLE, BoostedFamily
from training.families.challengers import CHALLENGERS, Matrix
from training.families.comparison import Candidate, PairsBought, PriceOfExplanation
from training.families.cross_fit import CrossFit, Learner, RefitLearner, folds_of, loss_of
from training.families.ebm import EbmFamily
from training.families.woe import WoeFamily
from training.measures.discrimination import auc_of_scores
from training.samples.sample import Sample
from training.settings import FAMILIES, Family, Settings

_LEARNERS: dict[Family, Callable[[], Learner]] = {
    "woe": lambda: RefitLearner(WoeFamily()),
    SINGLE: lambda: BoostedFamily(SINGLE),
    PAIRS: lambda: BoostedFamily(PAIRS),
    "ebm": lambda: RefitLearner(EbmFamily()),
}
#: What ``auto`` tries, simplest first: a tie goes to the simpler.
_AUTO: tuple[Family, ...] = ("woe", SINGLE, PAIRS)
#: One size of tree each: the price needs few digits, and training waits for it.
_SIZES = (8,)


@dataclass(frozen=True)
class Contest:
    """The chosen fit, and all candidates in the order of trial."""

    family: Family
    chosen: CrossFit
    leaderboard: tuple[Candidate, ...]

    @property
    def pairs_bought(self) -> PairsBought | None:
        """Gain over the best candidate without pairs; None if either was not tried."""
        pairs = sum(len(shape.attributes) == 2 for shape in self.chosen.fit.additive.shapes)
        singles = [c for c in self.leaderboard if c.family in ("woe", SINGLE)]
        if not pairs or not singles:
            return None
        best = min(singles, key=lambda c: c.log_loss)
        own = next(c for c in self.leaderboard if c.family == self.family)
        return PairsBought(
            pairs, best, own.auc - best.auc, own.log_loss - best.log_loss, own.brier - best.brier
        )


def contest(
    sample: Sample,
    dictionary: Dictionary,
    settings: Settings,
    step_done: Callable[[], object],
) -> Contest:
    """Fit the family of `settings`, or all of ``auto``; choose by out-of-fold log loss.

    Raises
    ------
    TrainingError
        If no family has that name, or none finds a usable attribute.
    """
    fits: list[tuple[Family, CrossFit]] = []
    rows: list[Candidate] = []
    errors: list[TrainingError] = []
    for name in _names(settings.family):
        learner = _LEARNERS[name]()
        began = time.process_time()
        try:
            crossed = learner.cross_fit(sample, dictionary, settings, step_done)
        except TrainingError as error:
            errors.append(error)
            continue
        fits.append((name, crossed))
        spent = time.process_time() - began
        rows.append(candidate(name, name, crossed.unseen_log_odds, sample, spent,
                              crossed.candidate))  # fmt: skip
    if not fits:
        raise errors[0]
    best = min(range(len(fits)), key=lambda row: rows[row].log_loss)
    return Contest(*fits[best], tuple(rows))


def contest_steps(settings: Settings) -> int:
    """Return how often `contest` calls ``step_done``."""
    return sum(learner.steps(settings) for learner in _learners(settings.family))


def refit_steps(settings: Settings) -> int:
    """Return how often the chosen family's second fit calls ``step_done``, at most."""
    return max(learner.steps(settings) for learner in _learners(settings.family))


def learner_named(name: Family) -> Learner:
    """Return the family called `name`, other than ``auto``."""
    return _LEARNERS[name]()


def _learners(family: Family) -> Sequence[Learner]:
    return [_LEARNERS[name]() for name in _names(family)]


def _names(family: Family) -> Sequence[Family]:
    names = _AUTO if family == "auto" else (family,)
    if not set(names) <= set(_LEARNERS):
        raise TrainingError(f"no family is called {family!r}; use one of {', '.join(FAMILIES)}")
    return names


def candidate(
    name: str, family: str, log_odds: Floats, sample: Sample, seconds: float, note: str = ""
) -> Candidate:
    """Return the row of the leaderboard for out-of-fold `log_odds` (good:bad) of `sample`."""
    pd, weight = 1 / (1 + np.exp(log_odds)), sample.weight
    return Candidate(
        name=name,
        family=family,
        auc=auc_of_scores(log_odds, sample.bad, weight),
        log_loss=loss_of(log_odds, sample),
        brier=float(np.average((pd - sample.bad) ** 2, weights=weight)),
        seconds=seconds,
        note=note,
    )


def price_of_explanation(
    chosen: Candidate, sample: Sample, dictionary: Dictionary, settings: Settings
) -> PriceOfExplanation:
    """Return the gain of the best challenger over `chosen`, both out of fold on `sample`."""
    rows = tuple(_cross_fit_challenger(name, sample, dictionary, settings) for name in CHALLENGERS)
    auc, brier = max(row.auc for row in rows), min(row.brier for row in rows)
    return PriceOfExplanation(rows, auc - chosen.auc, chosen.brier - brier)


def _cross_fit_challenger(
    name: str, sample: Sample, dictionary: Dictionary, settings: Settings
) -> Candidate:
    began = time.process_time()
    pd = np.empty(len(sample))
    for train, test in folds_of(sample, settings):
        known, new = sample.take(train), sample.take(test)
        matrix = Matrix.of(known, dictionary)
        predict = CHALLENGERS[name](
            matrix.values(known.columns), known.bad, matrix, settings.seed, _SIZES
        )
        pd[test] = np.clip(predict(matrix.values(new.columns)), 1e-6, 1 - 1e-6)
    spent = time.process_time() - began
    return candidate(name, name, np.log((1 - pd) / pd), sample, spent, "never served")
