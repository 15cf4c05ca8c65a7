"""What the offers of an edition earn and cost on average, by tier and by grade.

All shares are of the amount lent for a year, weighted by the limit of each offer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.decision.price import expected_loss_bp
from model.decision.whitelist import Assessment
from model.policy.policy import Policy


@dataclass(frozen=True)
class MarginRow:
    """The offers of one tier or grade.

    Attributes
    ----------
    kind, name : str
        ``tier``, ``grade`` or ``all``, and which one.
    mean_limit : float
        Yuan.
    pd : float
        Mean PD, each offer counted once.
    rate, expected_loss, cost, margin : float
        Fractions a year: the rate charged; PD × LGD × EAD; funds, handling and capital; what is
        left of the rate.
    """

    kind: str
    name: str
    offers: int
    mean_limit: float
    pd: float
    rate: float
    expected_loss: float
    cost: float
    margin: float


def margin_rows(assessed: Assessment, policy: Policy) -> tuple[MarginRow, ...]:
    """Return the offers by tier and by grade, best first, then all; empty without priced costs."""
    if not policy.prices_costs:
        return ()
    offers = assessed.limit_yuan > 0
    if not offers.any():
        return ()
    return tuple(_rows(assessed, offers, policy))


def _rows(assessed: Assessment, offers: NDArray[np.bool_], policy: Policy) -> Iterator[MarginRow]:
    for tier in ("FIRST", "SECOND"):
        yield from _row("tier", tier, assessed, offers & (assessed.tier == tier), policy)
    for terms in policy.grades:
        inside = offers & (assessed.grade == terms.grade)
        yield from _row("grade", terms.grade, assessed, inside, policy)
    yield from _row("all", "all", assessed, offers, policy)


def _row(
    kind: str, name: str, assessed: Assessment, inside: NDArray[np.bool_], policy: Policy
) -> Iterator[MarginRow]:
    if not inside.any():
        return
    limit, pd = assessed.limit_yuan[inside], assessed.pd[inside]
    rate = float(np.average(assessed.offer.annual_rate[inside], weights=limit))
    loss = float(np.average(expected_loss_bp(pd, policy), weights=limit)) / 10_000
    cost = (policy["funding_bp"] + policy["handling_bp"] + policy["capital_bp"]) / 10_000
    yield MarginRow(
        kind=kind,
        name=name,
        offers=int(inside.sum()),
        mean_limit=float(limit.mean()),
        pd=float(pd.mean()),
        rate=rate,
        expected_loss=loss,
        cost=cost,
        margin=rate - loss - cost,
    )
