"""Staging of one file: it is read, checked and written to Arrow files, which settling reads."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from data.importing.files.formats import is_workbook, open_sheets
from data.importing.files.sheets import Chunk, Sheet
from data.importing.headings.delimiters import other_delimiter
from data.importing.headings.frame import Frame, frame_rows
from data.importing.headings.heading import Heading, find_heading
from data.importing.headings.merged_cells import MergedCells
from data.importing.limits import HEADER_SEARCH_ROWS
from data.importing.refusals import Refusal, RefusedFileError
from data.importing.remarks import RemarkCounts, add_remarks
from data.importing.rows.checks import NUMBER, CheckedRows, check_frame
from model.errors import StorageError, disk_fault

#: Column that identifies a row in an import: file, sheet and row number in one integer.
ROW_ID = "row_id"
_SHEET_BITS, _ROW_BITS = 8, 24


def row_number(row_id: int) -> int:
    """Return the number in its sheet of the row with `row_id`."""
    return row_id & ((1 << _ROW_BITS) - 1)


@dataclass(frozen=True)
class StagedSheet:
    """A sheet that was read and checked.

    Attributes
    ----------
    start : int
        Row id before the sheet's first row.
    good, bad : Path
        Arrow files of the good and the bad rows, see `checks.CheckedRows`.
    read : int
        Number of rows of data.
    skipped : mapping of str to int
        Code of `reasons.PASSED_OVER` → number of rows that are no data.
    headers : mapping of str to str
        Column name → header in the file.
    remarks : mapping of str to mapping of str to int
        Remarks on the good rows: column → code → number of cells.
    """

    sheet: str
    table: str
    start: int
    good: Path
    bad: Path
    read: int
    skipped: Mapping[str, int]
    headers: Mapping[str, str]
    unknown: Sequence[str]
    remarks: RemarkCounts

    @property
    def end(self) -> int:
        """Return the row id after the sheet's last possible row."""
        return self.start + (1 << _ROW_BITS)


_Outcome: TypeAlias = StagedSheet | Refusal | None


@dataclass(frozen=True)
class StagedFile:
    """A file that was read and checked: its sheets, and why it or some of them are refused.

    Attributes
    ----------
    digest : str
        SHA-256 of the file's bytes, empty if they were not read.
    """

    path: Path
    refusal: Refusal | None
    sheets: Sequence[StagedSheet] = ()
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    digest: str = ""
    is_workbook: bool = False


def stage_file(path: Path, number: int, folder: Path, moment: datetime) -> StagedFile:
    """Read and check the file at `path`, file `number` of the import, and write it to `folder`.

    A file that becomes unreadable part of the way is refused, because its first part would be taken
    for the complete file.
    """
    if not path.is_file():
        return StagedFile(path, Refusal("FILE_MISSING"))
    try:
        with open_sheets(path) as sheets:
            outcomes = [
                (sheet.name, _stage_sheet(sheet, _first_row_id(number, index), folder, moment))
                for index, sheet in enumerate(sheets)
            ]
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except RefusedFileError as error:
        return StagedFile(path, error.refusal)
    except OSError as error:
        return StagedFile(path, Refusal("FILE_UNREADABLE", error.strerror or ""))
    staged = [each for _, each in outcomes if isinstance(each, StagedSheet)]
    refused = {name: each for name, each in outcomes if isinstance(each, Refusal)}
    refusal = None if staged else _main_refusal(refused)
    return StagedFile(path, refusal, staged, refused, digest, is_workbook(path))


def _first_row_id(file: int, sheet: int) -> int:
    return ((file << _SHEET_BITS) + sheet) << _ROW_BITS


def _stage_sheet(sheet: Sheet, start: int, folder: Path, moment: datetime) -> _Outcome:
    """Return the staged `sheet`, why it is refused, or None if it is blank."""
    chunks = iter(sheet.chunks)
    first = next(chunks, Chunk((), ()))
    if not first.rows:
        return None
    heading = _find_heading(sheet, first.rows[:HEADER_SEARCH_ROWS])
    if isinstance(heading, Refusal):
        return heading
    good, bad = folder / f"{start:020}.good", folder / f"{start:020}.bad"
    read, skipped = 0, Counter[str]()
    remarks: RemarkCounts = {}
    with _ArrowFile(good) as passed, _ArrowFile(bad) as failed:
        for frame, checked in _check_chunks(sheet, heading, _below(first, heading, chunks), moment):
            read += checked.good.num_rows + checked.bad.num_rows
            skipped.update(frame.skipped)
            remarks = add_remarks([remarks, checked.remarks])
            passed.write(_with_row_ids(checked.good, start))
            failed.write(_with_row_ids(checked.bad, start))
    headers = {name: matched.header for name, matched in heading.matched.items()}
    return StagedSheet(
        sheet.name, heading.table.name, start, good, bad, read, skipped, headers, heading.unknown,
        remarks,
    )  # fmt: skip


def _find_heading(sheet: Sheet, rows: Sequence[list[str]]) -> Heading | Refusal:
    heading = find_heading(rows, sheet.day_zero)
    other = other_delimiter(rows, sheet.delimiter, heading) if sheet.delimiter else None
    return Refusal("DELIMITER_UNKNOWN", other) if other else heading


def _below(first: Chunk, heading: Heading, others: Iterator[Chunk]) -> Iterator[Chunk]:
    """Yield the chunks of a sheet, starting at the row below its header."""
    start = heading.row + 1
    yield Chunk(first.numbers[start:], first.rows[start:], first.unclosed)
    yield from others


def _check_chunks(
    sheet: Sheet, heading: Heading, chunks: Iterator[Chunk], moment: datetime
) -> Iterator[tuple[Frame, CheckedRows]]:
    merged = MergedCells(sheet.merged, heading)
    for chunk in chunks:
        figures = merged.fill(chunk)
        frame = frame_rows(chunk, heading, sheet.is_ragged)
        yield frame, check_frame(frame, heading, moment, figures)


def _with_row_ids(rows: pa.Table, start: int) -> pa.Table:
    """Replace the numbers of `rows` by row ids."""
    row_ids = pc.add(rows[NUMBER], start)
    return rows.drop_columns([NUMBER]).append_column(ROW_ID, row_ids)


def _main_refusal(refused: Mapping[str, Refusal]) -> Refusal:
    """Return the first refusal of a sheet that nearly matched a table, else any refusal."""
    specific = [each for each in refused.values() if each.code != "TABLE_NOT_RECOGNISED"]
    return next(iter(specific or refused.values()), Refusal("TABLE_NOT_RECOGNISED"))


class _ArrowFile:
    """An Arrow file that is being written; the first rows fix its schema."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pa.RecordBatchFileWriter | None = None

    def __enter__(self) -> _ArrowFile:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            with _naming(self._path):
                self._writer.close()

    def write(self, rows: pa.Table) -> None:
        """Append `rows`."""
        with _naming(self._path):
            if self._writer is None:
                options = pa.ipc.IpcWriteOptions(compression="lz4")
                self._writer = pa.ipc.new_file(self._path, rows.schema, options=options)
            self._writer.write_table(rows)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Say that a fault concerns the staging of a file, not the file of the branch.

    Raises
    ------
    StorageError
        If the disk of the archive is full or read-only.
    """
    try:
        yield
    except OSError as error:
        folder = path.parent.parent
        raise StorageError(f"{folder}: {disk_fault(error)}; nothing was stored") from error
