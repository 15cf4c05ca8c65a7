"""Duties apart: which pairs of duties one person may not do on one case.

The controls name the pairs; the matrix says which roles do a duty at all. That nobody reviews a
case of their own holds always.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from api.access.matrix import MATRIX
from api.core.principal import Role
from api.http.lending_problems import DUTIES_APART
from api.http.problems import ProblemError
from api.ledger.entries import Entry, Kind
from model.policy.controls import Controls, Duty

#: The duty that an entry shows its actor to have done.
DUTY_OF: Mapping[Kind, Duty] = {
    "CONSENT_GIVEN": "consent",
    "VISITED": "visit",
    "VISIT_WITHDRAWN": "visit",
    "DECISION": "ask",
    "REPEATED": "ask",
    "REVIEW_REQUESTED": "ask",
    "REVIEW_DECIDED": "rule",
    "OVERRIDDEN": "rule",
    "DISBURSEMENT_PROPOSED": "pay",
    "DISBURSED": "pay",
    "CANCELLATION_PROPOSED": "cancel",
    "DISBURSEMENT_CANCELLED": "cancel",
    "REPAID": "repay",
    "REPAYMENT_CANCELLED": "cancel",
    "DIFFERENCE_SETTLED": "settle",
}
#: The routes by which somebody does a duty: each writes entries of it.
ROUTES_OF: Mapping[Duty, tuple[str, ...]] = {
    "consent": ("post_consent",),
    "visit": ("post_visit", "post_visit_withdrawal"),
    "ask": ("post_decision", "post_review_request"),
    "rule": ("post_review_verdict", "post_override"),
    "pay": ("post_disbursement",),
    "cancel": ("post_disbursement_cancellation", "post_repayment_cancellation"),
    "repay": ("post_repayment",),
    "settle": ("post_settlement",),
    "erase": ("post_member_erasure",),
}
#: The route by which somebody completes a duty that another began, and the duties it completes.
CONFIRMING, CONFIRMED = "post_confirmation", frozenset[Duty]({"pay", "cancel"})


def may_begin(duty: Duty, roles: Collection[Role]) -> bool:
    """Return whether one of `roles` allows a route by which somebody does `duty`."""
    return any(MATRIX[route].allows(roles) for route in ROUTES_OF[duty])


def may_do(duty: Duty, roles: Collection[Role]) -> bool:
    """Return whether one of `roles` allows to do `duty`, or to complete it for another."""
    may_confirm = duty in CONFIRMED and MATRIX[CONFIRMING].allows(roles)
    return may_confirm or may_begin(duty, roles)


def refuse_joined(duty: Duty, done: Iterable[Duty], controls: Controls) -> None:
    """Refuse `duty` to somebody who has `done` a duty that is kept apart from it.

    Raises
    ------
    ProblemError
        If the controls keep the two apart.
    """
    if kept_from(duty, done, controls):
        raise ProblemError(DUTIES_APART)


def kept_from(duty: Duty, done: Iterable[Duty], controls: Controls) -> list[Duty]:
    """Return which of the duties somebody has `done` are kept apart from `duty`, in order."""
    return sorted(other for other in set(done) if controls.are_apart(duty, other))


def duties_on_open(entries: Iterable[Entry], actor: str, today: date) -> set[Duty]:
    """Return what `actor` did on a member's decisions that are still valid on `today`.

    Parameters
    ----------
    entries
        The member's entries of the kinds of `DUTY_OF`.
    """
    known = list(entries)
    valid = {entry.decision_id for entry in known if _is_open(entry, today)}
    return {
        DUTY_OF[entry.kind]
        for entry in known
        if entry.kind in DUTY_OF and entry.actor == actor and entry.decision_id in valid
    }


def _is_open(entry: Entry, today: date) -> bool:
    """Return whether by this entry a decision can be paid on, or still be approved, on `today`."""
    until = entry.body.get("valid_until") or entry.body.get("answer", {}).get("valid_until")
    is_declined = entry.outcome in (None, "DECLINE")
    return until is not None and not is_declined and date.fromisoformat(until) >= today
