"""The sample a card is learned from: attribute columns and one label a row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.errors import TrainingError
from model.scorecard import Columns

Bools = NDArray[np.bool_]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Sample:
    """Rows with known outcome.

    Attributes
    ----------
    columns : Columns
        By attribute, each of shape (n,): float64 with NaN or object with None for missing.
    bad : array of bool
        Shape (n,).
    borrower : array of int
        Shape (n,): rows with the same number are one borrower, whom folds never part.
    period : array of int
        Shape (n,): when, in whole months from any start; all alike where time is unknown.
    """

    columns: Columns
    bad: Bools
    borrower: Rows
    period: Rows

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.bad)

    @property
    def bads(self) -> int:
        """Number of bad rows."""
        return int(self.bad.sum())

    @property
    def bad_rate(self) -> float:
        """Share of rows that are bad."""
        return self.bads / len(self)

    def take(self, rows: Rows | Bools) -> Sample:
        """Return the sample's `rows` (numbers or a mask), in that order."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        return Sample(columns, self.bad[rows], self.borrower[rows], self.period[rows])


def refuse_too_few(sample: Sample, least: int, what: str) -> None:
    """Refuse a sample that cannot support a card.

    Raises
    ------
    TrainingError
        If it has one class only, or fewer than `least` bads or goods; `what` names the sample.
    """
    bads, goods = sample.bads, len(sample) - sample.bads
    if not bads or not goods:
        only = "bad" if bads else "good"
        raise TrainingError(
            f"{what} has one class only: all {len(sample):,} rows are {only};"
            " check the target and the label's definition, or add older data"
        )
    for name, found in (("bads", bads), ("goods", goods)):
        if found < least:
            raise TrainingError(
                f"{what} has {found} {name} among {len(sample):,} rows, and a card needs at least"
                f" {least}: add data, or lower the floor knowing that intervals will be wide"
            )
