"""Routes of decisions: the list of them; of one, its state with history and its explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from api.access.audit import note_rows_shown
from api.access.dependencies import (
    Caller,
    DecisionId,
    LedgerInUse,
    PageSize,
    ResourcesInUse,
    Since,
    Until,
    Within,
)
from api.access.duties import kept_from
from api.access.strict_route import StrictRoute
from api.cases.case import (
    controls_at,
    duties_done,
    member_named,
    state_body,
    without_consent,
    without_person,
)
from api.cases.explain import explain_decision, without_profile
from api.cases.exposure import payable_alone_yuan
from api.cases.listing import Filters, decisions_page
from api.cases.schemas import (
    CountedAs,
    DecisionsPage,
    DecisionWithHistory,
    ExplanationShape,
    ReplayedField,
    ReplayShape,
)
from api.cases.state import DecisionState
from api.consent.withheld import withheld
from api.core.principal import Principal
from api.decisions.profiles import ProfileErasedError
from api.decisions.replay import replay
from api.decisions.rulings import RULINGS, earlier_rulings
from api.decisions.schemas import Outcome
from api.editions.in_use import Resources
from api.http.fields import ACTOR, EXPECTED, MEMBER_ID, NUMBER
from api.http.lending_problems import PROFILE_ERASED
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, NOT_READY, UNKNOWN_DECISION
from api.http.problems import ProblemError
from api.ledger.commands import View
from api.ledger.entries import Entry
from model.policy.controls import DUTIES

router = APIRouter(prefix="/v1/decisions", route_class=StrictRoute, tags=["decisions"])


@router.get("", summary="List decisions", responses=refusals(NOT_READY, LEDGER_AWAY))
def list_decisions(
    request: Request,
    caller: Caller,
    resources: ResourcesInUse,
    ledger: LedgerInUse,
    place: Within,
    member_id: Annotated[
        str | None, Query(pattern=MEMBER_ID, description=EXPECTED["member_id"].en)
    ] = None,
    actor: Annotated[str | None, Query(pattern=ACTOR, description=EXPECTED["actor"].en)] = None,
    outcome: Annotated[Outcome | None, Query(description=EXPECTED["outcome"].en)] = None,
    since: Since = None,
    until: Until = None,
    counted_as: Annotated[CountedAs | None, Query(description=EXPECTED["counted_as"].en)] = None,
    cursor: Annotated[str | None, Query(pattern=NUMBER, description=EXPECTED["cursor"].en)] = None,
    page_size: PageSize = 50,
) -> DecisionsPage:
    """List the decisions in the caller's places, latest first; an officer's own only.

    An officer also sees the decisions that their own question repeated. Of whoever withdrew consent
    since, neither tier nor points are told.

    `counted_as` asks for whom a count of borrowers in ``GET /v1/portfolio/quality`` counts today:
    one decision for each, that of the payment that puts them there.
    """
    counted = request.app.state.decisions_counted
    with ledger.read() as view:
        among = counted(view, counted_as) if counted_as else None
        filters = Filters(member_id, actor, outcome, since, until, place, among)
        before = int(cursor) if cursor else None
        page = decisions_page(view, resources, caller, filters, before, page_size)
    note_rows_shown(request, place.narrowest, len(page.rows), member_id)
    return page


@router.get(
    "/{decision_id}",
    summary="Show a decision's state and history",
    responses=refusals(UNKNOWN_DECISION, NOT_READY, LEDGER_AWAY),
)
def get_decision(
    decision_id: DecisionId, caller: Caller, resources: ResourcesInUse, ledger: LedgerInUse
) -> DecisionWithHistory:
    """Return the original answer, the events since, and what may be drawn, and by the caller.

    Of whoever withdrew consent since, the answer tells the outcome and no value of theirs; to an
    auditor it is told as it is on record.
    """
    with ledger.read() as view:
        entries = _entries(view, decision_id)
        state = DecisionState.of(entries)
        rulings = view.entries_of_subject(state.subject_id, RULINGS)
        person = view.identities.person(state.subject_id)
        return DecisionWithHistory.model_validate(
            {
                **state_body(state, view.now),
                **member_named(person),
                "answer": _answer_to(caller, view, resources, state, person),
                "history": [_event(entry) for entry in entries],
                "earlier_rulings": earlier_rulings(rulings, state.decision_id),
                "payable_alone_yuan": payable_alone_yuan(view, state, controls_at(view)),
                "kept_from": _kept_from(view, state, caller.subject),
            }
        )


@router.get(
    "/{decision_id}/explanation",
    summary="Explain a decision to the member",
    response_model_exclude_unset=True,
    responses=refusals(UNKNOWN_DECISION, PROFILE_ERASED, NOT_READY, LEDGER_AWAY),
)
def get_explanation(
    decision_id: DecisionId,
    resources: ResourcesInUse,
    ledger: LedgerInUse,
    lang: Annotated[Literal["zh", "en"], Query(description=EXPECTED["lang"].en)] = "zh",
) -> ExplanationShape:
    """Return plain sentences: the answer, what counted, what is missing, what would help.

    The explanation follows from the profile, card and policy behind the decision. The answer is the
    one that stands now: a person's word replaces the automatic one. Once consent is withdrawn it
    tells that nothing is paid out any more, and no value.
    """
    with ledger.read() as view:
        try:
            entries = _entries(view, decision_id)
            told = explain_decision(view, entries, lang)
            member_id = view.member_of(entries[0].subject_id)
            if member_id and member_id in withheld(view, resources, [member_id]):
                return without_profile(told, resources.policy)
            return told
        except ProfileErasedError as error:
            raise ProblemError(PROFILE_ERASED) from error


@router.get(
    "/{decision_id}/replay",
    summary="Make a decision again and compare it with its answer",
    responses=refusals(UNKNOWN_DECISION, PROFILE_ERASED, LEDGER_AWAY),
)
def get_replay(decision_id: DecisionId, ledger: LedgerInUse) -> ReplayShape:
    """Decide again on the stored profile with the stored policy and card; nothing is written."""
    with ledger.read() as view:
        _entries(view, decision_id)
        try:
            found = replay(view, decision_id)
        except ProfileErasedError as error:
            raise ProblemError(PROFILE_ERASED) from error
    fields = [
        ReplayedField(
            field=name,
            answered=found.answered.get(name),
            recomputed=found.recomputed.get(name),
            is_equal=name not in found.differences,
        )
        for name in dict.fromkeys((*found.answered, *found.recomputed))
    ]
    return ReplayShape(decision_id=decision_id, is_equal=not found.differences, fields=fields)


def _entries(view: View, decision_id: str) -> list[Entry]:
    entries = view.entries_of_decision(decision_id)
    if not entries:
        raise ProblemError(UNKNOWN_DECISION)
    return entries


def _answer_to(
    caller: Principal,
    view: View,
    resources: Resources,
    state: DecisionState,
    person: Mapping[str, str | None] | None,
) -> Mapping[str, Any]:
    """Return as much of the answer as `caller` may see; the law keeps it for who audits it."""
    if person is None:
        return without_person(state.answer)
    is_withheld = bool(withheld(view, resources, [str(person["member_id"])]))
    is_told = "auditor" in caller.roles or not is_withheld
    return state.answer if is_told else without_consent(state.answer)


def _kept_from(view: View, state: DecisionState, actor: str) -> list[dict[str, Any]]:
    done, controls = duties_done(view, state, actor), controls_at(view)
    found = {duty: kept_from(duty, done, controls) for duty in DUTIES}
    return [{"duty": duty, "because": because} for duty, because in found.items() if because]


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
