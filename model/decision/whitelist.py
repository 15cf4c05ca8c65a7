"""The whitelist: one array kernel from profile to tier and offer, for one member or for all.

A household's one place on the whitelist: who of its members holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Columns, Floats, Ints
from model.card.reasons import points_lost, ranked, reason_codes
from model.card.scorecard import Card
from model.decision.capacity import Terms, means, terms
from model.decision.knock_outs import Flags, KnockOuts, knock_outs
from model.decision.offer import Offer, grade_of_pd, offer
from model.policy.policy import Policy

HOUSEHOLD_BORROWER = "household_borrower"


class Contenders(Protocol):
    """Those who may hold their household's place; an `Assessment` is one, and so are its arrays."""

    @property
    def rank(self) -> Ints:
        """Index into `model.decision.whitelist.TIERS`, shape (n,)."""

    @property
    def points(self) -> Ints:
        """Total points, shape (n,)."""

    @property
    def offered(self) -> Flags:
        """Whether an offer stands, shape (n,)."""


def choose_household_borrowers(
    contenders: Contenders, columns: Columns, member_id: NDArray[np.object_]
) -> Floats:
    """Return ``household_borrower``: 1 for one member of each household, 0 for others; shape (n,).

    The place goes to the household's best offer: a member who already has a loan open, then the
    higher tier, then more points, then the smaller member id. The others of that household get 0,
    offer or not, so that a later request cannot make a second borrower of one of them. Where nobody
    has an offer the place stays open (NaN). A member without a household stands alone.
    """
    household = _households(columns, member_id)
    contends = np.flatnonzero(contenders.offered)
    indebted = np.nan_to_num(np.asarray(columns["loans_open"], dtype=np.float64)) > 0
    best_first = contends[
        np.lexsort(
            (
                member_id[contends].astype(str),
                -contenders.points[contends],
                -contenders.rank[contends],
                ~indebted[contends],
                household[contends],
            )
        )
    ]
    _, first = np.unique(household[best_first], return_index=True)
    holders = best_first[first]
    taken = np.isin(household, household[holders])
    place = np.where(taken, 0.0, np.nan)
    place[holders] = 1.0
    return place


def _households(columns: Columns, member_id: NDArray[np.object_]) -> Ints:
    """Return each member's household as a number, shape (n,)."""
    pairs = zip(columns["household_id"].tolist(), member_id.tolist(), strict=True)
    # No archive identifier holds a colon, so nobody alone is taken for a household.
    homes = [home if home is not None else f"alone:{member}" for home, member in pairs]
    _, household = np.unique(np.array(homes, dtype=str), return_inverse=True)
    return household.astype(np.int64, copy=False)


__all__ = [
    "BEST_RANK",
    "DERIVED",
    "HOUSEHOLD_BORROWER",
    "TIERS",
    "Assessment",
    "Contenders",
    "assess",
    "assess_edition",
    "choose_household_borrowers",
]

#: From worst to best; the position is the rank.
TIERS = ("NONE", "THIRD", "SECOND", "FIRST")
_NONE, _THIRD, _SECOND, _FIRST = range(4)
#: The best rank that each severity of a knock-out leaves: pass, refer, nurture, decline.
BEST_RANK = np.array([_FIRST, _SECOND, _THIRD, _NONE])

#: Stands for a value that may not be told, in arrays of text.
_NOTHING = np.array([None], dtype=object)

#: What rules may read besides the profile's attributes.
DERIVED = (HOUSEHOLD_BORROWER, "age_at_maturity", "capacity_yuan")


