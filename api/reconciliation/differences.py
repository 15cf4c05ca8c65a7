"""The list of differences between the bank's books and the ledger, folded from the entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import select

from api.cases.bank import figures_of
from api.cases.case import member_named
from api.cases.differences import Differing, differences_of
from api.ledger.commands import View
from api.ledger.tables import entries

_AT_ONCE = 200


def every_difference(view: View) -> Iterator[tuple[str, Differing]]:
    """Yield each difference with its subject, settled or not, but of nobody erased."""
    statement = select(entries.c.subject_id).where(entries.c.kind == "BANK_REPORTED").distinct()
    subjects = sorted(str(subject) for (subject,) in view.connection.execute(statement))
    yield from differences_of_subjects(view, subjects)


def differences_of_subjects(view: View, subjects: Sequence[str]) -> Iterator[tuple[str, Differing]]:
    """Yield the differences of `subjects`, in their order, but of nobody erased."""
    for start in range(0, len(subjects), _AT_ONCE):
        some = subjects[start : start + _AT_ONCE]
        people = view.identities.people(some)
        stored = view.entries_of_subjects([each for each in some if each in people], ())
        for subject in some:
            for each in differences_of(stored.get(subject, [])):
                yield subject, each


def differences_page(
    view: View,
    subjects: Sequence[str],
    reaches: Callable[[str], bool],
    after: str,
    size: int,
    *,
    settled: bool,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return up to `size` differences after the loan `after`, in the order of our ids of the loans.

    The second value is None on the last page.

    Parameters
    ----------
    subjects
        Those who may have a difference.
    settled
        Whether those that a person settled are wanted, instead of the open ones.
    """
    found = [
        (subject, each)
        for subject, each in differences_of_subjects(view, subjects)
        if reaches(each.place_code) and (each.side is not None) == settled
    ]
    found.sort(key=lambda pair: pair[1].bank.loan)
    rest = [pair for pair in found if pair[1].bank.loan > after]
    page = rest[:size]
    people = view.identities.people({subject for subject, _ in page})
    rows = [{**member_named(people.get(subject)), **shape_of(each)} for subject, each in page]
    return rows, page[-1][1].bank.loan if len(rest) > size else None


def shape_of(each: Differing) -> dict[str, Any]:
    """Return a difference as `api.reconciliation.schemas.BookDifferenceShape`, of nobody."""
    bank, settled, first = each.bank, each.bank.settled(each.difference), None
    if settled is None:
        first = each.bank.awaiting(each.difference)
    return {
        "difference_id": bank.loan,
        "decision_id": each.decision_id,
        "number": bank.number,
        "place_code": each.place_code,
        **figures_of(each.difference),
        "lent_on": bank.lent_on.isoformat() if bank.lent_on else None,
        "days_past_due_at_bank": bank.figures.days_past_due,
        "books_on": bank.books.on.isoformat(),
        "outstanding_yuan": each.outstanding_yuan,
        "exposure_yuan": each.exposure_yuan(each.side),
        "side": each.side,
        "settled_by": settled.by if settled else None,
        "first_side": first.side if first else None,
        "first_by": first.by if first else None,
    }
