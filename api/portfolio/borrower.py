"""One borrower of the loan book: the counts of arrears and losses they belong to, and by what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import get_args

from api.cases.schemas import CountedAs
from api.core.calendar import date_in_china
from api.ledger.commands import View
from api.portfolio.book import Books, Loan

#: Days past due at which a loan has defaulted.
DEFAULT_DAYS = 90
#: Bands of a borrower's worst days past due: the first day of each.
BANDS: Mapping[CountedAs, int] = {
    "current": 0, "overdue_1_29": 1, "overdue_30_59": 30, "overdue_60_89": 60,
    "overdue_from_90": DEFAULT_DAYS,
}  # fmt: skip
#: The counts of borrowers by place.
COUNTED: tuple[CountedAs, ...] = get_args(CountedAs)


def borrowers(loans: Iterable[Loan]) -> dict[tuple[str, str], list[Loan]]:
    """Return the payments of each borrower, by village and subject."""
    found: dict[tuple[str, str], list[Loan]] = {}
    for loan in loans:
        found.setdefault((loan.village, loan.subject_id), []).append(loan)
    return found


def columns_of(loans: Sequence[Loan], today: date) -> dict[str, int]:
    """Return what one borrower adds to each column of the quality of the book."""
    outstanding = sum(loan.outstanding_yuan for loan in loans)
    added: dict[str, int] = {
        "borrowers": 1,
        "drawn_yuan": sum(loan.amount_yuan for loan in loans),
        "running": int(outstanding > 0),
        "outstanding_yuan": outstanding,
    }
    if outstanding:
        worst = max(loan.days_past_due(today) for loan in loans)
        band = max((name for name in BANDS if BANDS[name] <= worst), key=BANDS.__getitem__)
        added |= {band: 1, f"{band}_yuan": outstanding}
    return added | _outcome(loans, today)


def _outcome(loans: Sequence[Loan], today: date) -> dict[str, int]:
    """Return what was expected of one borrower's payments whose outcome is known, and what came."""
    added: dict[str, int] = {}
    for loan in loans:
        if loan.terms is None or not _is_known(loan, today):
            continue
        owed = loan.outstanding_yuan
        exposed = loan.terms.pd_millionths * loan.terms.ead_percent * loan.amount_yuan
        for column, amount in (
            ("judged_yuan", loan.amount_yuan),
            ("expected_default_yuan", exposed),
            ("expected_loss_yuan", exposed * loan.terms.lgd_percent),
            ("defaulted_yuan", owed),
            ("loss_yuan", owed * loan.terms.lgd_percent),
        ):
            added[column] = added.get(column, 0) + amount
    if added:
        added |= {"judged": 1, "defaulted": int(added["defaulted_yuan"] > 0)}
    return added


def _is_known(loan: Loan, today: date) -> bool:
    """Return whether the outcome of a payment is known, and what was expected of it."""
    if loan.terms is None or loan.due_on is None:
        return False
    return (today - loan.due_on).days >= DEFAULT_DAYS


def _is_out(loan: Loan, _: date) -> bool:
    return loan.outstanding_yuan > 0


def _is_lost(loan: Loan, today: date) -> bool:
    return _is_known(loan, today) and _is_out(loan, today)


#: The payments that put a borrower into a count.
_BY: Mapping[CountedAs, Callable[[Loan, date], bool]] = {
    "borrowers": lambda _loan, _today: True,
    "judged": _is_known,
    "defaulted": _is_lost,
    **dict.fromkeys(("running", *BANDS), _is_out),
}


def decisions_counted(books: Books, view: View, count: CountedAs) -> list[int]:
    """Return the number (seq) of one decision for each borrower whom `count` counts today.

    It is that of the payment that puts the borrower there: of several the longest past due, then
    the one with most outstanding, then the latest.
    """
    today = date_in_china(view.now)

    def standing(loan: Loan) -> tuple[int, int, int]:
        return loan.days_past_due(today), loan.outstanding_yuan, loan.decided_at_seq

    with books.lock:
        return [
            max((loan for loan in loans if _BY[count](loan, today)), key=standing).decided_at_seq
            for loans in borrowers(books.at(view).all_loans()).values()
            if columns_of(loans, today).get(count)
        ]
