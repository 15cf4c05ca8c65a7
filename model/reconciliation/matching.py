"""Which loan of the bank is which payment of the ledger, for one member."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from model.reconciliation.comparison import BankFigures, Payment

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class BankLoan:
    """A loan of product rongzi_e in the bank's books; principal in whole yuan.

    Attributes
    ----------
    known_on : date
        The last day whose payments its figures can hold.
    """

    loan_id: str
    member_id: str
    lent_on: date
    lent_yuan: int
    outstanding_yuan: int
    days_past_due: int
    known_on: date

    @property
    def figures(self) -> BankFigures:
        """What is compared."""
        return BankFigures("shown", self.lent_yuan, self.outstanding_yuan, self.days_past_due)


def matched(
    payments: Mapping[K, Payment],
    loans: Iterable[BankLoan],
    remembered: Mapping[K, str],
    tolerance_days: int,
    tolerance_yuan: int,
) -> dict[K, BankLoan]:
    """Return the bank's loan of each payment that has one; no loan is of two payments.

    A loan that was matched before stays with its payment, whatever the bank changed of it; where it
    vanished, a loan of the same day and amount takes its place. Then payments and loans of about
    one day and amount go together, and at last those of about one day, the nearest first. A
    cancelled payment takes a loan that no other takes.

    Parameters
    ----------
    remembered
        The id of the loan by payment, where one was matched before.
    """
    left = {loan.loan_id: loan for loan in loans}
    found = {key: left.pop(loan) for key, loan in remembered.items() if loan in left}
    paid = [key for key, payment in payments.items() if payment.cancelled_on is None]
    new = [key for key in paid if key not in remembered]
    cancelled = [key for key in payments if key not in paid]
    for keys, most_yuan in ((paid, tolerance_yuan), (new, None), (cancelled, tolerance_yuan)):
        wanted = {key: payments[key] for key in keys if key not in found}
        for key, loan in _nearest(wanted, left.values(), tolerance_days, most_yuan):
            if key not in found and loan.loan_id in left:
                found[key] = left.pop(loan.loan_id)
    return found


def _nearest(
    payments: Mapping[K, Payment], loans: Iterable[BankLoan], most_days: int, most_yuan: int | None
) -> list[tuple[K, BankLoan]]:
    """Return the pairs within `most_days` and `most_yuan`, the nearest first."""
    pairs = [
        (*_apart(payment, loan), position, loan.loan_id, key, loan)
        for position, (key, payment) in enumerate(payments.items())
        for loan in loans
    ]
    near = [
        pair for pair in pairs
        if pair[0] <= most_days and (most_yuan is None or pair[1] <= most_yuan)
    ]  # fmt: skip
    return [pair[4:] for pair in sorted(near, key=lambda pair: pair[:4])]


def _apart(payment: Payment, loan: BankLoan) -> tuple[int, int]:
    """Return the days and the yuan between the two."""
    return abs((payment.on - loan.lent_on).days), abs(payment.amount_yuan - loan.lent_yuan)
