"""Reject inference within a training run: from observed to augmented sample, and the record."""

from __future__ import annotations

import numpy as np

from model.errors import TrainingError
from model.scorecard import Floats
from training.discrimination import auc
from training.reject.findings import RejectReport
from training.reject.methods import METHODS, fuzzy, parcelled, reweighted
from training.reject.selection_model import Selection
from training.reject.unobserved import Unobserved
from training.sample import Bools, Sample
from training.settings import Settings
from training.woe import counts


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
    raise TrainingError(f"no reject inference is called {method!r}; use one of {METHODS}")


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
