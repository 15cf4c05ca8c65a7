"""Derived inputs of a card: the ratio or the difference of two attributes of the profile.

One formula, on float64, for a row and for a million; `model.card.card_sql` writes the same steps. A
value is *missing* where either source is missing; *out of range* where neither is, but one is out
of its range; and a ratio is missing where its denominator is not above zero. Sources closer to
zero than `NEGLIGIBLE` count as zero and those beyond `BEYOND` as out of range, so that no quotient
leaves the doubles: databases disagree on what happens there.
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
        """The two attributes it is made of."""
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
        found = np.where(beyond & ~missing, np.inf, np.nan)
        usable = ~(missing | beyond)
        a, b = _without_specks(first), _without_specks(second)
        if self.kind == "ratio":
            return np.divide(a, b, out=found, where=usable & (b > 0))
        return np.subtract(a, b, out=found, where=usable)


def _without_specks(values: Floats) -> Floats:
    return np.where(np.abs(values) < NEGLIGIBLE, 0.0, values)
