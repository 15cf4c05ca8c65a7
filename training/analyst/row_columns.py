"""What `fit` is told of each row besides its attributes: outcome, weight, borrower and day."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import _check_sample_weight

from model.card.bins import Floats
from training.analyst.frames import Labels
from training.train import FlatRows

#: What the columns of borrowers and days are called if they have no name.
_GROUPS, _DATES = "groups", "dates"


def with_columns(rows: FlatRows, labels: Labels, groups: Any, dates: Any) -> FlatRows:
    """Return `rows` with the columns of the target and, if given, of borrowers and days.

    A column is called as its Series; so the card is that of a file with the same columns.

    Raises
    ------
    ValueError
        If a name is already a column of the rows, or an array has another length.
    """
    rows = _with_column(rows, labels.name, labels.column, "the target")
    if groups is not None:
        name = _name(groups, _GROUPS)
        column = pa.array(np.asarray(groups).tolist(), from_pandas=True)
        rows = replace(_with_column(rows, name, column, "the groups"), group=name)
    if dates is not None:
        name = _name(dates, _DATES)
        column = pa.Array.from_pandas(pd.Series(np.asarray(dates)))
        rows = replace(_with_column(rows, name, column, "the dates"), date=name)
    return rows


def weights_of(sample_weight: Any, rows: int) -> Floats | None:
    """Return the weights of the rows; None if every row counts once."""
    if sample_weight is None:
        return None
    weight = _check_sample_weight(
        sample_weight, np.empty((rows, 1)), dtype=np.float64, ensure_non_negative=True
    )
    return None if (weight == 1).all() else np.asarray(weight, dtype=np.float64)


def _name(values: Any, default: str) -> str:
    name = getattr(values, "name", None)
    return name if isinstance(name, str) else default


def _with_column(rows: FlatRows, name: str, column: pa.Array, what: str) -> FlatRows:
    check_consistent_length(np.empty(rows.table.num_rows), np.empty(len(column)))
    if name in rows.table.column_names:
        raise ValueError(f"X already has a column {name!r}, the name of {what}; leave it out")
    return replace(rows, table=rows.table.append_column(name, column))
