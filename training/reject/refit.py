"""A second fit on the sample that reject inference makes of the first fit's view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from model.dictionary import Dictionary
from training.calibrate import Calibration, calibrate
from training.cross_fit import CrossFit, Learner
from training.reject.findings import RejectReport
from training.reject.inference import augmented, reject_report
from training.reject.selection_model import selection_model
from training.reject.unobserved import Unobserved
from training.sample import Sample
from training.settings import Settings


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
