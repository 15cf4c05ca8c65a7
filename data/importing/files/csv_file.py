"""Reader of csv files: detects encoding and delimiter, streams records, finds unclosed quotes.

Most blocks of lines are ordinary and are read as columns at once (`plain_lines`). Any other block
is read record by record, which alone decides what its lines are.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TextIO

from data.importing.files.csv_records import LineSource, Records
from data.importing.files.plain_lines import parse_plain_lines
from data.importing.files.sheets import Chunk, ColumnRows, Sheet, cut
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
        yield [Sheet("", _chunks(file, delimiter), delimiter=delimiter)]


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


def _chunks(file: TextIO, delimiter: str) -> Iterator[Chunk]:
    """Yield the rows above and at the header, then a block of lines at a time."""
    source = LineSource(file)
    records, first = Records(source, delimiter), 1
    for chunk in _read_records(islice(records, HEADER_SEARCH_ROWS), records, first):
        yield chunk
        first += len(chunk.rows)
    while block := source.take_block():
        if (columns := parse_plain_lines(block, delimiter)) is not None:
            rows = ColumnRows(columns)
            _refuse_beyond_limits(len(columns), first + len(rows) - 1)
            yield Chunk(range(first, first + len(rows)), rows)
            first += len(rows)
            continue
        source.give_back_block(block)
        for chunk in _read_records(_until_end_of_block(records, source), records, first):
            yield chunk
            first += len(chunk.rows)


def _until_end_of_block(records: Records, source: LineSource) -> Iterator[list[str]]:
    """Yield records while lines are left of the block that was given back."""
    while source.is_in_block() and (cells := records.next_record()) is not None:
        yield cells


def _read_records(cells_of: Iterable[list[str]], records: Records, first: int) -> Iterator[Chunk]:
    rows, unclosed, size = list[list[str]](), set[int](), 0
    for cells in cells_of:
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
    lines = (match[0] for match in re.finditer(rb"[^\r\n]+", head))
    line = next((line for line in lines if not line.isascii()), b"")
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
