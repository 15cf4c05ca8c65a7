"""Scored attributes as one table of numbers, and trees over it: for questions about the data.

Nothing here ends in a card: it tells who is booked, and what stands proxy for a protected group.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from model.card.bins import Columns, Floats

#: Stands for an infinity, which trees refuse.
_FAR = 1e18


def feature_table(columns: Columns) -> Floats:
    """Return the columns side by side, shape (n, attributes); words as their rank by frequency."""
    return np.column_stack([_numbers(values) for values in columns.values()])


def boosted_classifier(seed: int) -> HistGradientBoostingClassifier:
    """Return shallow boosted trees that take missing values as they are."""
    return HistGradientBoostingClassifier(
        max_iter=80, learning_rate=0.1, max_leaf_nodes=15, min_samples_leaf=40, random_state=seed
    )


def _numbers(values: NDArray[np.float64] | NDArray[np.object_]) -> Floats:
    if values.dtype != object:
        return np.nan_to_num(values.astype(np.float64), nan=np.nan, posinf=_FAR, neginf=-_FAR)
    present = np.array([value is not None for value in values.tolist()], dtype=bool)
    found = np.full(len(values), np.nan)
    if present.any():
        _, place, rows = np.unique(
            values[present].astype(str), return_inverse=True, return_counts=True
        )
        found[present] = np.argsort(np.argsort(-rows, kind="stable"))[place]
    return found
