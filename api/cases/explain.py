"""The explanation of a stored decision, from the profile, policy and card behind it."""

from __future__ import annotations

from typing import Literal

from api.cases.schemas import (
    CapacityShape,
    ChangeShape,
    CostShape,
    CountedShape,
    ExplanationShape,
    IncomeShape,
    ProposalShape,
)
from api.decisions.profiles import stored_profile
from api.decisions.replay import Remade, remake
from api.ledger.commands import View
from api.ledger.entries import Entry
from model.decision.decision import Outcome
from model.explanation.capacity_table import CapacityTable, capacity_table
from model.explanation.explanation import Explanation, Proposal, explain
from model.explanation.nearest_changes import Basis
from model.explanation.own_power import Change
from model.profile.dictionary import Text, member_dictionary


def explain_decision(view: View, entry: Entry, lang: Literal["zh", "en"]) -> ExplanationShape:
    """Return the explanation of the decision stored in `entry`."""
    remade = remake(view, entry, stored_profile(view, entry))
    basis = Basis(remade.as_of, remade.policy, remade.card, member_dictionary())
    explanation = explain(remade.columns, remade.decision, remade.request, basis)
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
            CountedShape(attribute=item.attribute, points=item.points, text=translate(item.text))
            for item in explanation.counted
        ],
        missing=[translate(text) for text in explanation.missing],
        rules=[translate(text) for text in explanation.rules],
        proposals=[_proposal(item, translate(item.text)) for item in explanation.proposals],
        no_proposal=translate(explanation.no_proposal) if explanation.no_proposal else None,
        rights=translate(explanation.rights),
    )


def _proposal(proposal: Proposal, text: str) -> ProposalShape:
    improvement = proposal.improvement
    changes = [
        ChangeShape(attribute=change.attribute, at_least=change.low, below=_below(change))
        for change in improvement.changes
    ]
    return ProposalShape.model_validate(
        {
            "tier": improvement.tier,
            "points": improvement.points,
            "changes": changes,
            "text": text,
        }
    )


def _below(change: Change) -> float | None:
    maximum = member_dictionary()[change.attribute].maximum
    is_open = change.high is None or (maximum is not None and change.high > maximum)
    return None if is_open else change.high
