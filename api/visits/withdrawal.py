"""The command that withdraws a visit recorded by mistake; its entry stays, and counts no more."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Literal

from api.access.duties import DUTY_OF, duties_on_open, refuse_joined
from api.access.objects import entries_of_member
from api.core.calendar import date_in_china
from api.editions.in_use import Resources
from api.http.fields import EXPECTED
from api.http.lending_problems import ALREADY_WITHDRAWN, UNKNOWN_VISIT
from api.http.problem_kinds import INVALID_BODY
from api.http.problems import FieldError, ProblemError
from api.ledger.chain import encode_json
from api.ledger.commands import Answer, IdempotencyScope, View, Written
from api.ledger.entries import Entry, NewEntry
from api.ledger.sealed_bodies import body_of
from api.visits.visits import VISITED, withdrawals
from model.policy.controls import controls_on

#: Why a visit is withdrawn; the note says more.
WithdrawalReason = Literal["wrong_member", "wrong_figures", "not_made", "false_evidence"]


@dataclass(frozen=True)
class WithdrawVisit:
    """Withdraw a visit: from the next decision on it counts no more.

    It needs no consent: it only removes what counts of a member.
    """

    idempotency: IdempotencyScope | None
    actor: str
    member_id: str
    visit_id: str
    reason: WithdrawalReason
    note: str
    resources: Resources

    def run(self, view: View) -> Written:
        """Record the withdrawal, if there is such a visit and it is not withdrawn."""
        kinds = dict.fromkeys((*VISITED, *DUTY_OF))
        _, entries = entries_of_member(view, self.member_id, tuple(kinds))
        visit = _visit(entries, self.visit_id)
        today = date_in_china(view.now)
        refuse_joined("visit", duties_on_open(entries, self.actor, today), controls_on(today))
        directory = self.resources.directory
        if directory is not None and directory.holds_name(self.member_id, self.note):
            raise ProblemError(INVALID_BODY, [FieldError("note", EXPECTED["note"])])
        answer = {"visit_id": self.visit_id, "withdrawn_at": view.now.isoformat()}
        return Written(Answer(201, encode_json(answer).encode()), (self._entry(view, visit),))

    def _entry(self, view: View, visit: Entry) -> NewEntry:
        entry_id, subject = str(uuid.uuid4()), visit.subject_id
        shown = {"visit": visit.entry_id, "reason": self.reason}
        body = body_of(view, subject, entry_id, shown, {"note": self.note})
        place = visit.place_code
        return NewEntry(
            "VISIT_WITHDRAWN", subject, None, place, self.actor, None, None, body, entry_id
        )


def _visit(entries: list[Entry], visit_id: str) -> Entry:
    """Return the visit among a member's `entries` if it can be withdrawn.

    Raises
    ------
    ProblemError
        If there is none, or it is withdrawn already.
    """
    found = [each for each in entries if each.kind == "VISITED" and each.entry_id == visit_id]
    if not found:
        raise ProblemError(UNKNOWN_VISIT)
    if visit_id in withdrawals(entries):
        raise ProblemError(ALREADY_WITHDRAWN)
    return found[0]
