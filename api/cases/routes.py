"""One decision: where it stands, why, and paying out on it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from api.access.dependencies import DecisionId, LedgerInUse
from api.access.strict_route import StrictRoute
from api.cases.case import state_body
from api.cases.explain import explain_decision
from api.cases.schemas import DecisionWithHistory, ExplanationShape
from api.cases.state import DecisionState
from api.http.fields import EXPECTED
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, UNKNOWN_DECISION
from api.http.problems import ProblemError
from api.ledger.entries import Entry

router = APIRouter(prefix="/v1/decisions", route_class=StrictRoute, tags=["decisions"])


@router.get(
    "/{decision_id}",
    summary="Show where a decision stands, with its history",
    responses=refusals(UNKNOWN_DECISION, LEDGER_AWAY),
)
def get_decision(decision_id: DecisionId, ledger: LedgerInUse) -> DecisionWithHistory:
    """Return the answer as it was given, what happened since, and what may still be drawn."""
    with ledger.read() as view:
        entries = _entries(view.entries_of_decision(decision_id))
        state = DecisionState.of(entries)
        history = [_event(entry) for entry in entries]
        return DecisionWithHistory.model_validate(
            {**state_body(state, view.now), "answer": state.answer, "history": history}
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

    Worked out from the profile, card and policy that the decision was made from.
    """
    with ledger.read() as view:
        return explain_decision(view, _entries(view.entries_of_decision(decision_id))[0], lang)


def _entries(found: list[Entry]) -> list[Entry]:
    if not found:
        raise ProblemError(UNKNOWN_DECISION)
    return found


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
