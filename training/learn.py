"""From two samples to a card and what it is worth: fit, calibrate, compile, evaluate."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from model.card.bins import Ints
from model.card.card_json import card_to_json
from model.card.scorecard import Card
from model.profile.dictionary import Dictionary
from training.additive import Dropped, Fit
from training.card.calibrate import Calibration, calibrate, with_curve
from training.card.compile import compile_card, too_weak_for_points
from training.card.whole_points import rounding_loss
from training.contest import contest, contest_steps, learner_named, refit_steps
from training.fairness.findings import FairnessReport
from training.families.comparison import Candidate, PairsBought, PriceOfExplanation, RoundingLoss
from training.families.cross_fit import CrossFit
from training.families.derived_attributes import with_attributes, with_columns
from training.gates.verdict import GateVerdicts
from training.measures.evaluate import Evaluation, evaluate
from training.measures.stability import attribute_stability, bin_shares, points_stability
from training.reject.inference import RejectReport, refit_with_rejects
from training.reject.unobserved import Unobserved
from training.samples.sample import Sample, refuse_too_few
from training.samples.vintages import VintageRow
from training.settings import Settings, training_digest

DEVELOPMENT, UNSEEN = "development", "cross_validated"
OUT_OF_TIME, NEW_BORROWERS, HELD_OUT = "out_of_time", "out_of_time_new_borrowers", "held_out"


@dataclass(frozen=True)
class Source:
    """What a run was fed.

    Attributes
    ----------
    name : str
        The card's name.
    facts : mapping of str to str
        What the card's provenance says of the data: kind, digest, dates, target.
    vintages : tuple of VintageRow
        Counts by vintage; empty for a flat table.
    notes : tuple of str
        What was inferred or left out, for the reader.
    """

    name: str
    facts: Mapping[str, str]
    vintages: tuple[VintageRow, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainedRun:
    """A card with everything that speaks for and against it.

    Attributes
    ----------
    digest : str
        SHA-256 of the card's canonical JSON.
    validated_on : str
        Which of the evaluations is on people or times the card never saw.
    evaluations : mapping of str to Evaluation
        ``development`` (optimistic: the card saw it), ``cross_validated``, and the held samples.
    attribute_psi, points_psi
        Shift from the development to the validation sample, over the card's frozen bins.
    baseline : mapping of str to list of float
        Share of development rows by bin code, to monitor against.
    fairness : FairnessReport or None
        On the validation sample; None if it has no protected groups.
    reject_inference : RejectReport or None
        None if nobody unobserved was known.
    gates : GateVerdicts or None
        What the gates say beside the champion in use; None until they have judged.
    trained_by : str
        Who ran the training, and so may not approve the card.
    leaderboard : tuple of Candidate
        The candidates tried, out of fold.
    rounding : RoundingLoss or None
        What merging bins and whole points lost on the validation sample.
    pairs_bought : PairsBought or None
        None if the card has no pairs, or nothing without pairs was tried.
    price : PriceOfExplanation or None
        None if no challenger was fitted.
    """

    card: Card
    digest: str
    fit: Fit
    candidate: str
    log_loss: Mapping[str, float]
    calibration: Calibration
    dropped: tuple[Dropped, ...]
    development: Sample
    validation: Sample
    validated_on: str
    evaluations: Mapping[str, Evaluation]
    attribute_psi: Mapping[str, float]
    points_psi: float
    baseline: Mapping[str, list[float]]
    dictionary: Dictionary
    source: Source
    settings: Settings
    fairness: FairnessReport | None = None
    reject_inference: RejectReport | None = None
    gates: GateVerdicts | None = None
    trained_by: str = ""
    leaderboard: tuple[Candidate, ...] = ()
    rounding: RoundingLoss | None = None
    pairs_bought: PairsBought | None = None
    price: PriceOfExplanation | None = None


def steps(settings: Settings) -> int:
    """Return how often `learn` calls ``step_done``: for a progress bar."""
    again = 0 if settings.reject_inference == "none" else refit_steps(settings)
    return contest_steps(settings) + again + 1


def learn(
    development: Sample,
    held: Mapping[str, Sample],
    dictionary: Dictionary,
    settings: Settings,
    source: Source,
    step_done: Callable[[], object] = lambda: None,
    unobserved: Unobserved | None = None,
) -> TrainedRun:
    """Learn a card from `development`; evaluate it on every sample of `held`, the first foremost.

    With `unobserved` rows the fit is repeated on what ``settings.reject_inference`` makes of them;
    everything measured is measured on observed outcomes all the same.

    Raises
    ------
    TrainingError
        If a sample has one class or too few bads, or no attribute can be used.
    """
    validated_on = next(iter(held))
    refuse_too_few(development, settings.least_bads, "the development sample")
    refuse_too_few(held[validated_on], settings.least_held_bads, "the validation sample")
    tried = contest(development, dictionary, settings, step_done)
    # The card says which family made it, not that the choice was left open.
    settings, crossed = replace(settings, family=tried.family), tried.chosen
    calibration = calibrate(crossed.unseen_log_odds, development.bad, development.weight)
    rejects = None
    if unobserved is not None:
        crossed, calibration, rejects = refit_with_rejects(
            learner_named(tried.family),
            development,
            unobserved,
            dictionary,
            settings,
            (crossed, calibration),
            step_done,
        )
    derived, bins = crossed.fit.additive.derived, crossed.fit.additive.bins
    told = with_attributes(dictionary, derived.values())
    development = with_columns(development, derived, bins)
    held = {name: with_columns(each, derived, bins) for name, each in held.items()}
    card = compile_card(
        crossed.fit.additive, calibration, development, told, settings,
        source.name, _provenance(source, dictionary, settings, crossed.candidate),
    )  # fmt: skip
    card = with_curve(
        card, _unseen_points(crossed, calibration, settings), development.bad, settings
    )
    run = TrainedRun(
        card=card,
        digest=hashlib.sha256(card_to_json(card)).hexdigest(),
        fit=crossed.fit,
        candidate=crossed.candidate,
        log_loss=crossed.log_loss,
        calibration=calibration,
        dropped=(*crossed.fit.dropped, *too_weak_for_points(crossed.fit.additive, card)),
        development=development,
        validation=held[validated_on],
        validated_on=validated_on,
        evaluations=_evaluations(card, crossed, calibration, development, held, settings),
        attribute_psi=attribute_stability(card, development.columns, held[validated_on].columns),
        points_psi=points_stability(totals(card, development), totals(card, held[validated_on])),
        baseline=bin_shares(card, development.columns),
        dictionary=told,
        source=source,
        settings=settings,
        reject_inference=rejects,
        leaderboard=tried.leaderboard,
        rounding=rounding_loss(crossed.fit, calibration, card, held[validated_on]),
        pairs_bought=tried.pairs_bought,
    )
    step_done()
    return run


def totals(card: Card, sample: Sample) -> Ints:
    """Return the card's total points of every row of `sample`, shape (n,)."""
    return card.total(card.points_by_attribute(card.codes(sample.columns)))


def _evaluations(
    card: Card,
    crossed: CrossFit,
    calibration: Calibration,
    development: Sample,
    held: Mapping[str, Sample],
    settings: Settings,
) -> dict[str, Evaluation]:
    samples = {DEVELOPMENT: development, UNSEEN: development, **held}
    points = {name: totals(card, sample) for name, sample in samples.items()}
    points[UNSEEN] = _unseen_points(crossed, calibration, settings)
    return {
        name: evaluate(card, points[name], sample.bad, settings.resamples, settings.seed)
        for name, sample in samples.items()
    }


def _unseen_points(crossed: CrossFit, calibration: Calibration, settings: Settings) -> Ints:
    log_odds = calibration.intercept + calibration.slope * crossed.unseen_log_odds
    scaled = np.rint(settings.scaling.offset + settings.scaling.factor * log_odds)
    return np.asarray(scaled, dtype=np.int64)


def _provenance(
    source: Source, dictionary: Dictionary, settings: Settings, candidate: str
) -> dict[str, str]:
    return {
        **source.facts,
        "family": settings.family,
        "candidate": candidate,
        "dictionary_digest": dictionary.digest,
        "training_digest": training_digest(
            settings, {**source.facts, "dictionary_digest": dictionary.digest}
        ),
    }
