"""Reject inference within a training run: from observed to augmented sample, and the record.

What reject inference did to a training sample.

A second fit on the sample that reject inference makes of the first fit's view.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from model.card.bins import Floats
from model.errors import TrainingError
from model.profile.dictionary import Dictionary
from training.binning.evidence import counts
from training.card.calibrate import Calibration, calibrate
from training.families.cross_fit import CrossFit, Learner
from training.measures.discrimination import auc
from training.reject.methods import (
    Selection,
    fuzzy,
    parcelled,
    reweighted,
    selection_model,
)
from training.reject.unobserved import Unobserved
from training.samples.sample import Bools, Sample
from training.settings import REJECT_METHODS, Settings


@dataclass(frozen=True)
class RejectReport:
    """How the rows nobody observed entered the training.

    Attributes
    ----------
    method : str
        ``none``, ``parcelling``, ``fuzzy`` or ``ipw``.
    population : str
        In words: who the unobserved are.
    observed, unobserved : int
        Rows with and without an outcome.
    selection_auc : float
        How well scored attributes tell the booked from the others, cross-validated; 0.5: chance.
    observed_bad_rate, inferred_bad_rate : float
        Of the booked, and what the method supposes of the others (NaN for ``none``).
    effective_rows : float
        Rows of equal weight that carry as much information (Kish 1965, *Survey Sampling*).
    auc, auc_without : float
        Out-of-fold AUC on the booked, with the method and without any.
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


def augmented(
    observed: Sample,
    unobserved: Unobserved,
    log_odds: Floats,
    selection: Selection,
    settings: Settings,
) -> Sample:
    """Return the sample that method ``settings.reject_inference`` learns from.

    Parameters
    ----------
    log_odds : Floats
        Shape (unobserved,): calibrated log odds good:bad by a fit on the observed alone.

    Raises
    ------
    TrainingError
        If no method has that name.
    """
    pd = 1.0 / (1.0 + np.exp(log_odds))
    method = settings.reject_inference
    if method == "parcelling":
        return parcelled(observed, unobserved, pd, settings)
    if method == "fuzzy":
        return fuzzy(observed, unobserved, pd, settings)
    if method == "ipw":
        return reweighted(observed, selection.booked, settings)
    raise TrainingError(f"no reject inference is called {method!r}; use one of {REJECT_METHODS}")


def reject_report(
    observed: Sample,
    unobserved: Unobserved,
    selection: Selection,
    learned_from: Sample,
    unseen: tuple[Floats, Floats],
    settings: Settings,
) -> RejectReport:
    """Return the record of a run with reject inference.

    Parameters
    ----------
    learned_from : Sample
        As `augmented` returned it.
    unseen : tuple of Floats
        Out-of-fold log odds of the observed rows, with the method and without any.
    """
    added = learned_from.take(np.arange(len(observed), len(learned_from)))
    weights = learned_from.weights
    return RejectReport(
        method=settings.reject_inference,
        population=unobserved.told,
        observed=len(observed),
        unobserved=len(unobserved),
        selection_auc=selection.auc,
        observed_bad_rate=observed.bad_rate,
        inferred_bad_rate=added.bad_rate if len(added) else float("nan"),
        effective_rows=float(weights.sum() ** 2 / (weights**2).sum()),
        auc=_auc(unseen[0], observed.bad),
        auc_without=_auc(unseen[1], observed.bad),
    )


def _auc(log_odds: Floats, bad: Bools) -> float:
    distinct, place = np.unique(log_odds, return_inverse=True)
    return float(auc(*counts(place, bad, len(distinct))))


def refit_with_rejects(
    learner: Learner,
    observed: Sample,
    unobserved: Unobserved,
    dictionary: Dictionary,
    settings: Settings,
    first: tuple[CrossFit, Calibration],
    step_done: Callable[[], object],
) -> tuple[CrossFit, Calibration, RejectReport]:
    """Return the fit, its calibration on the augmented sample, and the record of it.

    Parameters
    ----------
    first : tuple
        The fit on the observed alone, and its calibration.

    Returns
    -------
    tuple
        The cross-fit's out-of-fold log odds are those of the observed rows only.
    """
    crossed, calibration = first
    log_odds = crossed.fit.additive.log_odds(unobserved.columns)
    selection = selection_model(observed, unobserved, settings)
    sample = augmented(
        observed, unobserved, calibration.intercept + calibration.slope * log_odds, selection,
        settings,
    )  # fmt: skip
    again = learner.cross_fit(sample, dictionary, settings, step_done)
    found = calibrate(again.unseen_log_odds, sample.bad, sample.weight)
    seen = replace(again, unseen_log_odds=again.unseen_log_odds[: len(observed)])
    report = reject_report(
        observed, unobserved, selection, sample,
        (seen.unseen_log_odds, crossed.unseen_log_odds), settings,
    )  # fmt: skip
    return seen, found, report
