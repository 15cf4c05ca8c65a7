"""The command on one decision: read its state, append an entry, answer with the new state."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.access.duties import refuse_joined
from api.cases.money import Draw, Pending
from api.cases.state import APPROVING, DecisionState
from api.consent.consent import CONSENT, consent_givers
from api.core.calendar import date_in_china
from api.http.lending_problems import CASE_FULL, DECISION_EXPIRED, PERSON_ERASED
from api.http.problem_kinds import UNKNOWN_DECISION
from api.http.problems import ProblemError
from api.ledger.chain import encode_json
from api.ledger.commands import Answer, IdempotencyScope, View, Written
from api.ledger.entries import Entry, Kind, NewEntry
from api.visits.visits import VISITED, visitors
from model.policy.controls import Controls, Duty, controls_on
from model.profile.consent_terms import ConsentTerms

#: The rule that alone is told of a member without consent.
NO_CONSENT = "NO_CONSENT"
#: Fields of an answer by which a person could be found again in an archive.
_OF_PERSON = (
    "points", "pd", "grade", "annual_rate", "months", "repayment", "limit_bound_by",
)  # fmt: skip


@dataclass(frozen=True)
class CaseCommand:
    """A command that appends one entry to a decision."""

    idempotency: IdempotencyScope | None
    actor: str
    decision_id: str

    def append(
        self,
        view: View,
        state: DecisionState,
        kind: Kind,
        body: Mapping[str, Any],
        amount_yuan: int | None = None,
        outcome: str | None = None,
    ) -> Written:
        """Append an entry to the decision and answer with the state that follows from it."""
        entry = NewEntry(
            kind=kind,
            subject_id=state.subject_id,
            decision_id=state.decision_id,
            place_code=state.place_code,
            actor=self.actor,
            amount_yuan=amount_yuan,
            outcome=outcome,
            body=body,
            entry_id=str(uuid.uuid4()),
        )
        # The commit decides an entry's position in the chain; the fold does not read it.
        position = {"seq": 0, "previous": "", "digest": "", "answer_digest": None}
        stored = Entry(**{**entry.__dict__, **position, "recorded_at": view.now})
        after = DecisionState.of([*view.entries_of_decision(state.decision_id), stored])
        return Written(Answer(201, encode_json(state_body(after, view.now)).encode()), (entry,))


def case_of(view: View, decision_id: str) -> DecisionState:
    """Return the state of a decision.

    Raises
    ------
    ProblemError
        If the ledger has no such decision.
    """
    entries = view.entries_of_decision(decision_id)
    if not entries:
        raise ProblemError(UNKNOWN_DECISION)
    return DecisionState.of(entries)


def open_case(view: View, decision_id: str) -> DecisionState:
    """Return the state of a decision that can still be changed.

    Raises
    ------
    ProblemError
        If there is none, it has expired, or the person behind it was erased.
    """
    state = case_of(view, decision_id)
    if view.member_of(state.subject_id) is None:
        raise ProblemError(PERSON_ERASED)
    if state.is_expired(view.now):
        raise ProblemError(DECISION_EXPIRED)
    return state


def refuse_duty(
    view: View,
    state: DecisionState,
    duty: Duty,
    actor: str,
    controls: Controls,
    terms: ConsentTerms | None = None,
) -> None:
    """Refuse a duty to somebody who did another on the case that is kept apart from it.

    Parameters
    ----------
    terms
        What a decision asks of consents, if known; see `consent_givers`.

    Raises
    ------
    ProblemError
        If the controls keep the two apart.
    """
    refuse_joined(duty, duties_done(view, state, actor, terms), controls)


def duties_done(
    view: View, state: DecisionState, actor: str, terms: ConsentTerms | None = None
) -> set[Duty]:
    """Return the duties that `actor` has done on the case, or on the member so that they count.

    Parameters
    ----------
    terms
        As in `refuse_duty`.
    """
    done = state.done_by(actor)
    said = view.entries_of_subject(state.subject_id, (*CONSENT, *VISITED))
    if actor in consent_givers(said, terms):
        done.add("consent")
    if actor in visitors(said, date_in_china(view.now)):
        done.add("visit")
    return done


def refuse_full(state: DecisionState, controls: Controls) -> None:
    """Refuse a further entry on a case that has as many as it may have.

    Raises
    ------
    ProblemError
        If the case is full.
    """
    if state.entries >= controls.most_entries_of_case:
        raise ProblemError(CASE_FULL)


def controls_at(view: View) -> Controls:
    """Return the controls in force at the moment of `view`."""
    return controls_on(date_in_china(view.now))


def member_named(person: Mapping[str, str | None] | None) -> dict[str, str | None]:
    """Return member id and masked name of `person`; both None after erasure.

    Only for answers that are read: an answer to a write is stored, and erasure could not reach it.
    """
    return {
        "member_id": person["member_id"] if person else None,
        "member_name": person["name"] if person else None,
    }


def without_person(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to an erased person: the outcome and its grounds, and no figure."""
    none = dict.fromkeys(_OF_PERSON)
    return {**answer, **none, "tier": "NONE", "limit_yuan": 0, "reasons": []}


def without_consent(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to a member who withdrew consent since: the outcome, and no value of them.

    A matched rule tells of the profile too, but for the one that there is no consent.
    """
    rules = [each for each in answer["knock_outs"] if each["code"] == NO_CONSENT]
    return {**without_person(answer), "knock_outs": rules}


def state_body(state: DecisionState, now: datetime) -> dict[str, Any]:
    """Return the state of a decision at `now`, in the shape `api.cases.schemas.StateShape`."""
    status = state.status(now)
    claimant = state.claimant(now)
    until = state.claimed_until if claimant else None
    awaiting = [_pending(each) for each in state.awaiting(now)]
    return {
        "decision_id": state.decision_id,
        "status": status,
        "outcome": state.outcome,
        "asked_yuan": state.asked_yuan,
        "approved_yuan": state.approved_yuan,
        "approved_by": list(state.approved_by),
        "drawn_yuan": state.drawn_yuan,
        "left_yuan": state.unpromised_yuan(now) if status in APPROVING else 0,
        "valid_until": state.valid_until.isoformat(),
        "claimed_by": claimant,
        "claimed_until": until.isoformat() if until else None,
        "first_approval_yuan": state.first_approval_yuan or None,
        "disbursements": [draw_body(draw) for draw in state.draws],
        # Stored answers of cases without proposals have the bytes of earlier releases.
        **({"awaiting_confirmation": awaiting} if awaiting else {}),
    }


def draw_body(draw: Draw) -> dict[str, Any]:
    """Return a payment, in the shape `api.cases.schemas.DisbursementShape`.

    What lines brought is left out of a payment of before, whose answers keep their bytes.
    """
    body = {
        "number": draw.number,
        "amount_yuan": draw.amount_yuan,
        "on": draw.on.isoformat(),
        "is_cancelled": draw.is_cancelled,
    }
    if draw.due_on is None and not draw.repayments:
        return body
    repayments = [{**vars(each), "on": each.on.isoformat()} for each in draw.repayments]
    due = draw.due_on.isoformat() if draw.due_on else None
    return body | {
        "due_on": due,
        "outstanding_yuan": draw.outstanding_yuan,
        "repayments": repayments,
    }


def _pending(each: Pending) -> dict[str, Any]:
    return {
        "proposal_id": each.proposal_id,
        "amount_yuan": each.amount_yuan,
        "cancels_number": each.number,
        "proposed_by": each.proposed_by,
        "until": each.until.isoformat(),
    }
