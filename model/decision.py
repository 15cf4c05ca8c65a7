"""The decision: one member's assessment held against what was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from model.knockouts import SEVERITY, knock_outs
from model.policy import Effect, Policy, Rule
from model.reasons import Reason, reason
from model.scorecard import Card, Columns
from model.whitelist import Assessment, age_at_maturity, assess

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
    """Decide on one member's request.

    Everything but the outcome, the limit and its term is as in the edition, whatever is asked.

    Parameters
    ----------
    columns
        The member's profile, arrays of shape (1,), with the edition's ``household_borrower``.
    as_of
        The date of the profile; the calendar of the offer starts there.

    Raises
    ------
    KeyError
        If the profile lacks an attribute that the policy or the card reads.
    """
    found = assess(columns, as_of, policy, card, np.array([request.months], dtype=np.int64))
    on_request = knock_outs(policy.request_rules, _asked(columns, request, found))
    scored, offered = bool(found.scored[0]), bool(found.offered[0])
    tier = str(found.tier[0])
    return Decision(
        outcome=_outcome(tier, SEVERITY[on_request.severity[0]]),
        tier=tier,
        points=int(found.points[0]) if scored else None,
        pd=float(found.pd[0]) if scored else None,
        grade=str(found.grade[0]) if scored else None,
        limit_yuan=int(found.limit_yuan[0]),
        annual_rate=float(found.offer.annual_rate[0]) if offered else None,
        months=int(found.terms.months[0]) if offered else None,
        repayment=str(found.terms.repayment[0]) if offered else None,
        limit_bound_by=str(found.offer.bound_by[0]) if offered else None,
        reasons=_reasons(found, card) if scored else (),
        knock_outs=tuple(
            _told(policy.rule(code))
            for code in (*found.knock_outs.codes_of(0), *on_request.codes_of(0))
        ),
        as_of=as_of,
        policy_digest=policy.digest,
    )


def _asked(columns: Columns, request: Request, found: Assessment) -> Columns:
    """Return what request rules read; the limit is missing where there is no offer to exceed."""
    limit = np.where(found.offered, found.limit_yuan, np.nan)
    return {
        "amount_yuan": np.array([request.amount_yuan], dtype=np.float64),
        "months_asked": np.array([request.months], dtype=np.float64),
        "amount_above_limit_yuan": request.amount_yuan - limit,
        "age_at_asked_maturity": age_at_maturity(columns, found.terms.months),
    }


def _outcome(tier: str, on_request: Effect) -> Outcome:
    if tier in ("NONE", "THIRD") or on_request == "decline":
        return "DECLINE"
    return "APPROVE" if tier == "FIRST" and on_request == "pass" else "REFER"


def _reasons(found: Assessment, card: Card) -> tuple[Reason, ...]:
    pairs = zip(found.reasons[0], found.lost[0], strict=True)
    return tuple(reason(card, code, int(lost)) for code, lost in pairs if code is not None)


def _told(rule: Rule) -> KnockOut:
    return KnockOut(rule.code, rule.text.zh, rule.text.en)
