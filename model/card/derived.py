"""Derived inputs of a card: the ratio or the difference of two attributes of the profile.

One formula on float64 serves one row and a million; `model.card.card_sql` writes the same steps. A
value is *missing* where either source is missing; *out of range* where neither is, but one is out
of its range; and a ratio is missing where its denominator is not above zero. Sources closer to
zero than `NEGLIGIBLE` count as zero and those beyond `BEYOND` as out of range, so that no quotient
overflows: databases disagree on what happens then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Kind = Literal["ratio", "difference"]
KINDS: tuple[Kind, ...] = get_args(Kind)

NEGLIGIBLE, BEYOND = 1e-100, 1e100

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Derived:
    """One derived input: `first` ÷ `second`, or `first` − `second`."""

    name: str
    kind: Kind
    first: str
    second: str

    @property
    def sources(self) -> tuple[str, str]:
        """The two attributes that the value is computed from."""
        return self.first, self.second

    def values(self, first: Floats, second: Floats) -> Floats:
        """Return the derived values, shape (n,): NaN for missing, infinity for out of range.

        Parameters
        ----------
        first, second : Floats
            Shape (n,): the sources, NaN where missing and infinite where out of range.
        """
        missing = np.isnan(first) | np.isnan(second)
        beyond = (np.abs(first) > BEYOND) | (np.abs(second) > BEYOND)
        values = np.where(beyond & ~missing, np.inf, np.nan)
        usable = ~(missing | beyond)
        a, b = _zero_if_negligible(first), _zero_if_negligible(second)
        if self.kind == "ratio":
            return np.divide(a, b, out=values, where=usable & (b > 0))
        return np.subtract(a, b, out=values, where=usable)


def _zero_if_negligible(values: Floats) -> Floats:
    return np.where(np.abs(values) < NEGLIGIBLE, 0.0, values)
