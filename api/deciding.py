"""The one place where a decision leaves: whatever door it was asked through.

A ledger and the check of who may ask belong here, around the call to ``decide``.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import date, timedelta

from api.problem_kinds import UNKNOWN_MEMBER
from api.problems import ProblemError
from api.resources import Resources
from api.shapes import DecisionRequest, DecisionShape
from model.decision import Request, decide


def answer(resources: Resources, ask: DecisionRequest, today: date) -> DecisionShape:
    """Decide on `ask` with one version each of card, policy and edition.

    Raises
    ------
    ProblemError
        If the edition does not know the member.
    """
    columns = resources.edition.columns(ask.member_id)
    if columns is None:
        raise ProblemError(UNKNOWN_MEMBER)
    made = decide(
        columns,
        Request(ask.amount_yuan, ask.months, ask.purpose),
        resources.edition.manifest.day,
        resources.policy,
        resources.card.card,
    )
    return DecisionShape(
        decision_id=str(uuid.uuid4()),
        card_digest=resources.card.digest,
        valid_until=today + timedelta(days=resources.policy["decision_validity_days"]),
        **asdict(made),
    )
