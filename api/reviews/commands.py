"""A person overrules what was decided, either way; every override is on record with its reason.

A person decides: asking for a review, taking the case, the verdict; four eyes above a sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from api.cases.case import entry_on, open_case, written
from api.cases.state import APPROVING, DECLINING, OPEN, SECOND_NEEDED, DecisionState
from api.core.calendar import date_in_china
from api.http.lending_problems import (
    ALREADY_REVIEWED,
    CLAIMED_BY_ANOTHER,
    FOUR_EYES_NEEDED,
    NOT_CLAIMED,
    NOT_DECLINED,
    NOT_OPEN,
    NOT_OVERRIDABLE,
    OWN_CASE,
)
from api.http.problem_kinds import INVALID_BODY
from api.http.problems import FieldError, ProblemError
from api.ledger.commands import IdempotencyScope, View, Written
from model.policy.policy import Policy
from model.profile.dictionary import Text

Verdict = Literal["APPROVE", "DECLINE"]


@dataclass(frozen=True)
class Ruling:
    """What a person rules, and why.

    Attributes
    ----------
    amount_yuan : int or None
        What is approved; None with a decline.
    reason_code : str
        One of the policy's review reasons that serves the verdict.
    """

    verdict: Verdict
    amount_yuan: int | None
    reason_code: str
    note: str


@dataclass(frozen=True)
class RequestReview:
    """A member's right: have a person look at what the service declined."""

    idempotency: IdempotencyScope | None
    actor: str
    decision_id: str
    statement: str | None

    def run(self, view: View) -> Written:
        """Put the case into the queue."""
        state = open_case(view, self.decision_id)
        if state.outcome != "DECLINE":
            raise ProblemError(NOT_DECLINED)
        if state.settled != "DECLINED":
            raise ProblemError(ALREADY_REVIEWED)
        body = {"statement": self.statement}
        return written(view, state, entry_on(state, "REVIEW_REQUESTED", self.actor, body))


@dataclass(frozen=True)
class ClaimReview:
    """Take an open case for the hours the policy gives."""

    idempotency: IdempotencyScope | None
    actor: str
    decision_id: str
    policy: Policy

    def run(self, view: View) -> Written:
        """Take it, unless somebody else holds it or it is the reviewer's own."""
        state = _reviewable(view, self.decision_id, self.actor)
        if state.claimant(view.now) not in (None, self.actor):
            raise ProblemError(CLAIMED_BY_ANOTHER)
        until = view.now + timedelta(hours=self.policy["review_claim_hours"])
        body = {"until": until.isoformat()}
        return written(view, state, entry_on(state, "REVIEW_CLAIMED", self.actor, body))


@dataclass(frozen=True)
class GiveVerdict:
    """Decide a claimed case.

    An approval above ``four_eyes_above_yuan`` leaves the case open for a second reviewer; what both
    approve is then the lower of their amounts.
    """

    idempotency: IdempotencyScope | None
    actor: str
    decision_id: str
    ruling: Ruling
    policy: Policy

    def run(self, view: View) -> Written:
        """Record the verdict."""
        state = _reviewable(view, self.decision_id, self.actor)
        if state.claimant(view.now) != self.actor:
            raise ProblemError(NOT_CLAIMED)
        refuse_unfounded(self.ruling, state, self.policy)
        outcome, amount = self._outcome(state)
        entry = entry_on(
            state,
            "REVIEW_DECIDED",
            self.actor,
            ruling_body(self.ruling, state, view, self.policy),
            amount,
            outcome,
        )
        return written(view, state, entry)

    def _outcome(self, state: DecisionState) -> tuple[str, int | None]:
        amount = self.ruling.amount_yuan
        if self.ruling.verdict == "DECLINE" or amount is None:
            return "DECLINE", None
        if state.first_reviewer is not None:
            return "APPROVE", min(amount, state.seconded_yuan)
        needs_second = amount > self.policy["four_eyes_above_yuan"]
        return (SECOND_NEEDED if needs_second else "APPROVE"), amount


def refuse_unfounded(ruling: Ruling, state: DecisionState, policy: Policy) -> None:
    """Refuse a ruling whose reason does not serve it, or whose amount cannot be granted.

    Raises
    ------
    ProblemError
        422, naming the field.
    """
    answer = ruling.verdict.lower()
    serving = [reason.code for reason in policy.review_reasons if reason.justifies(answer)]
    errors = []
    if ruling.reason_code not in serving:
        listed = ", ".join(serving)
        errors.append(FieldError("reason_code", Text(f"以下之一：{listed}", f"one of {listed}")))
    most = min(state.asked_yuan, policy["product_cap_yuan"])
    if (ruling.verdict == "APPROVE") != (ruling.amount_yuan is not None):
        errors.append(FieldError("amount_yuan", _AMOUNT_IFF_APPROVED))
    elif ruling.amount_yuan is not None and ruling.amount_yuan > most:
        words = (
            f"至多 {most}（申请金额与产品上限）",
            f"at most {most}: what was asked for, and the cap",
        )
        errors.append(FieldError("amount_yuan", Text(*words)))
    if errors:
        raise ProblemError(INVALID_BODY, errors)


_AMOUNT_IFF_APPROVED = Text(
    "批准时必填，拒绝时不填", "given with an approval, left out with a decline"
)


def ruling_body(ruling: Ruling, state: DecisionState, view: View, policy: Policy) -> dict[str, Any]:
    """Return what an entry keeps of a ruling; an approval is valid anew from today."""
    valid_until = date_in_china(view.now) + timedelta(days=policy["decision_validity_days"])
    return {
        "verdict": ruling.verdict,
        "amount_yuan": ruling.amount_yuan,
        "reason_code": ruling.reason_code,
        "note": ruling.note,
        "status_before": state.settled,
        "outcome_before": state.outcome,
        "policy_digest": policy.digest,
        "valid_until": valid_until.isoformat() if ruling.verdict == "APPROVE" else None,
    }


def _reviewable(view: View, decision_id: str, reviewer: str) -> DecisionState:
    state = open_case(view, decision_id)
    if state.settled not in OPEN:
        raise ProblemError(NOT_OPEN)
    if reviewer in state.asked_by or reviewer == state.first_reviewer:
        raise ProblemError(OWN_CASE)
    return state


@dataclass(frozen=True)
class Override:
    """Stop an approval, or approve what was declined, up to the sum one person may approve."""

    idempotency: IdempotencyScope | None
    actor: str
    decision_id: str
    ruling: Ruling
    policy: Policy

    def run(self, view: View) -> Written:
        """Overrule; payments made already are not undone by it."""
        state = open_case(view, self.decision_id)
        if self.actor in state.asked_by:
            raise ProblemError(OWN_CASE)
        if state.settled not in (DECLINING if self.ruling.verdict == "APPROVE" else APPROVING):
            raise ProblemError(NOT_OVERRIDABLE)
        refuse_unfounded(self.ruling, state, self.policy)
        amount = self.ruling.amount_yuan
        if amount is not None and amount > self.policy["four_eyes_above_yuan"]:
            raise ProblemError(FOUR_EYES_NEEDED)
        body = ruling_body(self.ruling, state, view, self.policy)
        verdict = self.ruling.verdict
        entry = entry_on(state, "OVERRIDDEN", self.actor, body, amount, verdict)
        return written(view, state, entry)
