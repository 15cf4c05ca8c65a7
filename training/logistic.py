"""Logistic regression on weights of evidence, every coefficient with the right sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from model.dictionary import Text
from model.scorecard import Floats
from training.additive import Dropped
from training.sample import Bools


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
