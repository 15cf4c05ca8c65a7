"""Bin one attribute: optimal, directed, smoothed bins with weights of evidence."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Bins, Floats
from model.profile.dictionary import Attribute, Text
from training.additive import Dropped
from training.binning.evidence import (
    counts,
    information_value,
    smoothed,
    weight_of_evidence,
)
from training.binning.optimal import hold_direction, optimal_splits, tidy_edges
from training.samples.sample import Bools, Values
from training.settings import Settings

ALL_MISSING = Text(zh="全部缺失", en="every value is missing")
CONSTANT = Text(zh="常量：所有取值相同", en="constant: every value is the same")
NOTHING_INSIDE = Text(zh="没有取值落在声明范围内", en="no value lies inside its declared range")


@dataclass(frozen=True)
class Binned:
    """An attribute's bins with their evidence.

    Attributes
    ----------
    woe : Floats
        Shape (size,): ln(bad/good) against all rows, smoothed, directed; positive is riskier.
    iv : float
        Information value over the smoothed counts, missing and out-of-range bins included.
    """

    bins: Bins
    woe: Floats
    iv: float


def bin_attribute(
    attribute: Attribute,
    values: Values,
    bad: Bools,
    settings: Settings,
    weight: Floats | None = None,
) -> Binned | Dropped:
    """Return the bins of `attribute`, or the reason why it cannot be binned.

    Parameters
    ----------
    values, bad, weight
        Shape (n,), as in a `Sample`.
    """
    if attribute.type == "text":
        bins = _text_bins(attribute, np.asarray(values, dtype=object), bad, settings, weight)
    else:
        bins = _number_bins(attribute, np.asarray(values, dtype=np.float64), bad, settings, weight)
    if isinstance(bins, Text):
        return Dropped(attribute.name, bins)
    return _with_evidence(attribute, bins, values, bad, settings, weight)


def _number_bins(
    attribute: Attribute, values: Floats, bad: Bools, settings: Settings, weight: Floats | None
) -> Bins | Text:
    one_bin = Bins(attribute.name, minimum=attribute.minimum, maximum=attribute.maximum)
    ordinary = one_bin.codes(values) == 0
    reason = _nothing_to_cut(values[ordinary], ~np.isnan(values), ordinary)
    if reason:
        return reason
    if by_hand := dict(settings.bins).get(attribute.name):
        return replace(one_bin, edges=by_hand)
    least = _min_share(ordinary, settings)
    splits = optimal_splits(
        values[ordinary], bad[ordinary], attribute.direction, settings, least,
        None if weight is None else weight[ordinary],
    )  # fmt: skip
    if splits is None:
        return Text(
            zh=f"找不到符合其方向（{attribute.direction}）且每箱样本足够的分箱",
            en=f"no binning fits its direction ({attribute.direction}) with enough rows a bin",
        )
    return replace(one_bin, edges=tidy_edges(splits, values[ordinary]))


def _nothing_to_cut(inside: Floats, present: Bools, ordinary: Bools) -> Text | None:
    if not present.any():
        return ALL_MISSING
    if not len(inside):
        return NOTHING_INSIDE
    if ordinary.all() and inside.min() == inside.max():
        return CONSTANT
    return None


def _text_bins(
    attribute: Attribute,
    values: NDArray[np.object_],
    bad: Bools,
    settings: Settings,
    weight: Floats | None,
) -> Bins | Text:
    """Group spellings of similar risk; rare ones fall into the out-of-range bin."""
    present = np.array([value is not None for value in values.tolist()], dtype=bool)
    if not present.any():
        return ALL_MISSING
    words, codes = np.unique(values[present].astype(str), return_inverse=True)
    if len(words) == 1 and present.all():
        return CONSTANT
    frequent = np.bincount(codes) >= settings.least_level_rows
    if not frequent.any():
        return no_frequent_spelling(len(words), settings.least_level_rows)
    in_use = frequent[codes]
    risk = _risk_by_word(
        codes, bad[present], len(words), settings, None if weight is None else weight[present]
    )
    least = _min_share(in_use, settings)
    splits = optimal_splits(
        risk[codes][in_use], bad[present][in_use], "up", settings, least,
        None if weight is None else weight[present][in_use],
    )  # fmt: skip
    if splits is None:
        return Text(
            zh="取值无法归并成样本足够的分箱",
            en="its spellings cannot be grouped into bins of enough rows",
        )
    group = np.searchsorted(splits, risk[frequent], side="right")
    levels = [tuple(words[frequent][group == g].tolist()) for g in range(len(splits) + 1)]
    return Bins(attribute.name, levels=tuple(level for level in levels if level))


def no_frequent_spelling(spellings: int, least: int) -> Text:
    """Return the reason to drop a text attribute whose spellings are all rare."""
    return Text(
        zh=f"{spellings:,} 种取值均少于 {least} 次",
        en=f"none of its {spellings:,} spellings occurs {least} times",
    )


def _risk_by_word(
    codes: NDArray[np.int64], bad: Bools, size: int, settings: Settings, weight: Floats | None
) -> Floats:
    goods, bads = counts(codes, bad, size, weight)
    return weight_of_evidence(*smoothed(goods, bads, settings.prior_rows))


def _min_share(ordinary: Bools, settings: Settings) -> float:
    """Return the minimum share of ordinary values in a bin; the setting is a share of all rows."""
    return float(min(settings.least_bin_share / ordinary.mean(), 1 / 3))


def _with_evidence(
    attribute: Attribute,
    bins: Bins,
    values: Values,
    bad: Bools,
    settings: Settings,
    weight: Floats | None,
) -> Binned:
    goods, bads = counts(bins.codes(values), bad, bins.size, weight)
    padded = smoothed(goods, bads, settings.prior_rows)
    woe = weight_of_evidence(*padded)
    ordinary = slice(0, bins.ordinary)
    if not bins.levels:
        rows = (goods + bads)[ordinary]
        woe[ordinary] = -hold_direction(-woe[ordinary], rows, attribute.direction)
    woe[bins.out_of_range] = _out_of_range(bins, woe)
    return Binned(bins, woe, information_value(*padded))


def _out_of_range(bins: Bins, woe: Floats) -> float:
    """Return the WoE of the out-of-range bin, so that nobody gains by an implausible value.

    A number out of range is as risky as the riskiest other bin. A rare spelling is common in honest
    data, so it keeps the observed risk of rare spellings, but is never safer than average.
    """
    if bins.levels:
        return float(max(woe[bins.out_of_range], 0.0))
    return float(woe[: bins.out_of_range].max())
