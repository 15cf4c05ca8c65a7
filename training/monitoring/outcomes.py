"""Actual against expected bads: by quarter of disbursement, by county and by village."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.scorecard import Floats
from training.monitoring.shrinkage import Ratios

Words = NDArray[np.object_]
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
    group: Words, bad: NDArray[np.bool_], pd: Floats, ratios: Callable[[Floats, Floats], Ratios]
) -> tuple[OutcomeRow, ...]:
    """Return a row for each group with loans, the worst first; all of shape (loans,).

    Parameters
    ----------
    ratios : callable
        `exact_ratios` where groups stand alone, `shrunk_ratios` where they are alike and small.
    """
    names, place = np.unique(
        np.array([_UNKNOWN if name is None else str(name) for name in group.tolist()]),
        return_inverse=True,
    )
    if not len(group):
        return ()
    bads = np.bincount(place, weights=bad).astype(np.float64)
    expected = np.bincount(place, weights=pd).astype(np.float64)
    found = ratios(bads, expected)
    rows = [
        OutcomeRow(str(name), int(n), int(b), float(e), float(v), float(low), float(high))
        for name, n, b, e, v, low, high in zip(
            names, np.bincount(place), bads, expected, found.value, found.low, found.high,
            strict=True,
        )
    ]  # fmt: skip
    return tuple(sorted(rows, key=lambda row: -row.ratio))


def named(rows: tuple[OutcomeRow, ...], names: Mapping[str, str]) -> tuple[OutcomeRow, ...]:
    """Return `rows` under the names of their places, where they have one."""
    return tuple(
        OutcomeRow(names.get(r.name, r.name), r.loans, r.bads, r.expected, r.ratio, r.low, r.high)
        for r in rows
    )
