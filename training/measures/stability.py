"""Population stability: the shift of a distribution since development, over frozen bins.

``PSI = sum((now_i - then_i) * ln(now_i / then_i))`` over shares by bin; missing and out-of-range
values are bins of their own (Siddiqi 2006, ch. 9: below 0.1 little, above 0.25 much). Bins come
from the card, never from the data compared: equal-width bins hide a shift behind one outlier.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from model.card.bins import Columns, Floats, Ints
from model.card.scorecard import Card

#: A bin that is empty on one side counts as half a row there, so that the index stays finite.
_HALF_ROW = 0.5


def stability_index(then: Floats, now: Floats) -> float:
    """Return the PSI between two tables of counts over the same bins, shape (bins,)."""
    filled = (then > 0) | (now > 0)
    before, after = _shares(then[filled]), _shares(now[filled])
    return float(((after - before) * np.log(after / before)).sum())


def attribute_stability(card: Card, then: Columns, now: Columns) -> dict[str, float]:
    """Return the PSI of every attribute of `card` over its frozen bins."""
    before, after = card.codes(then), card.codes(now)
    return {
        name: stability_index(*_counts(before[name], after[name], card.bins[name].size))
        for name in card.attributes
    }


def points_stability(then: Ints, now: Ints, groups: int = 10) -> float:
    """Return the PSI of totals over bins that held equally many rows in development."""
    cuts = np.unique(np.quantile(then, np.arange(1, groups) / groups, method="inverted_cdf"))
    before, after = (np.searchsorted(cuts, totals, side="left") for totals in (then, now))
    return stability_index(*_counts(before, after, len(cuts) + 1))


def bin_shares(card: Card, columns: Columns) -> Mapping[str, list[float]]:
    """Return the share of rows by bin code for every attribute: the baseline for monitoring."""
    return {
        name: (np.bincount(codes, minlength=card.bins[name].size) / len(codes)).tolist()
        for name, codes in card.codes(columns).items()
    }


def _counts(before: Ints, after: Ints, size: int) -> tuple[Floats, Floats]:
    then = np.bincount(before, minlength=size).astype(np.float64)
    return then, np.bincount(after, minlength=size).astype(np.float64)


def _shares(counts: Floats) -> Floats:
    padded = np.maximum(counts, _HALF_ROW)
    shares: Floats = padded / padded.sum()
    return shares
