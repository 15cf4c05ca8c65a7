"""Optimal cut points by optbinning, with its silent failures made loud.

optbinning answers an infeasible trend with empty splits and no exception, so its status is read
every time; a search cut short by its time limit is not repeatable, so it counts as failed too. It
never makes a pure bin, and so finds nothing where one cut separates perfectly: that cut is made
here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from optbinning import OptimalBinning

from model.dictionary import Direction
from model.scorecard import Floats
from training.settings import Settings
from training.woe import counts

#: Fewer candidates make a feasible problem out of a crowded one.
_CANDIDATES = (20, 10, 5)
_SECONDS = 60
_TREND = {"up": "ascending", "down": "descending", "free": "auto"}


def optimal_splits(
    values: Floats,
    bad: NDArray[np.bool_],
    direction: Direction,
    settings: Settings,
    least: float,
    weight: Floats | None = None,
) -> Floats | None:
    """Return ascending cut points that keep `direction`, shape (m,); None if no search succeeds.

    An empty array is an answer: no cut separates bad from good in the declared direction.

    Parameters
    ----------
    values : Floats
        Finite, shape (n,).
    least : float
        Share of `values` that a bin holds at least.
    weight : Floats or None
        Shape (n,): how many rows each value stands for.
    """
    if bad.all() or not bad.any():
        return np.empty(0)
    for candidates in _CANDIDATES:
        search = OptimalBinning(
            dtype="numerical",
            solver="cp",
            monotonic_trend=_TREND[direction],
            max_n_prebins=candidates,
            max_n_bins=settings.most_bins,
            min_prebin_size=least,
            min_bin_size=least,
            time_limit=_SECONDS,
        )
        search.fit(values, bad.astype(np.int64), sample_weight=weight)
        if search.status == "OPTIMAL":
            found = np.asarray(search.splits, dtype=np.float64)
            return found if len(found) else _pure_cut(values, bad, direction, least)
    return None


def _pure_cut(values: Floats, bad: NDArray[np.bool_], direction: Direction, least: float) -> Floats:
    """Return the cut with the widest gap between the classes if it leaves one side pure."""
    distinct, place = np.unique(values, return_inverse=True)
    goods, bads = counts(place, bad, len(distinct))
    goods_below, bads_below = np.cumsum(goods)[:-1], np.cumsum(bads)[:-1]
    gap = bads_below / bads.sum() - goods_below / goods.sum()
    share_below = (goods_below + bads_below) / len(values)
    gap[(share_below < least) | (share_below > 1 - least)] = 0.0
    allowed = {"up": np.minimum(gap, 0), "down": np.maximum(gap, 0), "free": gap}[direction]
    if not allowed.any():
        return np.empty(0)
    at = int(np.argmax(np.abs(allowed)))
    pure = goods_below[at] in (0, goods.sum()) or bads_below[at] in (0, bads.sum())
    return distinct[at + 1 : at + 2] if pure else np.empty(0)
