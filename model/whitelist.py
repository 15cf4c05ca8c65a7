"""The whitelist: one array kernel from profile to tier and offer, for one member or for all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from model.capacity import Terms, terms
from model.knockouts import SEVERITY, Flags, KnockOuts, knock_outs
from model.offer import Offer, offer
from model.policy import Policy
from model.reasons import points_lost, ranked, reason_codes
from model.scorecard import Card, Columns, Floats, Ints

#: From worst to best; the position is the rank.
TIERS = ("NONE", "THIRD", "SECOND", "FIRST")
_NONE, _THIRD, _SECOND, _FIRST = range(4)
#: The best rank that each severity of a knock-out leaves: pass, refer, nurture, decline.
_BEST_RANK = np.array([_FIRST, _SECOND, _THIRD, _NONE])

HOUSEHOLD_BORROWER = "household_borrower"


@dataclass(frozen=True)
class Assessment:
    """What the policy and card say of n rows; arrays of shape (n,) unless stated.

    Attributes
    ----------
    scored : Flags
        False where the member may not be scored; points, PD, grade and reasons are void there.
    rank : Ints
        Index into `TIERS`.
    offered : Flags
        True for FIRST and SECOND: only there do limit, rate, months and repayment mean anything.
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
        """Whether an offer stands."""
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
        Terms asked for; None lets each household's calendar choose.

    Raises
    ------
    KeyError
        If an attribute that the policy or the card reads is not among `columns`.
    """
    suited = terms(columns, as_of, policy, months)
    hits = knock_outs(policy.rules, _with_terms(columns, suited))
    codes = card.codes(columns)
    by_attribute = card.points_by_attribute(codes)
    points = card.total(by_attribute)
    lost = points_lost(card, by_attribute)
    order = ranked(lost)
    grade = card.grade(points)
    return Assessment(
        knock_outs=hits,
        scored=~hits.unscored,
        points=points,
        pd=card.pd(points),
        grade=grade,
        rank=np.minimum(_rank_by_points(points, policy), _BEST_RANK[hits.severity]),
        terms=suited,
        offer=offer(columns, suited.capacity_yuan, grade, policy),
        reasons=reason_codes(card, codes, order),
        lost=np.where(order >= 0, np.take_along_axis(lost, np.maximum(order, 0), axis=1), 0),
    )


def choose_household_borrowers(
    assessment: Assessment, columns: Columns, member_id: NDArray[np.object_]
) -> Floats:
    """Return ``household_borrower``: 1 for one member of each household, 0 for others; shape (n,).

    The place goes to the household's best offer: a member who already has a loan open, then the
    higher tier, then more points, then the smaller member id. The others of that household get 0,
    offer or not, so that a later request cannot make a second borrower of one of them. Where nobody
    has an offer the place stays open (NaN).
    """
    homes = np.array([h if h is not None else f"alone:{m}" for h, m in _pairs(columns, member_id)])
    _, household = np.unique(homes, return_inverse=True)
    contends = np.flatnonzero(assessment.offered)
    indebted = np.nan_to_num(np.asarray(columns["loans_open"], dtype=np.float64)) > 0
    best_first = contends[
        np.lexsort(
            (
                member_id[contends].astype(str),
                -assessment.points[contends],
                -assessment.rank[contends],
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


def _pairs(columns: Columns, member_id: NDArray[np.object_]) -> zip[tuple[str | None, str]]:
    return zip(columns["household_id"].tolist(), member_id.tolist(), strict=True)


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


def _with_terms(columns: Columns, suited: Terms) -> Columns:
    # A loan of 13 months reaches into a second year: age is counted at its end.
    years = -(-suited.months // 12)
    return {
        **columns,
        "age_at_maturity": np.asarray(columns["age_years"], dtype=np.float64) + years,
        "capacity_yuan": suited.capacity_yuan,
    }


def _rank_by_points(points: Ints, policy: Policy) -> Ints:
    first, second = policy.tiers["FIRST"], policy.tiers["SECOND"]
    return np.where(points >= first, _FIRST, np.where(points >= second, _SECOND, _THIRD))


def declined(assessment: Assessment) -> Flags:
    """Return where a knock-out declines: those members are not eligible, whatever their points."""
    return np.asarray(assessment.knock_outs.severity == SEVERITY.index("decline"))
