"""Intervals: what a reader works out about the hidden cells of a table from those that are shown.

Each sum of the table bounds its hidden cells by the others, and each bound sharpens the next, until
nothing changes (bound propagation; Apt, Principles of Constraint Programming, 2003, chapter 6). A
cell whose bounds keep moving counts as known: that is never less than what a reader works out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
#: Times that a cell's interval is sharpened before the cell counts as known.
_MOST_STEPS = 8


@dataclass(frozen=True)
class Sum:
    """A cell that is the sum of others, or at least as much where `is_more` says so.

    Attributes
    ----------
    whole, parts : int, tuple of int
        Positions of the cells.
    """

    whole: int
    parts: tuple[int, ...]
    is_more: bool = False

    def bounds(self, cell: int, low: Floats, high: Floats) -> bool:
        """Return whether this sum gives a bound that is known of `cell`, given all others."""
        parts = list(self.parts)
        if cell == self.whole:
            return bool(
                low[parts].sum() == low[cell]
                or (not self.is_more and high[parts].sum() == high[cell])
            )
        others = [part for part in parts if part != cell]
        most = high[self.whole] - low[others].sum()
        least = low[self.whole] - high[others].sum()
        return bool(most == high[cell] or (not self.is_more and least == low[cell]))


class Intervals:
    """The intervals of the cells of a table.

    Parameters
    ----------
    values
        Shape (n,): the number in each cell.
    sums
        What the reader knows of them.
    """

    def __init__(self, values: Ints, sums: Sequence[Sum]) -> None:
        self._values = values.astype(np.float64)
        self._sums = len(sums)
        self._whole = np.array([each.whole for each in sums], dtype=np.int64)
        self._is_more = np.array([each.is_more for each in sums], dtype=np.bool_)
        self._part = np.array([p for each in sums for p in each.parts], dtype=np.int64)
        lengths = [len(each.parts) for each in sums]
        self._of = np.repeat(np.arange(self._sums, dtype=np.int64), lengths)

    def of(self, hidden: Flags) -> tuple[Floats, Floats]:
        """Return the least and the most that each cell can be, its value where it is shown."""
        # Nothing is shown, so whatever is hidden is known to be something.
        low = np.where(hidden, np.minimum(self._values, 1), self._values)
        high = np.where(hidden, np.inf, self._values)
        steps = np.zeros(len(low), dtype=np.int64)
        while True:
            sharper_low, sharper_high = self._sharpened(low, high)
            moved = (sharper_low > low) | (sharper_high < high)
            if not moved.any():
                return low, high
            steps += moved
            known = steps >= _MOST_STEPS
            low = np.where(known, self._values, sharper_low)
            high = np.where(known, self._values, sharper_high)

    def _sharpened(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """Return the intervals after every sum has spoken once."""
        part, of, whole = self._part, self._of, self._whole
        part_low, is_endless = low[part], np.isinf(high[part])
        part_high = np.where(is_endless, 0, high[part])
        least, most, endless = (
            np.bincount(of, weights=each, minlength=self._sums)
            for each in (part_low, part_high, is_endless)
        )
        new_low, new_high = low.copy(), high.copy()
        np.maximum.at(new_low, whole, least)
        is_open = self._is_more | (endless > 0)
        np.minimum.at(new_high, whole, np.where(is_open, np.inf, most))
        others_open = self._is_more[of] | (endless[of] > is_endless)
        left = low[whole][of] - (most[of] - part_high)
        np.maximum.at(new_low, part, np.where(others_open, -np.inf, left))
        np.minimum.at(new_high, part, high[whole][of] - (least[of] - part_low))
        # The truth lies between the bounds; this also ends the search where a sum is wrong.
        return np.minimum(new_low, self._values), np.maximum(new_high, self._values)
