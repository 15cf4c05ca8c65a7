"""Rows of a sheet under its heading: columns of raw text, and the rows that fit no columns.

Rows that are no data: blank lines, totals, notes below the table, the header once more.

Merged cells: a word stands for every row it spans; a figure cannot be shared out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.importing.cells.text import is_blank, plain
from data.importing.files.sheets import Chunk, MergedRange
from data.importing.headings.heading import Heading
from data.importing.headings.spellings import header_word
from data.importing.limits import MAX_MERGED_CELLS
from data.importing.refusals import RefusedFileError
from model.archive.tables import Kind

_MEASURES: frozenset[Kind] = frozenset({"integer", "number", "money"})


class MergedCells:
    """Fills the rows of a sheet, chunk by chunk, from the merged ranges below its header.

    Raises
    ------
    RefusedFileError
        If the ranges cover more cells than any real sheet.
    """

    def __init__(self, ranges: Sequence[MergedRange], heading: Heading) -> None:
        kinds = {p.position: p.field.column for p in heading.places.values()}
        self._ranges = [
            (each, kinds[each.first_column])
            for each in ranges
            if each.last_row > each.first_row and each.first_column in kinds
        ]
        self._tops: dict[MergedRange, str] = {}
        if sum(each.last_row - each.first_row + 1 for each, _ in self._ranges) > MAX_MERGED_CELLS:
            raise RefusedFileError("FILE_BOMB", f"mergeCells > {MAX_MERGED_CELLS:,}")

    def fill(self, chunk: Chunk) -> dict[str, set[int]]:
        """Write each range's text into its rows of `chunk`; return the rows of merged figures.

        Returns
        -------
        dict of str to set of int
            Column name → numbers of the rows whose figure is merged with others.
        """
        figures: dict[str, set[int]] = defaultdict(set)
        if not self._ranges:
            return figures
        rows = dict(zip(chunk.numbers, chunk.rows, strict=True))
        for merged, column in self._ranges:
            numbers = [n for n in range(merged.first_row, merged.last_row + 1) if n in rows]
            if column.kind in _MEASURES:
                figures[column.name].update(numbers)
            else:
                self._copy(merged, [rows[number] for number in numbers], merged.first_row in rows)
        return figures

    def _copy(self, merged: MergedRange, rows: list[list[str]], has_top: bool) -> None:
        position = merged.first_column
        if has_top and position < len(rows[0]):
            self._tops[merged] = rows[0][position]
        for cells in rows:
            cells.extend([""] * (position + 1 - len(cells)))
            cells[position] = self._tops.get(merged, "")


_TOTAL = re.compile(r".{0,12}(合计|总计|小计|累计|共计)|(sub|grand)?total", re.IGNORECASE)
_NOTE = re.compile(
    r"(制表|填表|审核|复核|经办|负责|统计|报送|联系|单位|打印|日期|注|备注|说明).{0,8}:.*",
    re.DOTALL,
)


def is_remark(cells: Sequence[str], heading: Heading) -> bool:
    """Return whether a row holds no record: its key is blank but for the word that says so."""
    words = [header_word(cell) for cell in cells]
    filled = [position for position, word in enumerate(words) if word]
    if not filled or words[: len(heading.cells)] == [header_word(c) for c in heading.cells]:
        return True
    first = filled[0]
    said = _TOTAL.fullmatch(words[first]) or _NOTE.fullmatch(words[first])
    return bool(said) and all(
        place.position == first or is_blank(_cell(cells, place.position))
        for name, place in heading.places.items()
        if name in heading.table.key
    )


def _cell(cells: Sequence[str], position: int) -> str:
    return plain(cells[position]) if position < len(cells) else ""


#: Rows whose key looks like this are data; the others are looked at one by one.
_PLAIN_KEY = r"^\s*[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]*\s*$"


class UnfitRow(NamedTuple):
    """A row whose cells cannot be told to columns."""

    number: int
    cells: Sequence[str]
    code: str


@dataclass(frozen=True)
class Frame:
    """One chunk's rows of data.

    Attributes
    ----------
    numbers : array of int, shape (n,)
        Row numbers as a spreadsheet shows them.
    cells : mapping of str to Arrow array of string, shape (n,)
        Column name → raw texts.
    skipped : int
        Rows that are no data: blank lines, totals, notes.
    """

    numbers: npt.NDArray[np.int64]
    cells: Mapping[str, pa.Array]
    unfit: Sequence[UnfitRow]
    skipped: int


def frame_rows(chunk: Chunk, heading: Heading, is_ragged: bool) -> Frame:
    """Arrange the rows of `chunk` in columns."""
    fitted, unfit, skipped = _fitted(chunk, heading, is_ragged)
    cells = _columns(fitted.rows, heading)
    is_data = np.ones(len(fitted.rows), bool)
    for at in np.flatnonzero(_is_odd(cells[heading.table.key[0]])).tolist():
        is_data[at] = not is_remark(fitted.rows[at], heading)
    numbers = np.asarray(fitted.numbers, np.int64)[is_data]
    kept = {name: column.filter(pa.array(is_data)) for name, column in cells.items()}
    return Frame(numbers, kept, unfit, skipped + int((~is_data).sum()))


def _fitted(chunk: Chunk, heading: Heading, is_ragged: bool) -> tuple[Chunk, list[UnfitRow], int]:
    """Return the rows of the heading's width, those that cannot have it, and a count of remarks."""
    width, unfit, skipped = len(heading.cells), list[UnfitRow](), 0
    if not chunk.unclosed and set(map(len, chunk.rows)) == {width}:
        return chunk, unfit, skipped
    numbers, rows = list[int](), list[list[str]]()
    for number, cells in zip(chunk.numbers, chunk.rows, strict=True):
        is_closed = number not in chunk.unclosed
        if is_closed and (fitted := _fit(cells, width, is_ragged)) is not None:
            numbers.append(number)
            rows.append(fitted)
        elif is_remark(cells, heading):
            skipped += 1
        else:
            code = "WRONG_CELL_COUNT" if is_closed else "UNCLOSED_QUOTE"
            unfit.append(UnfitRow(number, cells, code))
    return Chunk(numbers, rows), unfit, skipped


def _fit(cells: list[str], width: int, is_ragged: bool) -> list[str] | None:
    """Return exactly `width` cells, None if some are lost or too many."""
    if len(cells) < width:
        return [*cells, *[""] * (width - len(cells))] if is_ragged else None
    has_more = any(cell.strip() for cell in cells[width:])
    return None if has_more and not is_ragged else cells[:width]


def _columns(rows: Sequence[Sequence[str]], heading: Heading) -> dict[str, pa.Array]:
    columns = list(zip(*rows, strict=True)) or [()] * len(heading.cells)
    return {
        name: pa.array(columns[place.position], pa.string())
        for name, place in heading.places.items()
    }


def _is_odd(keys: pa.Array) -> npt.NDArray[np.bool_]:
    """Return which rows do not look like data by their first key."""
    is_plain = pc.match_substring_regex(keys, _PLAIN_KEY)
    return ~np.asarray(is_plain.to_numpy(zero_copy_only=False))
