"""What every reader yields: sheets of text cells, a chunk of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from data.importing.cells.cell import DAY_ZERO_1900
from data.importing.limits import MAX_CELL_CHARS


def cut(text: str) -> str:
    """Return `text`, one character longer than allowed if it is too long: enough to be told."""
    return text if len(text) <= MAX_CELL_CHARS else text[: MAX_CELL_CHARS + 1]


class Merged(NamedTuple):
    """A range of merged cells: rows by their numbers, columns by their positions, all inclusive."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True)
class Chunk:
    """Some rows of a sheet in order.

    Attributes
    ----------
    numbers : sequence of int
        The number of each row as a spreadsheet shows it, from 1.
    unclosed : frozenset of int
        Numbers of rows whose quotation marks never close (csv only).
    """

    numbers: Sequence[int]
    rows: Sequence[list[str]]
    unclosed: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook, or a whole csv file; `chunks` can be read once.

    Attributes
    ----------
    is_ragged : bool
        Whether rows may be shorter than the header, as in a workbook, where blank cells at the end
        are not stored. In a csv such a row has lost cells.
    """

    name: str
    chunks: Iterator[Chunk]
    merged: Sequence[Merged] = ()
    day_zero: date = DAY_ZERO_1900
    is_ragged: bool = False
