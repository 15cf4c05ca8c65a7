"""The plain scorecard: optimal bins, weights of evidence, logistic regression.

Logistic regression on weights of evidence, every coefficient with the right sign.

Which binned attributes enter the regression: strong, and not said already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from model.card.bins import Floats
from model.errors import TrainingError
from model.profile.dictionary import Dictionary, Text
from training.additive import Additive, Dropped, Fit, Shape
from training.binning.binning import Binned, bin_attribute
from training.measures.steadiness import steady
from training.samples.sample import Bools, Sample
from training.settings import Settings


@dataclass(frozen=True)
class Regression:
    """A fitted regression of bad on WoE: every coefficient is positive."""

    names: tuple[str, ...]
    coefficients: Floats
    intercept: float
    dropped: tuple[Dropped, ...]
    estimator: LogisticRegression


def fit_logistic(
    woe: Mapping[str, Floats], bad: Bools, penalty: float, weight: Floats | None = None
) -> Regression | None:
    """Fit, and drop the attribute with the most negative coefficient until none is left.

    A positive WoE is riskier, so a negative coefficient would turn the attribute's direction
    round; what remains explains it. None if no attribute survives.

    Parameters
    ----------
    woe : mapping of str to Floats
        Weights of evidence by row, each of shape (n,).
    penalty : float
        Inverse strength C of the ridge; no coefficient is exempt, so smaller is closer to zero.
    weight : Floats or None
        Shape (n,): how many rows each row stands for.
    """
    names = list(woe)
    dropped: list[Dropped] = []
    while names:
        estimator = LogisticRegression(C=penalty, solver="newton-cholesky", tol=1e-8)
        estimator.fit(np.column_stack([woe[name] for name in names]), bad, weight)
        coefficients = estimator.coef_[0]
        worst = int(np.argmin(coefficients))
        if coefficients[worst] > 0:
            intercept = float(estimator.intercept_[0])
            return Regression(tuple(names), coefficients, intercept, tuple(dropped), estimator)
        dropped.append(Dropped(names.pop(worst), _turned(coefficients[worst])))
    return None


def _turned(coefficient: float) -> Text:
    return Text(
        zh=f"与其他指标同时入模时符号反转（系数 {coefficient:.3f}）",
        en=f"its sign turns beside the others (coefficient {coefficient:.3f})",
    )


def strong_enough(
    binned: Mapping[str, Binned], settings: Settings
) -> tuple[list[str], list[Dropped]]:
    """Return the attributes whose information value suffices, strongest first, and the others."""
    ranked = sorted(binned, key=lambda name: -binned[name].iv)
    kept = [name for name in ranked if binned[name].iv >= settings.least_iv]
    dropped = [
        Dropped(name, _too_weak(binned[name].iv, settings.least_iv)) for name in ranked[len(kept) :]
    ]
    return kept, dropped


def not_said_already(
    ranked: list[str], woe: Mapping[str, Floats], settings: Settings
) -> tuple[list[str], list[Dropped]]:
    """Return the attributes no stronger one correlates with too much, and the others.

    Parameters
    ----------
    ranked : list of str
        Strongest first.
    woe : mapping of str to Floats
        Weights of evidence by row, each of shape (n,).
    """
    kept: list[str] = []
    dropped: list[Dropped] = []
    alike = _correlation([woe[name] for name in ranked])
    for row, name in enumerate(ranked):
        with_kept = {other: alike[row, ranked.index(other)] for other in kept}
        twin = next((k for k, r in with_kept.items() if r > settings.most_correlation), None)
        if twin:
            dropped.append(Dropped(name, _said_already(twin, with_kept[twin])))
        else:
            kept.append(name)
    return kept, dropped


def _correlation(rows: list[Floats]) -> Floats:
    return np.atleast_2d(np.abs(np.corrcoef(rows))) if rows else np.empty((0, 0))


def _too_weak(iv: float, least: float) -> Text:
    return Text(
        zh=f"信息值 {iv:.4f} 低于 {least}", en=f"information value {iv:.4f} is below {least}"
    )


def _said_already(twin: str, correlation: float) -> Text:
    return Text(
        zh=f"与 {twin} 重复（相关系数 {correlation:.2f}）",
        en=f"says the same as {twin} (correlation {correlation:.2f})",
    )


@dataclass(frozen=True)
class WoeEstimator:
    """What joblib keeps for analysts: the bins, their WoE and the regression over them."""

    binned: dict[str, Binned]
    names: tuple[str, ...]
    regression: LogisticRegression


class WoeFamily:
    """Binned weights of evidence with a ridge; one candidate per penalty."""

    name = "woe"

    def fits(self, sample: Sample, dictionary: Dictionary, settings: Settings) -> dict[str, Fit]:
        """Return one fit per penalty; see `training.additive.Family`."""
        binned, dropped = _binned(sample, dictionary, settings)
        strong, weak = strong_enough(binned, settings)
        bins = {name: binned[name].bins for name in strong}
        ranked, unsteady = steady(strong, bins, sample, settings)
        woe = {name: _by_row(binned[name], sample) for name in ranked}
        kept, twins = not_said_already(ranked, woe, settings)
        dropped = [*dropped, *weak, *unsteady, *twins]
        fits = {}
        for penalty in settings.penalties:
            regression = fit_logistic(
                {name: woe[name] for name in kept}, sample.bad, penalty, sample.weight
            )
            if regression is not None:
                fits[f"C={penalty:g}"] = _fit(regression, binned, dropped)
        if not fits:
            raise TrainingError(_nothing_left(dropped))
        return fits


def _binned(
    sample: Sample, dictionary: Dictionary, settings: Settings
) -> tuple[dict[str, Binned], list[Dropped]]:
    found = {
        name: bin_attribute(
            dictionary[name], sample.columns[name], sample.bad, settings, sample.weight
        )
        for name in dictionary.named("scored")
    }
    dropped = [entry for entry in found.values() if isinstance(entry, Dropped)]
    return {name: b for name, b in found.items() if isinstance(b, Binned)}, dropped


def _by_row(binned: Binned, sample: Sample) -> Floats:
    return binned.woe[binned.bins.codes(sample.columns[binned.bins.attribute])]


def _fit(regression: Regression, binned: dict[str, Binned], dropped: list[Dropped]) -> Fit:
    shapes = tuple(
        # Points reward safety, WoE measures risk.
        Shape((name,), -coefficient * binned[name].woe)
        for name, coefficient in zip(regression.names, regression.coefficients, strict=True)
    )
    kept = {name: binned[name] for name in regression.names}
    return Fit(
        Additive(-regression.intercept, {name: b.bins for name, b in kept.items()}, shapes),
        (*dropped, *regression.dropped),
        {name: b.iv for name, b in kept.items()},
        WoeEstimator(kept, regression.names, regression.estimator),
    )


def _nothing_left(dropped: list[Dropped]) -> str:
    told = "; ".join(f"{d.attribute}: {d.reason.en}" for d in dropped[:10])
    more = f"; and {len(dropped) - 10} more" if len(dropped) > 10 else ""
    return f"no attribute can be used, so there is nothing to score by ({told}{more})"
