"""A workbook (xlsx) as sheets of text cells, streamed in bounded memory.

openpyxl was weighed: several times slower (`benchmarks/importing.py`), no trace of a formula that
was saved without its value, and a sheet is believed to be as large as it claims.

The rows of one worksheet, collected from the events of its XML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from data.importing.files.shared_strings import read_shared_texts, unescaped
from data.importing.files.sheets import Chunk, Merged, Sheet, cut
from data.importing.files.workbook_parts import (
    PLAIN,
    NumberFormat,
    number_text,
    read_number_formats,
    read_workbook,
)
from data.importing.files.zip_package import Package, open_package, xml_blocks
from data.importing.limits import (
    CHUNK_CHARS,
    CHUNK_ROWS,
    MAX_COLUMNS,
    MAX_MERGED_RANGES,
    MAX_ROWS,
    MAX_SHEET_CHARS,
    MIB,
)
from data.importing.refusals import RefusedFileError

#: Stands in a cell whose formula was saved without its result, so that it is not taken for blank.
FORMULA = "="
_BOOLEANS = {"1": "TRUE", "0": "FALSE"}
_DIGITS = "0123456789"


@dataclass(frozen=True)
class CellTexts:
    """What turns stored cells into texts: the workbook's shared texts, number looks and day 0."""

    shared: Sequence[str]
    looks: Sequence[NumberFormat]
    day_zero: date

    def of(self, kind: str, style: str, value: str) -> str:
        """Return the text of a cell of type `kind` (ECMA-376 part 1, 18.18.11) holding `value`."""
        if kind == "s":
            return self.shared[_index(value, len(self.shared))]
        if kind == "n":
            return number_text(value, self._look(style), self.day_zero)
        if kind == "b":
            return _BOOLEANS.get(value, value)
        return unescaped(value)

    def _look(self, style: str) -> NumberFormat:
        return self.looks[_index(style, len(self.looks))] if style and self.looks else PLAIN


class SheetRows:
    """Takes the events of a worksheet; whoever reads `rows` empties it.

    Attributes
    ----------
    rows : list of (int, list of str)
        Number of each row that holds any text, and its cells from the first column on.
    chars : int
        Characters in all cells so far.
    """

    def __init__(self, texts: CellTexts) -> None:
        self.rows: list[tuple[int, list[str]]] = []
        self.chars = 0
        self._texts = texts
        self._names: dict[str, str] | None = None
        self._number = self._seen = 0
        self._cells: list[str] = []
        self._position = -1
        self._kind = self._style = ""
        self._value: list[str] = []
        self._collects = self._has_formula = self._has_value = False

    def start(self, name: str, at: dict[str, str]) -> None:
        """Open an element."""
        if self._names is None:
            self._names = _element_names(name)
        element = self._names.get(name)
        if element == "c":
            self._open_cell(at)
        elif element == "v" or element == "t":
            self._collects = self._has_value = True
        elif element == "row":
            self._open_row(at.get("r"))
        elif element == "f":
            self._has_formula = True

    def text(self, characters: str) -> None:
        """Take characters of a value."""
        if self._collects:
            self._value.append(characters)

    def end(self, name: str) -> None:
        """Close an element."""
        element = (self._names or {}).get(name)
        if element == "v" or element == "t":
            self._collects = False
        elif element == "c":
            self._close_cell()
        elif element == "row" and any(self._cells):
            self.rows.append((self._number, self._cells))

    def _open_row(self, number: str | None) -> None:
        self._number = int(number) if number and number.isdecimal() else self._number + 1
        self._seen += 1
        if max(self._seen, self._number) > MAX_ROWS:
            raise RefusedFileError("FILE_TOO_LONG", f"> {MAX_ROWS:,}")
        self._cells, self._position = [], -1

    def _open_cell(self, at: dict[str, str]) -> None:
        where = at.get("r")
        self._position = column_position(where.rstrip(_DIGITS)) if where else self._position + 1
        self._kind, self._style = at.get("t", "n"), at.get("s", "")
        self._value.clear()
        self._has_formula = self._has_value = False

    def _close_cell(self) -> None:
        value = "".join(self._value)
        if value:
            self._put(self._texts.of(self._kind, self._style, value))
        elif self._has_formula and not self._has_value:
            self._put(FORMULA)

    def _put(self, text: str) -> None:
        if self._position >= MAX_COLUMNS:
            raise RefusedFileError("FILE_TOO_WIDE", f"{self._position + 1:,} > {MAX_COLUMNS}")
        cells = self._cells
        cells.extend([""] * (self._position + 1 - len(cells)))
        cells[self._position] = kept = cut(text)
        self.chars += len(kept)


