"""The stored form of a decision in the ledger: question digest, answer and profile."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np

from api.core.calendar import months_after
from api.ledger.chain import encode_json
from model.card.bins import Columns
from model.decision.decision import Decision, Request
from model.policy.policy import Policy

#: The repayment kind of a line of credit.
LINE = "revolving"
#: Texts of a profile that no rule reads and that identify the household's other members.
_OMITTED = ("household_id",)


def question_of(
    subject_id: str, request: Request, today: date, consent: bool | None, *digests: str
) -> str:
    """Return the digest of a question: subject, request, day, consent, and `digests`.

    The digests are those of edition, policy and card, and the id of a ruling that binds the answer.
    """
    terms = [request.amount_yuan, request.months, request.purpose]
    line = ["revolving"] if request.revolving else []
    question = [subject_id, *terms, *line, today.isoformat(), consent, *digests]
    return hashlib.sha256(encode_json(question).encode()).hexdigest()


def answer_of(
    decision: Decision, decision_id: str, card_digest: str, today: date, policy: Policy
) -> dict[str, Any]:
    """Return the answer to a decision request, in the shape of `DecisionShape`."""
    return {
        "decision_id": decision_id,
        "outcome": decision.outcome,
        "tier": decision.tier,
        "points": decision.points,
        "pd": decision.pd,
        "grade": decision.grade,
        "limit_yuan": decision.limit_yuan,
        "annual_rate": decision.annual_rate,
        "months": decision.months,
        "repayment": decision.repayment,
        "limit_bound_by": decision.limit_bound_by,
        "reasons": [
            {"code": each.code, "points_lost": each.points_lost, "zh": each.zh, "en": each.en}
            for each in decision.reasons
        ],
        "knock_outs": [
            {"code": each.code, "zh": each.zh, "en": each.en} for each in decision.knock_outs
        ],
        "as_of": decision.as_of.isoformat(),
        "policy_digest": decision.policy_digest,
        "card_digest": card_digest,
        "valid_until": _valid_until(decision, today, policy).isoformat(),
    }


def _valid_until(decision: Decision, today: date, policy: Policy) -> date:
    """Return the last day on which the answer may be used: of an approved line, its own last."""
    if decision.outcome == "APPROVE" and decision.repayment == LINE:
        return approval_ends(today, decision.months, policy)
    return approval_ends(today, None, policy)


def approval_ends(day: date, line_months: int | None, policy: Policy) -> date:
    """Return the last day of an approval of `day`: of a line of so many months, or of a loan."""
    if line_months is None:
        return day + timedelta(days=policy["decision_validity_days"])
    return months_after(day, line_months)


def profile_to_json(names: tuple[str, ...], numbers: list[float], texts: Mapping[str, Any]) -> Any:
    """Return a profile as plain JSON: missing numbers are null, infinities are text."""
    # x - x == 0 holds for finite numbers only, x != x for NaN only.
    plain = [
        number if number - number == 0 else None if number != number else str(number)
        for number in numbers
    ]
    return {
        "numbers": dict(zip(names, plain, strict=True)),
        "texts": {name: text for name, text in texts.items() if name not in _OMITTED},
    }


def profile_from_json(profile: Mapping[str, Any]) -> Columns:
    """Return a stored profile as the kernel's columns, arrays of shape (1,), bit for bit equal."""
    texts = {name: np.array([text], dtype=object) for name, text in profile["texts"].items()}
    numbers = {
        name: np.array([math.nan if value is None else float(value)])
        for name, value in profile["numbers"].items()
    }
    return texts | numbers
