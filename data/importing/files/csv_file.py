"""A csv file as one sheet, streamed: any Chinese encoding, comma, semicolon or tab.

The records of a csv text, with quotation marks that never close told apart.

In which encoding a csv file is written: what its bytes prove, not what its name says.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TextIO

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

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ASCII = bytes(range(128))
#: UTF-16 text has a zero byte for each Latin letter, digit and comma; other text has none.
_ZERO_SHARE = 0.25
#: A few broken bytes cost their rows; beyond this share of the bytes that are not ASCII, the
#: encoding is another.
_DAMAGED_SHARES = {"utf-8": 0.3, "gb18030": 0.1}


def detect_encoding(path: Path) -> str:
    """Return the Python name of the encoding of `path`, to be decoded with ``errors="replace"``.

    A byte order mark decides; then zero bytes betray UTF-16; then the first line with Chinese in
    it, a title or the header: whole words in GB18030 are never valid UTF-8. If that line is broken
    too, the share of broken bytes decides.

    Raises
    ------
    RefusedFileError
        If the bytes are no text in any of them.
    """
    with path.open("rb") as file:
        head = file.read(MIB)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    if utf_16 := _utf_16_without_bom(head):
        return utf_16
    if sound := _sound_first_line(head):
        return sound
    for name, share in _DAMAGED_SHARES.items():
        if _fits(path, name, share):
            return name
    raise RefusedFileError("FILE_ENCODING")


def _utf_16_without_bom(head: bytes) -> str | None:
    even, odd = head[0::2], head[1::2]
    if odd.count(0) > _ZERO_SHARE * len(odd) and odd.count(0) > 4 * even.count(0):
        return "utf-16-le"
    if even.count(0) > _ZERO_SHARE * len(even) and even.count(0) > 4 * odd.count(0):
        return "utf-16-be"
    return None


def _sound_first_line(head: bytes) -> str | None:
    """Return the encoding in which the first line beyond ASCII is sound, if it is in any."""
    line = next((line for line in re.split(rb"[\r\n]+", head) if not line.isascii()), b"")
    for name in _DAMAGED_SHARES if line else ():
        try:
            line.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return None


def _fits(path: Path, name: str, share: float) -> bool:
    """Return whether at most `share` of the bytes beyond ASCII make no sense in encoding `name`."""
    decoder = codecs.getincrementaldecoder(name)("replace")
    foreign = damaged = 0
    with path.open("rb") as file:
        while block := file.read(MIB):
            foreign += len(block.translate(None, _ASCII))
            damaged += decoder.decode(block).count("\ufffd")
    damaged += decoder.decode(b"", final=True).count("\ufffd")
    return damaged <= share * foreign


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
