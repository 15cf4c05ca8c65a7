"""A stored decision explained, from the profile, policy and card it was made from."""

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


def explain_decision(view: View, decision: Entry, lang: Literal["zh", "en"]) -> ExplanationShape:
    """Return the explanation of the decision in entry `decision`."""
    body = decision.body
    as_of = date.fromisoformat(body["as_of"])
    basis = Basis(
        as_of,
        stored_policy(_version(view, body["policy_digest"]), as_of),
        card_from_json(_version(view, body["card_digest"])),
        member_dictionary(),
    )
    columns, asked = profile_from_json(body["profile"]), Request(**body["request"])
    made = decide(columns, asked, basis.as_of, basis.policy, basis.card)
    found = explain(columns, made, asked, basis)
    return _told(str(decision.decision_id), made.outcome, found, lang)


def _version(view: View, digest: str) -> bytes:
    payload = view.version(digest)
    if payload is None:
        raise LedgerError(f"version {digest[:16]} is not in the ledger; run rongzi verify-ledger")
    return payload


def _told(
    decision_id: str, outcome: Outcome, found: Explanation, lang: Literal["zh", "en"]
) -> ExplanationShape:
    def say(text: Text) -> str:
        return text.zh if lang == "zh" else text.en

    return ExplanationShape(
        decision_id=decision_id,
        lang=lang,
        outcome=outcome,
        answer=say(found.answer),
        standing=say(found.standing) if found.standing else None,
        counted=[
            CountedShape(attribute=each.attribute, points=each.points, text=say(each.text))
            for each in found.counted
        ],
        missing=[say(text) for text in found.missing],
        rules=[say(text) for text in found.rules],
        proposals=[_proposal(each, say(each.text)) for each in found.proposals],
        no_proposal=say(found.no_proposal) if found.no_proposal else None,
        rights=say(found.rights),
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
    most = member_dictionary()[change.attribute].maximum
    is_open = change.high is None or (most is not None and change.high > most)
    return None if is_open else change.high
