"""Records of a csv file one by one; a quotation mark that is never closed costs one row."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import TextIO

from data.importing.limits import BLOCK_CHARS, MAX_LINE_CHARS, MAX_LINES_IN_A_RECORD
from data.importing.refusals import RefusedFileError


class LineSource:
    """The text of `file` by lines, or by blocks of whole lines; both can be given back."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._block, self._size = StringIO(), 0
        self._lines: deque[str] = deque()

    def next_line(self) -> str:
        """Return the next line, cut at `MAX_LINE_CHARS`; the empty text at the end."""
        if self._lines:
            return self._lines.popleft()
        return self._block.readline(MAX_LINE_CHARS) or self._file.readline(MAX_LINE_CHARS)

    def give_back_lines(self, lines: Sequence[str]) -> None:
        """Put `lines` before what comes next."""
        self._lines.extendleft(reversed(lines))

    def take_block(self) -> str:
        """Return the next lines, at least `BLOCK_CHARS` characters unless the file ends."""
        before = [*self._lines, self._block.read()]
        self._lines.clear()
        return "".join([*before, self._file.read(BLOCK_CHARS), self._file.readline(MAX_LINE_CHARS)])

    def give_back_block(self, block: str) -> None:
        """Put `block` before what comes next; no lines have been given back after it was taken."""
        self._block = StringIO(block, newline="")
        self._size = len(block)

    def is_in_block(self) -> bool:
        """Return whether a line is left that was given back."""
        return bool(self._lines) or self._block.tell() < self._size


class _UnclosedError(Exception):
    """Raised if a record spans too many lines."""


class Records:
    """Iterate over the records of `source` as lists of cells.

    After each record, `size` is its length in characters and `is_unclosed` says whether its
    quotation mark is never closed. The first line of such a record becomes a record of its own,
    split at every delimiter, and the lines after it are read again, so that one stray mark costs
    one row.
    """

    def __init__(self, source: LineSource, delimiter: str) -> None:
        self._source = source
        self._delimiter = delimiter
        self._lines_read: list[str] = []
        self._is_at_end = False
        self._reader = self._start_reader()
        self.is_unclosed = False
        self.size = 0
        # A cell may be as long as the longest record; the parsers check the length of each cell.
        csv.field_size_limit(MAX_LINE_CHARS * MAX_LINES_IN_A_RECORD)

    def __iter__(self) -> Iterator[list[str]]:
        """Yield each record's cells; a blank line is an empty record."""
        while (cells := self.next_record()) is not None:
            yield cells

    def next_record(self) -> list[str] | None:
        """Return the cells of the next record, None at the end."""
        self._lines_read.clear()
        self.is_unclosed = False
        try:
            cells = next(self._reader)
        except StopIteration:
            return None
        except _UnclosedError:
            return self._split_first_line()
        if self._is_at_end:
            return self._split_first_line()
        self.size = sum(map(len, self._lines_read))
        return cells

    def _split_first_line(self) -> list[str]:
        first, *others = self._lines_read
        self._source.give_back_lines(others)
        self._lines_read, self.is_unclosed, self._is_at_end = [first], True, False
        self.size = len(first)
        self._reader = self._start_reader()
        return next(csv.reader([first], delimiter=self._delimiter, quoting=csv.QUOTE_NONE))

    def _start_reader(self) -> Iterator[list[str]]:
        return csv.reader(self._read_lines(), delimiter=self._delimiter)

    def _read_lines(self) -> Iterator[str]:
        """Yield lines to the csv reader, which reads on while a quotation mark is open."""
        lines, source = self._lines_read, self._source
        while line := source.next_line():
            if len(line) == MAX_LINE_CHARS:
                raise RefusedFileError("FILE_LINE_TOO_LONG", f"> {MAX_LINE_CHARS:,}")
            if len(lines) == MAX_LINES_IN_A_RECORD:
                source.give_back_lines([line])
                raise _UnclosedError
            lines.append(line)
            yield line
        self._is_at_end = True
