"""One loan per household: schedule, arrears and outstanding principal, in integer fen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator import months
from data.simulator.arrays import Bools, Floats, Ints

REPAYMENTS = ("harvest_bullet", "equal_instalments", "interest_first")
BULLET, INSTALMENTS, INTEREST_FIRST = range(3)


@dataclass
class LoanSlot:
    """At most one open loan per household; ``number`` is -1 where there is none.

    ``start`` is the month and ``day`` the day of disbursement; later amounts fall due on that day.
    ``instalment`` falls due each month (0 for a bullet); ``total`` is principal and all interest.
    ``stake`` is invested in the business, ``edge`` is its hidden return; ``unwilling`` is hidden.
    """

    number: Ints
    kind: Ints
    amount: Ints
    rate: Floats
    term: Ints
    start: Ints
    day: Ints
    instalment: Ints
    total: Ints
    paid: Ints
    unwilling: Bools
    stake: Floats
    edge: Floats

    @property
    def open(self) -> Bools:
        """Return which households have a loan that is not fully repaid."""
        return self.number >= 0

    def scheduled(self, month: int) -> Ints:
        """Return the amount due by the end of `month`, from the start of the loan."""
        age = np.clip(month - self.start, 0, self.term)
        return np.where(age >= self.term, self.total, age * self.instalment)

    def arrears(self, month: int) -> Ints:
        """Return the amount that is due and unpaid at the end of `month`."""
        return np.where(self.open, np.maximum(self.scheduled(month) - self.paid, 0), 0)

    def days_past_due(self, month: int) -> Ints:
        """Return the age, on the last day of `month`, of the oldest amount that is unpaid."""
        covered = np.where(
            self.kind == BULLET, self.term - 1, self.paid // np.maximum(self.instalment, 1)
        )
        due_month = self.start + np.minimum(covered + 1, self.term)
        due_on = months.first_day(due_month) + self.day - 1
        late = int(months.last_day(month)) - due_on
        return np.where(self.arrears(month) > 0, np.maximum(late, 0), 0)

    def principal_left(self) -> Ints:
        """Return the outstanding principal."""
        rate = self.rate / 12.0
        covered = self.paid // np.maximum(self.instalment, 1)
        grown = np.power(1 + rate, self.term)
        shrunk = np.power(1 + rate, np.minimum(covered, self.term))
        annuity = np.rint(self.amount * (grown - shrunk) / np.maximum(grown - 1, 1e-12))
        simple = np.minimum(self.amount, self.total - self.paid)
        left = np.where(self.kind == INSTALMENTS, annuity, simple)
        return np.asarray(left, dtype=np.int64)


def empty_slot(number: int) -> LoanSlot:
    """Return the slots of `number` households without a loan."""
    zeros = np.zeros(number, dtype=np.int64)
    return LoanSlot(
        number=zeros - 1, kind=zeros.copy(), amount=zeros.copy(), rate=np.zeros(number),
        term=zeros + 1, start=zeros.copy(), day=zeros + 1, instalment=zeros.copy(),
        total=zeros.copy(), paid=zeros.copy(), unwilling=zeros.astype(bool),
        stake=np.zeros(number), edge=np.zeros(number),
    )  # fmt: skip


def instalment_and_total(kind: Ints, amount: Ints, rate: Floats, term: Ints) -> tuple[Ints, Ints]:
    """Return the amounts due each month and in total, in fen.

    Equal instalments follow the annuity formula; interest-first pays interest monthly and the
    principal at the end; a bullet pays everything at the end.
    """
    monthly = rate / 12.0
    annuity = np.rint(amount * monthly / (1 - np.power(1 + monthly, -term))).astype(np.int64)
    interest = np.rint(amount * monthly).astype(np.int64)
    instalment = np.select(
        [kind == BULLET, kind == INSTALMENTS], [np.zeros_like(amount), annuity], interest
    )
    total = np.where(kind == INSTALMENTS, annuity * term, amount + interest * term)
    return instalment, total
