"""Commands of payments: disburse on an approved decision, in full or in part, cancel, confirm.

What must hold for a payment: `api.payments.conditions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.cases.case import (
    CaseCommand,
    case_of,
    controls_at,
    open_case,
    refuse_duty,
    refuse_full,
)
from api.cases.exposure import other_decisions, payable_alone_yuan
from api.cases.money import Draw, Pending
from api.cases.state import DecisionState
from api.editions.in_use import Resources
from api.http.lending_problems import (
    ALREADY_CANCELLED,
    ALREADY_PROPOSED,
    DUTIES_APART,
    UNKNOWN_DISBURSEMENT,
    UNKNOWN_PROPOSAL,
)
from api.http.problems import ProblemError
from api.http.repayment_problems import (
    ALREADY_REPAID,
)
from api.ledger.commands import View, Written
from api.payments.conditions import assess_payment
from model.policy.controls import Controls


@dataclass(frozen=True)
class Disburse(CaseCommand):
    """Pay out `amount_yuan` on a decision, after an assessment by the edition in use.

    If more than ``two_people_pay_above_yuan`` is then out to the member, on all decisions together,
    the payment is only proposed, and another person confirms it.
    """

    amount_yuan: int
    resources: Resources

    def run(self, view: View) -> Written:
        """Record the payment, or its proposal, if every condition holds at this moment."""
        controls, state = controls_at(view), open_case(view, self.decision_id)
        terms = self.resources.policy.consent_terms
        refuse_duty(view, state, "pay", self.actor, controls, terms)
        refuse_full(state, controls)
        body = assess_payment(view, state, self.amount_yuan, self.resources)
        if self.amount_yuan <= payable_alone_yuan(view, state, controls):
            return self.append(view, state, "DISBURSED", body, self.amount_yuan)
        until = {"until": _lapse(view, controls)}
        return self.append(view, state, "DISBURSEMENT_PROPOSED", until, self.amount_yuan)


@dataclass(frozen=True)
class CancelDisbursement(CaseCommand):
    """Record that a payment did not take place, or was returned in full.

    If more than ``two_people_pay_above_yuan`` is then cancelled on the member's decisions in force,
    the cancellation is only proposed, and another person confirms it.
    """

    number: int

    def run(self, view: View) -> Written:
        """Record the cancellation, or its proposal; the entry of the payment stays."""
        controls, state = controls_at(view), case_of(view, self.decision_id)
        draw = payment_to_cancel(state, self.number)
        refuse_duty(view, state, "cancel", self.actor, controls)
        body: dict[str, Any] = {"number": draw.number}
        others = [each for each in other_decisions(view, state) if not each.is_expired(view.now)]
        draws = [each for one in (state, *others) for each in one.draws]
        cancelled = sum(each.amount_yuan for each in draws if each.is_cancelled)
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
        proposal = proposal_to_settle(state, self.proposal_id, view.now)
        if proposal.proposed_by == self.actor:
            raise ProblemError(DUTIES_APART)
        confirmed = _settles(proposal)
        amount = proposal.amount_yuan
        if proposal.number is not None:
            draw = payment_to_cancel(state, proposal.number)
            refuse_duty(view, state, "cancel", self.actor, controls)
            body = {"number": draw.number, **confirmed}
            return self.append(view, state, "DISBURSEMENT_CANCELLED", body, amount)
        state, terms = open_case(view, self.decision_id), self.resources.policy.consent_terms
        refuse_duty(view, state, "pay", self.actor, controls, terms)
        body = assess_payment(view, state, amount, self.resources, is_confirmation=True)
        return self.append(view, state, "DISBURSED", body | confirmed, amount)


@dataclass(frozen=True)
class WithdrawProposal(CaseCommand):
    """Take back what was proposed: it can no longer be confirmed, and its amount is free again.

    Whoever proposed it may, and whoever may confirm it.
    """

    proposal_id: str
    resources: Resources

    def run(self, view: View) -> Written:
        """Record the withdrawal; the entry of the proposal stays."""
        controls, state = controls_at(view), case_of(view, self.decision_id)
        proposal = proposal_to_settle(state, self.proposal_id, view.now)
        if proposal.proposed_by != self.actor:
            terms = self.resources.policy.consent_terms
            refuse_duty(view, state, proposal.duty, self.actor, controls, terms)
        body = _settles(proposal)
        return self.append(view, state, "PROPOSAL_WITHDRAWN", body, proposal.amount_yuan)


def proposal_to_settle(state: DecisionState, proposal_id: str, now: datetime) -> Pending:
    """Return the proposal of that id if it can be confirmed or withdrawn at `now`.

    Raises
    ------
    ProblemError
        If there is none, or it has lapsed, was confirmed or withdrawn.
    """
    for each in state.awaiting(now):
        if each.proposal_id == proposal_id:
            return each
    raise ProblemError(UNKNOWN_PROPOSAL)


def _settles(proposal: Pending) -> dict[str, Any]:
    return {"proposal": proposal.proposal_id, "proposed_by": proposal.proposed_by}


def _lapse(view: View, controls: Controls) -> str:
    return (view.now + timedelta(hours=controls.confirmation_hours)).isoformat()


def payment_to_cancel(state: DecisionState, number: int) -> Draw:
    """Return the payment `number` of a decision if it can be cancelled.

    Raises
    ------
    ProblemError
        If there is none, it is cancelled already, or some of it is repaid.
    """
    draw = payment(state, number)
    if draw.is_cancelled:
        raise ProblemError(ALREADY_CANCELLED)
    if draw.repaid_yuan:
        raise ProblemError(ALREADY_REPAID)
    return draw


def payment(state: DecisionState, number: int) -> Draw:
    """Return the payment `number` of a decision.

    Raises
    ------
    ProblemError
        If there is none.
    """
    if not 0 < number <= len(state.draws):
        raise ProblemError(UNKNOWN_DISBURSEMENT)
    return state.draws[number - 1]
