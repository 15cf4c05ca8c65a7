"""Actual against expected bads by group: exact for quarters, shrunk for small places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import gamma

from model.card.bins import Floats

#: Lower bound of the rates' relative variance, so that places never count as nearly equal.
_MIN_SPREAD = 0.01


@dataclass(frozen=True)
class Ratios:
    """Observed over expected bads with 95 % intervals, each of shape (groups,)."""

    value: Floats
    low: Floats
    high: Floats


def exact_ratios(bads: Floats, expected: Floats) -> Ratios:
    """Return observed over expected bads by group, shape (groups,), as counted.

    The interval is Garwood's (1936, *Biometrika* 28): exact for a Poisson count.
    """
    low = np.where(bads > 0, gamma.ppf(0.025, np.maximum(bads, 1)), 0.0) / expected
    return Ratios(bads / expected, low, np.asarray(gamma.ppf(0.975, bads + 1)) / expected)


def shrunk_ratios(bads: Floats, expected: Floats) -> Ratios:
    """Return observed over expected bads by place, shape (places,), shrunk towards all places.

    A place's bads are Poisson with mean expected bads times the place's own rate; the rates follow
    a gamma distribution around the overall rate (Clayton & Kaldor 1987, *Biometrics* 43). The
    spread of the rates is estimated by moments (Marshall 1991, *Applied Statistics* 40), so that a
    village with three loans says little.

    Parameters
    ----------
    bads, expected : Floats
        Shape (places,); expected bads are positive.
    """
    overall = (bads.sum() + 0.5) / (expected.sum() + 0.5)
    raw = bads / expected
    scatter = float((expected * (raw - overall) ** 2).sum() / expected.sum())
    spread = max(scatter - overall / float(expected.mean()), _MIN_SPREAD * overall**2)
    shape, rate = overall**2 / spread, overall / spread
    low, high = (
        np.asarray(gamma.ppf(level, shape + bads, scale=1 / (rate + expected)))
        for level in (0.025, 0.975)
    )
    value = (shape + bads) / (rate + expected)
    # The mean of a very skewed gamma distribution lies beyond its quantiles: widen to contain it.
    return Ratios(value, np.minimum(low, value), np.maximum(high, value))


_UNKNOWN = "?"


@dataclass(frozen=True)
class OutcomeRow:
    """Ripe loans of one quarter or place.

    Attributes
    ----------
    ratio, low, high : float
        Bads over expected bads with a 95 % interval; of places, shrunk towards all places.
    """

    name: str
    loans: int
    bads: int
    expected: float
    ratio: float
    low: float
    high: float


def by_group(
    group: NDArray[np.object_],
    bad: NDArray[np.bool_],
    pd: Floats,
    ratios: Callable[[Floats, Floats], Ratios],
) -> tuple[OutcomeRow, ...]:
    """Return a row for each group with loans, the worst first; all of shape (loans,).

    Parameters
    ----------
    ratios : callable
        `exact_ratios` for independent groups, `shrunk_ratios` for many small, similar groups.
    """
    names, group_of_row = np.unique(
        np.array([_UNKNOWN if name is None else str(name) for name in group.tolist()]),
        return_inverse=True,
    )
    if not len(group):
        return ()
    bads = np.bincount(group_of_row, weights=bad).astype(np.float64)
    expected = np.bincount(group_of_row, weights=pd).astype(np.float64)
    loans = np.bincount(group_of_row)
    ratio = ratios(bads, expected)
    rows = [
        OutcomeRow(str(name), int(n), int(b), float(e), float(v), float(low), float(high))
        for name, n, b, e, v, low, high in zip(
            names, loans, bads, expected, ratio.value, ratio.low, ratio.high, strict=True
        )
    ]
    return tuple(sorted(rows, key=lambda row: -row.ratio))


def with_names(rows: tuple[OutcomeRow, ...], names: Mapping[str, str]) -> tuple[OutcomeRow, ...]:
    """Return `rows` with each place's code replaced by its name, where it has one."""
    return tuple(replace(row, name=names.get(row.name, row.name)) for row in rows)
