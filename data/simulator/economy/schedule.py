"""Schedules of repayment: when each instalment falls due, and how much, in integer fen."""

from __future__ import annotations

import numpy as np

from data.simulator.arrays import Bools, Floats, Ints

REPAYMENTS = (
    "harvest_bullet", "equal_instalments", "equal_principal", "interest_first",
    "quarterly_interest", "revolving",
)  # fmt: skip
BULLET, ANNUITY, LINEAR, INTEREST_FIRST, QUARTERLY, DRAW = range(6)


def in_one_sum(kind: Ints) -> Bools:
    """Return which kinds pay everything on one day."""
    return np.asarray((kind == BULLET) | (kind == DRAW))


def principal_at_end(kind: Ints) -> Bools:
    """Return which kinds repay no principal before maturity."""
    return np.asarray((kind != ANNUITY) & (kind != LINEAR))


def instalment_count(kind: Ints, term: Ints) -> Ints:
    """Return the number of instalments of loans of `term` months."""
    several = np.where(kind == QUARTERLY, -(-term // 3), term)
    return np.where(in_one_sum(kind), 1, several).astype(np.int64)


def due_after(kind: Ints, term: Ints, number: Ints) -> Ints:
    """Return the months from disbursement to the due month of instalment `number`; 0 for 0."""
    step = np.where(kind == QUARTERLY, 3, np.where(in_one_sum(kind), term, 1))
    return np.minimum(number * step, term)


def balance_after(kind: Ints, amount: Ints, rate: Floats, term: Ints, number: Ints) -> Ints:
    """Return the principal left after `number` instalments.

    Equal instalments follow the annuity formula; equal principal falls by equal parts; the other
    kinds repay at the end.
    """
    count = instalment_count(kind, term)
    paid = np.clip(number, 0, count)
    monthly = 1.0 + np.maximum(rate, 1e-9) / 12.0
    full = np.power(monthly, count)
    annuity = np.rint(amount * (full - np.power(monthly, paid)) / (full - 1.0))
    linear = amount - np.rint(amount * paid / count)
    at_end = np.where(paid >= count, 0, amount)
    left = np.select([kind == ANNUITY, kind == LINEAR], [annuity, linear], at_end)
    return np.asarray(left).astype(np.int64)


def instalment(
    kind: Ints, amount: Ints, rate: Floats, term: Ints, number: Ints
) -> tuple[Ints, Ints]:
    """Return principal and interest of instalment `number` (from 1)."""
    before = balance_after(kind, amount, rate, term, number - 1)
    after = balance_after(kind, amount, rate, term, number)
    months = due_after(kind, term, number) - due_after(kind, term, number - 1)
    interest = np.rint(before * rate / 12.0 * months).astype(np.int64)
    return before - after, interest
