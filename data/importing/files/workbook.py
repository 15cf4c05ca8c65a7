"""Reader of workbooks (xlsx): streams the XML of each sheet in bounded memory.

openpyxl is not used: it is several times slower (`benchmarks/importing.py`), drops a formula that
was saved without its value, and trusts the size that a sheet claims.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from data.importing.files.shared_strings import read_shared_strings, unescape
from data.importing.files.sheets import Chunk, MergedRange, Sheet, cut
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


@contextmanager
def open_workbook(path: Path) -> Iterator[list[Sheet]]:
    """Open the sheets of the workbook at `path`, including hidden ones, so that no row is lost.

    Raises
    ------
    RefusedFileError
        If the file is unsafe or damaged, or a sheet turns out to be while it is read.
    """
    with open_package(path) as package:
        workbook = read_workbook(package)
        decoder = CellDecoder(
            read_shared_strings(package, workbook.shared_strings),
            read_number_formats(package, workbook.styles),
            workbook.day_zero,
            workbook.is_uncalculated,
        )
        yield [
            Sheet(
                name,
                _chunks(package, part, decoder),
                _merged_ranges(package, part),
                workbook.day_zero,
                is_ragged=True,
            )
            for name, part in workbook.sheets
        ]


def _chunks(package: Package, part: str, decoder: CellDecoder) -> Iterator[Chunk]:
    collector, yielded = RowCollector(decoder), 0
    for _ in xml_blocks(package.blocks(part), collector.start, collector.end, collector.text):
        if collector.chars > MAX_SHEET_CHARS:
            raise RefusedFileError("FILE_BOMB", f"> {MAX_SHEET_CHARS / MIB:,.0f} MiB")
        if len(collector.rows) >= CHUNK_ROWS or collector.chars - yielded > CHUNK_CHARS:
            yielded = collector.chars
            yield _take_chunk(collector)
    yield _take_chunk(collector)


def _take_chunk(collector: RowCollector) -> Chunk:
    rows, collector.rows = collector.rows, []
    return Chunk([number for number, _ in rows], [cells for _, cells in rows])


_BOOLEANS = {"1": "TRUE", "0": "FALSE"}
#: Text of a cell whose formula was saved without its result, so that it does not count as blank.
FORMULA = "="
#: Result that a program writes for a formula which it cannot calculate.
_PLACEHOLDER = "0"
#: Type of a cell that holds its text itself.
_INLINE = "inlineStr"


@dataclass(frozen=True)
class CellDecoder:
    """Turns stored cells into texts with the workbook's shared strings, formats and day zero.

    Attributes
    ----------
    is_uncalculated : bool
        Whether a formula's stored result may be a placeholder.
    """

    shared_strings: Sequence[str]
    formats: Sequence[NumberFormat]
    day_zero: date
    is_uncalculated: bool = False

    def decode(self, kind: str, style: str, value: str) -> str:
        """Return the text of a cell of type `kind` (ECMA-376 part 1, 18.18.11) holding `value`."""
        if kind == "s":
            return self.shared_strings[_index(value.strip(), len(self.shared_strings))]
        if kind == "n":
            return number_text(value, self._format(style), self.day_zero)
        if kind == "b":
            return _BOOLEANS.get(value, value)
        return unescape(value)

    def _format(self, style: str) -> NumberFormat:
        if not style or not self.formats:
            return PLAIN
        return self.formats[_index(style, len(self.formats))]


_DIGITS = "0123456789"


class RowCollector:
    """Collects rows from the XML events of a worksheet; the caller empties `rows`.

    Attributes
    ----------
    rows : list of (int, list of str)
        Number and cells of each row that holds any text, from the first column on.
    chars : int
        Characters in all cells so far.
    """

    def __init__(self, decoder: CellDecoder) -> None:
        self.rows: list[tuple[int, list[str]]] = []
        self.chars = 0
        self._decoder = decoder
        self._names: dict[str, str] | None = None
        self._number = self._rows_seen = 0
        self._cells: list[str] = []
        self._position = -1
        self._kind = self._style = ""
        self._value: list[str] = []
        self._inline: list[str] = []
        self._text: list[str] | None = None
        self._is_phonetic = self._has_formula = self._has_value = False
        self._arrays: list[MergedRange] = []

    def start(self, name: str, at: dict[str, str]) -> None:
        """Open an element."""
        if self._names is None:
            self._names = _element_names(name)
        element = self._names.get(name)
        if element == "c":
            self._open_cell(at)
        elif element == "v":
            self._text, self._has_value = self._value, True
        elif element == "t" and not self._is_phonetic:
            self._text = self._inline
        elif element == "row":
            self._open_row(at.get("r"))
        elif element == "f":
            self._open_formula(at)
        elif element == "rPh":
            self._is_phonetic = True

    def text(self, characters: str) -> None:
        """Add characters to the current value."""
        if self._text is not None:
            self._text.append(characters)

    def end(self, name: str) -> None:
        """Close an element."""
        element = (self._names or {}).get(name)
        if element == "v" or element == "t":
            self._text = None
        elif element == "rPh":
            self._is_phonetic = False
        elif element == "c":
            self._close_cell()
        elif element == "row" and any(self._cells):
            self.rows.append((self._number, self._cells))

    def _open_row(self, number: str | None) -> None:
        self._number = int(number) if number and number.isdecimal() else self._number + 1
        self._rows_seen += 1
        if max(self._rows_seen, self._number) > MAX_ROWS:
            raise RefusedFileError("FILE_TOO_LONG", f"> {MAX_ROWS:,}")
        self._cells, self._position = [], -1

    def _open_cell(self, at: dict[str, str]) -> None:
        cell = at.get("r")
        self._position = column_position(cell.rstrip(_DIGITS)) if cell else self._position + 1
        self._kind, self._style = at.get("t", "n"), at.get("s", "")
        self._value.clear()
        self._inline.clear()
        self._has_formula = self._has_value = self._is_phonetic = False

    def _open_formula(self, at: dict[str, str]) -> None:
        self._has_formula = True
        # A writer fills the other cells of an array formula with placeholders too.
        if self._decoder.is_uncalculated and (cells := _RANGE.fullmatch(at.get("ref", ""))):
            open_arrays = (each for each in self._arrays if each.last_row >= self._number)
            self._arrays = [*open_arrays, _range(*cells.groups())]
            if len(self._arrays) > MAX_COLUMNS:
                raise RefusedFileError("FILE_TOO_WIDE", f"array formulas > {MAX_COLUMNS}")

    def _close_cell(self) -> None:
        value, inline = "".join(self._value), "".join(self._inline)
        if self._is_uncalculated(value):
            self._set_cell(FORMULA)
        elif inline and (self._kind == _INLINE or not value):
            self._set_cell(unescape(inline))
        elif value:
            self._set_cell(self._decoder.decode(self._kind, self._style, value))

    def _is_uncalculated(self, value: str) -> bool:
        """Return whether the cell belongs to a formula and its stored `value` is no result.

        Only a text may be an empty result. In a workbook that was never calculated, 0 is a
        placeholder.
        """
        if value != _PLACEHOLDER or not self._decoder.is_uncalculated:
            is_empty_text = self._kind == "str" and self._has_value
            return self._has_formula and not value and not is_empty_text
        return self._has_formula or any(
            each.first_row <= self._number <= each.last_row
            and each.first_column <= self._position <= each.last_column
            for each in self._arrays
        )

    def _set_cell(self, text: str) -> None:
        if self._position >= MAX_COLUMNS:
            raise RefusedFileError("FILE_TOO_WIDE", f"{self._position + 1:,} > {MAX_COLUMNS}")
        cells = self._cells
        cells.extend([""] * (self._position + 1 - len(cells)))
        cells[self._position] = cut(text)
        self.chars += len(cells[self._position])


def _element_names(root: str) -> dict[str, str]:
    """Return the elements of interest by their names in this file, which may carry a prefix."""
    prefix = root[: root.rfind(":") + 1]
    return {prefix + name: name for name in ("c", "v", "t", "f", "row", "rPh")}


def _index(text: str, size: int) -> int:
    """Return `text` as an index below `size`.

    Raises
    ------
    RefusedFileError
        If it is not such an index.
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


_RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})")
_MERGE_CELL = re.compile(
    rb"<(?:\w+:)?mergeCell\s+ref=[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})[\"']"
)
#: Blocks overlap by this many bytes; a mergeCell element is shorter.
_OVERLAP = 100


def _merged_ranges(package: Package, part: str) -> list[MergedRange]:
    """Return the merged ranges, which the XML lists after the rows."""
    ranges: list[MergedRange] = []
    overlap = b""
    for block in package.blocks(part):
        text, end = overlap + block, 0
        for match in _MERGE_CELL.finditer(text):
            ranges.append(_range(*(group.decode() for group in match.groups())))
            end = match.end()
        overlap = text[max(end, len(text) - _OVERLAP) :]
        if len(ranges) > MAX_MERGED_RANGES:
            raise RefusedFileError("FILE_TOO_LONG", f"mergeCell > {MAX_MERGED_RANGES:,}")
    return ranges


def _range(left: str, top: str, right: str, bottom: str) -> MergedRange:
    return MergedRange(int(top), int(bottom), column_position(left), column_position(right))
