"""Learn a card from samples: fit, calibrate, compile and evaluate."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from model.card.bins import Ints
from model.card.card_json import card_to_json
from model.card.scorecard import Card
from model.profile.dictionary import Dictionary
from training.card.calibrate import Calibration, calibrate, with_curve
from training.card.compile import compile_card, too_weak_for_points
from training.card.whole_points import rounding_loss
from training.contest import Contest, contest, contest_steps, learner_named, refit_steps
from training.families.comparison import Comparison
from training.families.cross_fit import CrossFit
from training.families.derived_attributes import with_attributes, with_columns
from training.measures.evaluate import Evaluation, evaluate
from training.measures.stability import attribute_stability, bin_shares, points_stability
from training.reject.inference import RejectReport, refit_with_rejects
from training.reject.unobserved import Unobserved
from training.run import (
    DEVELOPMENT,
    UNSEEN,
    Learned,
    Origin,
    Performance,
    Samples,
    Source,
    TrainedRun,
)
from training.samples.sample import Sample, refuse_too_few
from training.settings import Settings, training_digest


def steps(settings: Settings) -> int:
    """Return how often `learn` calls ``step_done``: for a progress bar."""
    again = 0 if settings.reject_inference == "none" else refit_steps(settings)
    return contest_steps(settings) + again + 1


def learn(
    development: Sample,
    held_samples: Mapping[str, Sample],
    dictionary: Dictionary,
    settings: Settings,
    source: Source,
    step_done: Callable[[], object] = lambda: None,
    unobserved: Unobserved | None = None,
) -> TrainedRun:
    """Learn a card from `development`; evaluate it on each of `held_samples`.

    The first held sample is the validation sample. With `unobserved` rows the fit is repeated on
    the sample that ``settings.reject_inference`` makes of them; all measures still use observed
    outcomes only.

    Raises
    ------
    TrainingError
        If a sample has one class or too few bads, or no attribute can be used.
    """
    validated_on = next(iter(held_samples))
    refuse_too_few(development, settings.least_bads, "the development sample")
    refuse_too_few(held_samples[validated_on], settings.least_held_bads, "the validation sample")
    tried = contest(development, dictionary, settings, step_done)
    # The card names the family that made it, also when the settings left the choice open.
    settings = replace(settings, family=tried.family)
    fitted = _calibrate(tried, development, unobserved, dictionary, settings, step_done)
    derived, bins = fitted.crossed.fit.additive.derived, fitted.crossed.fit.additive.bins
    development = with_columns(development, derived, bins)
    held_samples = {n: with_columns(each, derived, bins) for n, each in held_samples.items()}
    origin = Origin(with_attributes(dictionary, derived.values()), source, settings)
    card = _compile(fitted, development, origin)
    run = TrainedRun(
        card=card,
        digest=hashlib.sha256(card_to_json(card)).hexdigest(),
        origin=origin,
        learned=_learned(fitted, card),
        samples=Samples(development, held_samples[validated_on], validated_on),
        performance=_performance(card, fitted, development, held_samples, settings),
        comparison=Comparison(tried.leaderboard, tried.pairs_bought),
    )
    step_done()
    return run


def totals(card: Card, sample: Sample) -> Ints:
    """Return the card's total points of every row of `sample`, shape (n,)."""
    return card.total(card.points_by_attribute(card.codes(sample.columns)))


@dataclass(frozen=True)
class _Fitted:
    """The chosen cross-fit with its calibration, after reject inference if there was any."""

    crossed: CrossFit
    calibration: Calibration
    rejects: RejectReport | None = None

    def unseen_points(self, settings: Settings) -> Ints:
        """Return the out-of-fold points of the development rows, shape (n,)."""
        log_odds = (
            self.calibration.intercept + self.calibration.slope * self.crossed.unseen_log_odds
        )
        scaled = np.rint(settings.scaling.offset + settings.scaling.factor * log_odds)
        return np.asarray(scaled, dtype=np.int64)


def _calibrate(
    tried: Contest,
    development: Sample,
    unobserved: Unobserved | None,
    dictionary: Dictionary,
    settings: Settings,
    step_done: Callable[[], object],
) -> _Fitted:
    crossed = tried.chosen
    calibration = calibrate(
        crossed.unseen_log_odds, development.bad, development.weight, settings.chance_errors
    )
    if unobserved is None:
        return _Fitted(crossed, calibration)
    return _Fitted(
        *refit_with_rejects(
            learner_named(tried.family), development, unobserved, dictionary, settings,
            (crossed, calibration), step_done,
        )
    )  # fmt: skip


def _compile(fitted: _Fitted, development: Sample, origin: Origin) -> Card:
    crossed, settings = fitted.crossed, origin.settings
    card = compile_card(
        crossed.fit.additive, fitted.calibration, development, origin.dictionary, settings,
        origin.source.name, _provenance(origin, crossed.candidate),
    )  # fmt: skip
    return with_curve(card, fitted.unseen_points(settings), development.bad, settings)


def _provenance(origin: Origin, candidate: str) -> dict[str, str]:
    digest = {"dictionary_digest": origin.dictionary.digest}
    return {
        **origin.source.facts,
        "family": origin.settings.family,
        "candidate": candidate,
        **digest,
        "training_digest": training_digest(origin.settings, {**origin.source.facts, **digest}),
    }


def _learned(fitted: _Fitted, card: Card) -> Learned:
    crossed = fitted.crossed
    return Learned(
        fit=crossed.fit,
        candidate=crossed.candidate,
        log_loss=crossed.log_loss,
        calibration=fitted.calibration,
        dropped=(*crossed.fit.dropped, *too_weak_for_points(crossed.fit.additive, card)),
        reject_inference=fitted.rejects,
    )


def _performance(
    card: Card,
    fitted: _Fitted,
    development: Sample,
    held_samples: Mapping[str, Sample],
    settings: Settings,
) -> Performance:
    validation = next(iter(held_samples.values()))
    return Performance(
        evaluations=_evaluations(card, fitted, development, held_samples, settings),
        attribute_psi=attribute_stability(card, development.columns, validation.columns),
        points_psi=points_stability(totals(card, development), totals(card, validation)),
        baseline=bin_shares(card, development.columns),
        rounding=rounding_loss(fitted.crossed.fit, fitted.calibration, card, validation),
    )


def _evaluations(
    card: Card,
    fitted: _Fitted,
    development: Sample,
    held_samples: Mapping[str, Sample],
    settings: Settings,
) -> dict[str, Evaluation]:
    samples = {DEVELOPMENT: development, UNSEEN: development, **held_samples}
    points = {name: totals(card, sample) for name, sample in samples.items()}
    points[UNSEEN] = fitted.unseen_points(settings)
    return {
        name: evaluate(card, points[name], sample.bad, settings.resamples, settings.seed)
        for name, sample in samples.items()
    }
