"""Routes of one decision: its state with history, and its explanation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from api.access.dependencies import DecisionId, LedgerInUse
from api.access.strict_route import StrictRoute
from api.cases.case import state_body
from api.cases.explain import explain_decision
from api.cases.schemas import DecisionWithHistory, ExplanationShape
from api.cases.state import DecisionState
from api.decisions.rulings import RULINGS, earlier_rulings
from api.http.fields import EXPECTED
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, UNKNOWN_DECISION
from api.http.problems import ProblemError
from api.ledger.commands import View
from api.ledger.entries import Entry

router = APIRouter(prefix="/v1/decisions", route_class=StrictRoute, tags=["decisions"])


@router.get(
    "/{decision_id}",
    summary="Show a decision's state and history",
    responses=refusals(UNKNOWN_DECISION, LEDGER_AWAY),
)
def get_decision(decision_id: DecisionId, ledger: LedgerInUse) -> DecisionWithHistory:
    """Return the original answer, the events since, and the amount that may still be drawn."""
    with ledger.read() as view:
        entries = _entries(view, decision_id)
        state = DecisionState.of(entries)
        rulings = view.entries_of_subject(state.subject_id, RULINGS)
        return DecisionWithHistory.model_validate(
            {
                **state_body(state, view.now),
                "answer": state.answer,
                "history": [_event(entry) for entry in entries],
                "earlier_rulings": earlier_rulings(rulings, state.decision_id),
            }
        )


@router.get(
    "/{decision_id}/explanation",
    summary="Explain a decision to the member",
    responses=refusals(UNKNOWN_DECISION, LEDGER_AWAY),
)
def get_explanation(
    decision_id: DecisionId,
    ledger: LedgerInUse,
    lang: Annotated[Literal["zh", "en"], Query(description=EXPECTED["lang"].en)] = "zh",
) -> ExplanationShape:
    """Return plain sentences: the answer, what counted, what is missing, what would help.

    The explanation follows from the profile, card and policy behind the decision.
    """
    with ledger.read() as view:
        return explain_decision(view, _entries(view, decision_id)[0], lang)


def _entries(view: View, decision_id: str) -> list[Entry]:
    entries = view.entries_of_decision(decision_id)
    if not entries:
        raise ProblemError(UNKNOWN_DECISION)
    return entries


def _event(entry: Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "kind": entry.kind,
        "recorded_at": entry.recorded_at,
        "recorded_by": entry.actor,
        "amount_yuan": entry.amount_yuan,
        "outcome": entry.outcome,
        "reason_code": entry.body.get("reason_code"),
        "note": entry.body.get("note") or entry.body.get("statement"),
    }
