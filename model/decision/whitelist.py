"""The whitelist: one array kernel from profile to tier and offer, for one member or for all.

Only one member of a household can be on the whitelist; `assess_edition` chooses who that is.
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
from model.decision.capacity import (
    Finances,
    LoanTerms,
    finances,
    for_the_loan_that_follows,
    loan_terms,
)
from model.decision.concern import losses_told
from model.decision.cooperative import household_alone
from model.decision.eligibility import ELIGIBILITY, LONGEST_MONTHS, eligibility
from model.decision.knock_outs import Flags, KnockOuts, knock_outs
from model.decision.offer import Offer, grade_of_pd, offer
from model.decision.price import above_cap_bp
from model.policy.policy import Policy

#: From worst to best; the index is the rank.
TIERS = ("NONE", "THIRD", "SECOND", "FIRST")
_NONE, _THIRD, _SECOND, _FIRST = range(4)
#: The best rank that each severity of a knock-out leaves: pass, note, refer, nurture, decline.
BEST_RANK = np.array([_FIRST, _FIRST, _SECOND, _THIRD, _NONE])

#: The number of the policy below which a loss of points is no reason; absent in older policies.
LEAST_POINTS_TOLD = "least_points_told"

HOUSEHOLD_BORROWER = "household_borrower"
COST_ABOVE_CAP = "cost_above_rate_cap_bp"
#: What rules may read besides the profile's attributes.
DERIVED = (
    HOUSEHOLD_BORROWER, "age_at_maturity", "capacity_yuan", COST_ABOVE_CAP, *ELIGIBILITY,
)  # fmt: skip

#: None as an array, to blank entries in arrays of text.
_NOTHING = np.array([None], dtype=object)


@dataclass(frozen=True)
class Assessment:
    """What the policy and card say of n rows; arrays of shape (n,) unless stated.

    Attributes
    ----------
    read : Columns
        The profiles with the columns that follow from them for the rules on eligibility.
    scored : Flags
        False where the member must not be scored: there points and losses are 0, PD is NaN, grade
        and reasons are None, whatever the profile.
    rank : Ints
        Index into `TIERS`.
    terms, offer
        Those of the requested term, or of the term that suits the household; valid only where
        `offered`.
    reasons, lost : arrays
        Shape (n, 4): reason codes (None where there is none) and the points they cost.
    """

    read: Columns
    knock_outs: KnockOuts
    scored: Flags
    points: Ints
    pd: Floats
    grade: NDArray[np.object_]
    rank: Ints
    terms: LoanTerms
    offer: Offer
    reasons: NDArray[np.object_]
    lost: Ints

    @property
    def tier(self) -> NDArray[np.object_]:
        """Name of each row's tier."""
        return np.array(TIERS, dtype=object)[self.rank]

    @property
    def offered(self) -> Flags:
        """Whether the row has an offer: in FIRST and SECOND."""
        return self.rank >= _SECOND

    @property
    def limit_yuan(self) -> Ints:
        """Limit in yuan; 0 without an offer."""
        return np.where(self.offered, self.offer.limit_yuan, 0)


@dataclass(frozen=True)
class Measures:
    """What `assess` says of n rows, but for what depends on who of a household borrows.

    Attributes
    ----------
    suited : LoanTerms
        Of the term that suits the household, by which tier and knock-outs are judged.
    points, pd, grade, reasons, lost
        As in `Assessment`, also of members who must not be scored.
    """

    read: Columns
    suited: LoanTerms
    points: Ints
    pd: Floats
    grade: NDArray[np.object_]
    terms: LoanTerms
    offer: Offer
    reasons: NDArray[np.object_]
    lost: Ints

    def placed(self, household_borrower: Floats, policy: Policy) -> Assessment:
        """Return the assessment, given ``household_borrower``, shape (n,); see `assess`."""
        read = {**self.read, HOUSEHOLD_BORROWER: household_borrower}
        hits = knock_outs(policy.rules, _derived(read, self.suited, self.pd, policy))
        scored = ~hits.unscored
        return Assessment(
            read=read,
            knock_outs=hits,
            scored=scored,
            points=np.where(scored, self.points, 0),
            pd=np.where(scored, self.pd, np.nan),
            grade=np.where(scored, self.grade, _NOTHING),
            rank=np.minimum(_rank_by_points(self.points, policy), BEST_RANK[hits.severity]),
            terms=self.terms,
            offer=self.offer,
            reasons=np.where(scored[:, None], self.reasons, _NOTHING),
            lost=np.where(scored[:, None], self.lost, 0),
        )

    def in_households(
        self, member_id: NDArray[np.object_], policy: Policy
    ) -> tuple[Assessment, Floats]:
        """Choose one borrower for each household, all of whose members are among the rows.

        Returns
        -------
        tuple
            The assessment, and the ``household_borrower`` column that reproduces it row by row.
        """
        candidates = self.placed(np.full(len(member_id), np.nan), policy)
        borrower = choose_household_borrowers(candidates, self.read, member_id)
        return self.placed(borrower, policy), borrower


