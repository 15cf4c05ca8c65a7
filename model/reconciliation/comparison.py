"""One payment of the ledger against one loan of the bank: in what they differ, and what is owed.

Both are compared as of the day of the bank's books, never of today: what the ledger recorded since
is not in them. What happened within the days of lag before that day may or may not be in them, so
the ledger's figure of any of those days agrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

DifferenceKind = Literal[
    "PAYMENT_WITHOUT_LOAN", "LOAN_WITHOUT_PAYMENT", "LOAN_VANISHED", "AMOUNTS_DIFFER",
    "OUTSTANDING_DIFFERS", "REPAID_AT_BANK_ONLY", "REPAID_IN_LEDGER_ONLY", "ARREARS_AT_BANK_ONLY",
]  # fmt: skip
#: ``absent``: the books have no loan for a payment. ``vanished``: they had one.
Presence = Literal["shown", "absent", "vanished"]
#: Whose figures hold, by a person's word.
Side = Literal["BANK", "LEDGER"]


@dataclass(frozen=True)
class Payment:
    """One payment of the ledger by the days on which money moved; amounts of principal in yuan.

    Attributes
    ----------
    repaid : tuple of (date, int)
        What was repaid, in any order.
    due_on : date or None
        The last day to repay it.
    cancelled_on : date or None
        The day of its cancellation.
    """

    amount_yuan: int
    on: date
    repaid: tuple[tuple[date, int], ...] = ()
    due_on: date | None = None
    cancelled_on: date | None = None

    def outstanding_on(self, day: date) -> int:
        """Return the principal that is out at the end of `day`."""
        if day < self.on or (self.cancelled_on is not None and self.cancelled_on <= day):
            return 0
        repaid = sum(yuan for on, yuan in self.repaid if on <= day)
        return max(self.amount_yuan - repaid, 0)

    def outstanding_within(self, first: date, last: date) -> tuple[int, int]:
        """Return the least and the most that is out at the end of a day from `first` to `last`."""
        moved = [self.on, *(on for on, _ in self.repaid), self.cancelled_on]
        days = {first, last, *(on for on in moved if on is not None and first <= on <= last)}
        found = [self.outstanding_on(day) for day in days]
        return min(found), max(found)


@dataclass(frozen=True)
class Books:
    """The day of the bank's books, and what makes no difference.

    Attributes
    ----------
    on : date
        What happened later is not in them.
    complete_to : date
        What happened by this day is in them: `on` less the days of lag.
    """

    on: date
    complete_to: date
    tolerance_days: int
    tolerance_yuan: int


@dataclass(frozen=True)
class BankFigures:
    """What the books say of one loan: principal in whole yuan, a part of a yuan as a whole one.

    Attributes
    ----------
    presence : Presence
        The amounts of a loan that is not shown are 0.
    surplus_yuan : int
        Of a loan that vanished, what the bank had beyond the ledger when it was last shown.
    """

    presence: Presence
    lent_yuan: int = 0
    outstanding_yuan: int = 0
    days_past_due: int = 0
    surplus_yuan: int = 0


@dataclass(frozen=True)
class Difference:
    """In what a payment and a loan differ; two are equal if their kinds and figures are.

    Attributes
    ----------
    bank_yuan, ledger_yuan : int
        Principal outstanding as of the books; the ledger's of the day of lag that is nearest.
    bank_lent_yuan, ledger_paid_yuan : int
        What was paid out.
    surplus_yuan : int
        What counts beyond the ledger's figure until a person settles it.
    """

    kinds: tuple[DifferenceKind, ...]
    bank_yuan: int
    ledger_yuan: int
    bank_lent_yuan: int
    ledger_paid_yuan: int
    surplus_yuan: int

    def yuan_of(self, side: Side) -> int:
        """Return the figure of one side."""
        return self.bank_yuan if side == "BANK" else self.ledger_yuan

    def extra_yuan(self, side: Side | None, outstanding_yuan: int) -> int:
        """Return what counts beyond, or below 0 short of, what the ledger has outstanding today.

        What moved in the ledger since the day of the books moved both figures.

        Parameters
        ----------
        side
            Whose figure holds; None until a person settles it, when the larger one does.
        """
        if side == "LEDGER":
            return 0
        if side == "BANK":
            return max(self.bank_yuan - self.ledger_yuan, -outstanding_yuan)
        return self.surplus_yuan


def compare(payment: Payment | None, bank: BankFigures, books: Books) -> Difference | None:
    """Return in what the ledger's payment and the bank's loan differ; None if they agree.

    Parameters
    ----------
    payment
        None if the ledger has none for the loan.
    """
    least, most = _figures(payment, books)
    figure = bank.outstanding_yuan
    near = min(max(figure, least), most)
    kinds = _kinds(payment, bank, books, near)
    if payment and _has_arrears_of_its_own(payment, bank, books, least, most):
        kinds.append("ARREARS_AT_BANK_ONLY")
    if not kinds:
        return None
    paid = payment.amount_yuan if payment and payment.cancelled_on is None else 0
    surplus = max(figure - near, bank.surplus_yuan, 0)
    return Difference(tuple(kinds), figure, near, bank.lent_yuan, paid, surplus)


def _figures(payment: Payment | None, books: Books) -> tuple[int, int]:
    """Return the least and the most that the ledger has out as of the books."""
    if payment is None:
        return 0, 0
    if payment.on > books.on:  # the bank may post it before the ledger holds it
        return 0, payment.amount_yuan
    return payment.outstanding_within(books.complete_to, books.on)


def _kinds(
    payment: Payment | None, bank: BankFigures, books: Books, near: int
) -> list[DifferenceKind]:
    if bank.presence == "vanished":
        return ["LOAN_VANISHED"]
    is_paid = payment is not None and payment.cancelled_on is None
    if bank.presence == "absent":
        is_late = payment is not None and payment.on <= books.complete_to
        return ["PAYMENT_WITHOUT_LOAN"] if is_paid and is_late else []
    differs = abs(bank.outstanding_yuan - near) > books.tolerance_yuan
    if payment is None or not is_paid:
        return ["LOAN_WITHOUT_PAYMENT"] if differs else []
    kinds: list[DifferenceKind] = []
    if abs(bank.lent_yuan - payment.amount_yuan) > books.tolerance_yuan:
        kinds.append("AMOUNTS_DIFFER")
    if differs:
        kinds.append(_of_outstanding(bank.outstanding_yuan, near, books.tolerance_yuan))
    return kinds


def _of_outstanding(bank: int, ledger: int, tolerance: int) -> DifferenceKind:
    if bank <= tolerance:
        return "REPAID_AT_BANK_ONLY"
    return "REPAID_IN_LEDGER_ONLY" if ledger <= tolerance else "OUTSTANDING_DIFFERS"


def _has_arrears_of_its_own(
    payment: Payment, bank: BankFigures, books: Books, least: int, most: int
) -> bool:
    """Return whether the bank tells of arrears that the ledger does not know.

    Books that lack a repayment of the days of lag may show the arrears that it paid.
    """
    if bank.days_past_due <= books.tolerance_days or payment.cancelled_on is not None:
        return False
    is_past_due = payment.due_on is not None and payment.due_on < books.on and most > 0
    lacks_repayment = least < bank.outstanding_yuan <= most
    return not is_past_due and not lacks_repayment
