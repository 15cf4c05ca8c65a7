"""Stability over time: of a distribution over frozen bins, and of its relation to risk.

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
from training.measures.discrimination import delong
from training.samples.sample import Bools, Sample, Values
from training.settings import Settings

#: A bin that is empty on one side counts as half a row there, so that the index stays finite.
_HALF_ROW = 0.5
#: Maximum ordinary bins to measure a shift over: among many bins chance looks like a shift.
_COARSE = 10
#: Bads, and goods, that a half needs before it can show that a relation turned.
_LEAST_CLASS = 10


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
    """Return the attributes that rank both halves of development alike, and the others.

    An attribute leaves if the risk learned from one half of the periods ranks the other half the
    wrong way round, by more than `turned_errors` standard errors; or if its value is unknown in
    more than `most_unknown_share` of the rows. A population that moves is no ground: the programme
    grows, and the gates flag the shift. A sample of one period has no halves.
    """
    later = sample.period > np.median(sample.period)
    reasons = {name: _unknown(bins[name], sample.columns[name], settings) for name in ranked}
    if later.any():
        for name in ranked:
            reasons[name] = reasons[name] or _turned(bins[name], sample, later, settings)
    dropped = [Dropped(name, reason) for name, reason in reasons.items() if reason is not None]
    return [name for name in ranked if reasons[name] is None], dropped


def _unknown(bins: Bins, values: Values, settings: Settings) -> Text | None:
    share = float((bins.codes(values) == bins.missing).mean())
    if share <= settings.most_unknown_share:
        return None
    return Text(
        zh=f"{share:.1%} 的行没有取值，高于 {settings.most_unknown_share:.0%}",
        en=f"unknown in {share:.1%} of the rows, above {settings.most_unknown_share:.0%}",
    )


def _turned(bins: Bins, sample: Sample, later: Bools, settings: Settings) -> Text | None:
    """Return why the attribute's relation to risk is unstable, if it is."""
    few = coarse(bins, sample.columns[bins.attribute])
    codes = few.codes(sample.columns[bins.attribute])
    for learned, judged in ((~later, later), (later, ~later)):
        area, error = _ranks(few, codes, sample, learned, judged, settings)
        if area + settings.turned_errors * error < 0.5:
            return Text(
                zh=f"与风险的关系前后相反：按一半样本学到的风险排序另一半，AUC 仅 {area:.3f}",
                en="its relation to risk turns: what one half of development teaches ranks the"
                f" other half with an AUC of {area:.3f}",
            )
    return None


def _ranks(
    bins: Bins, codes: Ints, sample: Sample, learned: Bools, judged: Bools, settings: Settings
) -> tuple[float, float]:
    """Return the AUC on `judged` rows of the risk by bin in `learned` rows, with its error."""
    bad = sample.bad
    if min(bad[judged].sum(), (~bad[judged]).sum(), bad[learned].sum()) < _LEAST_CLASS:
        return 1.0, 0.0
    rows = np.bincount(codes[learned], minlength=bins.size).astype(np.float64)
    bads = np.bincount(codes[learned], weights=bad[learned], minlength=bins.size)
    rate = (bads + settings.prior_rows * bad[learned].mean()) / (rows + settings.prior_rows)
    scores = -rate[codes[judged]]
    compared = delong(scores, np.zeros(len(scores)), bad[judged])
    return compared.first, compared.standard_error


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
