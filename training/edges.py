"""Cut points that can be printed: the roundest number between two neighbouring values."""

from __future__ import annotations

import numpy as np

from model.scorecard import Floats


def tidy_edges(splits: Floats, values: Floats) -> tuple[float, ...]:
    """Return each split moved to the roundest number that parts `values` alike.

    Parameters
    ----------
    splits : Floats
        Ascending cut points; a value equal to one belongs above it.
    values : Floats
        The finite values the splits were found on, shape (n,).
    """
    ordered = np.unique(values)
    above = np.searchsorted(ordered, splits, side="left")
    inside = sorted({int(row) for row in above if 0 < row < len(ordered)})
    return tuple(_roundest(float(ordered[row - 1]), float(ordered[row])) for row in inside)


def _roundest(below: float, above: float) -> float:
    """Return the number in (below, above] with the fewest decimals."""
    for places in range(-9, 16):
        scale = 10.0**places
        candidate = float(np.floor(above * scale) / scale)
        if below < candidate <= above:
            return candidate
    return above
