"""Requests near the one asked for that would be answered better: another term, another amount.

Of two requests with the same answer the one that fits is better: no rule on requests holds against
it, so that whoever reviews it can grant it as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from model.card.bins import Columns
from model.decision.decision import Decision, Outcome, Request, decide_many
from model.explanation.nearest_changes import Basis
from model.profile.dictionary import Text

_RANK: Mapping[Outcome, int] = {"DECLINE": 0, "REFER": 1, "APPROVE": 2}
_REVIEWED = Text("可由工作人员核实后答复", "our staff would review the application and answer it")
#: Of a loan, and of a line of credit.
_GRANTED = (
    Text(
        "就在可贷额度之内，经工作人员核实同意后可以发放",
        "the loan would be within the limit, and could be paid out once our staff have reviewed and"
        " approved it",
    ),
    Text(
        "就在可贷额度之内，经工作人员核实同意后可以核给",
        "the line would be within the limit, and could be granted once our staff have reviewed and"
        " approved it",
    ),
)
_APPROVED = (
    Text("可以发放", "the loan could be paid out"),
    Text("可以核给", "the line could be granted"),
)
#: Nobody is told what others owe, so that the room beside them is a condition.
_WITHIN_CAPS = Text(
    "只要同户、同村等的贷款总额不超上限，就{answer}",
    "{answer}, as long as the caps on all loans to a household, a village and other groups leave"
    " room",
)


@dataclass(frozen=True)
class _Tried:
    """A request and its decision under the kernel."""

    request: Request
    decision: Decision
    fits: bool
    is_capped: bool

    @property
    def rank(self) -> tuple[int, bool]:
        """The order of answers: a request that fits is better than one that does not."""
        rank = _RANK[self.decision.outcome]
        return rank, rank > 0 and self.fits

    @property
    def answer(self) -> Text:
        """What would become of the request, as a clause."""
        if self.decision.outcome == "APPROVE":
            return _within_caps(_APPROVED[self.request.revolving], self.is_capped)
        return _GRANTED[self.request.revolving] if self.fits else _REVIEWED


@dataclass(frozen=True)
class _Trial:
    """A member of whom requests are tried; see `better_requests`."""

    columns: Columns
    basis: Basis
    is_ruled: bool

    def of(self, requests: Sequence[Request]) -> list[_Tried]:
        """Return each of `requests` with its decision."""
        if not requests:
            return []
        basis, count = self.basis, len(requests)
        rows: dict[str, Any] = {name: np.repeat(x, count) for name, x in self.columns.items()}
        decisions = decide_many(rows, requests, basis.as_of, basis.policy, basis.card)
        pairs = zip(requests, decisions, strict=True)
        return [self._tried(request, decision) for request, decision in pairs]

    def _tried(self, request: Request, decision: Decision) -> _Tried:
        on_request = {rule.code for rule in self.basis.policy.request_rules}
        fits = not on_request & {rule.code for rule in decision.knock_outs}
        if self.is_ruled and decision.outcome == "APPROVE":
            decision = replace(decision, outcome="REFER")
        return _Tried(request, decision, fits, bool(self.basis.policy.exposure_caps_yuan))


def better_requests(
    columns: Columns, decision: Decision, request: Request, basis: Basis, *, is_ruled: bool = False
) -> tuple[Text, ...]:
    """Return what another term, or another amount, would do for the answer, each in a sentence.

    Each is decided by the same kernel. An answer that something besides policy and card has bound,
    such as a person's ruling, is not promised a better one.

    Parameters
    ----------
    columns
        The member's profile, arrays of shape (1,).
    is_ruled
        Whether a person's earlier ruling binds: then a person answers whatever is asked.
    """
    if decision.outcome == "APPROVE" or decision.points is None:
        return ()
    trial = _Trial(columns, basis, is_ruled)
    (now,) = trial.of([request])
    if now.decision.outcome != decision.outcome or _is_bound(decision, basis):
        return ()
    return tuple(_better(trial, now))


def _is_bound(decision: Decision, basis: Basis) -> bool:
    known = {rule.code for rule in (*basis.policy.rules, *basis.policy.request_rules)}
    return any(each.code not in known for each in decision.knock_outs)


def _better(trial: _Trial, now: _Tried) -> Iterator[Text]:
    """Yield the nearest term that works, and the amount that does over the term asked for.

    Term and amount together are named where no term works for the amount asked for, and the
    two allow more than the amount alone.
    """
    request, policy = now.request, trial.basis.policy
    terms = range(policy["minimum_months"], policy["maximum_months"] + 1)
    by_term = trial.of([replace(request, months=months) for months in terms])
    sums = trial.of(list(_within_limits(by_term, policy["minimum_loan_yuan"])))
    same_term = [each for each in sums if each.request.months == request.months]
    term, amount, both = (_best(each, now, request) for each in (by_term, same_term, sums))
    if term and both and both.rank > term.rank:
        term = None
    if term:
        yield _other_term(term)
    if amount:
        yield _other_amount(amount, request)
    if term is None and both and both.request.amount_yuan > _amount_of(amount):
        yield _both(both)


def _within_limits(by_term: Sequence[_Tried], least: int) -> Iterator[Request]:
    """Yield over each term that has a limit the amount nearest to the one asked for."""
    for each in by_term:
        limit, asked = each.decision.limit_yuan, each.request.amount_yuan
        if limit and not least <= asked <= limit:
            yield replace(each.request, amount_yuan=max(min(asked, limit), least))


def _best(tried: Sequence[_Tried], now: _Tried, asked: Request) -> _Tried | None:
    """Return the best answer that is better than now; of equal ones the most, then the nearest."""

    def order(each: _Tried) -> tuple[tuple[int, bool], int, int, int]:
        months = each.request.months
        return each.rank, each.request.amount_yuan, -abs(months - asked.months), -months

    best = max(tried, key=order, default=None)
    return best if best and best.rank > now.rank else None


def _amount_of(tried: _Tried | None) -> int:
    return tried.request.amount_yuan if tried else 0


def _within_caps(answer: Text, is_capped: bool) -> Text:
    if not is_capped:
        return answer
    return Text(_WITHIN_CAPS.zh.format(answer=answer.zh), _WITHIN_CAPS.en.format(answer=answer.en))


def _other_term(found: _Tried) -> Text:
    months, answer = found.request.months, found.answer
    return Text(
        f"若期限改为 {months} 个月，其他不变，{answer.zh}。",
        f"With a term of {months} months and everything else unchanged, {answer.en}.",
    )


def _other_amount(found: _Tried, asked: Request) -> Text:
    answer, amount = found.answer, _amount(found, asked)
    return Text(
        f"若金额{amount.zh}，期限不变，{answer.zh}。",
        f"With {amount.en} over the same term, {answer.en}.",
    )


def _both(found: _Tried) -> Text:
    months, yuan, answer = found.request.months, f"{found.request.amount_yuan:,}", found.answer
    return Text(
        f"若期限改为 {months} 个月、金额改为 {yuan} 元，{answer.zh}。",
        f"With {yuan} yuan over a term of {months} months, {answer.en}.",
    )


def _amount(found: _Tried, asked: Request) -> Text:
    yuan = f"{found.request.amount_yuan:,}"
    if found.request.amount_yuan > asked.amount_yuan:
        return Text(f"改为 {yuan} 元", f"{yuan} yuan")
    return Text(f"不超过 {yuan} 元", f"at most {yuan} yuan")
