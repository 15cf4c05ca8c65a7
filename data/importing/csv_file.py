"""A csv file as one sheet, streamed: any Chinese encoding, comma, semicolon or tab."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TextIO

from data.importing.csv_records import Records
from data.importing.encoding import detect_encoding
from data.importing.limits import (
    CHUNK_CHARS,
    CHUNK_ROWS,
    HEADER_SEARCH_ROWS,
    MAX_CELL_CHARS,
    MAX_COLUMNS,
    MAX_CSV_BYTES,
    MAX_LINE_CHARS,
    MAX_ROWS,
    MIB,
)
from data.importing.refusals import RefusedFileError
from data.importing.sheets import Chunk, Sheet, cut

#: Excel writes tabs into what it calls Unicode text.
_DELIMITERS = (",", "\t", ";")


@contextmanager
def open_csv(path: Path) -> Iterator[list[Sheet]]:
    """Open `path` as a single sheet without a name.

    Raises
    ------
    RefusedFileError
        If it is too large or in no known encoding; while it is read, if it is too wide or long.
    """
    size = path.stat().st_size
    if size > MAX_CSV_BYTES:
        raise RefusedFileError("FILE_TOO_LARGE", f"{size / MIB:.0f} MiB")
    encoding = detect_encoding(path)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        delimiter = _delimiter(file)
        yield [Sheet("", _chunks(Records(file, delimiter)))]


def _delimiter(file: TextIO) -> str:
    """Return the delimiter of the header: no line has more of it."""
    lines = list(islice(iter(lambda: file.readline(MAX_LINE_CHARS), ""), HEADER_SEARCH_ROWS))
    file.seek(0)
    return max(_DELIMITERS, key=lambda mark: max((line.count(mark) for line in lines), default=0))


def _chunks(records: Records) -> Iterator[Chunk]:
    first, rows, unclosed, size = 1, list[list[str]](), set[int](), 0
    for cells in records:
        _refuse_beyond_limits(len(cells), first + len(rows))
        if records.unclosed:
            unclosed.add(first + len(rows))
        length = records.size
        rows.append(cells if length <= MAX_CELL_CHARS else [cut(cell) for cell in cells])
        size += length
        if len(rows) == CHUNK_ROWS or size > CHUNK_CHARS:
            yield Chunk(range(first, first + len(rows)), rows, frozenset(unclosed))
            first, rows, unclosed, size = first + len(rows), [], set(), 0
    if rows:
        yield Chunk(range(first, first + len(rows)), rows, frozenset(unclosed))


def _refuse_beyond_limits(width: int, number: int) -> None:
    if width > MAX_COLUMNS:
        raise RefusedFileError("FILE_TOO_WIDE", f"{width:,} > {MAX_COLUMNS}")
    if number > MAX_ROWS:
        raise RefusedFileError("FILE_TOO_LONG", f"> {MAX_ROWS:,}")
