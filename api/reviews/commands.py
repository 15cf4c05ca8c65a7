"""Commands of review: request, claim, verdict and override; large approvals need two reviewers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from api.cases.case import CaseCommand, controls_at, open_case, refuse_duty, refuse_full
from api.cases.exposure import exposure_with
from api.cases.state import APPROVING, DECLINING, OPEN, DecisionState
from api.core.calendar import date_in_china
from api.decisions.rulings import SECOND_NEEDED
from api.decisions.stored import approval_ends
from api.editions.directory import Directory
from api.editions.in_use import Resources
from api.http.fields import EXPECTED
from api.http.lending_problems import (
    ALREADY_REVIEWED,
    CLAIMED_BY_ANOTHER,
    CLAIMS_USED_UP,
    FOUR_EYES_NEEDED,
    NOT_CLAIMED,
    NOT_DECLINED,
    NOT_OPEN,
    NOT_OVERRIDABLE,
    OWN_CASE,
)
from api.http.problem_kinds import INVALID_BODY
from api.http.problems import FieldError, ProblemError
from api.ledger.commands import View, Written
from model.policy.policy import Policy
from model.profile.dictionary import Text

Verdict = Literal["APPROVE", "DECLINE"]


@dataclass(frozen=True)
class Ruling:
    """A person's decision and its reason.

    Attributes
    ----------
    amount_yuan : int or None
        Approved amount; None with a decline.
    reason_code : str
        One of the policy's review reasons for this verdict.
    """

    verdict: Verdict
    amount_yuan: int | None
    reason_code: str
    note: str


@dataclass(frozen=True)
class RequestReview(CaseCommand):
    """Request a person's review of a decline, which is every member's right.

    Attributes
    ----------
    directory : Directory or None
        Knows the member's name by its index; None for an edition of a release without one.
    """

    statement: str | None
    directory: Directory | None = None

    def run(self, view: View) -> Written:
        """Add the case to the review queue."""
        state = open_case(view, self.decision_id)
        if state.outcome != "DECLINE":
            raise ProblemError(NOT_DECLINED)
        if state.settled != "DECLINED":
            raise ProblemError(ALREADY_REVIEWED)
        refuse_name(view, state, "statement", self.statement, self.directory)
        body = {"statement": self.statement}
        return self.append(view, state, "REVIEW_REQUESTED", body)


@dataclass(frozen=True)
class ClaimReview(CaseCommand):
    """Claim an open case for the policy's number of hours."""

    policy: Policy

    def run(self, view: View) -> Written:
        """Claim it, unless another reviewer has claimed it or the reviewer requested it."""
        controls, state = controls_at(view), reviewable(view, self.decision_id, self.actor)
        if state.claimant(view.now) not in (None, self.actor):
            raise ProblemError(CLAIMED_BY_ANOTHER)
        if state.claims.get(self.actor, 0) >= controls.claims_in_a_row:
            raise ProblemError(CLAIMS_USED_UP)
        refuse_full(state, controls)
        until = view.now + timedelta(hours=self.policy["review_claim_hours"])
        body = {"until": until.isoformat()}
        return self.append(view, state, "REVIEW_CLAIMED", body)


@dataclass(frozen=True)
class GiveVerdict(CaseCommand):
    """Decide a claimed case.

    An approval that needs four eyes leaves the case open for a second reviewer; the approved amount
    is then the lower of the two.
    """

    ruling: Ruling
    resources: Resources

    def run(self, view: View) -> Written:
        """Record the verdict."""
        state = reviewable(view, self.decision_id, self.actor)
        terms = self.resources.policy.consent_terms
        refuse_duty(view, state, "rule", self.actor, controls_at(view), terms)
        if state.claimant(view.now) != self.actor:
            raise ProblemError(NOT_CLAIMED)
        refuse_invalid_ruling(self.ruling, state, self.resources.policy)
        refuse_name(view, state, "note", self.ruling.note, self.resources.directory)
        outcome, amount = self._outcome(view, state)
        body = ruling_body(self.ruling, state, view, self.resources.policy)
        return self.append(view, state, "REVIEW_DECIDED", body, amount, outcome)

    def _outcome(self, view: View, state: DecisionState) -> tuple[str, int | None]:
        amount = self.ruling.amount_yuan
        if self.ruling.verdict == "DECLINE" or amount is None:
            return "DECLINE", None
        if state.first_reviewer is not None:
            return "APPROVE", min(amount, state.first_approval_yuan)
        is_for_two = needs_four_eyes(view, state, amount, self.resources)
        return (SECOND_NEEDED if is_for_two else "APPROVE"), amount


