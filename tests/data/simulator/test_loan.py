"""The arithmetic of a loan: schedule, arrears and outstanding principal, for any terms."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data.simulator.economy.loan import (
    BULLET,
    INSTALMENTS,
    INTEREST_FIRST,
    LoanSlot,
    empty_slot,
    instalment_and_total,
)

START = 636  # January 2023

kinds = st.sampled_from([BULLET, INSTALMENTS, INTEREST_FIRST])
amounts = st.integers(3_000_00, 100_000_00)
terms = st.integers(1, 36)
rates = st.floats(0.01, 0.24)


def lent(kind: int, amount: int, rate: float, term: int, day: int = 15) -> LoanSlot:
    slot = empty_slot(1)
    slot.number[:], slot.kind[:], slot.amount[:] = 0, kind, amount
    slot.rate[:], slot.term[:], slot.start[:], slot.day[:] = rate, term, START, day
    slot.instalment, slot.total = instalment_and_total(slot.kind, slot.amount, slot.rate, slot.term)
    return slot


@given(kinds, amounts, rates, terms)
def test_everything_is_due_at_the_end_and_nothing_at_the_start(
    kind: int, amount: int, rate: float, term: int
) -> None:
    slot = lent(kind, amount, rate, term)
    assert slot.scheduled(START)[0] == 0
    assert slot.scheduled(START + term)[0] == slot.scheduled(START + term + 9)[0] == slot.total[0]
    assert slot.total[0] > amount


@given(kinds, amounts, rates, terms)
def test_paying_what_is_due_leaves_no_arrears_and_no_principal(
    kind: int, amount: int, rate: float, term: int
) -> None:
    slot = lent(kind, amount, rate, term)
    left = [slot.principal_left()[0]]
    for month in range(START + 1, START + term + 1):
        slot.paid = slot.scheduled(month)
        assert slot.days_past_due(month)[0] == 0
        left.append(slot.principal_left()[0])
    assert left[0] == amount
    assert left[-1] == 0
    assert all(np.diff(left) <= 0)


@given(kinds, amounts, rates, terms, st.integers(1, 28))
def test_unpaid_days_run_from_the_oldest_due_date(
    kind: int, amount: int, rate: float, term: int, day: int
) -> None:
    slot = lent(kind, amount, rate, term, day)
    first_due = START + (term if kind == BULLET or term == 1 else 1)
    assert slot.days_past_due(first_due - 1)[0] == 0
    due_on = np.datetime64(first_due, "M").astype("datetime64[D]") + day - 1
    for month in range(first_due, first_due + 6):
        last = np.datetime64(month + 1, "M").astype("datetime64[D]") - 1
        assert slot.days_past_due(month)[0] == int((last - due_on).astype(int))


@given(amounts, rates, terms)
def test_equal_instalments_follow_the_annuity(amount: int, rate: float, term: int) -> None:
    instalment, total = instalment_and_total(
        np.array([INSTALMENTS]), np.array([amount]), np.array([rate]), np.array([term])
    )
    present = sum(instalment[0] / (1 + rate / 12) ** k for k in range(1, term + 1))
    assert abs(present - amount) <= term
    assert total[0] == instalment[0] * term
