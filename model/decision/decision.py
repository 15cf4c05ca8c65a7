"""The decision: a member's assessment compared with the request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Columns, Floats, Ints
from model.card.reasons import Reason, reason
from model.card.scorecard import Card
from model.decision.details import sentence_of
from model.decision.eligibility import LONGEST_MONTHS
from model.decision.knock_outs import SEVERITY, KnockOuts, knock_outs
from model.decision.whitelist import Assessment, age_at_maturity, assess
from model.policy.policy import Effect, Policy

Outcome = Literal["APPROVE", "REFER", "DECLINE"]

#: Attributes that request rules may read.
REQUEST_ATTRIBUTES = (
    "amount_yuan",
    "months_asked",
    "amount_above_limit_yuan",
    "age_at_asked_maturity",
    "months_beyond_age",
    "line_months_asked",
)


@dataclass(frozen=True)
class Request:
    """What a member requests; `purpose` is recorded and does not change the answer.

    Attributes
    ----------
    revolving : bool
        Whether a line of credit is asked for, of which `amount_yuan` is the limit.
    """

    amount_yuan: int
    months: int
    purpose: str
    revolving: bool = False

    def stored(self) -> dict[str, Any]:
        """Return the request as entries of the ledger hold it: a loan as before there were lines.

        It is the whole of the arguments that make it again.
        """
        plain = {"amount_yuan": self.amount_yuan, "months": self.months, "purpose": self.purpose}
        return plain | ({"revolving": True} if self.revolving else {})


@dataclass(frozen=True)
class KnockOut:
    """A matched rule: its stable code and sentence."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Decision:
    """The answer without its number and validity, which the service adds.

    Attributes
    ----------
    points, pd, grade
        None where the member must not be scored (no consent, no score).
    annual_rate, months, repayment, limit_bound_by
        None without an offer (tiers THIRD and NONE).
    reasons : tuple of Reason
        At most four, largest loss first.
    knock_outs : tuple of KnockOut
        Every rule that matched, request rules last.
    """

    outcome: Outcome
    tier: str
    points: int | None
    pd: float | None
    grade: str | None
    limit_yuan: int
    annual_rate: float | None
    months: int | None
    repayment: str | None
    limit_bound_by: str | None
    reasons: tuple[Reason, ...]
    knock_outs: tuple[KnockOut, ...]
    as_of: date
    policy_digest: str


def decide(columns: Columns, request: Request, as_of: date, policy: Policy, card: Card) -> Decision:
    """Decide on one member's request; `columns` of shape (1,). See `decide_many`."""
    return decide_many(columns, (request,), as_of, policy, card)[0]


def decide_many(
    columns: Columns, requests: Sequence[Request], as_of: date, policy: Policy, card: Card
) -> list[Decision]:
    """Decide on n members' requests at once, each as if it were the only one.

    A request changes only the outcome, the limit and its term; the rest is as in the edition.

    Parameters
    ----------
    columns
        The members' profiles, arrays of shape (n,), with the edition's ``household_borrower``.
    as_of
        The date of the profiles; the calendar of the offer starts there.

    Raises
    ------
    KeyError
        If the profiles lack an attribute that the policy or the card reads.
    """
    months = np.array([request.months for request in requests], dtype=np.int64)
    lines = np.array([request.revolving for request in requests], dtype=bool)
    assessment = assess(columns, as_of, policy, card, months, lines)
    on_request = knock_outs(
        policy.request_rules, _request_attributes(requests, assessment, policy)
    ).without(assessment.knock_outs.alone)
    told = _told(assessment.read, policy)
    rows = _Rows(assessment, on_request, told, as_of, policy, card)
    return [rows.decision(row) for row in range(len(requests))]


