"""Hold a declared direction in a table of values by pooling adjacent bins that break it."""

from __future__ import annotations

import numpy as np

from model.dictionary import Direction
from model.scorecard import Floats


def hold_direction(log_odds: Floats, weights: Floats, direction: Direction) -> Floats:
    """Return the closest table of log odds good:bad (by weighted squares) that keeps `direction`.

    Pool adjacent violators (Ayer et al. 1955, *Ann. Math. Stat.* 26). Rounding afterwards keeps
    the order, so whole points keep it too.

    Parameters
    ----------
    log_odds, weights : Floats
        Shape (bins,), in ascending order of the attribute's value; weights are row counts.
    direction : {"up", "down", "free"}
        How risk moves when the value rises; ``free`` returns the table as it is.
    """
    if direction == "free":
        return log_odds
    sign = -1.0 if direction == "up" else 1.0
    return sign * _pooled(sign * log_odds, weights)


def breaks_direction(log_odds: Floats, direction: Direction) -> bool:
    """Tell whether log odds good:bad, or points, break `direction` along their first axis.

    Shape (bins,) or (bins, slices), in ascending order of the attribute's value.
    """
    steps = np.diff(log_odds, axis=0)
    against = {"up": steps > 0, "down": steps < 0, "free": np.zeros(steps.shape, dtype=bool)}
    return bool(against[direction].any())


def _pooled(values: Floats, weights: Floats) -> Floats:
    """Return the closest non-falling sequence; empty bins count as next to nothing."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values, np.maximum(weights, 1e-9), strict=True):
        block = (float(value), float(weight), 1)
        while blocks and blocks[-1][0] > block[0]:
            block = _merged(blocks.pop(), block)
        blocks.append(block)
    return np.repeat([value for value, _, _ in blocks], [length for _, _, length in blocks])


def _merged(
    left: tuple[float, float, int], right: tuple[float, float, int]
) -> tuple[float, float, int]:
    weight = left[1] + right[1]
    return (left[0] * left[1] + right[0] * right[1]) / weight, weight, left[2] + right[2]
