"""Paying out on an approved decision, in parts if need be, and taking a payment back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from api.cases.case import case_of, entry_on, open_case, written
from api.cases.state import DecisionState
from api.core.calendar import date_in_china
from api.editions.in_use import Resources
from api.http.lending_problems import (
    ABOVE_APPROVED,
    ALREADY_CANCELLED,
    NOT_APPROVED,
    UNKNOWN_DISBURSEMENT,
)
from api.http.problems import ProblemError
from api.ledger.commands import IdempotencyScope, View, Written
from api.payments.eligibility import refuse_ineligible
from api.persons.rights import running_draws, states_of


@dataclass(frozen=True)
class Disburse:
    """Pay out `amount_yuan` on a decision, judged by the edition in use."""

    idempotency: IdempotencyScope | None
    actor: str
    decision_id: str
    amount_yuan: int
    resources: Resources

    def run(self, view: View) -> Written:
        """Pay, if everything that must hold at this moment does."""
        state = open_case(view, self.decision_id)
        if not state.is_drawable(view.now):
            raise ProblemError(NOT_APPROVED)
        found = refuse_ineligible(view, state, self.resources)
        if self.amount_yuan > left_to_draw(view, state):
            raise ProblemError(ABOVE_APPROVED)
        body = {
            "number": len(state.draws) + 1,
            "tier": str(found.tier[0]),
            "edition_digest": self.resources.edition.digest,
            "policy_digest": self.resources.policy.digest,
            "card_digest": self.resources.card.digest,
        }
        entry = entry_on(state, "DISBURSED", self.actor, body, self.amount_yuan)
        return written(view, state, entry)


@dataclass(frozen=True)
class CancelDisbursement:
    """Record that a payment did not take place, or came back in full."""

    idempotency: IdempotencyScope | None
    actor: str
    decision_id: str
    number: int

    def run(self, view: View) -> Written:
        """Cancel it; the entry of the payment stays, and a new one says that it is undone."""
        state = case_of(view, self.decision_id)
        draw = next((draw for draw in state.draws if draw.number == self.number), None)
        if draw is None:
            raise ProblemError(UNKNOWN_DISBURSEMENT)
        if draw.is_cancelled:
            raise ProblemError(ALREADY_CANCELLED)
        body = {"number": draw.number}
        entry = entry_on(state, "DISBURSEMENT_CANCELLED", self.actor, body, draw.amount_yuan)
        return written(view, state, entry)


def left_to_draw(view: View, state: DecisionState) -> int:
    """Return what may be drawn now.

    Draws on the member's other decisions count against this one's limit, so that several decisions
    never add up to more than any of them allows: on those in force, and on those whose time is over
    as long as the loan runs and the edition that set this limit could not know of it.
    """
    ceiling = max(state.limit_yuan, state.approved_yuan)
    others = [
        each
        for each in states_of(view.entries_of_subject(state.subject_id))
        if each.decision_id != state.decision_id
    ]
    elsewhere = sum(_counts_against(state, each, view.now) for each in others)
    return max(min(state.left_yuan, ceiling - state.drawn_yuan - elsewhere), 0)


def _counts_against(state: DecisionState, other: DecisionState, now: datetime) -> int:
    if not other.has_run_out(now):
        return other.drawn_yuan
    unseen = [
        draw
        for draw in running_draws(other, date_in_china(now))
        if draw.on >= state.as_of  # an edition knows what happened before its day
    ]
    return sum(draw.amount_yuan for draw in unseen)
