"""One file on its way into the archive: read, checked, and laid down for the cross-file part."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from data.importing.files.formats import is_workbook, open_sheets
from data.importing.files.sheets import Chunk, Sheet
from data.importing.headings.frame import Frame, MergedCells, frame_rows
from data.importing.headings.heading import Heading, find_heading
from data.importing.limits import HEADER_SEARCH_ROWS
from data.importing.refusals import Refusal, RefusedFileError
from data.importing.rows.checks import NUMBER, CheckedRows, check_frame

#: Where a row stands among all rows of an import: file, sheet and row number in one integer.
AT = "place"
_SHEET_BITS, _ROW_BITS = 8, 24


def position(file: int, sheet: int = 0, row: int = 0) -> int:
    """Return where a row stands in the fixed order of an import."""
    return (((file << _SHEET_BITS) + sheet) << _ROW_BITS) + row


def row_number(at: int) -> int:
    """Return the number of the row at position `at` in its sheet."""
    return at & ((1 << _ROW_BITS) - 1)


@dataclass(frozen=True)
class StagedSheet:
    """What one sheet gave.

    Attributes
    ----------
    start : int
        Position before the sheet's first row.
    good, bad : Path
        Arrow files of the rows that passed and of those that did not, see `checks.CheckedRows`.
    read, skipped : int
        Rows of data, and rows that are none.
    headers : mapping of str to str
        Column name → header as it stands in the file.
    """

    sheet: str
    table: str
    start: int
    good: Path
    bad: Path
    read: int
    skipped: int
    headers: Mapping[str, str]
    unknown: Sequence[str]

    @property
    def end(self) -> int:
        """Return the position after the sheet's last possible row."""
        return self.start + (1 << _ROW_BITS)


_Outcome: TypeAlias = StagedSheet | Refusal | None


@dataclass(frozen=True)
class StagedFile:
    """What one file gave: its sheets, and why it or some of them were refused.

    Attributes
    ----------
    digest : str
        SHA-256 of the file's bytes, empty when they were not read.
    """

    path: Path
    refusal: Refusal | None
    sheets: Sequence[StagedSheet] = ()
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    digest: str = ""
    is_workbook: bool = False


def stage_file(path: Path, number: int, folder: Path, moment: datetime) -> StagedFile:
    """Read and check the file at `path`, the `number`-th of the import, into `folder`.

    A file that turns out to be unreadable half-way gives nothing: half a file would pass for all.
    """
    if not path.is_file():
        return StagedFile(path, Refusal("FILE_MISSING"))
    try:
        with open_sheets(path) as sheets:
            outcomes = [
                (sheet.name, _stage_sheet(sheet, position(number, place), folder, moment))
                for place, sheet in enumerate(sheets)
            ]
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except RefusedFileError as error:
        return StagedFile(path, error.refusal)
    except OSError as error:
        return StagedFile(path, Refusal("FILE_UNREADABLE", error.strerror or ""))
    taken = [each for _, each in outcomes if isinstance(each, StagedSheet)]
    refused = {name: each for name, each in outcomes if isinstance(each, Refusal)}
    refusal = None if taken else _worst(refused)
    return StagedFile(path, refusal, taken, refused, digest, is_workbook(path))


def _stage_sheet(sheet: Sheet, start: int, folder: Path, moment: datetime) -> _Outcome:
    """Return what `sheet` gave, why it is refused, or None when it is blank."""
    chunks = iter(sheet.chunks)
    first = next(chunks, Chunk((), ()))
    if not first.rows:
        return None
    heading = find_heading(first.rows[:HEADER_SEARCH_ROWS], sheet.day_zero)
    if isinstance(heading, Refusal):
        return heading
    good, bad = folder / f"{start:020}.good", folder / f"{start:020}.bad"
    read = skipped = 0
    with _Laid(good) as passed, _Laid(bad) as failed:
        for frame, checked in _checked(sheet, heading, _below(first, heading, chunks), moment):
            read += checked.good.num_rows + checked.bad.num_rows
            skipped += frame.skipped
            passed.write(_positioned(checked.good, start))
            failed.write(_positioned(checked.bad, start))
    headers = {name: place.header for name, place in heading.matched.items()}
    return StagedSheet(
        sheet.name, heading.table.name, start, good, bad, read, skipped, headers, heading.unknown
    )


def _below(first: Chunk, heading: Heading, others: Iterator[Chunk]) -> Iterator[Chunk]:
    """Yield the chunks of a sheet from the row below its header on."""
    at = heading.row + 1
    yield Chunk(first.numbers[at:], first.rows[at:], first.unclosed)
    yield from others


def _checked(
    sheet: Sheet, heading: Heading, chunks: Iterator[Chunk], moment: datetime
) -> Iterator[tuple[Frame, CheckedRows]]:
    merged = MergedCells(sheet.merged, heading)
    for chunk in chunks:
        figures = merged.fill(chunk)
        frame = frame_rows(chunk, heading, sheet.is_ragged)
        yield frame, check_frame(frame, heading, moment, figures)


def _positioned(rows: pa.Table, start: int) -> pa.Table:
    """Replace the rows' numbers by their positions in the import."""
    at = pc.add(rows[NUMBER], start)
    return rows.drop_columns([NUMBER]).append_column(AT, at)


def _worst(refused: Mapping[str, Refusal]) -> Refusal:
    """Return the refusal that says most: a sheet that nearly was a table goes first."""
    told = [each for each in refused.values() if each.code != "TABLE_NOT_RECOGNISED"]
    return next(iter(told or refused.values()), Refusal("TABLE_NOT_RECOGNISED"))


class _Laid:
    """An Arrow file under way, compressed lightly; the first rows written fix its schema."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pa.RecordBatchFileWriter | None = None

    def __enter__(self) -> _Laid:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, rows: pa.Table) -> None:
        """Append `rows`."""
        if self._writer is None:
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            self._writer = pa.ipc.new_file(self._path, rows.schema, options=options)
        self._writer.write_table(rows)
