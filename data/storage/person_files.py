"""One person's rows in loose files: profiles, whitelists, branch files and quarantine files.

A row is the person's if a cell equals one of the person's keys: any key in a column whose heading
says so, a long one in any column. Rows of tables and lines of text files are removed; the cells of
a workbook's row are emptied, so that formulas still point at their rows.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import load_workbook
from openpyxl.cell import MergedCell

from data.storage.person_search import columns_hold, text_may_hold, workbook_may_hold
from data.storage.private_files import drafted
from data.storage.text_file import decode, encoding_of
from model.archive.tables import archive_tables
from model.errors import UnreadableFileError

Verdict = Literal["mine", "doubtful", "other"]
_KEYS, _GUARANTOR = ("member_id", "loan_id", "account_id", "id_number", "phone"), "guarantor_id"


@dataclass(frozen=True)
class FileResult:
    """What was found in one file.

    Attributes
    ----------
    rows : int
        Rows of the person that were removed.
    doubtful : int
        Rows left that hold a hint and no key, or name the person as guarantor of somebody else:
        somebody must look at them.
    """

    path: Path
    rows: int
    doubtful: int = 0


def erase_from_file(path: Path, keys: Collection[str], hints: Collection[str]) -> FileResult | None:
    """Remove the rows that hold one of `keys` from the file at `path`; None if it holds no table.

    Rows with one of `hints`, such as the person's name, are counted and left.

    Raises
    ------
    UnreadableFileError
        If the file is damaged or protected, so that nobody knows what it holds.
    """
    erase = _BY_SUFFIX.get(path.suffix.lower())
    if erase is None:
        return None
    try:
        return erase(path, frozenset(keys), frozenset(hints))
    except Exception as error:
        raise UnreadableFileError(
            f"{path}: cannot be read ({type(error).__name__}), so the person may be in it; look at"
            " it by hand"
        ) from error


def files_below(folders: Collection[Path], apart: Collection[Path] = ()) -> Iterator[Path]:
    """Yield every file in `folders` and below once, in order, hidden ones too.

    Parameters
    ----------
    apart
        Folders whose files are left out: stores with ways of their own, such as the archive.
    """
    closed = [folder.resolve() for folder in apart]
    found = {path.resolve() for folder in folders for path in folder.rglob("*") if path.is_file()}
    yield from sorted(
        path for path in found if not any(path.is_relative_to(folder) for folder in closed)
    )


class _Reader:
    """Judges the rows of one sheet in order; a row of headings tells where keys stand below it."""

    def __init__(self, keys: frozenset[str], hints: frozenset[str]) -> None:
        self._keys, self._hints = keys, hints
        self._long = frozenset(filter(_is_distinctive, keys))
        self._key_columns: frozenset[int] = frozenset()
        self._guarantor_columns: frozenset[int] = frozenset()

    def judge(self, cells: Sequence[str]) -> Verdict:
        """Return whether the row is the person's, doubtful, or neither."""
        self._read_headings(cells)
        hits = {
            column
            for column, text in enumerate(cells)
            if text in (self._keys if column in self._key_columns else self._long)
        }
        if hits - self._guarantor_columns:
            return "mine"
        return "doubtful" if hits or not self._hints.isdisjoint(cells) else "other"

    def _read_headings(self, cells: Sequence[str]) -> None:
        found = {c: _column_headed(text) for c, text in enumerate(cells)}
        if any(found.values()):
            self._key_columns = frozenset(c for c, name in found.items() if name)
            self._guarantor_columns = frozenset(c for c, n in found.items() if n == _GUARANTOR)


@cache
def _headings() -> Mapping[str, str]:
    """Return the columns that hold keys of a person, by every heading that branches write."""
    return {
        text.lower(): column.name
        for table in archive_tables().values()
        for column in table.columns.values()
        if column.name in (*_KEYS, _GUARANTOR)
        for text in (column.name, column.zh, column.en, *column.also)
    }


