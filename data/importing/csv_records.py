"""The records of a csv text, with quotation marks that never close told apart."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import TextIO

from data.importing.limits import MAX_LINE_CHARS, MAX_LINES_IN_A_ROW
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
