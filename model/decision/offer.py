"""The offer: the smallest of product cap, repayment capacity and grade cap; and its rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Columns, Floats, Ints
from model.decision.amounts import against, in_favour
from model.decision.price import rate_bp
from model.policy.policy import Policy

#: The bound that determines the limit, in the order that breaks ties.
BOUNDS = ("PRODUCT_CAP", "REPAYMENT_CAPACITY", "GRADE_CAP")


@dataclass(frozen=True)
class Offer:
    """Limits and rates by row, shape (n,).

    Attributes
    ----------
    limit_yuan : Ints
        Rounded down; 0 where it is less than the product's smallest loan.
    annual_rate : Floats
        Fraction per year, exact to a basis point.
    bound_by : object array of str
        One of `BOUNDS`.
    """

    limit_yuan: Ints
    annual_rate: Floats
    bound_by: NDArray[np.object_]


def grade_of_pd(pd: Floats, policy: Policy) -> NDArray[np.object_]:
    """Return each PD's grade on the policy's master scale, shape (n,).

    The card's own scale is not used: the loan terms depend on the grade, and a card may have been
    trained under an older scale in which the same letter meant another risk.
    """
    ceilings = np.array([terms.pd_at_most for terms in policy.grades[:-1]])
    names = np.array([terms.grade for terms in policy.grades], dtype=object)
    grades: NDArray[np.object_] = np.take(names, np.searchsorted(ceilings, pd, side="left"))
    return grades


def offer(
    columns: Columns,
    capacity_yuan: Floats,
    pd: Floats,
    grades: NDArray[np.object_],
    policy: Policy,
) -> Offer:
    """Return the offer to each row, whatever its tier.

    Parameters
    ----------
    columns
        Includes ``balance_outstanding`` in yuan, which counts against both caps.
    grades
        Grades of the policy's master scale, as `grade_of_pd` gives them.

    Raises
    ------
    KeyError
        If a grade is not on the policy's master scale.
    """
    by_grade = {terms.grade: terms for terms in policy.grades}
    terms = [by_grade[grade] for grade in grades.tolist()]
    drawn = against(columns["balance_outstanding"])
    bounds = np.array(
        [
            policy["product_cap_yuan"] - drawn,
            in_favour(capacity_yuan),
            np.array([t.cap_yuan for t in terms], dtype=np.int64) - drawn,
        ]
    )
    spread = np.array([t.spread_bp for t in terms], dtype=np.int64)
    names = np.array(BOUNDS, dtype=object)
    return Offer(
        limit_yuan=_round_down(bounds.min(axis=0), policy),
        annual_rate=rate_bp(spread, pd, policy) / 10_000,
        bound_by=names[bounds.argmin(axis=0)],
    )


def _round_down(yuan: Ints, policy: Policy) -> Ints:
    step = policy["rounding_yuan"]
    down = np.maximum(yuan, 0) // step * step
    return np.where(down < policy["minimum_loan_yuan"], 0, down)
