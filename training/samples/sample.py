"""The sample that a card is learned from, and its split into development and validation rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, train_test_split

from model.card.bins import Columns, Floats
from model.errors import TrainingError
from training.settings import Settings

Bools = NDArray[np.bool_]
Rows = NDArray[np.int64]
#: The values of an attribute: numbers with NaN, or text with None, for missing.
Values = NDArray[np.float64] | NDArray[np.object_]


@dataclass(frozen=True)
class Sample:
    """Rows with a known outcome.

    Attributes
    ----------
    columns : Columns
        By attribute, each of shape (n,): float64 with NaN or object with None for missing.
    bad : array of bool
        Shape (n,).
    borrower : array of int
        Shape (n,): rows with the same number are one borrower, who is in one fold only.
    period : array of int
        Shape (n,): month number from any start; equal in all rows if time is unknown.
    groups : mapping of str to array of object
        By protected attribute, shape (n,): the group of each row, for fairness checks only. No
        learning or scoring reads it.
    weight : Floats or None
        Shape (n,): how many rows each row represents (reject inference); None: one.
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
        """How many rows each row represents, shape (n,)."""
        return np.ones(len(self)) if self.weight is None else self.weight

    @property
    def bad_rate(self) -> float:
        """Weighted share of bad rows."""
        return float(self.weights[self.bad].sum() / self.weights.sum())

    def take(self, rows: Rows | Bools) -> Sample:
        """Return the sample's `rows` (numbers or a mask), in that order."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        groups = {name: values[rows] for name, values in self.groups.items()}
        weight = None if self.weight is None else self.weight[rows]
        return Sample(
            columns, self.bad[rows], self.borrower[rows], self.period[rows], groups, weight
        )


def joined(first: Sample, second: Sample) -> Sample:
    """Return the rows of `first`, then those of `second`, with the columns and groups of both."""
    weighted = first.weight is not None or second.weight is not None
    return Sample(
        _joined(first.columns, second.columns),
        np.concatenate([first.bad, second.bad]),
        np.concatenate([first.borrower, second.borrower]),
        np.concatenate([first.period, second.period]),
        _joined(first.groups, second.groups),
        np.concatenate([first.weights, second.weights]) if weighted else None,
    )


def _joined(first: Columns, second: Columns) -> dict[str, Any]:
    return {n: np.concatenate([own, second[n]]) for n, own in first.items() if n in second}


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
    for name, rows in (("bads", bads), ("goods", goods)):
        if rows < least:
            raise TrainingError(
                f"{what} has {rows} {name} among {len(sample):,} rows, and a card needs at least"
                f" {least}: add data, or lower the minimum and accept wide intervals"
            )


_MAX_HELD_OUT_SHARE = 0.5


def out_of_time(vintage: NDArray[np.datetime64], bad: Bools, settings: Settings) -> Bools:
    """Return which loans to validate on: complete vintages, latest first, until they suffice.

    Required are `out_of_time_share` of the loans and `least_held_bads` bads; the oldest vintage is
    never used.

    Raises
    ------
    TrainingError
        If no vintage would be left to learn from.
    """
    chosen = np.zeros(len(bad), dtype=bool)
    for month in np.unique(vintage)[:0:-1]:
        chosen |= vintage == month
        if (
            chosen.mean() >= settings.out_of_time_share
            and bad[chosen].sum() >= settings.least_held_bads
        ):
            return chosen
    raise TrainingError(
        f"{len(np.unique(vintage))} ripe vintages with {int(bad.sum())} bads are too few to keep"
        f" {settings.out_of_time_share:.0%} of the loans and {settings.least_held_bads} bads for"
        " validation; wait for more vintages to ripen, or train as of a later date"
    )


def held_out(sample: Sample, settings: Settings) -> Bools:
    """Return which rows to validate on: a random share of each class; borrowers stay whole.

    The share is `hold_out_share`, or more, up to one half, if it would have fewer than
    `least_held_bads` bads.
    """
    bad, rows = sample.bad, np.arange(len(sample))
    needed = settings.least_held_bads / max(int(bad.sum()), 1)
    share = max(settings.hold_out_share, min(needed, _MAX_HELD_OUT_SHARE))
    if len(np.unique(sample.borrower)) < len(sample):
        folds = StratifiedGroupKFold(round(1 / share), shuffle=True, random_state=settings.seed)
        _, test = next(folds.split(rows, bad, sample.borrower))
        return np.isin(rows, test)
    size = math.ceil(share * len(rows))
    _, test = train_test_split(rows, test_size=size, stratify=bad, random_state=settings.seed)
    return np.isin(rows, test)
