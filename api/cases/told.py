"""An explanation in one language, in the shapes that routes answer with."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, Literal

from api.cases.schemas import (
    CapacityShape,
    ChangeShape,
    CostShape,
    CountedShape,
    IncomeShape,
    ProposalShape,
    RestShape,
)
from model.card.bins import Columns
from model.explanation.capacity_table import capacity_table
from model.explanation.explanation import Explanation, Proposal
from model.explanation.own_power import Change
from model.policy.policy import Policy
from model.profile.dictionary import Text, member_dictionary

Language = Literal["zh", "en"]


def told_fields(explanation: Explanation, lang: Language) -> dict[str, Any]:
    """Return what an explanation says besides answer and rights, by field."""

    def say(text: Text) -> str:
        return str(getattr(text, lang))

    return {
        "standing": say(explanation.standing) if explanation.standing else None,
        "counted": [
            CountedShape(
                attribute=" × ".join(item.attributes), points=item.points, text=say(item.text)
            )
            for item in explanation.counted
        ],
        "rest": _rest(explanation, lang),
        "missing": [say(text) for text in explanation.missing],
        "rules": [say(text) for text in explanation.rules],
        "alternatives": [say(text) for text in explanation.alternatives],
        "proposals": [_proposal(item, say(item.text)) for item in explanation.proposals],
        "no_proposal": say(explanation.no_proposal) if explanation.no_proposal else None,
    }


def capacity_shape(
    columns: Columns,
    as_of: date,
    policy: Policy,
    months: int,
    lang: Language,
    confirmed: Collection[str] = (),
    is_line: bool = False,
) -> CapacityShape | None:
    """Return the sum from income to capacity for a term; see `capacity_table`."""
    table = capacity_table(columns, as_of, policy, months, confirmed, is_line)
    if table is None:
        return None
    incomes = [
        IncomeShape(**{**vars(row), "months": list(row.months), "text": getattr(row.text, lang)})
        for row in table.incomes
    ]
    costs = [CostShape(**{**vars(row), "text": getattr(row.text, lang)}) for row in table.costs]
    steps = [getattr(text, lang) for text in table.steps]
    return CapacityShape(**{**vars(table), "incomes": incomes, "costs": costs, "steps": steps})


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
