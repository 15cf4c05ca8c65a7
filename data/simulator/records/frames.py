"""Frames of integer columns, and their conversion to the types of the archive contract.

Money is in fen, measures are in units of their last decimal, dates in days, months in months, times
in seconds, texts are positions in a vocabulary; NULL is a blank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data.simulator import months
from data.simulator.arrays import Bools, Ints
from data.storage.schema import arrow_type, fitted
from model.archive.tables import Column, archive_tables

NULL = np.int64(np.iinfo(np.int64).min)
Vocabulary = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Frame:
    """Rows of one table as integer columns of equal length."""

    columns: Mapping[str, Ints]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def take(self, rows: Ints | Bools) -> Frame:
        """Return the chosen rows."""
        return Frame({name: values[rows] for name, values in self.columns.items()})

    def replaced(self, **columns: Ints) -> Frame:
        """Return the same rows with new values in some columns."""
        return Frame({**self.columns, **columns})


def concat(frames: Sequence[Frame]) -> Frame:
    """Return the rows of all `frames` in order."""
    names = frames[0].columns
    return Frame(
        {name: np.concatenate([frame.columns[name] for frame in frames]) for name in names}
    )


def blank_where(values: Ints, missing: Bools) -> Ints:
    """Return `values` with NULL where `missing`."""
    return np.where(missing, NULL, values)


def to_arrow(table: str, frame: Frame, words: Vocabulary) -> pa.Table:
    """Return the rows with every column of the contract, in its types.

    `words` holds the vocabulary of the text columns.
    """
    spec = archive_tables()[table]
    recorded = {
        name: _typed(column, frame.columns[name], words.get(name))
        for name, column in spec.columns.items()
        if name in frame.columns
    }
    return fitted(spec, pa.table(recorded)).select([*spec.columns])


def _typed(column: Column, values: Ints, words: Sequence[str] | None) -> pa.Array:
    missing = values == NULL
    mask = missing if missing.any() else None
    if words is not None:
        return pa.array(words).take(pa.array(values, mask=mask))
    if column.kind in ("money", "number"):
        return _decimals(column, values, missing)
    if column.kind == "timestamp":
        return pa.array(values * 1_000_000, mask=mask).cast(pa.timestamp("us"))
    if column.kind == "month":
        values = np.where(missing, 0, months.first_day(np.where(missing, 0, values)))
    if column.kind in ("date", "month"):
        return pa.array(np.where(missing, 0, values).astype(np.int32), mask=mask).cast(pa.date32())
    if column.kind == "flag":
        return pa.array(values == 1, mask=mask)
    return pa.array(values, mask=mask)


def _decimals(column: Column, values: Ints, missing: Bools) -> pa.Array:
    """Return integers as 128-bit decimals, each of a low word and its sign."""
    integers = np.where(missing, 0, values)
    words = np.stack([integers, integers >> 63], axis=1)
    validity = pa.py_buffer(np.packbits(~missing, bitorder="little").tobytes())
    buffers = [validity if missing.any() else None, pa.py_buffer(words.tobytes())]
    return pa.Array.from_buffers(arrow_type(column), len(integers), buffers)
