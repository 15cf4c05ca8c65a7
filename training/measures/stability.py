"""Population stability: the shift of a distribution, over frozen bins.

``PSI = sum((now_i - then_i) * ln(now_i / then_i))`` over shares by bin; missing and out-of-range
values are bins of their own (Siddiqi 2006, ch. 9: below 0.1 little, above 0.25 much). Bins come
from the card, never from the data compared: equal-width bins hide a shift behind one outlier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from model.card.bins import Bins, Columns, Floats, Ints
from model.card.scorecard import Card
from model.profile.dictionary import Text
from training.additive import Dropped
from training.samples.sample import Bools, Sample, Values
from training.settings import Settings

#: A bin that is empty on one side counts as half a row there, so that the index stays finite.
_HALF_ROW = 0.5
#: Maximum ordinary bins to measure a shift over: among many bins chance looks like a shift.
_COARSE = 10


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


def drop_unstable(
    ranked: list[str], bins: Mapping[str, Bins], sample: Sample, settings: Settings
) -> tuple[list[str], list[Dropped]]:
    """Return the attributes whose bins keep their shares over development, and the others.

    The earlier half of its periods is compared with the later; a sample of one period is stable.
    """
    later = sample.period > np.median(sample.period)
    if not later.any():
        return ranked, []
    shifts = {name: _shift(bins[name], sample.columns[name], later) for name in ranked}
    stable = [name for name in ranked if shifts[name] <= settings.most_shift]
    return stable, [
        Dropped(name, _unstable(shifts[name], settings.most_shift))
        for name in ranked
        if name not in stable
    ]


def coarse(bins: Bins, values: Values) -> Bins:
    """Return `bins` merged into at most ten ordinary bins of similar size.

    Of a text, the most frequent spellings keep a bin and the others share one.
    """
    if bins.ordinary <= _COARSE:
        return bins
    rows = np.bincount(bins.codes(values), minlength=bins.size)[: bins.ordinary]
    if bins.levels:
        order = np.argsort(-rows, kind="stable")
        rest = tuple(word for code in order[_COARSE - 1 :] for word in bins.levels[code])
        return replace(bins, levels=(*(bins.levels[c] for c in order[: _COARSE - 1]), rest))
    share = np.cumsum(rows)[:-1] / rows.sum()
    # The edges nearest above each tenth of the rows.
    tenths = np.unique(np.searchsorted(share, np.arange(1, _COARSE) / _COARSE))
    return replace(bins, edges=tuple(bins.edges[edge] for edge in tenths if edge < len(bins.edges)))


def _shift(bins: Bins, values: Values, later: Bools) -> float:
    codes = bins.codes(values)
    return stability_index(*_counts(codes[~later], codes[later], bins.size))


def _unstable(shift: float, most: float) -> Text:
    return Text(
        zh=f"不稳定：开发样本前后两半之间 PSI 为 {shift:.3f}，高于 {most:g}",
        en=f"unstable: PSI {shift:.3f} between the halves of development, above {most:g}",
    )
