"""A csv file as one sheet, streamed: any Chinese encoding, comma, semicolon or tab.

The records of a csv text, with quotation marks that never close told apart.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TextIO

from data.importing.files.encoding import detect_encoding
from data.importing.files.sheets import Chunk, Sheet, cut
from data.importing.limits import (
    CHUNK_CHARS,
    CHUNK_ROWS,
    HEADER_SEARCH_ROWS,
    MAX_CELL_CHARS,
    MAX_COLUMNS,
    MAX_CSV_BYTES,
    MAX_LINE_CHARS,
    MAX_LINES_IN_A_ROW,
    MAX_ROWS,
    MIB,
)
from data.importing.refusals import RefusedFileError


class _UnclosedError(Exception):
    """A record went on for too many lines."""


class Records:
    """Iterate over the records of `file` as lists of cells.

    After each record, `size` is its length in characters, and `unclosed` says that its quotation
    mark never closed: then its first line stands alone, split at every delimiter, and the lines
    after it are records of their own, so that one stray mark costs one row.
    """

    def __init__(self, file: TextIO, delimiter: str) -> None:
        self._file = file
        self._delimiter = delimiter
        self._waiting: deque[str] = deque()
        self._taken: list[str] = []
        self._ended = False
        self._reader = self._new_reader()
        self.unclosed = False
        self.size = 0
        # A cell may be as long as the longest record; columns judge the length of their cells.
        csv.field_size_limit(MAX_LINE_CHARS * MAX_LINES_IN_A_ROW)

    def __iter__(self) -> Iterator[list[str]]:
        """Yield each record's cells; a blank line is an empty record."""
        while (cells := self._next()) is not None:
            yield cells

    def _next(self) -> list[str] | None:
        self._taken.clear()
        self.unclosed = False
        try:
            cells = next(self._reader)
        except StopIteration:
            return None
        except _UnclosedError:
            return self._first_line_alone()
        if self._ended:
            return self._first_line_alone()
        self.size = sum(map(len, self._taken))
        return cells

    def _first_line_alone(self) -> list[str]:
        first, *others = self._taken
        self._waiting.extendleft(reversed(others))
        self._taken, self.unclosed, self._ended = [first], True, False
        self.size = len(first)
        self._reader = self._new_reader()
        return next(csv.reader([first], delimiter=self._delimiter, quoting=csv.QUOTE_NONE))

    def _new_reader(self) -> Iterator[list[str]]:
        return csv.reader(self._lines(), delimiter=self._delimiter)

    def _lines(self) -> Iterator[str]:
        """Yield lines to the csv reader, which asks for more while a quotation is open."""
        taken, waiting, readline = self._taken, self._waiting, self._file.readline
        while line := waiting.popleft() if waiting else readline(MAX_LINE_CHARS):
            if len(line) == MAX_LINE_CHARS:
                raise RefusedFileError("FILE_LINE_TOO_LONG", f"> {MAX_LINE_CHARS:,}")
            if len(taken) == MAX_LINES_IN_A_ROW:
                waiting.appendleft(line)
                raise _UnclosedError
            taken.append(line)
            yield line
        self._ended = True


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
