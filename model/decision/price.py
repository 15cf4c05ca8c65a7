"""The price of a loan: what it costs the bank on average, which its rate must bring in.

A year of a loan costs its expected loss, PD × LGD × EAD, the funds, the handling and the capital
that it ties up. All are basis points a year of the amount lent, exact integers.
"""

from __future__ import annotations

import numpy as np

from model.card.bins import Floats, Ints
from model.policy.policy import Policy

#: PD is stated to a millionth.
_MILLION = 1_000_000


def expected_loss_bp(pd: Floats, policy: Policy) -> Ints:
    """Return PD × LGD × EAD of each loan, shape (n,), rounded up to a basis point.

    A NaN in `pd`, of a member who is not scored, counts as 0.
    """
    millionths = np.rint(np.nan_to_num(pd) * _MILLION).astype(np.int64)
    lost = millionths * policy["loss_given_default_percent"] * policy["exposure_at_default_percent"]
    loss: Ints = -(-lost // (100 * 100 * (_MILLION // 10_000)))
    return loss


def break_even_bp(pd: Floats, policy: Policy) -> Ints:
    """Return the least rate of each loan that covers its cost on average, shape (n,)."""
    fixed = policy["funding_bp"] + policy["handling_bp"] + policy["capital_bp"]
    return expected_loss_bp(pd, policy) + fixed


def rate_bp(spread_bp: Ints, pd: Floats, policy: Policy) -> Ints:
    """Return the yearly rate of each loan, shape (n,).

    LPR and the grade's spread, or what the loan costs where that is more, within floor and cap. A
    policy of before costs were priced states no costs.
    """
    rate = np.maximum(policy["lpr_bp"] + spread_bp, policy["rate_floor_bp"])
    if policy.prices_costs:
        rate = np.maximum(rate, break_even_bp(pd, policy))
    return np.minimum(rate, policy["rate_cap_bp"])


def above_cap_bp(pd: Floats, policy: Policy) -> Floats:
    """Return by how much each loan's cost exceeds the highest rate, shape (n,); NaN if unpriced."""
    if not policy.prices_costs:
        return np.full(len(pd), np.nan)
    excess = (break_even_bp(pd, policy) - policy["rate_cap_bp"]).astype(np.float64)
    return np.where(np.isnan(pd), np.nan, excess)
