"""The contest of families: choose the best candidate, and compare it with challengers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.card.bins import Floats
from model.card.scorecard import Card
from model.errors import TrainingError
from model.profile.dictionary import Dictionary, Text
from training.additive import NO_NOTE
from training.families.blend import BLEND, blend
from training.families.boosted.family import PAIRS, SINGLE, BoostedLearner
from training.families.challengers import CHALLENGERS, Matrix
from training.families.comparison import Candidate, PairsBought, PriceOfExplanation
from training.families.cross_fit import (
    CrossFit,
    Learner,
    choose,
    cross_fit,
    cross_fit_steps,
    folds_of,
    loss_of,
)
from training.families.woe import WoeLearner
from training.measures.discrimination import auc_of_scores
from training.measures.paired import auc_gain, brier_gain, log_loss_gain
from training.samples.sample import Sample
from training.settings import FAMILIES, Family, Settings

_LEARNERS: Mapping[Family, Callable[[], Sequence[Learner]]] = {
    "woe": lambda: [WoeLearner()],
    SINGLE: lambda: [BoostedLearner(SINGLE)],
    PAIRS: lambda: [BoostedLearner(PAIRS)],
    BLEND: lambda: [WoeLearner(), BoostedLearner()],
    "auto": lambda: [WoeLearner(), BoostedLearner()],
}
#: One size of tree each: the price needs few digits, and training waits for it.
CHALLENGER_SIZES = (8,)
_NEVER_SERVED = Text("从不用于决策", "never served")


@dataclass(frozen=True)
class Contest:
    """The chosen fit, and all candidates in the order of trial, simplest first."""

    family: Family
    chosen: CrossFit
    tried: Mapping[Family, CrossFit]
    leaderboard: tuple[Candidate, ...]


def contest(
    sample: Sample,
    dictionary: Dictionary,
    settings: Settings,
    step_done: Callable[[], object] = lambda: None,
) -> Contest:
    """Fit the family of `settings`, or all of ``auto``; choose by out-of-fold log loss.

    Raises
    ------
    TrainingError
        If no family has that name, or none finds a usable attribute.
    """
    tried, seconds, errors = dict[Family, CrossFit](), dict[Family, float](), []
    started = time.process_time()
    for learner in _learners(settings.family):
        began = time.process_time()
        try:
            crossed = cross_fit(learner, sample, dictionary, settings, step_done)
        except TrainingError as error:
            errors.append(error)
            continue
        tried |= crossed
        seconds |= dict.fromkeys(crossed, time.process_time() - began)
    if not tried:
        raise errors[0]
    if settings.family in ("auto", BLEND) and (mixed := blend(tried, sample, settings)):
        tried[BLEND], seconds[BLEND] = mixed, time.process_time() - started
    rows = [
        candidate(name, name, each.unseen_log_odds, sample, seconds[name], each.fit.note)
        for name, each in tried.items()
    ]
    family, chosen = _winner(tried, sample, settings)
    return Contest(family, chosen, tried, tuple(rows))


def _winner(
    tried: Mapping[Family, CrossFit], sample: Sample, settings: Settings
) -> tuple[Family, CrossFit]:
    if settings.family == BLEND and BLEND in tried:
        return BLEND, tried[BLEND]
    unseen = {name: each.unseen_log_odds for name, each in tried.items()}
    best, log_odds = choose(unseen, sample, next(iter(tried.values())).fold)
    return best, replace(tried[best], unseen_log_odds=log_odds)


def pairs_bought(
    contest: Contest, sample: Sample, card: Card, settings: Settings
) -> PairsBought | None:
    """Return what the pairs of `card` add to the best candidate without pairs.

    None if the card has no pairs, or no candidate without pairs was tried.
    """
    has_pairs = any(len(term.attributes) == 2 for term in card.terms)
    singles = [row for row in contest.leaderboard if row.family in ("woe", SINGLE)]
    if not has_pairs or not singles or contest.family in ("woe", SINGLE):
        return None
    best = min(singles, key=lambda row: row.log_loss)
    other = next(each for name, each in contest.tried.items() if name == best.family)
    odds = contest.tried[contest.family].unseen_log_odds, other.unseen_log_odds
    return PairsBought(
        best,
        auc_gain(*odds, sample, settings.seed),
        log_loss_gain(*odds, sample, settings.seed),
        brier_gain(*odds, sample, settings.seed),
    )


def contest_steps(settings: Settings) -> int:
    """Return how often `contest` calls ``step_done``."""
    return len(_learners(settings.family)) * cross_fit_steps(settings)


def _learners(family: Family) -> Sequence[Learner]:
    # The name of a family that was measured against `boosted` and left (docs/evidence/models.md).
    family = PAIRS if family == "ebm" else family
    if family not in _LEARNERS:
        raise TrainingError(f"no family is called {family!r}; use one of {', '.join(FAMILIES)}")
    return _LEARNERS[family]()


def candidate(
    name: str, family: str, log_odds: Floats, sample: Sample, seconds: float, note: Text = NO_NOTE
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
            matrix.values(known.columns), known.bad, matrix, settings.seed, CHALLENGER_SIZES
        )
        pd[test] = np.clip(predict(matrix.values(new.columns)), 1e-6, 1 - 1e-6)
    spent = time.process_time() - began
    return candidate(name, name, np.log((1 - pd) / pd), sample, spent, _NEVER_SERVED)
