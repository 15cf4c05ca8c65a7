"""Where, along one source, what is derived from it changes its bin while the other source stays.

Over doubles a quotient and a difference are still monotone in each source, so every cut is found by
bisection on the values that scoring itself computes, to the very double.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.derived import BEYOND, NEGLIGIBLE, Derived
from model.scorecard import Card, Columns, Floats, Ints, input_values

_LOWEST = np.int64(np.iinfo(np.int64).min)


def derived_cuts(card: Card, source: str, columns: Columns) -> list[float]:
    """Return the values of `source` at which a bin of something derived from it begins.

    Parameters
    ----------
    columns
        The profile that all else stays as, arrays of shape (1,).
    """
    return [
        cut
        for own in card.derived.values()
        if source in own.sources
        for cut in _cuts(card, own, source, columns)
    ]


def _cuts(card: Card, own: Derived, source: str, columns: Columns) -> list[float]:
    first, last = _usable(card, own, source)
    if first > last:
        return []
    edges = np.array(card.bins[own.name].edges)
    low, high = np.full(len(edges), first), np.full(len(edges), last)

    def reached(at: Floats) -> NDArray[np.bool_]:
        stays = {name: np.full(len(at), float(columns[name][0])) for name in own.sources}
        values = input_values(own.name, {**stays, source: at}, card.bins, card.derived)
        # NaN, of a value that cannot be formed, reaches no edge.
        return np.asarray(values >= edges)

    at_low, at_high = reached(low), reached(high)
    low_rank, high_rank = _rank(low), _rank(high)
    while (low_rank < high_rank - 1).any():
        middle = (low_rank >> 1) + (high_rank >> 1) + (low_rank & high_rank & 1)
        is_low = reached(_double(middle)) == at_low
        low_rank, high_rank = (
            np.where(is_low, middle, low_rank),
            np.where(is_low, high_rank, middle),
        )
    turned = at_low != at_high
    return [first, float(np.nextafter(last, np.inf)), *_double(high_rank)[turned].tolist()]


def _usable(card: Card, own: Derived, source: str) -> tuple[float, float]:
    """Return the least and the greatest value of `source` that something can be derived from."""
    is_denominator = own.kind == "ratio" and source == own.second
    first, bins = NEGLIGIBLE if is_denominator else -BEYOND, card.bins[source]
    return (
        first if bins.minimum is None else max(first, bins.minimum),
        BEYOND if bins.maximum is None else min(BEYOND, bins.maximum),
    )


def _rank(values: Floats) -> Ints:
    """Return whole numbers in the order of `values`: next doubles have next numbers."""
    bits = (values + 0.0).view(np.int64)
    return np.where(bits >= 0, bits, _LOWEST - bits)


def _double(rank: Ints) -> Floats:
    return np.where(rank >= 0, rank, _LOWEST - rank).view(np.float64)
