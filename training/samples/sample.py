"""The sample a card is learned from: attribute columns and one label a row.

What is kept from the card while it is learned: the latest vintages, or rows at random.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from model.card.bins import Columns, Floats
from model.errors import TrainingError
from training.settings import Settings

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
    groups : mapping of str to array of object
        By protected attribute, shape (n,): the group of each row, in words, for fairness checks
        alone. Nothing that learns or scores reads them.
    weight : Floats or None
        Shape (n,): how many rows each row stands for (reject inference); None: itself alone.
    """

    columns: Columns
    bad: Bools
    borrower: Rows
    period: Rows
    groups: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    weight: Floats | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.bad)

    @property
    def bads(self) -> int:
        """Number of bad rows."""
        return int(self.bad.sum())

    @property
    def weights(self) -> Floats:
        """How many rows each row stands for, shape (n,)."""
        return np.ones(len(self)) if self.weight is None else self.weight

    @property
    def bad_rate(self) -> float:
        """Share of rows that are bad, each with its weight."""
        return float(self.weights[self.bad].sum() / self.weights.sum())

    def take(self, rows: Rows | Bools) -> Sample:
        """Return the sample's `rows` (numbers or a mask), in that order."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        groups = {name: values[rows] for name, values in self.groups.items()}
        weight = None if self.weight is None else self.weight[rows]
        return Sample(
            columns, self.bad[rows], self.borrower[rows], self.period[rows], groups, weight
        )


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


_MOST_HELD = 0.5


def out_of_time(vintage: NDArray[np.datetime64], bad: Bools, settings: Settings) -> Bools:
    """Return which loans to validate on: whole vintages, latest first, until there are enough.

    Enough is `out_of_time_share` of the loans and `least_held_bads` bads; the oldest vintage is
    never taken.

    Raises
    ------
    TrainingError
        If that would leave no vintage to learn from.
    """
    held = np.zeros(len(bad), dtype=bool)
    for month in np.unique(vintage)[:0:-1]:
        held |= vintage == month
        if (
            held.mean() >= settings.out_of_time_share
            and bad[held].sum() >= settings.least_held_bads
        ):
            return held
    raise TrainingError(
        f"{len(np.unique(vintage))} ripe vintages with {int(bad.sum())} bads are too few to keep"
        f" {settings.out_of_time_share:.0%} of the loans and {settings.least_held_bads} bads for"
        " validation; wait for more vintages to ripen, or train as of a later date"
    )


def held_out(bad: Bools, settings: Settings) -> Bools:
    """Return which rows to validate on: a random share of each class.

    The share is `hold_out_share`, or more where that would hold fewer than `least_held_bads` bads,
    up to one half.
    """
    rows = np.arange(len(bad))
    needed = settings.least_held_bads / max(int(bad.sum()), 1)
    share = max(settings.hold_out_share, min(needed, _MOST_HELD))
    held = math.ceil(share * len(rows))
    _, test = train_test_split(rows, test_size=held, stratify=bad, random_state=settings.seed)
    return np.isin(rows, test)
