"""The command that records what the bank's books say beside the ledger's payments.

It runs outside the service, after an import. It writes an entry where the books say something new:
a loan is found for a payment, or a difference appears, changes or ends. Books older than those
compared before say nothing new. No entry holds the bank's number of a loan in plain, so that a
person who was erased is not found by it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from api.cases.bank import (
    AGREES,
    DIFFERS,
    MOVED,
    BankSide,
    figures_of,
    loans_without_payment,
)
from api.cases.money import Draw
from api.cases.state import DecisionState, states_of
from api.core.calendar import date_in_china
from api.editions.edition import Edition
from api.ledger.chain import encode_json
from api.ledger.commands import Answer, View, Written
from api.ledger.entries import Entry, NewEntry
from api.ledger.sealed_bodies import body_of, found_by
from api.ledger.tables import entries as entries_table
from model.policy.reconciliation import ReconciliationLimits
from model.reconciliation.comparison import BankFigures, Books, Payment, compare
from model.reconciliation.matching import BankLoan, matched

_COUNTY = 6
#: A payment: its decision and its number on it.
_Key = tuple[str, int]


@dataclass(frozen=True)
class ImportedBooks:
    """What the bank's books of an import say of some members.

    Attributes
    ----------
    day_of_county : mapping of str to date
        Day of the books by county code.
    loans : mapping of str to sequence of BankLoan
        By member; a member without a loan has none.
    book_since : date
        A loan of an earlier day is told only where the ledger knows it.
    """

    day_of_county: Mapping[str, date]
    loans: Mapping[str, Sequence[BankLoan]]
    limits: ReconciliationLimits
    book_since: date

    def of(self, place_code: str, loan: BankLoan | None = None) -> Books | None:
        """Return the books for a village, or of one loan; None if its county sent none."""
        day = self.day_of_county.get(place_code[:_COUNTY])
        if day is None:
            return None
        on = min(day, loan.known_on) if loan else day
        lag = timedelta(days=self.limits.books_lag_days)
        return Books(on, on - lag, self.limits.tolerance_days, self.limits.tolerance_yuan)


@dataclass(frozen=True)
class RecordBooks:
    """Record what is new in the books of some members, in one transaction."""

    actor: str
    books: ImportedBooks
    edition: Edition
    idempotency: None = None

    def run(self, view: View) -> Written:
        """Compare each member's payments as they are now; answer with counts, and no person."""
        members = sorted(self.books.loans)
        known = view.identities.known(members)
        view.identities.keys.load(list(known.values()))
        stored = view.entries_of_subjects(set(known.values()), ())
        written: list[NewEntry] = []
        held_back = 0
        for member in members:
            subject = known.get(member)
            if subject is None:
                if not self._untold(member):
                    continue
                subject = self._new_subject(view, member)
                if subject is None:
                    held_back += 1
                    continue
            comparison = _Comparison(self, view, member, subject, stored.get(subject, []))
            written += comparison.news()
        counts = {
            "members": len(members),
            "held_back": held_back,
            "written": len(written),
            "differences": sum(each.outcome == DIFFERS for each in written),
        }
        return Written(Answer(201, encode_json(counts).encode()), tuple(written))

    def _untold(self, member_id: str) -> list[BankLoan]:
        """Return the loans that the ledger should have paid out and that are owed."""
        least, since = self.books.limits.tolerance_yuan, self.books.book_since
        loans = self.books.loans[member_id]
        return [each for each in loans if each.lent_on >= since and each.outstanding_yuan > least]

    def _new_subject(self, view: View, member_id: str) -> str | None:
        """Return a new pseudonym for a member whom only the bank knows as a borrower.

        None if the edition does not know the member, or if somebody of the village was erased
        since the day to which the books are complete: nobody may tell whether it is this person.
        """
        profile = self.edition.profile(member_id)
        books = self.books.of(profile.place_code) if profile else None
        if profile is None or books is None:
            return None
        erased_on = _last_erasure(view, profile.place_code)
        if erased_on is not None and erased_on >= books.complete_to:
            return None
        return view.identities.subject_of(member_id, self.edition.person(member_id) or {})


def _last_erasure(view: View, place_code: str) -> date | None:
    columns = entries_table.c
    statement = select(func.max(columns.recorded_at)).where(
        columns.kind == "ERASED", columns.place_code == place_code
    )
    moment = view.connection.execute(statement).scalar()
    return date_in_china(datetime.fromisoformat(moment)) if moment else None