def assess(
    columns: Columns,
    as_of: date,
    policy: Policy,
    card: Card,
    months: Ints | None = None,
    lines: Flags | None = None,
) -> Assessment:
    """Take n profiles through knock-outs, points, PD and grade, tier, and offer.

    Parameters
    ----------
    columns
        Profile attributes by name, each of shape (n,), and ``household_borrower``: 1 for the
        household's borrower, 0 for its other members, NaN while nobody has been chosen.
    months
        Requested terms, for which limit and repayment are computed. Tier and knock-outs are always
        those of the term that suits the household, so that no request changes who is on the
        whitelist. None lets each household's calendar choose.
    lines
        Which rows ask for a line of credit; None: none.

    Notes
    -----
    Under a policy that weighs evidence the tier is that of the loan that follows the ones that run:
    a borrower in good standing does not leave the list because a loan runs. The offer is for a loan
    paid out today, which shares this season's income, and the caps, with them.

    Raises
    ------
    KeyError
        If an attribute that the policy or the card reads is not among `columns`.
    """
    placed = columns[HOUSEHOLD_BORROWER]
    measured = measures(columns, as_of, policy, card, months, lines)
    return measured.placed(np.asarray(placed, dtype=np.float64), policy)


def measures(
    columns: Columns,
    as_of: date,
    policy: Policy,
    card: Card,
    months: Ints | None = None,
    lines: Flags | None = None,
) -> Measures:
    """Take n profiles through `assess`, up to what depends on who of a household borrows."""
    read = {**columns, **eligibility(columns, policy)}
    household = finances(household_alone(columns, policy), as_of, policy)
    following = for_the_loan_that_follows(household, in_arrears(columns))
    suited = _within_age(loan_terms(following, policy), following, read, policy)
    granted = suited
    if months is not None or following is not household:
        granted = loan_terms(household, policy, suited.months if months is None else months, lines)
    codes = card.codes(columns)
    by_factor = card.points_by_factor(codes)
    points = card.total(by_factor)
    pd = card.pd(points)
    grade = grade_of_pd(pd, policy)
    lost = points_lost(card, codes, by_factor)
    told = losses_told(lost, card.reason_table.factors, columns, policy)
    order = ranked(told, policy.numbers.get(LEAST_POINTS_TOLD, 1))
    return Measures(
        read=read,
        suited=suited,
        points=points,
        pd=pd,
        grade=grade,
        terms=granted,
        offer=offer(columns, granted.capacity_yuan, pd, grade, policy),
        reasons=reason_codes(card, codes, order),
        lost=_ranked_losses(lost, order),
    )


def assess_edition(
    columns: Columns, member_id: NDArray[np.object_], as_of: date, policy: Policy, card: Card
) -> tuple[Assessment, Floats]:
    """Assess a complete archive, one borrower for each household; see `Measures.in_households`."""
    return measures(columns, as_of, policy, card).in_households(member_id, policy)


class Candidates(Protocol):
    """Members from whom the household's borrower is chosen, for example an `Assessment`."""

    @property
    def rank(self) -> Ints:
        """Index into `TIERS`, shape (n,)."""

    @property
    def points(self) -> Ints:
        """Total points, shape (n,)."""

    @property
    def offered(self) -> Flags:
        """Whether the member has an offer, shape (n,)."""


