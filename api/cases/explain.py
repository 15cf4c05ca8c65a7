"""The explanation of a stored decision, from the profile, policy and card behind it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from api.cases.schemas import ChangeShape, CountedShape, ExplanationShape, ProposalShape
from api.decisions.stored import profile_from_json
from api.ledger.commands import View
from api.ledger.entries import Entry
from model.card.card_json import card_from_json
from model.decision.decision import Outcome, Request, decide
from model.errors import LedgerError
from model.explanation.explanation import Explanation, Proposal, explain
from model.explanation.nearest_changes import Basis
from model.explanation.own_power import Change
from model.policy.policy import stored_policy
from model.profile.dictionary import Text, member_dictionary


def explain_decision(view: View, entry: Entry, lang: Literal["zh", "en"]) -> ExplanationShape:
    """Return the explanation of the decision stored in `entry`."""
    body = entry.body
    as_of = date.fromisoformat(body["as_of"])
    basis = Basis(
        as_of,
        stored_policy(_version(view, body["policy_digest"]), as_of),
        card_from_json(_version(view, body["card_digest"])),
        member_dictionary(),
    )
    columns, request = profile_from_json(body["profile"]), Request(**body["request"])
    decision = decide(columns, request, basis.as_of, basis.policy, basis.card)
    explanation = explain(columns, decision, request, basis)
    return _explanation_shape(str(entry.decision_id), decision.outcome, explanation, lang)


def _version(view: View, digest: str) -> bytes:
    payload = view.version(digest)
    if payload is None:
        raise LedgerError(f"version {digest[:16]} is not in the ledger; run rongzi verify-ledger")
    return payload


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
    lift = proposal.lift
    changes = [
        ChangeShape(attribute=change.attribute, at_least=change.low, below=_below(change))
        for change in lift.changes
    ]
    return ProposalShape.model_validate(
        {"tier": lift.tier, "points": lift.points, "changes": changes, "text": text}
    )


def _below(change: Change) -> float | None:
    maximum = member_dictionary()[change.attribute].maximum
    is_open = change.high is None or (maximum is not None and change.high > maximum)
    return None if is_open else change.high
