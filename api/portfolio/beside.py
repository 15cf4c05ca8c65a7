"""What the bank's books add to the ledger's sums, by subject, kept up to date entry by entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import and_, select

from api.cases.differences import Differing, differences_of
from api.ledger.commands import View
from api.ledger.entries import Kind
from api.ledger.tables import entries
from api.portfolio.totals import EntryRange

#: Kinds of entry that change a difference.
_MOVING: tuple[Kind, ...] = (
    "BANK_REPORTED", "DIFFERENCE_SETTLED", "REPAID", "REPAYMENT_CANCELLED",
    "DISBURSEMENT_CANCELLED",
)  # fmt: skip
_AT_ONCE = 500


@dataclass
class Beside:
    """What counts in one place beside what the ledger has outstanding.

    Attributes
    ----------
    extra_yuan : int
        May be below 0.
    loans : int
        Loans that only the bank has.
    """

    extra_yuan: int = 0
    loans: int = 0

    def add(self, each: Differing) -> None:
        """Add one difference."""
        self.extra_yuan += each.extra_yuan
        self.loans += each.decision_id is None and each.extra_yuan != 0


def changed_differences(
    view: View, entry_range: EntryRange
) -> Iterator[tuple[str, list[Differing]]]:
    """Yield the differences of each subject on whom the range says something, as they are now."""
    columns = entries.c
    moved = select(columns.subject_id).where(
        and_(columns.seq > entry_range.after, columns.seq <= entry_range.upto),
        columns.kind.in_(_MOVING),
    )
    statement = (
        select(columns.subject_id)
        .where(columns.kind == "BANK_REPORTED", columns.subject_id.in_(moved))
        .distinct()
    )
    subjects = sorted(str(subject) for (subject,) in view.connection.execute(statement))
    for start in range(0, len(subjects), _AT_ONCE):
        stored = view.entries_of_subjects(subjects[start : start + _AT_ONCE], ())
        yield from ((subject, differences_of(found)) for subject, found in stored.items())
