"""How well points rank, from counts of goods and bads by points: exact with ties.

All functions take counts in ascending order of points (higher is safer), shape (..., points), and
work along the last axis, so that a thousand bootstrap resamples are one call.
"""

from __future__ import annotations

import numpy as np

from model.scorecard import Floats


def auc(goods: Floats, bads: Floats) -> Floats:
    """Return P(good has more points) + P(equal points) / 2, shape (...).

    Mann-Whitney's U over goods times bads (Hanley & McNeil 1982, *Radiology* 143).
    """
    bads_below = np.cumsum(bads, axis=-1) - bads
    wins = (goods * (bads_below + bads / 2)).sum(axis=-1)
    return np.asarray(wins / (goods.sum(axis=-1) * bads.sum(axis=-1)))


def gini(goods: Floats, bads: Floats) -> Floats:
    """Return twice the AUC less one (Somers' D), shape (...)."""
    return 2 * auc(goods, bads) - 1


def ks(goods: Floats, bads: Floats) -> Floats:
    """Return the largest gap between the classes' cumulative shares, shape (...).

    The gap is read between distinct points only: inside a tie it is an artefact of row order.
    """
    gap = _cumulative_share(bads) - _cumulative_share(goods)
    return np.asarray(np.abs(gap).max(axis=-1))


def _cumulative_share(counts: Floats) -> Floats:
    share: Floats = np.cumsum(counts, axis=-1) / counts.sum(axis=-1, keepdims=True)
    return share
