"""Columns of a flat table that split its rows: whose loan a row is, and when it was made."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.importing.cells.cell import Field
from data.importing.cells.columns import parse_column
from data.storage.flat_table import words
from model.archive.tables import Column
from model.errors import TrainingError
from training.samples.sample import Rows


def borrowers(column: pa.ChunkedArray) -> Rows:
    """Return the number of each row's borrower, shape (n,); a row without one is its own."""
    values = words(column)
    names = [value if value is not None else ("", row) for row, value in enumerate(values)]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names], dtype=np.int64)


def months(column: pa.ChunkedArray, name: str) -> Rows:
    """Return the month of each row, shape (n,), in months since January 1970.

    Raises
    ------
    TrainingError
        If a value is missing or no date.
    """
    days = _days(column, name)
    unread = days.null_count
    if unread:
        raise TrainingError(
            f"{unread:,} of {len(days):,} values of {name!r} are missing or no dates, and a split"
            " by time needs all of them; correct the column, or leave --date out"
        )
    in_days = days.to_numpy(zero_copy_only=False).astype("datetime64[M]")
    return np.asarray(in_days.astype(np.int64))


def _days(column: pa.ChunkedArray, name: str) -> pa.Array:
    whole = column.combine_chunks()
    if pa.types.is_temporal(whole.type):
        return pc.cast(whole, pa.date32(), safe=False)
    declared = Column(name, name, name, "date", optional=True, future=True)
    texts = pc.fill_null(pc.cast(whole, pa.string()), "")
    return parse_column(texts, Field(declared)).values