@dataclass(frozen=True)
class Assessment:
    """What the policy and card say of n rows; arrays of shape (n,) unless stated.

    Attributes
    ----------
    scored : Flags
        False where the member may not be scored: there points and losses are 0, PD is NaN, grade
        and reasons are None, whatever the profile.
    rank : Ints
        Index into `TIERS`.
    terms, offer
        Of the term asked for or else of the one that suits; they mean something only where
        `offered`.
    reasons, lost : arrays
        Shape (n, 4): reason codes (None where there is none) and the points they cost.
    """

    knock_outs: KnockOuts
    scored: Flags
    points: Ints
    pd: Floats
    grade: NDArray[np.object_]
    rank: Ints
    terms: Terms
    offer: Offer
    reasons: NDArray[np.object_]
    lost: Ints

    @property
    def tier(self) -> NDArray[np.object_]:
        """Name of each row's tier."""
        return np.array(TIERS, dtype=object)[self.rank]

    @property
    def offered(self) -> Flags:
        """Whether an offer stands: in FIRST and SECOND."""
        return self.rank >= _SECOND

    @property
    def limit_yuan(self) -> Ints:
        """Limit in yuan; 0 without an offer."""
        return np.where(self.offered, self.offer.limit_yuan, 0)


def assess(
    columns: Columns, as_of: date, policy: Policy, card: Card, months: Ints | None = None
) -> Assessment:
    """Take n profiles through knock-outs, points, PD and grade, tier, and offer.

    Parameters
    ----------
    columns
        Profile attributes by name, each of shape (n,), and ``household_borrower``: 1 for the member
        who holds the household's place, 0 for the others, NaN while nobody has been chosen.
    months
        Terms asked for: limit and repayment are then for these. The tier and its knock-outs are
        always those of the term that suits the household, so that no request changes who is on the
        whitelist. None lets each household's calendar choose.

    Raises
    ------
    KeyError
        If an attribute that the policy or the card reads is not among `columns`.
    """
    household = means(columns, as_of, policy)
    suited = terms(household, policy)
    granted = suited if months is None else terms(household, policy, months)
    hits = knock_outs(policy.rules, _with_terms(columns, suited))
    codes = card.codes(columns)
    by_attribute = card.points_by_attribute(codes)
    points = card.total(by_attribute)
    pd = card.pd(points)
    grade = grade_of_pd(pd, policy)
    lost = points_lost(card, by_attribute)
    order = ranked(lost)
    scored = ~hits.unscored
    return Assessment(
        knock_outs=hits,
        scored=scored,
        points=np.where(scored, points, 0),
        pd=np.where(scored, pd, np.nan),
        grade=np.where(scored, grade, _NOTHING),
        rank=np.minimum(_rank_by_points(points, policy), BEST_RANK[hits.severity]),
        terms=granted,
        offer=offer(columns, granted.capacity_yuan, grade, policy),
        reasons=np.where(scored[:, None], reason_codes(card, codes, order), _NOTHING),
        lost=np.where(scored[:, None], _told_losses(lost, order), 0),
    )


def assess_edition(
    columns: Columns, member_id: NDArray[np.object_], as_of: date, policy: Policy, card: Card
) -> tuple[Assessment, Floats]:
    """Assess a whole archive and give each household one place.

    Returns
    -------
    tuple
        The assessment, and the ``household_borrower`` column that reproduces it row by row.
    """
    vacant = {**columns, HOUSEHOLD_BORROWER: np.full(len(member_id), np.nan)}
    place = choose_household_borrowers(assess(vacant, as_of, policy, card), columns, member_id)
    return assess({**columns, HOUSEHOLD_BORROWER: place}, as_of, policy, card), place


def age_at_maturity(columns: Columns, months: Ints) -> Floats:
    """Return age in completed years plus the years a loan of `months` reaches into, shape (n,).

    A loan of 13 months reaches into a second year; age + loan years ≤ 65 then reads the same with
    whole years as with a fraction.
    """
    years = -(-months // 12)
    return np.asarray(columns["age_years"], dtype=np.float64) + years


def _with_terms(columns: Columns, suited: Terms) -> Columns:
    return {
        **columns,
        "age_at_maturity": age_at_maturity(columns, suited.months),
        "capacity_yuan": suited.capacity_yuan,
    }


def _rank_by_points(points: Ints, policy: Policy) -> Ints:
    first, second = policy.tiers["FIRST"], policy.tiers["SECOND"]
    return np.where(points >= first, _FIRST, np.where(points >= second, _SECOND, _THIRD))


def _told_losses(lost: Ints, order: Ints) -> Ints:
    rows = np.arange(len(lost))[:, None]
    return np.where(order >= 0, lost[rows, np.maximum(order, 0)], 0)