class _Comparison:
    """One member's payments beside the member's loans."""

    def __init__(
        self, command: RecordBooks, view: View, member: str, subject: str, stored: Sequence[Entry]
    ) -> None:
        self._command, self._view, self._subject = command, view, subject
        self._books = command.books
        self._stored = {entry.entry_id: entry for entry in stored}
        self._loans = {loan.loan_id: loan for loan in self._books.loans[member]}
        states = states_of(stored)
        self._draws: dict[_Key, tuple[DecisionState, Draw]] = {
            (state.decision_id, draw.number): (state, draw)
            for state in states
            for draw in state.draws
        }
        self._alone = loans_without_payment(stored)
        self._place = self._place_of(member, stored)

    def news(self) -> Iterator[NewEntry]:
        """Yield an entry for whatever is new."""
        limits = self._books.limits
        remembered = {
            key: loan
            for key, (_, draw) in self._draws.items()
            if draw.bank and (loan := self._loan_id(draw.bank))
        }
        found = matched(
            {key: draw.payment for key, (_, draw) in self._draws.items()},
            self._loans.values(),
            remembered,
            limits.tolerance_days,
            limits.tolerance_yuan,
        )
        for key, (state, draw) in self._draws.items():
            yield from self._of_payment(state, draw, found.get(key), remembered.get(key))
        taken = {loan.loan_id for loan in found.values()}
        yield from self._without_payment(taken)

    def _of_payment(
        self, state: DecisionState, draw: Draw, loan: BankLoan | None, before: str | None
    ) -> Iterator[NewEntry]:
        books = self._books.of(state.place_code, loan)
        if books is None or (draw.bank and books.on < draw.bank.books.on):
            return
        figures = loan.figures if loan else _not_shown(draw.bank, draw.payment)
        is_found = loan is not None and loan.loan_id != before
        if self._is_new(draw.bank, draw.payment, figures, books) or is_found:
            yield self._report(draw.bank, draw.payment, figures, books, loan, state, draw.number)

    def _without_payment(self, taken: set[str]) -> Iterator[NewEntry]:
        known: set[str] = set()
        for side in self._alone.values():
            loan_id = self._loan_id(side)
            known |= {loan_id} if loan_id else set()
            loan = self._loans.get(loan_id or "")
            books = self._books.of(self._place, loan)
            if books is None or books.on < side.books.on:
                continue
            if loan_id in taken:
                figures = replace(side.figures, outstanding_yuan=0, surplus_yuan=0)
                yield self._report(side, None, figures, books, loan, outcome=MOVED)
                continue
            figures = loan.figures if loan else _not_shown(side, None)
            if self._is_new(side, None, figures, books):
                yield self._report(side, None, figures, books, loan)
        since = self._books.book_since
        for loan in self._loans.values():
            books = self._books.of(self._place, loan)
            is_other = loan.loan_id in taken or loan.loan_id in known or loan.lent_on < since
            if books and not is_other and compare(None, loan.figures, books):
                yield self._report(None, None, loan.figures, books, loan)

    def _is_new(
        self, side: BankSide | None, payment: Payment | None, figures: BankFigures, books: Books
    ) -> bool:
        """Return whether the difference is another one than before."""
        before = side.difference(payment) if side else None
        return before != compare(payment, figures, books)

    def _report(
        self,
        before: BankSide | None,
        payment: Payment | None,
        figures: BankFigures,
        books: Books,
        loan: BankLoan | None,
        state: DecisionState | None = None,
        number: int | None = None,
        outcome: str = "",
    ) -> NewEntry:
        difference = compare(payment, figures, books)
        lent_on = loan.lent_on if loan else (before.lent_on if before else None)
        shown: dict[str, Any] = {
            "loan": before.loan if before else str(uuid.uuid4()),
            "number": number,
            "presence": figures.presence,
            "books_on": books.on.isoformat(),
            "complete_to": books.complete_to.isoformat(),
            "tolerance_days": books.tolerance_days,
            "tolerance_yuan": books.tolerance_yuan,
            "lent_on": lent_on.isoformat() if lent_on else None,
            "lent_yuan": figures.lent_yuan,
            "days_past_due": figures.days_past_due,
            "surplus_yuan": figures.surplus_yuan,
            **figures_of(difference),
        }
        entry_id = str(uuid.uuid4())
        loan_id = loan.loan_id if loan else (self._loan_id(before) if before else None)
        return NewEntry(
            kind="BANK_REPORTED",
            subject_id=self._subject,
            decision_id=state.decision_id if state else None,
            place_code=state.place_code if state else self._place,
            actor=self._command.actor,
            amount_yuan=figures.outstanding_yuan,
            outcome=outcome or (DIFFERS if difference else AGREES),
            body=body_of(self._view, self._subject, entry_id, shown, {"loan_id": loan_id}),
            entry_id=entry_id,
        )

    def _loan_id(self, side: BankSide) -> str | None:
        """Return the bank's number of the loan in the last report."""
        sealed = found_by(self._view, self._stored[side.report_id])
        return sealed["loan_id"] if sealed else None

    def _place_of(self, member_id: str, stored: Sequence[Entry]) -> str:
        profile = self._command.edition.profile(member_id)
        if profile is not None:
            return profile.place_code
        return stored[-1].place_code if stored else ""


def _not_shown(side: BankSide | None, payment: Payment | None) -> BankFigures:
    """Return the figures of a loan that the books do not show: it vanished, or never was there."""
    before = side.difference(payment) if side else None
    is_paid = payment is not None and payment.cancelled_on is None
    if side is None or side.figures.presence == "absent" or not (is_paid or before):
        return BankFigures("absent")
    return BankFigures("vanished", surplus_yuan=before.surplus_yuan if before else 0)
