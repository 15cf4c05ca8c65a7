"""A card's bins with what was seen in them: the table an analyst reads, and the plots draw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from model.dictionary import Text
from model.scorecard import Bins, Card, Floats, Ints, Term
from training.sample import Sample
from training.woe import counts, smoothed, weight_of_evidence

_MOST_SPELLINGS = 6


@dataclass(frozen=True)
class BinRow:
    """One bin of one attribute.

    Attributes
    ----------
    label : Text
        The range or the spellings it holds.
    points : int
        What a member in it earns.
    rows, bads : int
        In the development sample.
    share, bad_rate, woe : float
        Of development rows; bad rate is NaN and WoE 0 for an empty bin. WoE is ln(bad/good).
    share_now : float
        Of validation rows.
    """

    label: Text
    points: int
    rows: int
    bads: int
    share: float
    bad_rate: float
    woe: float
    share_now: float


def bin_rows(
    card: Card, term: Term, development: Sample, validation: Sample, prior_rows: float
) -> list[BinRow]:
    """Return the bins of a single-attribute `term`: ordinary, then missing and out of range.

    Parameters
    ----------
    prior_rows : float
        Rows at the base rate added to a bin before its WoE is taken, as in `Settings`.
    """
    (name,) = term.attributes
    bins = card.bins[name]
    goods, bads = counts(bins.codes(development.columns[name]), development.bad, bins.size)
    now = np.bincount(bins.codes(validation.columns[name]), minlength=bins.size)
    woe = weight_of_evidence(*smoothed(goods, bads, prior_rows))
    return list(_rows(bins, term.points, goods, bads, woe, now.astype(np.float64)))


def _rows(
    bins: Bins, points: Ints, goods: Floats, bads: Floats, woe: Floats, now: Floats
) -> Iterator[BinRow]:
    rows = goods + bads
    for code, label in enumerate(bin_labels(bins)):
        yield BinRow(
            label=label,
            points=int(points[code]),
            rows=int(rows[code]),
            bads=int(bads[code]),
            share=float(rows[code] / rows.sum()),
            bad_rate=float(bads[code] / rows[code]) if rows[code] else float("nan"),
            woe=float(woe[code]),
            share_now=float(now[code] / now.sum()),
        )


def bin_labels(bins: Bins) -> list[Text]:
    """Return what each bin code holds, in words."""
    ordinary = [_spellings(group) for group in bins.levels] if bins.levels else _ranges(bins.edges)
    unknown = (
        Text("少见或未知取值", "rare or unknown")
        if bins.levels
        else Text("超出范围", "out of range")
    )
    return [*ordinary, Text("缺失", "missing"), unknown]


def _ranges(edges: tuple[float, ...]) -> list[Text]:
    if not edges:
        return [Text("任意值", "any value")]
    told = [f"{edge:.10g}" for edge in edges]
    inside = [f"{low} – <{high}" for low, high in pairwise(told)]
    return [Text(label, label) for label in (f"< {told[0]}", *inside, f"≥ {told[-1]}")]


def _spellings(group: tuple[str, ...]) -> Text:
    shown, more = ", ".join(group[:_MOST_SPELLINGS]), len(group) - _MOST_SPELLINGS
    if more <= 0:
        return Text(shown, shown)
    return Text(f"{shown} 等 {len(group)} 种", f"{shown} and {more} more")
