"""What groups of rows explain beyond a model: Newton steps from its residuals, across parts.

The rows are in parts. The step of a group in one part is taken from the other parts, so that the
log likelihood it gains is gained on rows that did not set it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Floats, Ints
from training.samples.sample import Sample

Shares = NDArray[np.uint8]
#: Rows with zero residual added to each group.
_PRIOR_ROWS = 20.0


@dataclass(frozen=True)
class Residuals:
    """Residuals of log odds: gradient, curvature and part by row."""

    gradient: Floats
    curvature: Floats
    part: Ints

    @staticmethod
    def of(sample: Sample, log_odds: Floats, part: Ints) -> Residuals:
        """Return the residuals of `log_odds` (good:bad) on `sample`."""
        risk = 1 / (1 + np.exp(log_odds))
        weight = sample.weights
        return Residuals(
            weight * (sample.bad - risk), weight * np.maximum(risk * (1 - risk), 1e-6), part
        )

    def steps(self, group: Shares | Ints) -> tuple[float, Floats]:
        """Return the log likelihood gained on unseen rows, and each row's step (log odds bad)."""
        size, parts = int(group.max()) + 1, int(self.part.max()) + 1
        cell = self.part * size + group
        gradient, curvature = (
            np.bincount(cell, each, parts * size).reshape(parts, size)
            for each in (self.gradient, self.curvature)
        )
        prior = _PRIOR_ROWS * float(self.curvature.mean())
        known = curvature.sum(axis=0) - curvature + prior
        step = (gradient.sum(axis=0) - gradient) / known
        gained = float((step * gradient - step**2 * curvature / 2).sum())
        return gained, step[self.part, group]


def equal_shares(values: Floats, count: int) -> Shares:
    """Return which of `count` equal shares each value falls into; non-numbers get the last."""
    usable = np.isfinite(values)
    if not usable.any():
        return np.zeros(len(values), dtype=np.uint8)
    levels = np.arange(1, count) / count
    cuts = np.unique(np.quantile(values[usable], levels, method="higher"))
    shares = np.searchsorted(cuts, values, side="right")
    shares[~usable] = len(cuts) + 1
    return shares.astype(np.uint8)
