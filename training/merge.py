"""Fewer bins where rounding made neighbours equal: the card scores the same and is shorter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model.scorecard import Bins, Ints


def merge_equal(bins: Bins, points: Ints) -> tuple[Bins, Ints]:
    """Return `bins` with neighbours of equal `points` made one, and their points.

    Parameters
    ----------
    points : Ints
        Shape (size,), by bin code. Groups of spellings have no order: equal ones merge wherever
        they stand. The missing and out-of-range bins stay bins of their own.
    """
    ordinary, special = points[: bins.ordinary], points[bins.ordinary :]
    if bins.levels:
        kept, group = np.unique(-ordinary, return_inverse=True)
        levels = [
            sum((bins.levels[i] for i in np.flatnonzero(group == g)), ()) for g in range(len(kept))
        ]
        return replace(bins, levels=tuple(levels)), np.concatenate([-kept, special])
    step = np.diff(ordinary) != 0
    edges = tuple(edge for edge, real in zip(bins.edges, step, strict=True) if real)
    first = np.concatenate([[True], step])
    return replace(bins, edges=edges), np.concatenate([ordinary[first], special])
