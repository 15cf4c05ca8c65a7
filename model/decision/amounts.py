"""Profile amounts as bounded whole numbers: what is doubtful never speaks for a loan.

Profiles hold floats; limits are reckoned in whole numbers, so that one row and a million agree.
"""

from __future__ import annotations

import numpy as np

from model.card.bins import Ints

#: Beyond any household: ten billion yuan. Sums and products of amounts stay within 64 bits.
LARGEST = 10**10


def in_favour(values: object, scale: int = 1, largest: int = LARGEST) -> Ints:
    """Return `values` × `scale`, rounded; missing, negative and infinite ones count as nothing.

    Parameters
    ----------
    values : array-like of float
        What a household has or earns, of any shape.
    largest : int
        What one value counts for at most, before scaling.
    """
    numbers = np.asarray(values, dtype=np.float64)
    plain = np.where(np.isfinite(numbers), numbers, 0.0)
    bounded = np.minimum(np.maximum(plain, 0), largest)  # np.clip, without its detours
    counted: Ints = np.rint(bounded * scale).astype(np.int64)
    return counted


def against(values: object) -> Ints:
    """Return what a household owes, rounded up; missing and negative as 0, infinite as `LARGEST`.

    A debt not on record is no debt: the table may be absent. One beyond measure forbids more.
    """
    numbers = np.asarray(values, dtype=np.float64)
    plain = np.where(np.isnan(numbers), 0.0, numbers)
    counted: Ints = np.ceil(np.minimum(np.maximum(plain, 0), LARGEST)).astype(np.int64)
    return counted
