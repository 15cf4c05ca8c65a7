"""Learn a card from samples: fit, calibrate, compile and evaluate."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from model.card.bins import Floats, Ints
from model.card.card_json import card_to_json
from model.card.scorecard import Card
from model.profile.dictionary import Dictionary
from training.additive import Fit
from training.binning.by_hand import refuse_unfit_bins
from training.binning.missing import fit_without_gain
from training.card.calibrate import Calibration, calibrate, fit_line, long_run_of, with_curve
from training.card.compile import compile_card, too_weak_for_points
from training.card.long_run import Unseen
from training.card.range_cap import RangeCap, with_range_cap
from training.card.whole_points import rounding_loss
from training.contest import Contest, contest, contest_steps, pairs_bought
from training.families.comparison import Comparison, HandBinsCost
from training.families.cross_fit import CrossFit
from training.families.derived_attributes import with_attributes, with_columns
from training.measures.evaluate import Evaluation, evaluate
from training.measures.paired import auc_gain, log_loss_gain
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
from training.samples.sample import Sample, joined, refuse_too_few
from training.samples.vintages import last_whole_month
from training.settings import Settings, training_digest


def steps(settings: Settings) -> int:
    """Return how often `learn` calls ``step_done``: for a progress bar."""
    contests = 1 + (settings.reject_inference != "none") + bool(settings.bins)
    return contests * contest_steps(settings) + 1


def learn(
    development: Sample,
    held_samples: Mapping[str, Sample],
    dictionary: Dictionary,
    settings: Settings,
    source: Source,
    step_done: Callable[[], object] = lambda: None,
    unobserved: Unobserved | None = None,
) -> TrainedRun:
    """Learn a card from `development`, judge it on `held_samples`, then fit it to all rows.

    The first held sample is the validation sample. The card that is judged has seen `development`
    only. With ``settings.refit`` its choices are then fitted to development and validation rows
    together, and that is the card to be served; the gates compare the two.

    With `unobserved` rows the fit is repeated on the sample that ``settings.reject_inference``
    makes of them; all measures still use observed outcomes only.

    Raises
    ------
    TrainingError
        If a sample has one class or too few bads, or no attribute can be used.
    """
    validated_on = next(iter(held_samples))
    refuse_too_few(development, settings.least_bads, "the development sample")
    refuse_too_few(held_samples[validated_on], settings.least_held_bads, "the validation sample")
    refuse_unfit_bins(settings.bins, dictionary, development)
    tried = contest(development, dictionary, settings, step_done)
    by_hand = _cost_of_hand_bins(tried, development, dictionary, settings, step_done)
    # The card names the family that made it, also when the settings left the choice open.
    settings = replace(settings, family=tried.family)
    fitted = _calibrate(tried, development, unobserved, dictionary, settings, step_done)
    derived, bins = fitted.crossed.fit.additive.derived, fitted.crossed.fit.additive.bins
    development = with_columns(development, derived, bins)
    held_samples = {n: with_columns(each, derived, bins) for n, each in held_samples.items()}
    origin = Origin(with_attributes(dictionary, derived.values()), source, settings)
    unseen = _unseen(fitted.unseen_points(settings), development, source)
    judged = _compile(fitted, fitted.crossed.fit, development, unseen, origin)
    fit, rows = _fit_to_all(fitted, development, held_samples[validated_on], settings)
    card = judged
    if rows is not development:
        held = held_samples[validated_on]
        unseen = unseen.and_also(_unseen(totals(judged, held), held, source))
        card = _compile(fitted, fit, rows, unseen, origin)
    run = TrainedRun(
        card=card,
        judged=judged,
        digest=digest_of(card),
        origin=origin,
        learned=replace(
            _learned(fitted, fit, card),
            long_run=long_run_of(unseen, card.scaling, settings),
            hand_bins=by_hand,
        ),
        samples=Samples(development, held_samples[validated_on], validated_on, rows),
        performance=_performance((card, judged), fitted, rows, development, held_samples, settings),
        comparison=Comparison(
            tried.leaderboard, pairs_bought(tried, development, judged, settings)
        ),
    )
    step_done()
    return run


def digest_of(card: Card) -> str:
    """Return the SHA-256 of the card's canonical JSON."""
    return hashlib.sha256(card_to_json(card)).hexdigest()


def totals(card: Card, sample: Sample) -> Ints:
    """Return the card's total points of every row of `sample`, shape (n,)."""
    return card.total(card.points_by_attribute(card.codes(sample.columns)))


@dataclass(frozen=True)
class _Fitted:
    """The chosen cross-fit with its calibration, after reject inference if there was any.

    Attributes
    ----------
    learned_from : Sample
        The development sample, with what reject inference added.
    """

    crossed: CrossFit
    calibration: Calibration
    learned_from: Sample
    rejects: RejectReport | None = None
    cap: RangeCap | None = None

    def unseen_points(self, settings: Settings) -> Ints:
        """Return the out-of-fold points of the development rows, shape (n,)."""
        return _points(self.calibration, self.crossed.unseen_log_odds, settings)


def _points(calibration: Calibration, log_odds: Floats, settings: Settings) -> Ints:
    calibrated = calibration.intercept + calibration.slope * log_odds
    scaled = np.rint(settings.scaling.offset + settings.scaling.factor * calibrated)
    return np.asarray(scaled, dtype=np.int64)


