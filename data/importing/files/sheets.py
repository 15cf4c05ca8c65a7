"""The sheets that every reader yields: text cells, a chunk of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, overload

import pyarrow as pa

from data.importing.cells.cell import DAY_ZERO_1900
from data.importing.limits import MAX_CELL_CHARS


def cut(text: str) -> str:
    """Return `text`, cut one character above the limit so that the parser finds it too long."""
    return text if len(text) <= MAX_CELL_CHARS else text[: MAX_CELL_CHARS + 1]


class MergedRange(NamedTuple):
    """A range of merged cells, inclusive: row numbers from 1, column positions from 0."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True)
class ColumnRows(Sequence[list[str]]):
    """Rows of equal width, kept as columns: Arrow arrays of string, each of shape (n,)."""

    columns: Sequence[pa.StringArray]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.columns[0])

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the rows."""
        return map(list, zip(*(column.to_pylist() for column in self.columns), strict=True))

    @overload
    def __getitem__(self, at: int) -> list[str]: ...

    @overload
    def __getitem__(self, at: slice) -> ColumnRows: ...

    def __getitem__(self, at: int | slice) -> list[str] | ColumnRows:
        """Return a row, or consecutive rows as columns again."""
        if isinstance(at, slice):
            return ColumnRows([column[at] for column in self.columns])
        return [column[at].as_py() for column in self.columns]


@dataclass(frozen=True)
class Chunk:
    """Consecutive rows of a sheet.

    Attributes
    ----------
    numbers : sequence of int
        The number of each row as a spreadsheet shows it, from 1.
    unclosed : frozenset of int
        Numbers of rows with an unclosed quotation mark (csv only).
    """

    numbers: Sequence[int]
    rows: Sequence[list[str]]
    unclosed: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook, or a csv file; `chunks` can be read once.

    Attributes
    ----------
    is_ragged : bool
        Whether a row may be shorter than the header. A workbook does not store blank cells at the
        end of a row; in a csv file such a row has lost cells.
    delimiter : str
        What separates the cells of a csv file; empty in a workbook.
    """

    name: str
    chunks: Iterator[Chunk]
    merged: Sequence[MergedRange] = ()
    day_zero: date = DAY_ZERO_1900
    is_ragged: bool = False
    delimiter: str = ""