def _element_names(root: str) -> dict[str, str]:
    """Return the elements of interest by their names in this file, which may carry a prefix."""
    prefix = root[: root.rfind(":") + 1]
    return {prefix + name: name for name in ("c", "v", "t", "f", "row")}


def _index(text: str, size: int) -> int:
    """Return `text` as a position among `size` things.

    Raises
    ------
    RefusedFileError
        If there is no such thing.
    """
    if not text.isdecimal() or int(text) >= size:
        raise RefusedFileError("FILE_DAMAGED", "xlsx index")
    return int(text)


@cache
def column_position(letters: str) -> int:
    """Return the position of a column from 0: A is 0, XFD is 16,383."""
    position = 0
    for letter in letters.upper():
        position = position * 26 + ord(letter) - ord("A") + 1
    if not 0 < position <= 26**3:
        raise RefusedFileError("FILE_DAMAGED", "xlsx column")
    return position - 1


_MERGE_CELL = re.compile(
    rb"<(?:\w+:)?mergeCell\s+ref=\"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})\""
)
#: A mergeCell element is shorter than this; blocks overlap by it.
_OVERLAP = 100


@contextmanager
def open_workbook(path: Path) -> Iterator[list[Sheet]]:
    """Open the sheets of the workbook at `path`, hidden ones too: nothing may vanish.

    Raises
    ------
    RefusedFileError
        If it is unsafe or damaged; while it is read, if a sheet is.
    """
    with open_package(path) as package:
        workbook = read_workbook(package)
        texts = CellTexts(
            read_shared_texts(package, workbook.shared_texts),
            read_number_formats(package, workbook.styles),
            workbook.day_zero,
        )
        yield [
            Sheet(
                name,
                _chunks(package, part, texts),
                _merged(package, part),
                workbook.day_zero,
                is_ragged=True,
            )
            for name, part in workbook.sheets
        ]


def _chunks(package: Package, part: str, texts: CellTexts) -> Iterator[Chunk]:
    rows, taken = SheetRows(texts), 0
    for _ in xml_blocks(package.blocks(part), rows.start, rows.end, rows.text):
        if rows.chars > MAX_SHEET_CHARS:
            raise RefusedFileError("FILE_BOMB", f"> {MAX_SHEET_CHARS / MIB:,.0f} MiB")
        if len(rows.rows) >= CHUNK_ROWS or rows.chars - taken > CHUNK_CHARS:
            taken = rows.chars
            yield _taken(rows)
    yield _taken(rows)


def _taken(rows: SheetRows) -> Chunk:
    taken, rows.rows = rows.rows, []
    return Chunk([number for number, _ in taken], [cells for _, cells in taken])


def _merged(package: Package, part: str) -> list[Merged]:
    """Return the merged ranges, which stand after the rows they concern."""
    found: list[Merged] = []
    kept = b""
    for block in package.blocks(part):
        text, last = kept + block, 0
        for match in _MERGE_CELL.finditer(text):
            found.append(_range(match))
            last = match.end()
        kept = text[max(last, len(text) - _OVERLAP) :]
        if len(found) > MAX_MERGED_RANGES:
            raise RefusedFileError("FILE_TOO_LONG", f"mergeCell > {MAX_MERGED_RANGES:,}")
    return found


def _range(match: re.Match[bytes]) -> Merged:
    left, top, right, bottom = (part.decode() for part in match.groups())
    return Merged(int(top), int(bottom), column_position(left), column_position(right))
