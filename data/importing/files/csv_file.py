"""Reader of csv files: detects encoding and delimiter, streams records, finds unclosed quotes."""

from __future__ import annotations

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
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
    MAX_LINES_IN_A_RECORD,
    MAX_ROWS,
    MIB,
)
from data.importing.refusals import RefusedFileError

#: Excel separates cells by tabs when it saves as Unicode text; core banking systems by bars.
_DELIMITERS = (",", "\t", ";", "|")
#: A first line that tells Excel the delimiter.
_NAMED_DELIMITER = re.compile(r"\ufeff?\"?sep=(?P<mark>[,\t;|])\"?\s*", re.IGNORECASE)


@contextmanager
def open_csv(path: Path) -> Iterator[list[Sheet]]:
    """Open `path` as a single sheet without a name.

    Raises
    ------
    RefusedFileError
        If the file is too large or in no known encoding, or a row is beyond the limits.
    """
    size = path.stat().st_size
    if size > MAX_CSV_BYTES:
        raise RefusedFileError("FILE_TOO_LARGE", f"{size / MIB:.0f} MiB")
    encoding = detect_encoding(path)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        delimiter = _detect_delimiter(file)
        yield [Sheet("", _chunks(Records(file, delimiter)), delimiter=delimiter)]


def _detect_delimiter(file: TextIO) -> str:
    """Return the delimiter that the first line names, or the one that most of the lines have.

    Of those, the most frequent one in a line: a text in a cell may hold another delimiter.
    """
    lines = list(islice(iter(lambda: file.readline(MAX_LINE_CHARS), ""), HEADER_SEARCH_ROWS))
    file.seek(0)
    if lines and (named := _NAMED_DELIMITER.fullmatch(lines[0])):
        return named["mark"]
    return max(_DELIMITERS, key=lambda mark: _frequency(mark, lines))


def _frequency(mark: str, lines: Sequence[str]) -> tuple[int, int]:
    """Return how many `lines` have `mark`, and how often it is in the line that has most."""
    counts = [line.count(mark) for line in lines]
    return sum(map(bool, counts)), max(counts, default=0)


def _chunks(records: Records) -> Iterator[Chunk]:
    first, rows, unclosed, size = 1, list[list[str]](), set[int](), 0
    for cells in records:
        _refuse_beyond_limits(len(cells), first + len(rows))
        if records.is_unclosed:
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


class _UnclosedError(Exception):
    """Raised if a record spans too many lines."""


class Records:
    """Iterate over the records of `file` as lists of cells.

    After each record, `size` is its length in characters and `is_unclosed` says whether its
    quotation mark is never closed. The first line of such a record becomes a record of its own,
    split at every delimiter, and the lines after it are read again, so that one stray mark costs
    one row.
    """

    def __init__(self, file: TextIO, delimiter: str) -> None:
        self._file = file
        self._delimiter = delimiter
        self._pushed_back: deque[str] = deque()
        self._lines_read: list[str] = []
        self._is_at_end = False
        self._reader = self._start_reader()
        self.is_unclosed = False
        self.size = 0
        # A cell may be as long as the longest record; the parsers check the length of each cell.
        csv.field_size_limit(MAX_LINE_CHARS * MAX_LINES_IN_A_RECORD)

    def __iter__(self) -> Iterator[list[str]]:
        """Yield each record's cells; a blank line is an empty record."""
        while (cells := self._next()) is not None:
            yield cells

    def _next(self) -> list[str] | None:
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
        self._pushed_back.extendleft(reversed(others))
        self._lines_read, self.is_unclosed, self._is_at_end = [first], True, False
        self.size = len(first)
        self._reader = self._start_reader()
        return next(csv.reader([first], delimiter=self._delimiter, quoting=csv.QUOTE_NONE))

    def _start_reader(self) -> Iterator[list[str]]:
        return csv.reader(self._read_lines(), delimiter=self._delimiter)

    def _read_lines(self) -> Iterator[str]:
        """Yield lines to the csv reader, which reads on while a quotation mark is open."""
        lines, pushed_back = self._lines_read, self._pushed_back
        readline = self._file.readline
        while line := pushed_back.popleft() if pushed_back else readline(MAX_LINE_CHARS):
            if len(line) == MAX_LINE_CHARS:
                raise RefusedFileError("FILE_LINE_TOO_LONG", f"> {MAX_LINE_CHARS:,}")
            if len(lines) == MAX_LINES_IN_A_RECORD:
                pushed_back.appendleft(line)
                raise _UnclosedError
            lines.append(line)
            yield line
        self._is_at_end = True


_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ASCII = bytes(range(128))
#: UTF-16 text has a zero byte for each Latin letter, digit and comma; other encodings have none.
_ZERO_SHARE = 0.25
#: A few broken bytes cost their rows. If a larger share of the bytes beyond ASCII is broken, the
#: file is in another encoding.
_MAX_DAMAGED_SHARE = {"utf-8": 0.3, "gb18030": 0.1}


def detect_encoding(path: Path) -> str:
    """Return the Python name of the encoding of `path`, to be decoded with ``errors="replace"``.

    A byte order mark decides first, then the zero bytes of UTF-16, then the first line beyond
    ASCII, a title or the header: complete words in GB18030 are never valid UTF-8. If that line is
    broken too, the share of broken bytes decides.

    Raises
    ------
    RefusedFileError
        If the bytes are not text in any known encoding.
    """
    with path.open("rb") as file:
        head = file.read(MIB)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    if utf_16 := _detect_utf_16(head):
        return utf_16
    if encoding := _encoding_of_first_line(head):
        return encoding
    for name, share in _MAX_DAMAGED_SHARE.items():
        if _is_encoded_in(path, name, share):
            return name
    raise RefusedFileError("FILE_ENCODING")


def _detect_utf_16(head: bytes) -> str | None:
    even, odd = head[0::2], head[1::2]
    if odd.count(0) > _ZERO_SHARE * len(odd) and odd.count(0) > 4 * even.count(0):
        return "utf-16-le"
    if even.count(0) > _ZERO_SHARE * len(even) and even.count(0) > 4 * odd.count(0):
        return "utf-16-be"
    return None


def _encoding_of_first_line(head: bytes) -> str | None:
    """Return the encoding in which the first line beyond ASCII is valid, None if it is in none."""
    line = next((line for line in re.split(rb"[\r\n]+", head) if not line.isascii()), b"")
    for name in _MAX_DAMAGED_SHARE if line else ():
        try:
            line.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return None


def _is_encoded_in(path: Path, name: str, max_damaged: float) -> bool:
    """Return whether at most a share of the bytes beyond ASCII is invalid in encoding `name`."""
    decoder = codecs.getincrementaldecoder(name)("replace")
    foreign = damaged = 0
    with path.open("rb") as file:
        while block := file.read(MIB):
            foreign += len(block.translate(None, _ASCII))
            damaged += decoder.decode(block).count("\ufffd")
    damaged += decoder.decode(b"", final=True).count("\ufffd")
    return damaged <= max_damaged * foreign
