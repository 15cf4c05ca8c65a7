"""Loan slots: at most one open loan of a product per household, with its state of payment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator import months
from data.simulator.arrays import NEVER, Bools, Floats, Ints
from data.simulator.economy import schedule


@dataclass
class LoanSlot:
    """At most one open loan per household; ``number`` is -1 where there is none.

    Attributes
    ----------
    guarantor : Ints
        Household that guarantees the loan, -1 for none.
    start, day : Ints
        Month and day of the month of disbursement; instalments fall due on that day.
    amount : Ints
        Principal in fen.
    paid : Ints
        Number of instalments that are paid; they are paid in order, each as a whole.
    refuses_from : Ints
        Instalment from which the household does not mean to pay, hidden; NEVER for most.
    stake, edge : Floats
        Yuan invested in the business, and their hidden return.
    closed : Ints
        Month in which the last loan ended.
    due_on : Ints
        Day on which the next instalment falls due, NEVER if no loan is open.
    due : Ints
        Fen of the next instalment.
    """

    number: Ints
    guarantor: Ints
    kind: Ints
    amount: Ints
    rate: Floats
    term: Ints
    start: Ints
    day: Ints
    paid: Ints
    refuses_from: Ints
    stake: Floats
    edge: Floats
    closed: Ints
    due_on: Ints
    due: Ints
    extended: Bools
    restructured: Bools

    @property
    def open(self) -> Bools:
        """Return which households have a loan that is not fully repaid."""
        return self.number >= 0

    @property
    def count(self) -> Ints:
        """Return the number of instalments of each loan."""
        return schedule.instalment_count(self.kind, self.term)

    @property
    def balance(self) -> Ints:
        """Return the outstanding principal in fen."""
        left = schedule.balance_after(self.kind, self.amount, self.rate, self.term, self.paid)
        return np.where(self.open, left, 0)

    @property
    def maturity(self) -> Ints:
        """Return the month of the last due date as agreed."""
        return self.start + self.term

    def days_past_due(self, day: int) -> Ints:
        """Return the days from the oldest unpaid due date to `day`; an extension changes none."""
        return np.where(self.open & (self.due_on <= day), day - self.due_on, 0)

    def falls_due(self, month: int) -> Ints:
        """Return the fen agreed to fall due in `month`, paid or not."""
        step = np.where(self.kind == schedule.QUARTERLY, 3, 1)
        step = np.where(schedule.in_one_sum(self.kind), self.term, step)
        age = month - self.start
        number = np.where(age >= self.term, self.count, age // step)
        is_due = self.open & (age > 0) & (age <= self.term)
        is_due &= (age % step == 0) | (age == self.term)
        parts = schedule.instalment(
            self.kind, self.amount, self.rate, self.term, np.maximum(number, 1)
        )
        return np.where(is_due, parts[0] + parts[1], 0)

    def next_parts(self) -> tuple[Ints, Ints]:
        """Return principal and interest of the next instalment."""
        number = np.minimum(self.paid + 1, self.count)
        return schedule.instalment(self.kind, self.amount, self.rate, self.term, number)

    def take(self, at: Ints) -> LoanSlot:
        """Return a copy of the slots of the households `at`."""
        return LoanSlot(*(getattr(self, name)[at] for name in LoanSlot.__dataclass_fields__))

    def set_next(self, at: Ints) -> None:
        """Set due date and amount of the next instalment of the loans of households `at`."""
        loans = self.take(at)
        number = np.minimum(loans.paid + 1, loans.count)
        month = loans.start + schedule.due_after(loans.kind, loans.term, number)
        is_due = loans.open & (loans.paid < loans.count)
        self.due_on[at] = np.where(is_due, months.first_day(month) + loans.day - 1, NEVER)
        principal, interest = loans.next_parts()
        self.due[at] = np.where(is_due, principal + interest, 0)

    def is_free(self, month: int) -> Bools:
        """Return which households may open a loan: none is open, and none ended this month."""
        return np.asarray(~self.open & (self.closed < month))

    def close(self, done: Bools, month: int) -> None:
        """Empty the slots of the households in `done`."""
        self.closed = np.where(done, month, self.closed)
        self.number = np.where(done, -1, self.number)
        self.stake = np.where(done, 0.0, self.stake)
        self.due_on = np.where(done, NEVER, self.due_on)
        self.due = np.where(done, 0, self.due)


def empty_slot(number: int) -> LoanSlot:
    """Return the slots of `number` households without a loan."""
    zeros = np.zeros(number, dtype=np.int64)
    return LoanSlot(
        number=zeros - 1, guarantor=zeros - 1, kind=zeros.copy(), amount=zeros.copy(),
        rate=np.zeros(number), term=zeros + 1, start=zeros.copy(), day=zeros + 1,
        paid=zeros.copy(),
        refuses_from=np.full(number, NEVER), stake=np.zeros(number), edge=np.zeros(number),
        closed=zeros.copy(), due_on=np.full(number, NEVER), due=zeros.copy(),
        extended=zeros.astype(bool), restructured=zeros.astype(bool),
    )  # fmt: skip
