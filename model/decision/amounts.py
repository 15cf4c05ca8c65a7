"""Profile amounts as bounded integers; a doubtful value never speaks for a loan.

Profiles hold floats. Limits are computed in integers, so that one row and a million agree.
"""

from __future__ import annotations

import numpy as np

from model.card.bins import Ints

#: Ten billion yuan, more than any household has. Sums and products of amounts fit 64 bits.
MAX_AMOUNT = 10**10


def in_favour(values: object, scale: int = 1, maximum: int = MAX_AMOUNT) -> Ints:
    """Return `values` × `scale`, rounded; missing, negative and infinite values count as 0.

    Parameters
    ----------
    values : array-like of float
        What a household owns or earns, of any shape.
    maximum : int
        Largest amount that one value counts for, before scaling.
    """
    numbers = np.asarray(values, dtype=np.float64)
    finite = np.where(np.isfinite(numbers), numbers, 0.0)
    bounded = np.minimum(np.maximum(finite, 0), maximum)  # faster than np.clip on small arrays
    amounts: Ints = np.rint(bounded * scale).astype(np.int64)
    return amounts


def against(values: object) -> Ints:
    """Return what a household owes, rounded up; missing and negative as 0, infinite as the maximum.

    A missing debt counts as 0, because its table may be absent from the archive.
    """
    numbers = np.asarray(values, dtype=np.float64)
    known = np.where(np.isnan(numbers), 0.0, numbers)
    amounts: Ints = np.ceil(np.minimum(np.maximum(known, 0), MAX_AMOUNT)).astype(np.int64)
    return amounts
