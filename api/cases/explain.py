"""The explanation of a stored decision, from the profile, policy and card behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from api.cases.schemas import (
    CapacityShape,
    ChangeShape,
    CostShape,
    CountedShape,
    ExplanationShape,
    IncomeShape,
    ProposalShape,
    RestShape,
)
from api.cases.state import DECLINING, OPEN, DecisionState, Status
from api.decisions.profiles import stored_profile
from api.decisions.replay import Remade, remake
from api.ledger.commands import View
from api.ledger.entries import Entry
from model.decision.decision import Outcome
from model.explanation.answers import Since, Standing
from model.explanation.capacity_table import CapacityTable, capacity_table
from model.explanation.explanation import Explanation, Proposal, explain
from model.explanation.nearest_changes import Basis
from model.explanation.own_power import Change
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
    explanation = explain(remade.columns, remade.decision, remade.request, basis, since)
    shape = _explanation_shape(str(entry.decision_id), remade.decision.outcome, explanation, lang)
    capacity = _capacity_of(remade, lang)
    return shape if capacity is None else shape.model_copy(update={"capacity": capacity})


def _capacity_of(remade: Remade, lang: Literal["zh", "en"]) -> CapacityShape | None:
    """Return the sum behind the capacity, of the term asked for, where the member was scored."""
    if remade.decision.points is None:
        return None
    months = remade.request.months
    table = capacity_table(remade.columns, remade.as_of, remade.policy, months)
    return None if table is None else _capacity_shape(table, lang)


def _capacity_shape(table: CapacityTable, lang: Literal["zh", "en"]) -> CapacityShape:
    incomes = [
        IncomeShape(**{**vars(row), "months": list(row.months), "text": getattr(row.text, lang)})
        for row in table.incomes
    ]
    costs = [CostShape(**{**vars(row), "text": getattr(row.text, lang)}) for row in table.costs]
    return CapacityShape(**{**vars(table), "incomes": incomes, "costs": costs})


def _since(view: View, entries: Sequence[Entry], policy: Policy) -> Since | None:
    state = DecisionState.of(entries)
    status = state.status(view.now)
    if status in OPEN and state.outcome != "REFER":
        return Since("IN_REVIEW")
    standing = _STANDINGS.get(status)
    if standing is None:
        return None
    because = _because(entries, policy) if status in DECLINING else None
    return Since(standing, state.approved_yuan, because)


def _because(entries: Sequence[Entry], policy: Policy) -> Text | None:
    """Return the reason that the last person named."""
    codes = [entry.body.get("reason_code") for entry in entries]
    code = next((each for each in reversed(codes) if each), None)
    texts = {each.code: each.text for each in policy.review_reasons}
    return texts.get(str(code))


def _explanation_shape(
    decision_id: str, outcome: Outcome, explanation: Explanation, lang: Literal["zh", "en"]
) -> ExplanationShape:
    def translate(text: Text) -> str:
        return text.zh if lang == "zh" else text.en

    return ExplanationShape(
        decision_id=decision_id,
        lang=lang,
        outcome=outcome,
        answer=translate(explanation.answer),
        standing=translate(explanation.standing) if explanation.standing else None,
        counted=[
            CountedShape(
                attribute=" × ".join(item.attributes),
                points=item.points,
                text=translate(item.text),
            )
            for item in explanation.counted
        ],
        rest=_rest(explanation, lang),
        missing=[translate(text) for text in explanation.missing],
        rules=[translate(text) for text in explanation.rules],
        alternatives=[translate(text) for text in explanation.alternatives],
        proposals=[_proposal(item, translate(item.text)) for item in explanation.proposals],
        no_proposal=translate(explanation.no_proposal) if explanation.no_proposal else None,
        rights=translate(explanation.rights),
    )


def _rest(explanation: Explanation, lang: Literal["zh", "en"]) -> RestShape | None:
    rest = explanation.rest
    if rest is None:
        return None
    return RestShape(count=rest.count, points=rest.points, text=getattr(rest.text, lang))


def _proposal(proposal: Proposal, text: str) -> ProposalShape:
    improvement = proposal.improvement
    changes = [
        ChangeShape(
            attribute=change.attribute,
            value=change.value,
            at_least=change.low,
            below=_below(change),
        )
        for change in improvement.changes
    ]
    return ProposalShape.model_validate(
        {
            "tier": improvement.tier,
            "points": improvement.points,
            "months": improvement.months,
            "changes": changes,
            "text": text,
        }
    )


def _below(change: Change) -> float | None:
    maximum = member_dictionary()[change.attribute].maximum
    is_open = change.high is None or (maximum is not None and change.high > maximum)
    return None if is_open else change.high
