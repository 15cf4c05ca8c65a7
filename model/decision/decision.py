"""The decision: one member's assessment held against what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from model.card.bins import Columns
from model.card.reasons import Reason, reason
from model.card.scorecard import Card
from model.decision.knock_outs import SEVERITY, KnockOuts, knock_outs
from model.decision.whitelist import Assessment, age_at_maturity, assess
from model.policy.policy import Effect, Policy, Rule

Outcome = Literal["APPROVE", "REFER", "DECLINE"]

#: What request rules may read.
ASKED = ("amount_yuan", "months_asked", "amount_above_limit_yuan", "age_at_asked_maturity")


@dataclass(frozen=True)
class Request:
    """What a member asks for; `purpose` is recorded and does not change the answer."""

    amount_yuan: int
    months: int
    purpose: str


@dataclass(frozen=True)
class KnockOut:
    """A matched rule: its stable code and sentence."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Decision:
    """The answer, complete but for its number and validity, which the service adds.

    Attributes
    ----------
    points, pd, grade
        None where the member may not be scored (no consent, no score).
    annual_rate, months, repayment, limit_bound_by
        None without an offer (tiers THIRD and NONE).
    reasons : tuple of Reason
        At most four, largest loss first.
    knock_outs : tuple of KnockOut
        Every rule that matched, those on the request last.
    """

    outcome: Outcome
    tier: str
    points: int | None
    pd: float | None
    grade: str | None
    limit_yuan: int
    annual_rate: float | None
    months: int | None
    repayment: str | None
    limit_bound_by: str | None
    reasons: tuple[Reason, ...]
    knock_outs: tuple[KnockOut, ...]
    as_of: date
    policy_digest: str


def decide(columns: Columns, request: Request, as_of: date, policy: Policy, card: Card) -> Decision:
    """Decide on one member's request; `columns` of shape (1,). See `decide_many`."""
    return decide_many(columns, (request,), as_of, policy, card)[0]


def decide_many(
    columns: Columns, requests: Sequence[Request], as_of: date, policy: Policy, card: Card
) -> list[Decision]:
    """Decide on n members' requests at once, each as if it had come alone.

    Everything but the outcome, the limit and its term is as in the edition, whatever is asked.

    Parameters
    ----------
    columns
        The members' profiles, arrays of shape (n,), with the edition's ``household_borrower``.
    as_of
        The date of the profiles; the calendar of the offer starts there.

    Raises
    ------
    KeyError
        If the profiles lack an attribute that the policy or the card reads.
    """
    months = np.array([request.months for request in requests], dtype=np.int64)
    found = assess(columns, as_of, policy, card, months)
    on_request = knock_outs(policy.request_rules, _asked(columns, requests, found))
    told = _Told(found, on_request, as_of, policy, card)
    return [told.decision(row) for row in range(len(requests))]


class _Told:
    """Assessments in plain Python values, taken out of the arrays once for all rows."""

    def __init__(
        self, found: Assessment, on_request: KnockOuts, as_of: date, policy: Policy, card: Card
    ) -> None:
        self._as_of, self._policy, self._card = as_of, policy, card
        self._scored, self._offered = found.scored.tolist(), found.offered.tolist()
        self._severity = on_request.severity.tolist()
        self._tier = found.tier.tolist()
        self._score = list(
            zip(found.points.tolist(), found.pd.tolist(), found.grade.tolist(), strict=True)
        )
        self._limit = found.limit_yuan.tolist()
        offer, terms = found.offer, found.terms
        self._offer = list(
            zip(
                offer.annual_rate.tolist(),
                terms.months.tolist(),
                terms.repayment.tolist(),
                offer.bound_by.tolist(),
                strict=True,
            )
        )
        self._reasons, self._lost = found.reasons.tolist(), found.lost.tolist()
        self._codes = list(
            zip(found.knock_outs.codes_by_row(), on_request.codes_by_row(), strict=True)
        )

    def decision(self, row: int) -> Decision:
        """Return the decision on one row; what the member has no right to is None."""
        is_scored = self._scored[row]
        points, pd, grade = self._score[row] if is_scored else (None,) * 3
        rate, months, repayment, bound = self._offer[row] if self._offered[row] else (None,) * 4
        on_member, on_request = self._codes[row]
        return Decision(
            outcome=_outcome(self._tier[row], SEVERITY[self._severity[row]]),
            tier=self._tier[row],
            points=points,
            pd=pd,
            grade=grade,
            limit_yuan=self._limit[row],
            annual_rate=rate,
            months=months,
            repayment=repayment,
            limit_bound_by=bound,
            reasons=self._told_reasons(row) if is_scored else (),
            knock_outs=tuple(_told(self._policy.rule(code)) for code in (*on_member, *on_request)),
            as_of=self._as_of,
            policy_digest=self._policy.digest,
        )

    def _told_reasons(self, row: int) -> tuple[Reason, ...]:
        pairs = zip(self._reasons[row], self._lost[row], strict=True)
        return tuple(reason(self._card, code, lost) for code, lost in pairs if code is not None)


def _asked(columns: Columns, requests: Sequence[Request], found: Assessment) -> Columns:
    """Return what request rules read; the limit is missing where there is no offer to exceed."""
    limit = np.where(found.offered, found.limit_yuan, np.nan)
    amount = np.array([request.amount_yuan for request in requests], dtype=np.float64)
    return {
        "amount_yuan": amount,
        "months_asked": np.array([request.months for request in requests], dtype=np.float64),
        "amount_above_limit_yuan": amount - limit,
        "age_at_asked_maturity": age_at_maturity(columns, found.terms.months),
    }


def _outcome(tier: str, on_request: Effect) -> Outcome:
    if tier in ("NONE", "THIRD") or on_request == "decline":
        return "DECLINE"
    return "APPROVE" if tier == "FIRST" and on_request == "pass" else "REFER"


def _told(rule: Rule) -> KnockOut:
    return KnockOut(rule.code, rule.text.zh, rule.text.en)
