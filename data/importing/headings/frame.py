"""The rows of data below a header as columns of raw text, without page furniture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.importing.files.sheets import Chunk, ColumnRows
from data.importing.headings.furniture import passed_over
from data.importing.headings.heading import Heading


class UnfitRow(NamedTuple):
    """A row whose cells cannot be assigned to columns."""

    number: int
    cells: Sequence[str]
    code: str


@dataclass(frozen=True)
class Frame:
    """The rows of data of one chunk.

    Attributes
    ----------
    numbers : array of int, shape (n,)
        Row numbers as a spreadsheet shows them.
    cells : mapping of str to Arrow array of string, shape (n,)
        Column name → raw texts.
    skipped : mapping of str to int
        Code of `reasons.PASSED_OVER` → number of rows that are no data.
    """

    numbers: npt.NDArray[np.int64]
    cells: Mapping[str, pa.Array]
    unfit: Sequence[UnfitRow]
    skipped: Mapping[str, int]


def frame_rows(chunk: Chunk, heading: Heading, is_ragged: bool) -> Frame:
    """Return the rows of `chunk` as columns."""
    fitted, unfit, skipped = _fit_rows(chunk, heading, is_ragged)
    cells = _columns(fitted.rows, heading)
    is_data = np.ones(len(fitted.rows), bool)
    for at in np.flatnonzero(_has_unusual_key(cells[heading.table.key[0]])).tolist():
        if code := passed_over(fitted.rows[at], heading):
            is_data[at] = False
            skipped[code] += 1
    numbers = np.asarray(fitted.numbers, np.int64)[is_data]
    data = {name: column.filter(pa.array(is_data)) for name, column in cells.items()}
    return Frame(numbers, data, unfit, skipped)


def _fit_rows(
    chunk: Chunk, heading: Heading, is_ragged: bool
) -> tuple[Chunk, list[UnfitRow], Counter[str]]:
    """Return the rows in the width of the header, the rows that do not fit, and no data by code."""
    width, unfit, skipped = len(heading.cells), list[UnfitRow](), Counter[str]()
    if not chunk.unclosed and _have_width(chunk.rows, width):
        return chunk, unfit, skipped
    numbers, rows = list[int](), list[list[str]]()
    for number, cells in zip(chunk.numbers, chunk.rows, strict=True):
        is_closed = number not in chunk.unclosed
        if is_closed and (fitted := _fit_cells(cells, width, is_ragged)) is not None:
            numbers.append(number)
            rows.append(fitted)
        elif code := passed_over(cells, heading):
            skipped[code] += 1
        else:
            flaw = "WRONG_CELL_COUNT" if is_closed else "UNCLOSED_QUOTE"
            unfit.append(UnfitRow(number, cells, flaw))
    return Chunk(numbers, rows), unfit, skipped


def _have_width(rows: Sequence[list[str]], width: int) -> bool:
    if isinstance(rows, ColumnRows):
        return len(rows.columns) == width or (
            len(rows.columns) > width and not any(map(_has_text, rows.columns[width:]))
        )
    return set(map(len, rows)) == {width}


def _has_text(cells: pa.StringArray) -> bool:
    return any(text.strip() for text in pc.unique(cells).to_pylist())


def _fit_cells(cells: list[str], width: int, is_ragged: bool) -> list[str] | None:
    """Return exactly `width` cells, None if the row has lost cells or has too many."""
    if len(cells) < width:
        return [*cells, *[""] * (width - len(cells))] if is_ragged else None
    has_more = any(cell.strip() for cell in cells[width:])
    return None if has_more and not is_ragged else cells[:width]


def _columns(rows: Sequence[Sequence[str]], heading: Heading) -> dict[str, pa.Array]:
    if isinstance(rows, ColumnRows):
        return {name: rows.columns[each.position] for name, each in heading.matched.items()}
    columns = list(zip(*rows, strict=True)) or [()] * len(heading.cells)
    return {
        name: pa.array(columns[matched.position], pa.string())
        for name, matched in heading.matched.items()
    }


#: A row with such a first key is data; `passed_over` checks the others, and - 1 -, a page's number.
_PLAIN_KEY = r"^\s*[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]*\s*$"
_PERHAPS_PAGE = r"^\s*[-–—·]+\s*[0-9]{1,3}\s*[-–—·]+\s*$"


def _has_unusual_key(keys: pa.Array) -> npt.NDArray[np.bool_]:
    """Return which rows cannot be recognised as data by their first key."""
    is_page = pc.match_substring_regex(keys, _PERHAPS_PAGE)
    is_plain = pc.and_not(pc.match_substring_regex(keys, _PLAIN_KEY), is_page)
    return ~np.asarray(is_plain.to_numpy(zero_copy_only=False))
