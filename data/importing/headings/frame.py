"""The rows of data below a header as columns of raw text, without blank lines, totals and notes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.importing.files.sheets import Chunk
from data.importing.headings.heading import Heading
from data.importing.headings.spellings import normal_header
from data.storage.cell_text import is_blank, plain


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
    skipped : int
        Number of rows that are no data: blank lines, totals, notes.
    """

    numbers: npt.NDArray[np.int64]
    cells: Mapping[str, pa.Array]
    unfit: Sequence[UnfitRow]
    skipped: int


def frame_rows(chunk: Chunk, heading: Heading, is_ragged: bool) -> Frame:
    """Return the rows of `chunk` as columns."""
    fitted, unfit, skipped = _fit_rows(chunk, heading, is_ragged)
    cells = _columns(fitted.rows, heading)
    is_data = np.ones(len(fitted.rows), bool)
    for at in np.flatnonzero(_has_unusual_key(cells[heading.table.key[0]])).tolist():
        is_data[at] = not _is_remark(fitted.rows[at], heading)
    numbers = np.asarray(fitted.numbers, np.int64)[is_data]
    data = {name: column.filter(pa.array(is_data)) for name, column in cells.items()}
    return Frame(numbers, data, unfit, skipped + int((~is_data).sum()))


def _fit_rows(chunk: Chunk, heading: Heading, is_ragged: bool) -> tuple[Chunk, list[UnfitRow], int]:
    """Return the rows in the width of the header, the rows that do not fit it, and the remarks."""
    width, unfit, skipped = len(heading.cells), list[UnfitRow](), 0
    if not chunk.unclosed and set(map(len, chunk.rows)) == {width}:
        return chunk, unfit, skipped
    numbers, rows = list[int](), list[list[str]]()
    for number, cells in zip(chunk.numbers, chunk.rows, strict=True):
        is_closed = number not in chunk.unclosed
        if is_closed and (fitted := _fit_cells(cells, width, is_ragged)) is not None:
            numbers.append(number)
            rows.append(fitted)
        elif _is_remark(cells, heading):
            skipped += 1
        else:
            code = "WRONG_CELL_COUNT" if is_closed else "UNCLOSED_QUOTE"
            unfit.append(UnfitRow(number, cells, code))
    return Chunk(numbers, rows), unfit, skipped


def _fit_cells(cells: list[str], width: int, is_ragged: bool) -> list[str] | None:
    """Return exactly `width` cells, None if the row has lost cells or has too many."""
    if len(cells) < width:
        return [*cells, *[""] * (width - len(cells))] if is_ragged else None
    has_more = any(cell.strip() for cell in cells[width:])
    return None if has_more and not is_ragged else cells[:width]


def _columns(rows: Sequence[Sequence[str]], heading: Heading) -> dict[str, pa.Array]:
    columns = list(zip(*rows, strict=True)) or [()] * len(heading.cells)
    return {
        name: pa.array(columns[matched.position], pa.string())
        for name, matched in heading.matched.items()
    }


#: A row with such a first key is data; `_is_remark` checks the others.
_PLAIN_KEY = r"^\s*[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]*\s*$"


def _has_unusual_key(keys: pa.Array) -> npt.NDArray[np.bool_]:
    """Return which rows cannot be recognised as data by their first key."""
    is_plain = pc.match_substring_regex(keys, _PLAIN_KEY)
    return ~np.asarray(is_plain.to_numpy(zero_copy_only=False))


_TOTAL = re.compile(r".{0,12}(合计|总计|小计|累计|共计)|(sub|grand)?total", re.IGNORECASE)
_NOTE = re.compile(
    r"(制表|填表|审核|复核|经办|负责|统计|报送|联系|单位|打印|日期|注|备注|说明).{0,8}:.*",
    re.DOTALL,
)


def _is_remark(cells: Sequence[str], heading: Heading) -> bool:
    """Return whether a row is blank, the header again, or a total or note without a key."""
    texts = [normal_header(cell) for cell in cells]
    first = next((position for position, text in enumerate(texts) if text), None)
    if first is None or texts[: len(heading.cells)] == [normal_header(c) for c in heading.cells]:
        return True
    if not (_TOTAL.fullmatch(texts[first]) or _NOTE.fullmatch(texts[first])):
        return False
    keys = {heading.matched[name].position for name in heading.table.key if name in heading.matched}
    return all(is_blank(plain(cells[key])) for key in keys - {first} if key < len(cells))
