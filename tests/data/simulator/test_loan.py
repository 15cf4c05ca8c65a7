"""The arithmetic of a loan: schedule, due dates and outstanding principal, for any terms."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data.simulator import months
from data.simulator.economy import schedule
from data.simulator.economy.loan import LoanSlot, empty_slot

START = 636  # January 2023

kinds = st.integers(0, len(schedule.REPAYMENTS) - 1)
amounts = st.integers(3_000_00, 100_000_00)
terms = st.integers(1, 36)
rates = st.floats(0.01, 0.24)


def lent(kind: int, amount: int, rate: float, term: int, day: int = 15) -> LoanSlot:
    slot = empty_slot(1)
    slot.number[:], slot.kind[:], slot.amount[:] = 0, kind, amount
    slot.rate[:], slot.term[:], slot.start[:], slot.day[:] = rate, term, START, day
    slot.set_next(np.array([0]))
    return slot


def pay_next(slot: LoanSlot) -> tuple[int, int]:
    principal, interest = slot.next_parts()
    slot.paid[0] += 1
    slot.set_next(np.array([0]))
    return int(principal[0]), int(interest[0])


@given(kinds, amounts, rates, terms)
def test_the_instalments_repay_the_principal_exactly_and_leave_nothing_due(
    kind: int, amount: int, rate: float, term: int
) -> None:
    slot = lent(kind, amount, rate, term)
    left = [int(slot.balance[0])]
    principal = 0
    for _ in range(int(slot.count[0])):
        assert slot.due[0] == sum(part[0] for part in slot.next_parts())
        principal += pay_next(slot)[0]
        left.append(int(slot.balance[0]))
    assert principal == left[0] == amount
    assert left[-1] == 0
    assert all(np.diff(left) <= 0)
    assert slot.due[0] == 0
    assert slot.days_past_due(10**9)[0] == 0


@given(kinds, amounts, rates, terms, st.integers(1, 28))
def test_instalments_fall_due_on_the_day_of_disbursement_and_the_last_at_maturity(
    kind: int, amount: int, rate: float, term: int, day: int
) -> None:
    slot = lent(kind, amount, rate, term, day)
    due = []
    for _ in range(int(slot.count[0])):
        due.append(int(slot.due_on[0]))
        pay_next(slot)
    assert due == sorted(set(due))
    assert due[-1] == int(months.first_day(START + term)) + day - 1
    assert all(str(np.datetime64(each, "D"))[-2:] == f"{day:02d}" for each in due)


@given(kinds, amounts, rates, terms)
def test_what_falls_due_by_month_is_the_sum_of_the_instalments(
    kind: int, amount: int, rate: float, term: int
) -> None:
    slot = lent(kind, amount, rate, term)
    by_month = sum(int(slot.falls_due(month)[0]) for month in range(START, START + term + 9))
    assert by_month == sum(sum(pay_next(slot)) for _ in range(int(slot.count[0])))


@given(kinds, amounts, rates, terms, st.integers(1, 28))
def test_unpaid_days_run_from_the_oldest_due_date(
    kind: int, amount: int, rate: float, term: int, day: int
) -> None:
    slot = lent(kind, amount, rate, term, day)
    first = int(slot.due_on[0])
    assert slot.days_past_due(first - 1)[0] == slot.days_past_due(first)[0] == 0
    assert slot.days_past_due(first + 95)[0] == 95


@given(amounts, rates, st.integers(2, 36))
def test_equal_instalments_are_equal_and_follow_the_annuity(
    amount: int, rate: float, term: int
) -> None:
    slot = lent(schedule.ANNUITY, amount, rate, term)
    paid = [sum(pay_next(slot)) for _ in range(term)]
    monthly = rate / 12
    annuity = amount * monthly / (1 - (1 + monthly) ** -term)
    assert max(abs(each - annuity) for each in paid) <= 2


def test_a_quarterly_loan_of_eight_months_pays_interest_in_months_three_six_and_eight() -> None:
    slot = lent(schedule.QUARTERLY, 1_200_000, 0.06, 8)
    due = []
    for _ in range(int(slot.count[0])):
        month = int(months.month_of_day(slot.due_on)[0]) - START
        due.append((month, *pay_next(slot)))
    assert due == [(3, 0, 18_000), (6, 0, 18_000), (8, 1_200_000, 12_000)]
