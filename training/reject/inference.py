"""Reject inference in a training run: a second fit on an augmented sample, and its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from model.card.bins import Floats
from model.errors import TrainingError
from training.card.calibrate import Calibration, calibrate
from training.families.cross_fit import CrossFit
from training.measures.discrimination import auc_of_scores
from training.reject.methods import (
    Selection,
    fuzzy_augment,
    parcel,
    reweight,
    selection_model,
)
from training.reject.unobserved import Unobserved
from training.samples.sample import Sample
from training.settings import REJECT_METHODS, Settings


@dataclass(frozen=True)
class RejectReport:
    """How the unobserved rows entered the training.

    Attributes
    ----------
    method : str
        ``none``, ``parcelling``, ``fuzzy`` or ``ipw``.
    population : str
        Description of the unobserved rows.
    observed, unobserved : int
        Rows with and without an outcome.
    selection_auc : float
        Cross-validated AUC of scored attributes for being booked; 0.5 is chance.
    observed_bad_rate, inferred_bad_rate : float
        Of the booked rows, and as the method infers for the others (NaN if it adds no rows).
    effective_rows : float
        Rows of equal weight with the same information (Kish 1965, *Survey Sampling*).
    auc, auc_without : float
        Out-of-fold AUC on the booked rows, with the method and without reject inference.
    """

    method: str
    population: str
    observed: int
    unobserved: int
    selection_auc: float
    observed_bad_rate: float
    inferred_bad_rate: float
    effective_rows: float
    auc: float
    auc_without: float


def refit_with_rejects(
    cross_fit: Callable[[Sample], CrossFit],
    observed: Sample,
    unobserved: Unobserved,
    settings: Settings,
    first: tuple[CrossFit, Calibration],
) -> tuple[CrossFit, Calibration, Sample, RejectReport]:
    """Fit again on the augmented sample; return the fit, its calibration, the sample, the report.

    Parameters
    ----------
    cross_fit : callable
        Fits the chosen family to a sample.
    first : tuple
        The fit on the observed rows alone, and its calibration.

    Returns
    -------
    tuple
        The out-of-fold log odds of the fit are those of the observed rows only.
    """
    crossed, calibration = first
    log_odds = crossed.fit.additive.log_odds(unobserved.columns)
    selection = selection_model(observed, unobserved, settings)
    sample = augment(
        observed, unobserved, calibration.intercept + calibration.slope * log_odds, selection,
        settings,
    )  # fmt: skip
    again = cross_fit(sample)
    recalibration = calibrate(
        again.unseen_log_odds, sample.bad, sample.weight, settings.chance_errors
    )
    rows = len(observed)
    on_observed = replace(
        again, unseen_log_odds=again.unseen_log_odds[:rows], fold=again.fold[:rows]
    )
    report = reject_report(
        observed, unobserved, selection, sample,
        (on_observed.unseen_log_odds, crossed.unseen_log_odds), settings,
    )  # fmt: skip
    return on_observed, recalibration, sample, report


def augment(
    observed: Sample,
    unobserved: Unobserved,
    log_odds: Floats,
    selection: Selection,
    settings: Settings,
) -> Sample:
    """Return the sample that the method ``settings.reject_inference`` learns from.

    Parameters
    ----------
    log_odds : Floats
        Shape (unobserved,): calibrated log odds good:bad by a fit on the observed rows alone.

    Raises
    ------
    TrainingError
        If no method has that name.
    """
    pd = 1.0 / (1.0 + np.exp(log_odds))
    method = settings.reject_inference
    if method == "parcelling":
        return parcel(observed, unobserved, pd, settings)
    if method == "fuzzy":
        return fuzzy_augment(observed, unobserved, pd, settings)
    if method == "ipw":
        return reweight(observed, selection.booked, settings)
    raise TrainingError(f"no reject inference is called {method!r}; use one of {REJECT_METHODS}")


def reject_report(
    observed: Sample,
    unobserved: Unobserved,
    selection: Selection,
    learned_from: Sample,
    unseen: tuple[Floats, Floats],
    settings: Settings,
) -> RejectReport:
    """Return the report of a run with reject inference.

    Parameters
    ----------
    learned_from : Sample
        As `augment` returns it.
    unseen : tuple of Floats
        Out-of-fold log odds of the observed rows, with the method and without any.
    """
    added = learned_from.take(np.arange(len(observed), len(learned_from)))
    weights = learned_from.weights
    return RejectReport(
        method=settings.reject_inference,
        population=unobserved.description,
        observed=len(observed),
        unobserved=len(unobserved),
        selection_auc=selection.auc,
        observed_bad_rate=observed.bad_rate,
        inferred_bad_rate=added.bad_rate if len(added) else float("nan"),
        effective_rows=float(weights.sum() ** 2 / (weights**2).sum()),
        auc=auc_of_scores(unseen[0], observed.bad),
        auc_without=auc_of_scores(unseen[1], observed.bad),
    )
