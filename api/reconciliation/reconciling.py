"""One run over an archive: whom it concerns, and the commands that record what is new.

It reads the archive, so it runs outside the service.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from api.cases.differences import Differing
from api.core.calendar import date_in_china
from api.editions.edition import Edition
from api.ledger.commands import View
from api.ledger.tables import entries
from api.ledger.writer import Ledger
from api.reconciliation.differences import every_difference
from api.reconciliation.recording import ImportedBooks, RecordBooks
from data.storage.archive import Archive
from data.storage.bank_books import bank_books
from model.policy.reconciliation import reconciliation_limits_on
from model.reconciliation.matching import BankLoan

#: Members compared in one transaction; it holds the chain's lock, and decisions wait for it.
_AT_ONCE = 50


@dataclass(frozen=True)
class Reconciled:
    """What a run did and what is open after it.

    Attributes
    ----------
    book_since : date
        From this day on the ledger is the book.
    written, held_back : int
        New entries; members left for later books because somebody of their village was erased.
    open : sequence of Differing
        All differences that nobody has settled, of this run and before.
    """

    book_since: date
    members: int
    written: int
    held_back: int
    open: Sequence[Differing]

    @property
    def by_kind(self) -> dict[str, int]:
        """Open differences by kind; one may be of several."""
        return dict(sorted(Counter(k for each in self.open for k in each.difference.kinds).items()))


def reconcile(
    ledger: Ledger, archive: Archive, as_of: date, edition: Edition, actor: str
) -> Reconciled:
    """Compare the ledger with what `archive` knew before `as_of`, and record what is new.

    A run that was interrupted is run again.

    Raises
    ------
    ArchiveError
        If the archive cannot be read.
    LedgerRefusalError
        If the ledger cannot be written.
    """
    books, limits = bank_books(archive, as_of), reconciliation_limits_on(as_of)
    with ledger.read() as view:
        first = _first_day(view)
        since = max(limits.book_since, first or limits.book_since)
        members = _borrowers(view) if first else set()
    if first:  # before its first entry the ledger is nobody's book
        members |= {
            member for member, loans in books.loans.items() if any(_begins(e, since) for e in loans)
        }
    totals = Counter[str]()
    for some in _pieces(sorted(members)):
        loans = {member: books.loans.get(member, ()) for member in some}
        imported = ImportedBooks(books.day_of_county, loans, limits, since)
        answer = ledger.write_now(RecordBooks(actor, imported, edition))
        totals.update(json.loads(answer.body))
    with ledger.read() as view:
        found = [each for _, each in every_difference(view) if each.side is None]
    written, held = totals["written"], totals["held_back"]
    return Reconciled(since, len(members), written, held, found)


def _pieces(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE))


def _begins(loan: BankLoan, since: date) -> bool:
    return loan.lent_on >= since


def _first_day(view: View) -> date | None:
    """Return the day of the ledger's first entry."""
    first = view.entries_where(limit=1)
    return date_in_china(first[0].recorded_at) if first else None


def _borrowers(view: View) -> set[str]:
    """Return the members to whom the ledger paid out, or of whom the bank reported a loan."""
    kinds = ("DISBURSED", "BANK_REPORTED")
    statement = select(entries.c.subject_id).where(entries.c.kind.in_(kinds)).distinct()
    subjects = [str(subject) for (subject,) in view.connection.execute(statement)]
    return set(_members_of(view, subjects))


def _members_of(view: View, subjects: Sequence[str]) -> Iterator[str]:
    for some in _pieces(subjects):
        for person in view.identities.people(some).values():
            if member := person["member_id"]:
                yield member
