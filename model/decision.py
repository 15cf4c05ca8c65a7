"""The decision: one member's assessment held against what was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from model.knockouts import knock_outs
from model.policy import Policy, Rule
from model.reasons import Reason, reason
from model.scorecard import Card, Columns
from model.whitelist import Assessment, assess

Outcome = Literal["APPROVE", "REFER", "DECLINE"]


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
    return _decision(found, request, as_of, policy, card)


def _decision(
    found: Assessment, request: Request, as_of: date, policy: Policy, card: Card
) -> Decision:
    scored, offered = bool(found.scored[0]), bool(found.offered[0])
    on_request = _request_knock_outs(found, request, policy) if offered else ()
    tier = str(found.tier[0])
    return Decision(
        outcome=_outcome(tier, on_request),
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
            _told(policy.rule(code)) for code in (*found.knock_outs.codes_of(0), *on_request)
        ),
        as_of=as_of,
        policy_digest=policy.digest,
    )


def _outcome(tier: str, on_request: tuple[str, ...]) -> Outcome:
    if tier in ("NONE", "THIRD"):
        return "DECLINE"
    return "APPROVE" if tier == "FIRST" and not on_request else "REFER"


def _request_knock_outs(found: Assessment, request: Request, policy: Policy) -> tuple[str, ...]:
    asked = {
        "amount_yuan": np.array([request.amount_yuan], dtype=np.float64),
        "months_asked": np.array([request.months], dtype=np.float64),
        "amount_above_limit_yuan": request.amount_yuan - found.limit_yuan.astype(np.float64),
    }
    return knock_outs(policy.request_rules, asked).codes_of(0)


def _reasons(found: Assessment, card: Card) -> tuple[Reason, ...]:
    pairs = zip(found.reasons[0], found.lost[0], strict=True)
    return tuple(reason(card, code, int(lost)) for code, lost in pairs if code is not None)


def _told(rule: Rule) -> KnockOut:
    return KnockOut(rule.code, rule.text.zh, rule.text.en)
