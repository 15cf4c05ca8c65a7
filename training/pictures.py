"""Every picture of a run, by file name."""

from __future__ import annotations

from training.bin_table import bin_rows
from training.learn import DEVELOPMENT, UNSEEN, TrainedRun
from training.plots import bins_plot, calibration_plot, ks_plot, points_plot, roc_plot


def run_pictures(run: TrainedRun) -> dict[str, str]:
    """Return the run's plots as SVG: discrimination, calibration, points."""
    held = run.evaluations[run.validated_on]
    name = run.validated_on.replace("_", " ")
    seen = {name: held, "cross-validated": run.evaluations[UNSEEN]}
    return {
        "roc": roc_plot({**seen, "development (seen)": run.evaluations[DEVELOPMENT]}),
        "ks": ks_plot(held),
        "calibration": calibration_plot(run.card, seen),
        "points": points_plot(held),
    }


def bin_pictures(run: TrainedRun) -> dict[str, str]:
    """Return one SVG per attribute of the card: WoE, points and shares by bin."""
    singles = (term for term in run.card.terms if len(term.attributes) == 1)
    return {
        term.attributes[0]: bins_plot(
            bin_rows(run.card, term, run.development, run.validation, run.settings.prior_rows)
        )
        for term in singles
    }