def _calibrate(
    tried: Contest,
    development: Sample,
    unobserved: Unobserved | None,
    dictionary: Dictionary,
    settings: Settings,
    step_done: Callable[[], object],
) -> _Fitted:
    crossed, cap = with_range_cap(tried.chosen, development, settings.most_range_share)
    calibration = calibrate(
        crossed.unseen_log_odds, development.bad, development.weight, settings.chance_errors
    )
    if unobserved is None:
        return _Fitted(crossed, calibration, development, cap=cap)

    def again(sample: Sample) -> CrossFit:
        chosen = contest(sample, dictionary, settings, step_done).chosen
        return with_range_cap(chosen, sample, settings.most_range_share)[0]

    found = refit_with_rejects(again, development, unobserved, settings, (crossed, calibration))
    return _Fitted(*found, cap=cap)


def _cost_of_hand_bins(
    tried: Contest,
    development: Sample,
    dictionary: Dictionary,
    settings: Settings,
    step_done: Callable[[], object],
) -> HandBinsCost | None:
    """Return what the bins by hand cost: the same contest is held again with automatic bins."""
    if not settings.bins:
        return None
    own = tried.chosen.unseen_log_odds
    free = contest(development, dictionary, replace(settings, bins=()), step_done)
    other = free.chosen.unseen_log_odds
    return HandBinsCost(
        tuple(name for name, _ in settings.bins),
        auc_gain(own, other, development, settings.seed),
        log_loss_gain(own, other, development, settings.seed),
    )


def _fit_to_all(
    fitted: _Fitted, development: Sample, validation: Sample, settings: Settings
) -> tuple[Fit, Sample]:
    """Return the fit to be served and the observed rows it has seen."""
    fit = fitted.crossed.fit
    if not settings.refit or fit.on is None:
        return fit, development
    seen = joined(fitted.learned_from, validation)
    return fit_without_gain(fit.on(seen), seen), joined(development, validation)


def _unseen(points: Ints, sample: Sample, source: Source) -> Unseen:
    last = last_whole_month(source.vintages)
    whole = None if last is None else sample.period <= last.astype(np.int64)
    return Unseen(points, sample.bad, sample.period, sample.weight, whole)


def _compile(fitted: _Fitted, fit: Fit, rows: Sample, unseen: Unseen, origin: Origin) -> Card:
    """Return the card of `fit` to `rows`; its PDs are those found on rows `unseen` by the fit."""
    settings = origin.settings
    card = compile_card(
        fit.additive, fitted.calibration, rows, origin.dictionary, settings,
        origin.source.name, _provenance(origin, fitted.crossed.candidate, len(rows)),
    )  # fmt: skip
    return with_curve(card, unseen, settings)


def _provenance(origin: Origin, candidate: str, rows: int) -> dict[str, str]:
    digest = {"dictionary_digest": origin.dictionary.digest}
    return {
        **origin.source.facts,
        "family": origin.settings.family,
        "candidate": candidate,
        "rows": str(rows),
        **digest,
        "training_digest": training_digest(origin.settings, {**origin.source.facts, **digest}),
    }


def _learned(fitted: _Fitted, fit: Fit, card: Card) -> Learned:
    crossed = fitted.crossed
    return Learned(
        fit=fit,
        derived=crossed.fit.additive.derived,
        candidate=crossed.candidate,
        log_loss=crossed.log_loss,
        calibration=fitted.calibration,
        dropped=(*fit.dropped, *too_weak_for_points(fit.additive, card)),
        reject_inference=fitted.rejects,
        range_cap=fitted.cap,
    )


def _performance(
    served_and_judged: tuple[Card, Card],
    fitted: _Fitted,
    rows: Sample,
    development: Sample,
    held_samples: Mapping[str, Sample],
    settings: Settings,
) -> Performance:
    """Return the judged card's measures; bins and their shares are those of the served card."""
    served, judged = served_and_judged
    validation = next(iter(held_samples.values()))
    return Performance(
        evaluations=_evaluations(judged, fitted, development, held_samples, settings),
        attribute_psi=attribute_stability(served, development.columns, validation.columns),
        points_psi=points_stability(totals(judged, development), totals(judged, validation)),
        baseline=bin_shares(served, rows.columns),
        rounding=rounding_loss(fitted.crossed.fit, fitted.calibration, judged, validation),
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
    points[UNSEEN] = _points_unseen_by_calibration(fitted, development, settings)
    return {
        name: evaluate(
            card, points[name], sample.bad, settings.resamples, settings.seed, sample.weight
        )
        for name, sample in samples.items()
    }


def _points_unseen_by_calibration(fitted: _Fitted, development: Sample, settings: Settings) -> Ints:
    """Return the out-of-fold points, each fold by the calibration of the other folds."""
    log_odds, fold = fitted.crossed.unseen_log_odds, fitted.crossed.fold
    points = np.empty(len(development), dtype=np.int64)
    for number in np.unique(fold):
        here, others = fold == number, development.take(fold != number)
        calibration = fit_line(log_odds[~here], others.bad, others.weight)
        points[here] = _points(calibration, log_odds[here], settings)
    return points
