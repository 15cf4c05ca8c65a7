"""Paying out on an approved decision, in parts if need be, and taking a payment back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from api.ledger.commands import Once, View, Written
from api.ledger.entries import Entry
from api.lending.case import case_of, entry_on, open_case, written
from api.lending.eligibility import refuse_ineligible
from api.lending.kinds import (
    ABOVE_APPROVED,
    ALREADY_CANCELLED,
    NOT_APPROVED,
    UNKNOWN_DISBURSEMENT,
)
from api.lending.state import DecisionState
from api.problems import ProblemError
from api.resources import Resources


@dataclass(frozen=True)
class Disburse:
    """Pay out `amount_yuan` on a decision, judged by the edition in use."""

    once: Once | None
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

    once: Once | None
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

    Draws on the member's other decisions in force count against this one's limit, so that several
    decisions never add up to more than any of them allows.
    """
    ceiling = max(state.limit_yuan, state.approved_yuan)
    drawn = sum(
        each.drawn_yuan
        for each in states_of(view.entries_of_subject(state.subject_id))
        if each.decision_id == state.decision_id or not each.has_run_out(view.now)
    )
    return max(min(state.left_yuan, ceiling - drawn), 0)


def states_of(entries: Iterable[Entry]) -> list[DecisionState]:
    """Return the state of each decision that `entries` speak of."""
    on_decisions = [entry for entry in entries if entry.decision_id]
    on_decisions.sort(key=lambda entry: entry.decision_id or "")
    return [
        DecisionState.of(group)
        for _, group in groupby(on_decisions, key=lambda entry: entry.decision_id)
    ]