def needs_four_eyes(view: View, state: DecisionState, amount: int, resources: Resources) -> bool:
    """Return whether two people must approve `amount` yuan on a decision.

    They must if the exposure to the household exceeds ``four_eyes_above_yuan``, or if the decision
    matched a rule in spite of which nobody approves alone.
    """
    for_two = controls_at(view).rules_for_two
    if any(rule["code"] in for_two for rule in state.answer.get("knock_outs", ())):
        return True
    limit = resources.policy["four_eyes_above_yuan"]
    return amount > limit or exposure_with(view, state, amount, resources.edition) > limit


def refuse_name(
    view: View, state: DecisionState, field: str, text: str | None, directory: Directory | None
) -> None:
    """Refuse a text that holds the name of the person behind the case: the ledger keeps it.

    Raises
    ------
    ProblemError
        422, naming the field.
    """
    member_id = view.member_of(state.subject_id)
    if directory and member_id and text and directory.holds_name(member_id, text):
        raise ProblemError(INVALID_BODY, [FieldError(field, EXPECTED[field])])


def refuse_invalid_ruling(ruling: Ruling, state: DecisionState, policy: Policy) -> None:
    """Refuse a ruling whose reason does not fit its verdict, or whose amount is not allowed.

    Raises
    ------
    ProblemError
        422, naming the field.
    """
    verdict = ruling.verdict.lower()
    allowed = [reason.code for reason in policy.review_reasons if reason.justifies(verdict)]
    errors = []
    if ruling.reason_code not in allowed:
        listed = ", ".join(allowed)
        errors.append(FieldError("reason_code", Text(f"以下之一：{listed}", f"one of {listed}")))
    maximum = min(state.asked_yuan, policy["product_cap_yuan"])
    if (ruling.verdict == "APPROVE") != (ruling.amount_yuan is not None):
        errors.append(FieldError("amount_yuan", _AMOUNT_IFF_APPROVED))
    elif ruling.amount_yuan is not None and ruling.amount_yuan > maximum:
        expected = Text(
            f"不超过 {maximum:,} 元（以申请金额和产品上限为限）",
            f"at most {maximum:,}: the requested amount and the product's cap",
        )
        errors.append(FieldError("amount_yuan", expected))
    if errors:
        raise ProblemError(INVALID_BODY, errors)


_AMOUNT_IFF_APPROVED = Text(
    "批准时必填，拒绝时不填", "required with an approval, absent with a decline"
)


def ruling_body(ruling: Ruling, state: DecisionState, view: View, policy: Policy) -> dict[str, Any]:
    """Return the body of a ruling's entry; the validity of an approval starts today."""
    longest = policy.numbers.get("line_months", state.months)
    line_months = min(state.months, longest) if state.is_line else None
    valid_until = approval_ends(date_in_china(view.now), line_months, policy)
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


def reviewable(view: View, decision_id: str, reviewer: str) -> DecisionState:
    """Return the state of a case that `reviewer` may review.

    Raises
    ------
    ProblemError
        If it is not in the queue, or the reviewer took part in it.
    """
    state = open_case(view, decision_id)
    if state.settled not in OPEN:
        raise ProblemError(NOT_OPEN)
    if reviewer in state.requested_by or reviewer == state.first_reviewer:
        raise ProblemError(OWN_CASE)
    return state


@dataclass(frozen=True)
class Override(CaseCommand):
    """Revoke an approval, or approve a declined case up to the limit for one reviewer."""

    ruling: Ruling
    resources: Resources

    def run(self, view: View) -> Written:
        """Record the override; it does not cancel payments that were made already."""
        state = open_case(view, self.decision_id)
        if self.actor in state.requested_by:
            raise ProblemError(OWN_CASE)
        if state.settled not in (DECLINING if self.ruling.verdict == "APPROVE" else APPROVING):
            raise ProblemError(NOT_OVERRIDABLE)
        terms = self.resources.policy.consent_terms
        refuse_duty(view, state, "rule", self.actor, controls_at(view), terms)
        policy, amount = self.resources.policy, self.ruling.amount_yuan
        refuse_invalid_ruling(self.ruling, state, policy)
        refuse_name(view, state, "note", self.ruling.note, self.resources.directory)
        if amount is not None:
            refuse_full(state, controls_at(view))
        if amount is not None and needs_four_eyes(view, state, amount, self.resources):
            raise ProblemError(FOUR_EYES_NEEDED)
        body = ruling_body(self.ruling, state, view, policy)
        return self.append(view, state, "OVERRIDDEN", body, amount, self.ruling.verdict)
