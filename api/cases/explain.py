"""The explanation of a stored decision, from the profile, policy and card behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from api.cases.case import NO_CONSENT, controls_at
from api.cases.schemas import CapacityShape, ExplanationShape
from api.cases.state import APPROVING, DECLINING, OPEN, DecisionState, Status
from api.cases.told import capacity_shape, told_fields
from api.decisions.profiles import stored_profile
from api.decisions.replay import Remade, remake
from api.decisions.rulings import RULINGS, binding_ruling, is_within
from api.ledger.commands import View
from api.ledger.entries import Entry
from api.visits.visits import VISITED, VISITS, records_of
from model.decision.visits import Visit
from model.explanation.answers import WITHDRAWN, Since, Standing
from model.explanation.explanation import explain
from model.explanation.nearest_changes import Basis
from model.explanation.visits import crops_confirmed, visit_texts
from model.policy.policy import Policy
from model.profile.dictionary import Text, member_dictionary

#: What a person or time has made of the automatic answer; absent where it stands.
_STANDINGS: Mapping[Status, Standing] = {
    "APPROVED_AFTER_REVIEW": "REVIEWED_APPROVE",
    "APPROVED_BY_OVERRIDE": "REVIEWED_APPROVE",
    "DECLINED_AFTER_REVIEW": "REVIEWED_DECLINE",
    "DECLINED_BY_OVERRIDE": "REVIEWED_DECLINE",
    "EXPIRED": "EXPIRED",
}


def explain_decision(
    view: View, entries: Sequence[Entry], lang: Literal["zh", "en"]
) -> ExplanationShape:
    """Return the explanation of a decision with these `entries`, its own first."""
    entry = entries[0]
    remade = remake(view, entry, stored_profile(view, entry))
    basis = Basis(remade.as_of, remade.policy, remade.card, member_dictionary())
    since = _since(view, entries, remade.policy)
    explanation = explain(
        remade.columns, remade.decision, remade.request, basis, since,
        is_ruled="ruling" in entry.body,
    )  # fmt: skip
    shape = ExplanationShape(
        decision_id=str(entry.decision_id),
        lang=lang,
        outcome=remade.decision.outcome,
        answer=getattr(explanation.answer, lang),
        rights=getattr(explanation.rights, lang),
        **told_fields(explanation, lang),
    )
    visits = _visits_of(view, entry)
    texts = [getattr(text, lang) for text in visit_texts(visits)]
    capacity = _capacity_of(remade, visits, lang)
    return shape.model_copy(
        update=({"visits": texts} if texts else {}) | ({"capacity": capacity} if capacity else {})
    )


def without_profile(told: ExplanationShape, policy: Policy) -> ExplanationShape:
    """Return what an explanation says once consent is withdrawn: that, and the rights.

    What was approved is not paid any more, and its sentence would tell the limit.
    """
    text = getattr(policy.rule(NO_CONSENT).text, told.lang)
    return ExplanationShape(
        decision_id=told.decision_id,
        lang=told.lang,
        outcome=told.outcome,
        answer=getattr(WITHDRAWN, told.lang),
        standing=None,
        counted=[],
        rest=None,
        missing=[],
        rules=[text],
        alternatives=[],
        proposals=[],
        no_proposal=None,
        rights=told.rights,
    )


def _visits_of(view: View, entry: Entry) -> list[Visit]:
    """Return the visits that changed the profile of the decision in `entry`."""
    ids = set(entry.body.get(VISITS, ()))
    if not ids:
        return []
    visited = view.entries_of_subject(entry.subject_id, VISITED)
    return [each.visit for each in records_of(view, visited) if each.visit.visit_id in ids]


def _capacity_of(
    remade: Remade, visits: Sequence[Visit], lang: Literal["zh", "en"]
) -> CapacityShape | None:
    """Return the sum behind the capacity, of the term asked for, where the member was scored."""
    if remade.decision.points is None:
        return None
    months = remade.request.months
    crops = crops_confirmed(visits, remade.columns)
    is_line = remade.request.revolving
    return capacity_shape(remade.columns, remade.as_of, remade.policy, months, lang, crops, is_line)


def _since(view: View, entries: Sequence[Entry], policy: Policy) -> Since | None:
    state = DecisionState.of(entries)
    status = state.status(view.now)
    if status in OPEN and state.outcome != "REFER":
        return Since("IN_REVIEW")
    standing = _STANDINGS.get(status)
    if status in APPROVING and _is_ruled_out(view, state):
        return Since("RULED_SINCE")
    if standing is None:
        return None
    because = _because(entries, policy) if status in DECLINING else None
    return Since(standing, state.approved_yuan, because)


def _is_ruled_out(view: View, state: DecisionState) -> bool:
    """Return whether a later ruling on another request of the member leaves nothing to pay."""
    rulings = view.entries_of_subject(state.subject_id, RULINGS)
    ruling = binding_ruling(rulings, view.now, controls_at(view))
    if ruling is None or ruling.seq < state.approved_seq:
        return False
    is_another = ruling.decision_id != state.decision_id
    return is_another and not is_within(ruling, state.used_yuan + 1)


def _because(entries: Sequence[Entry], policy: Policy) -> Text | None:
    """Return the reason that the last person named."""
    codes = [entry.body.get("reason_code") for entry in entries]
    code = next((each for each in reversed(codes) if each), None)
    texts = {each.code: each.text for each in policy.review_reasons}
    return texts.get(str(code))