class _Rows:
    """Assessments as plain Python values, taken out of the arrays once for all rows."""

    def __init__(
        self,
        assessment: Assessment,
        on_request: KnockOuts,
        told: Mapping[str, Sequence[float]],
        as_of: date,
        policy: Policy,
        card: Card,
    ) -> None:
        self._told = told
        self._as_of, self._policy, self._card = as_of, policy, card
        self._scored, self._offered = assessment.scored.tolist(), assessment.offered.tolist()
        self._severity = on_request.severity.tolist()
        self._tier = assessment.tier.tolist()
        self._limit = assessment.limit_yuan.tolist()
        offer, terms = assessment.offer, assessment.terms
        self._score = _by_row(assessment.points, assessment.pd, assessment.grade)
        self._offer = _by_row(offer.annual_rate, terms.months, terms.repayment, offer.bound_by)
        self._reasons, self._lost = assessment.reasons.tolist(), assessment.lost.tolist()
        self._codes = list(
            zip(assessment.knock_outs.codes_by_row(), on_request.codes_by_row(), strict=True)
        )

    def decision(self, row: int) -> Decision:
        """Return the decision on one row; what does not apply to the member is None."""
        is_scored = self._scored[row]
        points, pd, grade = self._score[row] if is_scored else (None,) * 3
        rate, months, repayment, bound = self._offer[row] if self._offered[row] else (None,) * 4
        on_member, on_request = self._codes[row]
        return Decision(
            outcome=_outcome(self._tier[row], SEVERITY[self._severity[row]]),
            tier=self._tier[row],
            points=points,
            pd=pd,
            grade=grade,
            limit_yuan=self._limit[row],
            annual_rate=rate,
            months=months,
            repayment=repayment,
            limit_bound_by=bound,
            reasons=self._row_reasons(row) if is_scored else (),
            knock_outs=tuple(self._knock_out(code, row) for code in (*on_member, *on_request)),
            as_of=self._as_of,
            policy_digest=self._policy.digest,
        )

    def _knock_out(self, code: str, row: int) -> KnockOut:
        values = {name: column[row] for name, column in self._told.items()}
        text = sentence_of(self._policy.rule(code), values)
        return KnockOut(code, text.zh, text.en)

    def _row_reasons(self, row: int) -> tuple[Reason, ...]:
        pairs = zip(self._reasons[row], self._lost[row], strict=True)
        return tuple(reason(self._card, code, lost) for code, lost in pairs if code is not None)


def _by_row(*arrays: NDArray[Any]) -> list[tuple[Any, ...]]:
    return list(zip(*(array.tolist() for array in arrays), strict=True))


def _request_attributes(
    requests: Sequence[Request], assessment: Assessment, policy: Policy
) -> Columns:
    """Return what request rules read; the limit is missing where there is no offer to exceed."""
    columns, granted = assessment.read, assessment.terms.months
    limit = np.where(assessment.offered, assessment.limit_yuan, np.nan)
    amount = np.array([request.amount_yuan for request in requests], dtype=np.float64)
    return {
        "amount_yuan": amount,
        "months_asked": np.array([request.months for request in requests], dtype=np.float64),
        "amount_above_limit_yuan": amount - limit,
        "age_at_asked_maturity": age_at_maturity(columns, granted),
        "months_beyond_age": _months_beyond_age(columns, granted, policy),
        "line_months_asked": np.array(
            [request.months if request.revolving else np.nan for request in requests],
            dtype=np.float64,
        ),
    }


def _months_beyond_age(columns: Columns, months: Ints, policy: Policy) -> Floats:
    """Return by how many months the term is too long for the member's age.

    Missing where the age is unknown, and where even the shortest term is too long, which a rule on
    the member says.
    """
    longest = columns.get(LONGEST_MONTHS)
    if longest is None:
        return np.full(len(months), np.nan)
    return np.where(longest >= policy["minimum_months"], months - longest, np.nan)


def _told(columns: Columns, policy: Policy) -> dict[str, list[float]]:
    """Return the values that details of rules name, by name; those that are not there are left."""
    names = {name for rule in (*policy.rules, *policy.request_rules) for name in rule.told}
    return {name: columns[name].tolist() for name in sorted(names & columns.keys())}


def _outcome(tier: str, on_request: Effect) -> Outcome:
    if tier in ("NONE", "THIRD") or on_request == "decline":
        return "DECLINE"
    return "APPROVE" if tier == "FIRST" and on_request == "pass" else "REFER"
