"""A workbook (xlsx) as sheets of text cells, streamed in bounded memory.

openpyxl was weighed: several times slower (`benchmarks/importing.py`), no trace of a formula that
was saved without its value, and a sheet is believed to be as large as it claims.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.importing.files.shared_strings import read_shared_texts
from data.importing.files.sheet_rows import CellTexts, SheetRows, column_position
from data.importing.files.sheets import Chunk, Merged, Sheet
from data.importing.files.workbook_parts import read_number_formats, read_workbook
from data.importing.files.zip_package import Package, open_package, xml_blocks
from data.importing.limits import CHUNK_CHARS, CHUNK_ROWS, MAX_MERGED_RANGES, MAX_SHEET_CHARS, MIB
from data.importing.refusals import RefusedFileError

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
