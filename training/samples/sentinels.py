"""Codes among the numbers of a column that seem to mean a missing value, such as -1 or 9999."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Floats

#: -1, and runs of nines: negative ones of any length, positive ones of three digits or more (a
#: count of 9 or 99 is too common).
_CODES = np.array(
    [-1.0, *(-(10.0**k - 1) for k in range(1, 10)), *(10.0**k - 1 for k in range(3, 10))]
)
#: Fewer other values are a scale of codes, such as -1 and 1.
_LEAST_OTHERS = 2
#: With so many others, all at or above 0, one negative code is no value of their kind.
_MANY_OTHERS = 20


def sentinels(values: Floats) -> Floats:
    """Return the codes in `values` that lie clearly apart from the other values, ascending.

    A code lies apart if it is further from the others than they are from each other, or if it is
    negative and the others are positive, or many and none of them negative.

    Parameters
    ----------
    values : Floats
        Shape (n,); only finite values count.
    """
    distinct = np.unique(values[np.isfinite(values)])
    is_code = np.isin(distinct, _CODES)
    others = distinct[~is_code]
    if len(others) < _LEAST_OTHERS:
        return distinct[:0]
    return np.array([code for code in distinct[is_code] if _lies_apart(code, others)])


def _lies_apart(code: float, others: NDArray[np.float64]) -> bool:
    low, high = others[0], others[-1]
    if low <= code <= high:
        return False
    is_distant = max(low - code, code - high) > high - low
    is_other_sign = code < 0 and (low > 0 or (low == 0 and len(others) > _MANY_OTHERS))
    return bool(is_distant or is_other_sign)
