"""Requests near the one asked for that would be answered better: another term, a lower amount."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from model.card.bins import Columns
from model.decision.decision import Decision, Outcome, Request, decide_many
from model.explanation.nearest_changes import Basis
from model.profile.dictionary import Text

_RANK: Mapping[Outcome, int] = {"DECLINE": 0, "REFER": 1, "APPROVE": 2}
_ANSWERS: Mapping[Outcome, Text] = {
    "REFER": Text("可由工作人员核实后答复", "our staff would review the application and answer it"),
    "APPROVE": Text("可以发放", "the loan could be paid out"),
}


def better_requests(
    columns: Columns, decision: Decision, request: Request, basis: Basis
) -> tuple[Text, ...]:
    """Return what another term, or a lower amount, would do for the answer, each in a sentence.

    Each is decided by the same kernel. An answer that something besides policy and card has bound,
    such as a person's ruling, is not promised a better one.

    Parameters
    ----------
    columns
        The member's profile, arrays of shape (1,).
    """
    if decision.outcome == "APPROVE" or decision.points is None:
        return ()
    if _decide(columns, [request], basis)[0].outcome != decision.outcome or _is_bound(
        decision, basis
    ):
        return ()
    return (*_other_term(columns, decision, request, basis),
            *_lower_amount(columns, decision, request, basis))  # fmt: skip


def _is_bound(decision: Decision, basis: Basis) -> bool:
    known = {rule.code for rule in (*basis.policy.rules, *basis.policy.request_rules)}
    return any(each.code not in known for each in decision.knock_outs)


def _other_term(
    columns: Columns, decision: Decision, request: Request, basis: Basis
) -> Iterator[Text]:
    """Yield the term nearest to the one asked for of those with the best answer."""
    policy = basis.policy
    terms = range(policy["minimum_months"], policy["maximum_months"] + 1)
    requests = [replace(request, months=months) for months in terms]
    found = _decide(columns, requests, basis)
    best = max(found, key=lambda each: _RANK[each.outcome]).outcome
    if _RANK[best] <= _RANK[decision.outcome]:
        return
    works = [m for m, each in zip(terms, found, strict=True) if each.outcome == best]
    months = min(works, key=lambda each: (abs(each - request.months), each))
    answer = _ANSWERS[best]
    yield Text(
        f"若期限改为 {months} 个月，其他不变，{answer.zh}。",
        f"With a term of {months} months and everything else unchanged, {answer.en}.",
    )


def _lower_amount(
    columns: Columns, decision: Decision, request: Request, basis: Basis
) -> Iterator[Text]:
    limit = decision.limit_yuan
    if not 0 < limit < request.amount_yuan:
        return
    (found,) = _decide(columns, [replace(request, amount_yuan=limit)], basis)
    if _RANK[found.outcome] > _RANK[decision.outcome]:
        answer = _ANSWERS[found.outcome]
        yield Text(
            f"若金额不超过 {limit:,} 元，期限不变，{answer.zh}。",
            f"With at most {limit:,} yuan over the same term, {answer.en}.",
        )


def _decide(columns: Columns, requests: Sequence[Request], basis: Basis) -> list[Decision]:
    rows: dict[str, Any] = {name: np.repeat(x, len(requests)) for name, x in columns.items()}
    return decide_many(rows, requests, basis.as_of, basis.policy, basis.card)
