"""Counts by protected group, by fairlearn's MetricFrame: what every rate is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame
from numpy.typing import NDArray

from model.scorecard import Floats
from training.sample import Bools

#: Groups of an attribute that are told apart, largest first; the rest are one.
_MOST_GROUPS = 20
OTHERS = "(others)"


@dataclass(frozen=True)
class GroupCounts:
    """Counts by group, largest group first; arrays of shape (groups,).

    Attributes
    ----------
    expected : Floats
        Sum of PDs.
    """

    groups: tuple[str, ...]
    rows: Floats
    goods: Floats
    bads: Floats
    approved: Floats
    goods_approved: Floats
    bads_approved: Floats
    expected: Floats


def group_counts(
    group: NDArray[np.object_], bad: Bools, approved: Bools, pd_of_row: Floats
) -> GroupCounts:
    """Count rows, outcomes and approvals by `group`; every array of shape (n,)."""
    by_group = MetricFrame(
        metrics={
            "rows": lambda good, yes: float(len(good)),
            "goods": lambda good, yes: float(good.sum()),
            "approved": lambda good, yes: float(yes.sum()),
            "goods_approved": lambda good, yes: float((good & yes).sum()),
        },
        y_true=~bad,
        y_pred=approved,
        sensitive_features=pd.Series(_few(group), name="group"),
    ).by_group.sort_values("rows", ascending=False, kind="stable")
    sums = pd.Series(pd_of_row).groupby(_few(group)).sum()
    found = {name: by_group[name].to_numpy(dtype=np.float64) for name in by_group.columns}
    return GroupCounts(
        tuple(str(name) for name in by_group.index),
        found["rows"],
        found["goods"],
        found["rows"] - found["goods"],
        found["approved"],
        found["goods_approved"],
        found["approved"] - found["goods_approved"],
        sums.loc[by_group.index].to_numpy(dtype=np.float64),
    )


def _few(group: NDArray[np.object_]) -> NDArray[np.object_]:
    words, place, rows = np.unique(group.astype(str), return_inverse=True, return_counts=True)
    names = words.astype(object)
    names[np.argsort(-rows, kind="stable")[_MOST_GROUPS:]] = OTHERS
    found: NDArray[np.object_] = names[place]
    return found
