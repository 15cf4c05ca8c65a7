"""Commands of payments: disburse on an approved decision, in full or in part, and cancel.

A payment needs consent in force and a new assessment of the member by the edition in use.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from api.cases.case import (
    CaseCommand,
    case_of,
    controls_at,
    open_case,
    refuse_duty,
    refuse_full,
)
from api.cases.exposure import caps_exceeded
from api.cases.money import Draw
from api.cases.state import DecisionState, running_draws
from api.consent.consent import CONSENT, is_consent_in_force, with_consent
from api.core.calendar import date_in_china
from api.decisions.caps import HOUSEHOLD
from api.decisions.rulings import RULINGS, binding_ruling, is_within
from api.editions.edition import columns_of
from api.editions.in_use import Resources
from api.http.lending_problems import (
    ABOVE_APPROVED,
    ABOVE_CAP,
    ABOVE_GROUP_CAP,
    ALREADY_CANCELLED,
    ALREADY_PROPOSED,
    CONSENT_NOT_IN_FORCE,
    DUTIES_APART,
    NO_LONGER_ELIGIBLE,
    NOT_APPROVED,
    PERSON_ERASED,
    RULED_OTHERWISE,
    UNKNOWN_DISBURSEMENT,
    UNKNOWN_PROPOSAL,
)
from api.http.problem_kinds import INVALID_BODY
from api.http.problems import FieldError, ProblemError
from api.ledger.commands import View, Written
from api.ledger.entries import Kind
from api.visits.visits import VISITED, in_force, with_visits
from model.card.bins import Columns
from model.decision.consent import CONSENT_IN_FORCE
from model.decision.whitelist import TIERS, Assessment, assess
from model.policy.controls import Controls
from model.policy.policy import Policy
from model.profile.dictionary import Text

_PAID: tuple[Kind, ...] = ("DISBURSED",)


@dataclass(frozen=True)
class Disburse(CaseCommand):
    """Pay out `amount_yuan` on a decision, after an assessment by the edition in use.

    If more than ``two_people_pay_above_yuan`` is then paid on the decision, the payment is only
    proposed, and another person confirms it.
    """

    amount_yuan: int
    resources: Resources

    def run(self, view: View) -> Written:
        """Record the payment, or its proposal, if every condition holds at this moment."""
        controls, state = controls_at(view), open_case(view, self.decision_id)
        refuse_duty(view, state, "pay", self.actor, controls)
        refuse_full(state, controls)
        body = assess_payment(view, state, self.amount_yuan, self.resources)
        if state.drawn_yuan + self.amount_yuan <= controls.two_people_pay_above_yuan:
            return self.append(view, state, "DISBURSED", body, self.amount_yuan)
        until = {"until": _lapse(view, controls)}
        return self.append(view, state, "DISBURSEMENT_PROPOSED", until, self.amount_yuan)


@dataclass(frozen=True)
class CancelDisbursement(CaseCommand):
    """Record that a payment did not take place, or was returned in full.

    If more than ``two_people_pay_above_yuan`` is then cancelled on the decision, the cancellation
    is only proposed, and another person confirms it.
    """

    number: int

    def run(self, view: View) -> Written:
        """Record the cancellation, or its proposal; the entry of the payment stays."""
        controls, state = controls_at(view), case_of(view, self.decision_id)
        draw = payment_to_cancel(state, self.number)
        refuse_duty(view, state, "cancel", self.actor, controls)
        body: dict[str, Any] = {"number": draw.number}
        cancelled = sum(each.amount_yuan for each in state.draws if each.is_cancelled)
        if cancelled + draw.amount_yuan <= controls.two_people_pay_above_yuan:
            return self.append(view, state, "DISBURSEMENT_CANCELLED", body, draw.amount_yuan)
        if any(each.number == self.number for each in state.awaiting(view.now)):
            raise ProblemError(ALREADY_PROPOSED)
        body["until"] = _lapse(view, controls)
        return self.append(view, state, "CANCELLATION_PROPOSED", body, draw.amount_yuan)


@dataclass(frozen=True)
class Confirm(CaseCommand):
    """Confirm what another person proposed: a payment or a cancellation takes place by this."""

    proposal_id: str
    resources: Resources

    def run(self, view: View) -> Written:
        """Record the payment or the cancellation, if every condition holds at this moment."""
        controls, state = controls_at(view), case_of(view, self.decision_id)
        awaiting = {each.proposal_id: each for each in state.awaiting(view.now)}
        proposal = awaiting.get(self.proposal_id)
        if proposal is None:
            raise ProblemError(UNKNOWN_PROPOSAL)
        if proposal.proposed_by == self.actor:
            raise ProblemError(DUTIES_APART)
        confirmed = {"proposal": proposal.proposal_id, "proposed_by": proposal.proposed_by}
        amount = proposal.amount_yuan
        if proposal.number is not None:
            draw = payment_to_cancel(state, proposal.number)
            refuse_duty(view, state, "cancel", self.actor, controls)
            body = {"number": draw.number, **confirmed}
            return self.append(view, state, "DISBURSEMENT_CANCELLED", body, amount)
        state = open_case(view, self.decision_id)
        refuse_duty(view, state, "pay", self.actor, controls)
        body = assess_payment(view, state, amount, self.resources) | confirmed
        return self.append(view, state, "DISBURSED", body, amount)


def _lapse(view: View, controls: Controls) -> str:
    return (view.now + timedelta(hours=controls.confirmation_hours)).isoformat()


def payment_to_cancel(state: DecisionState, number: int) -> Draw:
    """Return the payment `number` of a decision if it can be cancelled.

    Raises
    ------
    ProblemError
        If there is none, or it is cancelled already.
    """
    if not 0 < number <= len(state.draws):
        raise ProblemError(UNKNOWN_DISBURSEMENT)
    draw = state.draws[number - 1]
    if draw.is_cancelled:
        raise ProblemError(ALREADY_CANCELLED)
    return draw


def assess_payment(
    view: View, state: DecisionState, amount_yuan: int, resources: Resources
) -> dict[str, Any]:
    """Return the body of a payment's entry if every condition of the payment holds.

    Raises
    ------
    ProblemError
        If one does not hold.
    """
    if not state.is_drawable(view.now):
        raise ProblemError(NOT_APPROVED)
    assessment = assess_eligible(view, state, resources)
    refuse_beyond_ruling(view, state, amount_yuan)
    left = left_to_draw(view, state)
    if amount_yuan > left:
        raise ProblemError(ABOVE_APPROVED)
    refuse_small(amount_yuan, left, controls_at(view))
    refuse_beyond_cap(view, state, amount_yuan, resources)
    return {
        "number": len(state.draws) + 1,
        "tier": str(assessment.tier[0]),
        "edition_digest": resources.edition.digest,
        "policy_digest": resources.policy.digest,
        "card_digest": resources.card.digest,
    }


def refuse_beyond_cap(
    view: View, state: DecisionState, amount_yuan: int, resources: Resources
) -> None:
    """Refuse a payment with which more is out to a group than the policy's cap.

    Raises
    ------
    ProblemError
        If so; it says whether the household is meant, and of no other group which.
    """
    member_id = view.member_of(state.subject_id)
    total = state.drawn_yuan + amount_yuan
    if member_id is None:
        raise ProblemError(PERSON_ERASED)
    exceeded = caps_exceeded(view, member_id, total, resources, state.decision_id)
    if exceeded:
        raise ProblemError(ABOVE_CAP if HOUSEHOLD in exceeded else ABOVE_GROUP_CAP)


def refuse_small(amount_yuan: int, left_yuan: int, controls: Controls) -> None:
    """Refuse a payment below the smallest one, unless it is all that is left.

    Raises
    ------
    ProblemError
        422, naming the field.
    """
    smallest = min(controls.smallest_payment_yuan, left_yuan)
    if amount_yuan < smallest:
        expected = Text(
            f"不少于 {smallest} 元", f"at least {smallest} yuan, or all that is left if it is less"
        )
        raise ProblemError(INVALID_BODY, [FieldError("amount_yuan", expected)])


def refuse_beyond_ruling(view: View, state: DecisionState, amount_yuan: int) -> None:
    """Refuse a payment beyond what a person ruled later on another decision on the member.

    Raises
    ------
    ProblemError
        If the ruling binds and does not leave that much open.
    """
    controls = controls_at(view)
    rulings = view.entries_of_subject(state.subject_id, RULINGS)
    ruling = binding_ruling(rulings, view.now, controls)
    if ruling is None or ruling.seq < state.approved_seq:
        return
    if ruling.decision_id != state.decision_id and not is_within(
        ruling, state.drawn_yuan + amount_yuan
    ):
        raise ProblemError(RULED_OTHERWISE)


def assess_eligible(view: View, state: DecisionState, resources: Resources) -> Assessment:
    """Return the assessment of the member at this moment, or refuse the payment.

    A member is eligible while the tier carries an offer. An approval by people in spite of a lower
    tier or a knock-out stays payable while nothing is worse than at the approval.

    Raises
    ------
    ProblemError
        If the person was erased, consent is not in force, or the member is no longer eligible.
    """
    member_id = view.member_of(state.subject_id)
    if member_id is None:
        raise ProblemError(PERSON_ERASED)
    columns = current_columns(view, state.subject_id, member_id, resources)
    if not columns[CONSENT_IN_FORCE][0] == 1.0:
        raise ProblemError(CONSENT_NOT_IN_FORCE)
    assessment = assess(
        columns,
        resources.edition.manifest.day,
        resources.policy,
        resources.card.card,
        np.array([state.months], dtype=np.int64),
    )
    if not (
        assessment.offered[0] or _is_no_worse_than_approved(assessment, state, resources.policy)
    ):
        raise ProblemError(NO_LONGER_ELIGIBLE)
    return assessment


def current_columns(view: View, subject_id: str, member_id: str, resources: Resources) -> Columns:
    """Return the member's profile in the edition in use, with present consent and visits.

    Raises
    ------
    ProblemError
        If the member is not in the edition.
    """
    edition = resources.edition
    profile = edition.profile(member_id)
    if profile is None:
        raise ProblemError(NO_LONGER_ELIGIBLE)
    said = view.entries_of_subject(subject_id, (*CONSENT, *VISITED))
    consent = is_consent_in_force(said, profile, edition, resources.policy.consent_terms)
    present = with_consent(profile, edition, consent)
    visits = in_force(said, date_in_china(view.now))
    present, _ = with_visits(view, present, edition, visits, resources.policy)
    return columns_of(edition.numbers, [present])


def _is_no_worse_than_approved(
    assessment: Assessment, state: DecisionState, policy: Policy
) -> bool:
    if not state.approved_by:
        return False
    known = {rule["code"] for rule in state.answer.get("knock_outs", ())}
    decided = TIERS.index(state.answer.get("tier", TIERS[0]))
    found = set(assessment.knock_outs.codes_of(0)) - policy.notes
    return int(assessment.rank[0]) >= decided and found <= known


def left_to_draw(view: View, state: DecisionState) -> int:
    """Return the amount that may be drawn now.

    Draws on the member's other decisions count against this one's limit, so that a draw never takes
    the total of all decisions above it. Draws on an expired decision count while the loan runs and
    the edition that set this limit could not include it.
    """
    ceiling = max(state.limit_yuan, state.approved_yuan)
    paid = view.entries_of_subject(state.subject_id, _PAID)
    on = {entry.decision_id for entry in paid if entry.decision_id} - {state.decision_id}
    others = [DecisionState.of(entries) for entries in view.entries_of_decisions(on).values()]
    elsewhere = sum(_counts_against(state, each, view.now) for each in others)
    return max(min(state.left_yuan, ceiling - state.drawn_yuan - elsewhere), 0)


def _counts_against(state: DecisionState, other: DecisionState, now: datetime) -> int:
    if not other.is_expired(now):
        return other.drawn_yuan
    unseen = [
        draw
        for draw in running_draws(other, date_in_china(now))
        if draw.on >= state.as_of  # the edition includes payments before its day
    ]
    return sum(draw.amount_yuan for draw in unseen)