def _column_headed(text: str) -> str | None:
    """Return the key column that `text` heads; a heading in both languages begins with Chinese."""
    first = text.split(" ")[0]
    return _headings().get(text.lower()) or (None if first.isascii() else _headings().get(first))


def _is_distinctive(key: str) -> bool:
    """Return whether a cell that equals `key` can hardly be an amount, a count or a date."""
    return len(key) >= 11 or (len(key) >= 6 and not key.isdecimal())


def _parquet(path: Path, keys: frozenset[str], hints: frozenset[str]) -> FileResult:
    rows = pq.read_table(path)
    texts = [n for n, c in zip(rows.column_names, rows.columns, strict=True) if _is_text(c.type)]
    if not texts:
        return FileResult(path, 0)
    if not columns_hold((rows[name] for name in texts), keys | hints):
        return FileResult(path, 0)
    reader = _Reader(keys, hints)
    reader.judge(texts)
    shown = rows.select(texts).to_pydict()
    lines = zip(*(shown[name] for name in texts), strict=True)
    verdicts = [reader.judge([text or "" for text in line]) for line in lines]
    if "mine" in verdicts:
        kept = rows.filter(pa.array([each != "mine" for each in verdicts]))
        with drafted(path) as draft:
            pq.write_table(kept, draft, compression="zstd")
    return _counted(path, verdicts)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _text(path: Path, keys: frozenset[str], hints: frozenset[str]) -> FileResult:
    payload, reader = path.read_bytes(), _Reader(keys, hints)
    if not text_may_hold(payload, keys | hints):
        return FileResult(path, 0)
    encoding, text = encoding_of(payload), decode(payload)
    lines = [(raw, reader.judge(cells)) for raw, cells in _lines(text)]
    if any(verdict == "mine" for _, verdict in lines):
        mark = "\ufeff" if payload.startswith(codecs.BOM_UTF8) else ""
        kept = "".join(raw for raw, verdict in lines if verdict != "mine")
        with drafted(path) as draft:
            draft.write_bytes((mark + kept).encode(encoding))
    return _counted(path, [verdict for _, verdict in lines])


def _lines(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each record as it is written, and its cells; a quoted cell may hold a line end."""
    delimiter = max(",\t;|", key=text.partition("\n")[0].count)
    read: list[str] = []

    def remembered() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            read.append(line)
            yield line

    for cells in csv.reader(remembered(), delimiter=delimiter):
        yield "".join(read), [_plain(cell) for cell in cells]
        read.clear()


def _workbook(path: Path, keys: frozenset[str], hints: frozenset[str]) -> FileResult:
    if not workbook_may_hold(path, keys | hints):
        return FileResult(path, 0)
    book = load_workbook(path, keep_vba=path.suffix.lower() == ".xlsm")
    verdicts: list[Verdict] = []
    for sheet in book.worksheets:
        reader = _Reader(keys, hints)
        for row in sheet.iter_rows():
            verdicts.append(reader.judge([_plain(cell.value) for cell in row]))
            if verdicts[-1] == "mine":
                _empty(row)
    if "mine" in verdicts:
        with drafted(path) as draft:
            book.save(draft)
    return _counted(path, verdicts)


def _empty(row: Sequence[Any]) -> None:
    for cell in row:
        if not isinstance(cell, MergedCell):
            cell.value, cell.comment, cell.hyperlink = None, None, None


def _counted(path: Path, verdicts: Sequence[Verdict]) -> FileResult:
    return FileResult(path, verdicts.count("mine"), verdicts.count("doubtful"))


def _plain(value: object) -> str:
    """Return a cell's value as the text that a key would have."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str("" if value is None else value).strip().removeprefix("'").removeprefix("\ufeff")


_BY_SUFFIX: dict[str, Callable[[Path, frozenset[str], frozenset[str]], FileResult]] = {
    ".parquet": _parquet, ".csv": _text, ".txt": _text, ".tsv": _text, ".xlsx": _workbook,
    ".xlsm": _workbook,
}  # fmt: skip
