"""Optimal cut points, rounded to printable numbers, and tables kept in a declared direction."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from optbinning import OptimalBinning

from model.card.bins import Floats
from model.profile.dictionary import Direction
from training.binning.evidence import counts
from training.settings import Settings

#: Numbers of candidate cuts, tried in turn: fewer can make an infeasible problem feasible.
_CANDIDATES = (20, 10, 5)
_SECONDS = 60
#: Sign of a monotone constraint on risk, by direction.
RISK_SIGN: Mapping[Direction, int] = {"up": 1, "down": -1, "free": 0}
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

    An empty array is a result: no cut separates bad from good in the declared direction.

    optbinning reports an infeasible trend by empty splits without an exception, so its status is
    checked each time. A search that its time limit ends is not repeatable, so it counts as failed.
    optbinning never makes a pure bin, so it finds no cut where one cut separates perfectly;
    `_pure_cut` makes that cut.

    Parameters
    ----------
    values : Floats
        Finite, shape (n,).
    least : float
        Share of `values` that a bin holds at least.
    weight : Floats or None
        Shape (n,): how many rows each value represents.
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
            splits = np.asarray(search.splits, dtype=np.float64)
            return splits if len(splits) else _pure_cut(values, bad, direction, least, weight)
    return None


def _pure_cut(
    values: Floats,
    bad: NDArray[np.bool_],
    direction: Direction,
    least: float,
    weight: Floats | None,
) -> Floats:
    """Return the cut with the widest gap between the classes if it leaves one side pure."""
    distinct, value_of_row = np.unique(values, return_inverse=True)
    goods, bads = counts(value_of_row, bad, len(distinct), weight)
    goods_below, bads_below = np.cumsum(goods)[:-1], np.cumsum(bads)[:-1]
    gap = bads_below / bads.sum() - goods_below / goods.sum()
    share_below = (goods_below + bads_below) / (goods + bads).sum()
    gap[(share_below < least) | (share_below > 1 - least)] = 0.0
    allowed = {"up": np.minimum(gap, 0), "down": np.maximum(gap, 0), "free": gap}[direction]
    if not allowed.any():
        return np.empty(0)
    widest = int(np.argmax(np.abs(allowed)))
    is_pure = goods_below[widest] in (0, goods.sum()) or bads_below[widest] in (0, bads.sum())
    return distinct[widest + 1 : widest + 2] if is_pure else np.empty(0)


def tidy_edges(splits: Floats, values: Floats) -> tuple[float, ...]:
    """Return each split moved to the roundest number that separates `values` alike.

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
    for decimals in range(-9, 16):
        scale = 10.0**decimals
        candidate = float(np.floor(above * scale) / scale)
        if below < candidate <= above:
            return candidate
    return above


def hold_direction(log_odds: Floats, weights: Floats, direction: Direction) -> Floats:
    """Return the closest table of log odds good:bad (by weighted squares) that keeps `direction`.

    Pool adjacent violators (Ayer et al. 1955, *Ann. Math. Stat.* 26). Rounding keeps the order, so
    whole points keep the direction too.

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
    return sign * _pool_violators(sign * log_odds, weights)


def breaks_direction(log_odds: Floats, direction: Direction) -> bool:
    """Return whether log odds good:bad, or points, break `direction` along their first axis.

    Shape (bins,) or (bins, slices), in ascending order of the attribute's value.
    """
    steps = np.diff(log_odds, axis=0)
    against = {"up": steps > 0, "down": steps < 0, "free": np.zeros(steps.shape, dtype=bool)}
    return bool(against[direction].any())


def _pool_violators(values: Floats, weights: Floats) -> Floats:
    """Return the closest non-falling sequence; an empty bin has nearly no weight."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values, np.maximum(weights, 1e-9), strict=True):
        block = (float(value), float(weight), 1)
        while blocks and blocks[-1][0] > block[0]:
            block = _merge_blocks(blocks.pop(), block)
        blocks.append(block)
    return np.repeat([value for value, _, _ in blocks], [length for _, _, length in blocks])


def _merge_blocks(
    left: tuple[float, float, int], right: tuple[float, float, int]
) -> tuple[float, float, int]:
    weight = left[1] + right[1]
    return (left[0] * left[1] + right[0] * right[1]) / weight, weight, left[2] + right[2]
