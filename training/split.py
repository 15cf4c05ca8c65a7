"""What is kept from the card while it is learned: the latest vintages, or rows at random."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from model.errors import TrainingError
from training.sample import Bools
from training.settings import Settings

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
