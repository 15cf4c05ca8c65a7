"""The command by which a person settles a difference: whose figures hold, and why.

It binds the two figures that the person saw, and nothing else. A settlement that takes much out of
what counts needs a second person who says the same.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from api.access.duties import DUTY_OF, duties_on_open, refuse_joined
from api.access.objects import entries_of_member
from api.cases.bank import figures_of
from api.cases.case import case_of, refuse_duty
from api.cases.differences import Differing, differences_of, takes_two
from api.core.calendar import date_in_china
from api.editions.in_use import Resources
from api.http.fields import EXPECTED
from api.http.lending_problems import DUTIES_APART
from api.http.problem_kinds import INVALID_BODY
from api.http.problems import FieldError, ProblemError
from api.http.repayment_problems import ALREADY_SETTLED, DIFFERENCE_CHANGED, UNKNOWN_DIFFERENCE
from api.ledger.chain import encode_json
from api.ledger.commands import Answer, IdempotencyScope, View, Written
from api.ledger.entries import Entry, NewEntry
from api.ledger.sealed_bodies import body_of
from model.policy.controls import Controls, controls_on
from model.reconciliation.comparison import Side


@dataclass(frozen=True)
class Seen:
    """The difference as the person saw it: principal outstanding, in yuan."""

    bank_yuan: int
    ledger_yuan: int


@dataclass(frozen=True)
class Settle:
    """Settle a difference: the figure of one side holds until either figure changes."""

    idempotency: IdempotencyScope | None
    actor: str
    member_id: str
    difference_id: str
    side: Side
    seen: Seen
    note: str
    resources: Resources

    def run(self, view: View) -> Written:
        """Record it, or the first of two people's words, if the figures are still those seen."""
        subject, entries = entries_of_member(view, self.member_id)
        every = differences_of(entries)
        found = _difference(every, self.difference_id)
        self._refuse_changed(found)
        today = date_in_china(view.now)
        controls = controls_on(today)
        self._refuse_duty(view, found, entries, controls)
        self._refuse_name()
        first = found.bank.awaiting(found.difference)
        if first and first.by == self.actor and first.side == self.side:
            raise ProblemError(DUTIES_APART)
        is_large = takes_two(found, every, self.side, self.actor, today, controls)
        is_final = not is_large or found.is_second(self.side, self.actor)
        entry = self._entry(view, subject or "", found, is_final)
        counts = self.side if is_final else found.side
        answer = {
            "difference_id": found.bank.loan,
            "side": self.side,
            "is_final": is_final,
            "exposure_yuan": found.exposure_yuan(counts),
            "recorded_at": view.now.isoformat(),
        }
        return Written(Answer(201, encode_json(answer).encode()), (entry,))

    def _refuse_changed(self, found: Differing) -> None:
        now = Seen(found.difference.bank_yuan, found.difference.ledger_yuan)
        if now != self.seen:
            raise ProblemError(DIFFERENCE_CHANGED)
        if found.side == self.side:
            raise ProblemError(ALREADY_SETTLED)

    def _refuse_duty(
        self, view: View, found: Differing, entries: list[Entry], controls: Controls
    ) -> None:
        """Refuse it to who paid, cancelled or repaid, on the case or, without one, of the member.

        Raises
        ------
        ProblemError
            If the controls keep the two apart.
        """
        if found.decision_id:
            refuse_duty(view, case_of(view, found.decision_id), "settle", self.actor, controls)
            return
        today, known = date_in_china(view.now), [e for e in entries if e.kind in DUTY_OF]
        refuse_joined("settle", duties_on_open(known, self.actor, today), controls)

    def _refuse_name(self) -> None:
        directory = self.resources.directory
        if directory is not None and directory.holds_name(self.member_id, self.note):
            raise ProblemError(INVALID_BODY, [FieldError("note", EXPECTED["note"])])

    def _entry(self, view: View, subject: str, found: Differing, is_final: bool) -> NewEntry:
        entry_id = str(uuid.uuid4())
        shown = {
            "loan": found.bank.loan,
            "number": found.bank.number,
            "report": found.bank.report_id,
            **figures_of(found.difference),
            **({} if is_final else {"second_needed": True}),
        }
        return NewEntry(
            kind="DIFFERENCE_SETTLED",
            subject_id=subject,
            decision_id=found.decision_id,
            place_code=found.place_code,
            actor=self.actor,
            amount_yuan=found.difference.yuan_of(self.side),
            outcome=self.side,
            body=body_of(view, subject, entry_id, shown, {"note": self.note}),
            entry_id=entry_id,
        )


def _difference(every: list[Differing], difference_id: str) -> Differing:
    for each in every:
        if each.bank.loan == difference_id:
            return each
    raise ProblemError(UNKNOWN_DIFFERENCE)
