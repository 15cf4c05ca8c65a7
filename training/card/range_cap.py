"""Cap what one attribute may decide: its tables together hold at most a share of the range.

A card that stands on one attribute fails with that attribute, and a farmer's answer hangs on one
record. Tables of an attribute that decides more are shrunk towards their mean, before calibration,
so that the scale and the PDs are those of the card with the cap. What the cap costs is measured out
of fold and shown in the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from model.card.bins import Floats, input_values
from training.additive import Additive, Fit, Shape
from training.families.cross_fit import CrossFit, loss_of
from training.measures.discrimination import auc_of_scores
from training.samples.sample import Sample

#: Rounding to whole points may widen a table by a little.
_ROOM = 0.98
#: With fewer attributes than so many times what fills the range, the cap would flatten every table.
_LEAST_FILL = 2.0
_MOST_STEPS = 200


@dataclass(frozen=True)
class RangeCap:
    """What a cap on the points of one attribute did.

    Attributes
    ----------
    most_share : float
        Share of the range that one attribute may decide.
    before : mapping of str to float
        The attributes that were capped, with their share of the range without the cap.
    auc_lost, log_loss_added : float
        Out of fold on development: AUC and log loss without the cap, against those with it.
    """

    most_share: float
    before: Mapping[str, float]
    auc_lost: float
    log_loss_added: float


def with_range_cap(
    crossed: CrossFit, sample: Sample, most_share: float
) -> tuple[CrossFit, RangeCap | None]:
    """Return `crossed` with its attributes capped, and what that costs; None if nothing is.

    The folds' own tables are not kept: each row's out-of-fold log odds lose what the cap takes from
    the fit on all rows.
    """
    additive = crossed.fit.additive
    factors = cap_factors(additive, most_share)
    if not factors:
        return crossed, None
    fit = _capped(crossed.fit, factors, sample)
    taken = additive.log_odds(sample.columns) - fit.additive.log_odds(sample.columns)
    unseen = crossed.unseen_log_odds - taken
    before, shares = crossed.unseen_log_odds, range_shares(additive)
    cost = RangeCap(
        most_share,
        {name: shares[name] for name in factors},
        auc_of_scores(before, sample.bad, sample.weight)
        - auc_of_scores(unseen, sample.bad, sample.weight),
        loss_of(unseen, sample) - loss_of(before, sample),
    )
    return replace(crossed, fit=fit, unseen_log_odds=unseen), cost


def range_shares(additive: Additive) -> dict[str, float]:
    """Return, by attribute, the range of its tables as a share of the range of all tables."""
    ranges = {shape.attributes: float(np.ptp(shape.log_odds)) for shape in additive.shapes}
    return _shares(ranges)


def cap_factors(additive: Additive, most_share: float) -> dict[str, float]:
    """Return the factor below 1 of each attribute that decides more than `most_share`.

    Empty if none does, or if the card has so few attributes that the cap would flatten them all.
    """
    ranges = {shape.attributes: float(np.ptp(shape.log_odds)) for shape in additive.shapes}
    if len(_shares(ranges)) * most_share < _LEAST_FILL:
        return {}
    factors: dict[str, float] = {}
    for _ in range(_MOST_STEPS):
        shares = _shares(ranges)
        name = max(shares, key=lambda each: shares[each])
        if shares[name] <= most_share:
            break
        # Its own share of what is left after it is shrunk: f r = share (total - r + f r).
        share = _ROOM * most_share
        factor = share * (1 - shares[name]) / ((1 - share) * shares[name])
        factors[name] = factors.get(name, 1.0) * factor
        ranges = {own: r * factor if name in own else r for own, r in ranges.items()}
    return factors


def _shares(ranges: Mapping[tuple[str, ...], float]) -> dict[str, float]:
    total = max(sum(ranges.values()), np.finfo(np.float64).tiny)
    shares: dict[str, float] = {}
    for names, own in ranges.items():
        for name in names:
            shares[name] = shares.get(name, 0.0) + own / total
    return shares


def _capped(fit: Fit, factors: Mapping[str, float], sample: Sample) -> Fit:
    """Return `fit` with the tables of these attributes shrunk, also when it is fitted again."""
    on = fit.on
    return replace(
        fit,
        additive=_shrunk(fit.additive, factors, sample),
        fine=None if fit.fine is None else _shrunk(fit.fine, factors, sample),
        on=None if on is None else lambda other: _capped(on(other), factors, other),
    )


def _shrunk(additive: Additive, factors: Mapping[str, float], sample: Sample) -> Additive:
    shapes = [_towards_mean(each, additive, factors, sample) for each in additive.shapes]
    return replace(additive, shapes=tuple(shapes))


def _towards_mean(
    shape: Shape, additive: Additive, factors: Mapping[str, float], sample: Sample
) -> Shape:
    factor = float(np.prod([factors.get(name, 1.0) for name in shape.attributes]))
    if factor == 1.0:
        return shape
    codes = tuple(
        additive.bins[name].codes(
            input_values(name, sample.columns, additive.bins, additive.derived)
        )
        for name in shape.attributes
    )
    by_row: Floats = shape.log_odds[codes]
    mean = float(np.average(by_row, weights=sample.weight))
    return Shape(shape.attributes, mean + factor * (shape.log_odds - mean))
