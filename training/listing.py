"""A run as the flat names and values that a tracking server lists and compares."""

from __future__ import annotations

import importlib.metadata
import re

from training.learn import TrainedRun


def listed_parameters(run: TrainedRun) -> dict[str, str]:
    """Return the settings, what was chosen, and the versions of the libraries that learned."""
    settings = {name: str(value) for name, value in run.settings.as_parameters().items()}
    made = {"candidate": run.candidate, "attributes": str(len(run.card.attributes))}
    versions = {
        f"version_{name}": importlib.metadata.version(name)
        for name in ("numpy", "scikit-learn", "optbinning", "ortools", "lightgbm", "interpret-core")
    }
    return {**settings, **made, **versions}


def listed_metrics(run: TrainedRun) -> dict[str, float]:
    """Return every measure with its interval, by sample, and every shift; slashes group them."""
    measured = {
        f"{sample}/{name}{suffix}": value
        for sample, found in run.evaluations.items()
        for name, m in found.measures.items()
        for suffix, value in (("", m.value), ("_low", m.low), ("_high", m.high))
    }
    shifted = {f"psi/{_plain(name)}": value for name, value in run.attribute_psi.items()}
    losses = {f"log_loss/{_plain(name)}": value for name, value in run.log_loss.items()}
    return {**measured, **shifted, **losses, **_compared(run), "psi/points": run.points_psi}


def _compared(run: TrainedRun) -> dict[str, float]:
    found: dict[str, float] = {}
    if run.rounding:
        found |= {"rounding/auc_lost": run.rounding.auc, "rounding/brier_added": run.rounding.brier}
    if run.pairs_bought:
        bought = run.pairs_bought
        found |= {"pairs/auc_gained": bought.auc, "pairs/brier_added": bought.brier}
    if run.price:
        found |= {"price/auc_lost": run.price.auc, "price/brier_added": run.price.brier}
    return found


def _plain(name: str) -> str:
    # MLflow takes letters, digits and a few signs in a metric's name.
    return re.sub(r"[^\w.\- /]", "_", name)