def choose_household_borrowers(
    candidates: Candidates, columns: Columns, member_id: NDArray[np.object_]
) -> Floats:
    """Return ``household_borrower``: 1 for one member of each household, 0 for others; shape (n,).

    The borrower is the member with an offer who already has a loan open, then has the higher tier,
    then more points, then the smaller member id. The other members get 0, with or without an offer,
    so that a later request cannot make one of them a second borrower. In a household without any
    offer nobody is chosen (NaN). A member without a household counts as a household of one.
    """
    household = household_numbers(columns, member_id)
    eligible = np.flatnonzero(candidates.offered)
    has_loan = np.nan_to_num(np.asarray(columns["loans_open"], dtype=np.float64)) > 0
    best_first = eligible[
        np.lexsort(
            (
                member_id[eligible].astype(str),
                -candidates.points[eligible],
                -candidates.rank[eligible],
                ~has_loan[eligible],
                household[eligible],
            )
        )
    ]
    _, first = np.unique(household[best_first], return_index=True)
    chosen = best_first[first]
    has_borrower = np.isin(household, household[chosen])
    borrower = np.where(has_borrower, 0.0, np.nan)
    borrower[chosen] = 1.0
    return borrower


def household_numbers(columns: Columns, member_id: NDArray[np.object_]) -> Ints:
    """Return each member's household as a number, shape (n,); one without is a household alone."""
    pairs = zip(columns["household_id"].tolist(), member_id.tolist(), strict=True)
    # No archive identifier contains a colon, so this prefix cannot equal a household's id.
    homes = [home if home is not None else f"alone:{member}" for home, member in pairs]
    _, household = np.unique(np.array(homes, dtype=str), return_inverse=True)
    return household.astype(np.int64, copy=False)


def age_at_maturity(columns: Columns, months: Ints) -> Floats:
    """Return age in completed years plus the years a loan of `months` reaches into, shape (n,).

    A loan of 13 months reaches into a second year; age + loan years ≤ 65 then means the same with
    whole years as with a fraction.
    """
    years = -(-months // 12)
    return np.asarray(columns["age_years"], dtype=np.float64) + years


def in_arrears(columns: Columns) -> Flags:
    """Return which members have a loan past due now, shape (n,)."""
    return np.asarray(np.asarray(columns["days_past_due_now"], dtype=np.float64) > 0)


def _derived(columns: Columns, suited: LoanTerms, pd: Floats, policy: Policy) -> Columns:
    """Return `columns` and what rules read besides; nothing derives from a PD that is not told."""
    unscored = knock_outs([rule for rule in policy.rules if rule.unscored], columns).unscored
    return {
        **columns,
        "age_at_maturity": age_at_maturity(columns, suited.months),
        "capacity_yuan": suited.capacity_yuan,
        COST_ABOVE_CAP: above_cap_bp(np.where(unscored, np.nan, pd), policy),
    }


def _within_age(suited: LoanTerms, household: Finances, read: Columns, policy: Policy) -> LoanTerms:
    """Return the terms that suit, shortened where the member would be too old at their end.

    Where no term of the product is short enough, the rule on age declines.
    """
    if LONGEST_MONTHS not in read:
        return suited
    most = read[LONGEST_MONTHS]
    is_long = (suited.months > most) & (most >= policy["minimum_months"])
    shorter = np.where(is_long, most, suited.months)
    if (shorter == suited.months).all():
        return suited
    return loan_terms(household, policy, shorter.astype(np.int64))


def _rank_by_points(points: Ints, policy: Policy) -> Ints:
    first, second = policy.tiers["FIRST"], policy.tiers["SECOND"]
    return np.where(points >= first, _FIRST, np.where(points >= second, _SECOND, _THIRD))


def _ranked_losses(lost: Ints, order: Ints) -> Ints:
    rows = np.arange(len(lost))[:, None]
    return np.where(order >= 0, lost[rows, np.maximum(order, 0)], 0)
