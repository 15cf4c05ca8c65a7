"""The plain scorecard: optimal bins, weights of evidence, logistic regression.

Strong, stable and uncorrelated attributes enter the regression, each with the right sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from sklearn.linear_model import LogisticRegression

from model.card.bins import Floats
from model.profile.dictionary import Dictionary, Text
from training.additive import Additive, Dropped, Fit, Shape, no_usable_attribute
from training.binning.binning import Binned, bin_attribute
from training.binning.missing import shape_without_gain
from training.families.cross_fit import Fits
from training.measures.stability import drop_unstable
from training.samples.sample import Bools, Sample
from training.settings import Settings

_ONLY_MISSING = Text(
    zh="只有缺失才降低风险，而缺失不得加分",
    en="only where it is missing is risk lower, and missing earns no points",
)


@dataclass(frozen=True)
class WoeEstimator:
    """The estimator stored for analysts: the bins, their WoE and the regression."""

    binned: dict[str, Binned]
    names: tuple[str, ...]
    regression: LogisticRegression


class WoeLearner:
    """Binned weights of evidence with a ridge; one candidate per penalty."""

    def fits(self, sample: Sample, dictionary: Dictionary, settings: Settings) -> Fits:
        """Return one fit per penalty; see `training.families.cross_fit`."""
        return {"woe": _fits(sample, dictionary, settings)}


def _fits(sample: Sample, dictionary: Dictionary, settings: Settings) -> dict[str, Fit]:
    """Return the fit of every penalty that leaves an attribute in."""
    binned, dropped = _bin_attributes(sample, dictionary, settings)
    strong, weak = drop_weak(binned, settings)
    bins = {name: binned[name].bins for name in strong}
    ranked, unstable = drop_unstable(strong, bins, sample, settings)
    woe = {name: _by_row(binned[name], sample) for name in ranked}
    names, correlated = drop_correlated(ranked, woe, settings)
    dropped = [*dropped, *weak, *unstable, *correlated]
    fits = {}
    for penalty in settings.penalties:
        regression = fit_logistic(
            {name: woe[name] for name in names}, sample.bad, penalty, sample.weight
        )
        if regression is not None:
            fits[f"C={penalty:g}"] = _fit(regression, binned, dropped, dictionary, settings)
    if not fits:
        raise no_usable_attribute(dropped)
    return fits


def _bin_attributes(
    sample: Sample, dictionary: Dictionary, settings: Settings
) -> tuple[dict[str, Binned], list[Dropped]]:
    results = {
        name: bin_attribute(
            dictionary[name], sample.columns[name], sample.bad, settings, sample.weight
        )
        for name in dictionary.named("scored")
    }
    held = [
        each if isinstance(each, Dropped) else _without_gain(each, sample)
        for each in results.values()
    ]
    dropped = [each for each in held if isinstance(each, Dropped)]
    return {each.bins.attribute: each for each in held if isinstance(each, Binned)}, dropped


def _without_gain(binned: Binned, sample: Sample) -> Binned | Dropped:
    """Return `binned` with missing no safer than the typical value, as the card will have it.

    Dropped if nothing else told rows apart.
    """
    bins, name = binned.bins, binned.bins.attribute
    codes = bins.codes(sample.columns[name])
    worth = Shape((name,), -binned.woe)
    held = shape_without_gain(worth, {name: bins}, {name: codes}, sample.weights)
    if not np.ptp(held.log_odds[codes]):
        return Dropped(name, _ONLY_MISSING)
    return replace(binned, woe=-held.log_odds)


def _by_row(binned: Binned, sample: Sample) -> Floats:
    return binned.woe[binned.bins.codes(sample.columns[binned.bins.attribute])]


def _fit(
    regression: Regression,
    binned: dict[str, Binned],
    dropped: list[Dropped],
    dictionary: Dictionary,
    settings: Settings,
) -> Fit:
    shapes = tuple(
        # Points measure safety, WoE measures risk.
        Shape((name,), -coefficient * binned[name].woe)
        for name, coefficient in zip(regression.names, regression.coefficients, strict=True)
    )
    entered = {name: binned[name] for name in regression.names}
    penalty = regression.estimator.C
    return Fit(
        Additive(-regression.intercept, {name: b.bins for name, b in entered.items()}, shapes),
        (*dropped, *regression.dropped),
        {name: b.iv for name, b in entered.items()},
        WoeEstimator(entered, regression.names, regression.estimator),
        note=Text(f"C={penalty:g}", f"C={penalty:g}"),
        on=lambda sample: _on(sample, regression, dropped, dictionary, settings),
    )


def _on(
    sample: Sample,
    chosen: Regression,
    dropped: list[Dropped],
    dictionary: Dictionary,
    settings: Settings,
) -> Fit:
    """Return the fit of the same attributes and penalty to `sample`, with bins of its own."""
    only = Dictionary({name: dictionary[name] for name in chosen.names}, dictionary.digest)
    binned, lost = _bin_attributes(sample, only, settings)
    woe = {name: _by_row(own, sample) for name, own in binned.items()}
    regression = fit_logistic(woe, sample.bad, chosen.estimator.C, sample.weight)
    if regression is None:
        raise no_usable_attribute([*dropped, *lost])
    return _fit(regression, binned, [*dropped, *lost], dictionary, settings)


def drop_weak(binned: Mapping[str, Binned], settings: Settings) -> tuple[list[str], list[Dropped]]:
    """Return the attributes with enough information value, strongest first, and the others."""
    ranked = sorted(binned, key=lambda name: -binned[name].iv)
    strong = [name for name in ranked if binned[name].iv >= settings.least_iv]
    dropped = [
        Dropped(name, _too_weak(binned[name].iv, settings.least_iv))
        for name in ranked[len(strong) :]
    ]
    return strong, dropped


def _too_weak(iv: float, least: float) -> Text:
    return Text(
        zh=f"信息值 {iv:.4f} 低于 {least}", en=f"information value {iv:.4f} is below {least}"
    )


def drop_correlated(
    ranked: list[str], woe: Mapping[str, Floats], settings: Settings
) -> tuple[list[str], list[Dropped]]:
    """Return the attributes without a strong correlation to a stronger one, and the others.

    Parameters
    ----------
    ranked : list of str
        Strongest first.
    woe : mapping of str to Floats
        Weights of evidence by row, each of shape (n,).
    """
    kept: list[str] = []
    dropped: list[Dropped] = []
    correlation = _correlation([woe[name] for name in ranked])
    for row, name in enumerate(ranked):
        to_kept = {other: correlation[row, ranked.index(other)] for other in kept}
        twin = next((k for k, r in to_kept.items() if r > settings.most_correlation), None)
        if twin:
            dropped.append(Dropped(name, _correlates(twin, to_kept[twin])))
        else:
            kept.append(name)
    return kept, dropped


def _correlation(rows: list[Floats]) -> Floats:
    return np.atleast_2d(np.abs(np.corrcoef(rows))) if rows else np.empty((0, 0))


def _correlates(twin: str, correlation: float) -> Text:
    return Text(
        zh=f"与 {twin} 重复（相关系数 {correlation:.2f}）",
        en=f"says the same as {twin} (correlation {correlation:.2f})",
    )


@dataclass(frozen=True)
class Regression:
    """A fitted regression of bad on WoE, with positive coefficients only."""

    names: tuple[str, ...]
    coefficients: Floats
    intercept: float
    dropped: tuple[Dropped, ...]
    estimator: LogisticRegression


def fit_logistic(
    woe: Mapping[str, Floats], bad: Bools, penalty: float, weight: Floats | None = None
) -> Regression | None:
    """Fit, and drop the attribute with the most negative coefficient until all are positive.

    A positive WoE is riskier, so a negative coefficient would reverse the attribute's direction.
    Returns None if no attribute is left.

    Parameters
    ----------
    woe : mapping of str to Floats
        Weights of evidence by row, each of shape (n,).
    penalty : float
        Inverse strength C of the ridge, which applies to every coefficient.
    weight : Floats or None
        Shape (n,): how many rows each row represents.
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
        dropped.append(Dropped(names.pop(worst), _wrong_sign(coefficients[worst])))
    return None


def _wrong_sign(coefficient: float) -> Text:
    return Text(
        zh=f"与其他指标同时入模时符号反转（系数 {coefficient:.3f}）",
        en=f"its sign turns beside the others (coefficient {coefficient:.3f})",
    )
