"""Flat tables (csv or Parquet) as columns for a card.

Training and scoring both use this module, so that a cell has the same value in both.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from model.card.bins import Columns
from model.card.scorecard import Card
from model.errors import UnreadableFileError

Kind = Literal["number", "text"]
#: Spellings of "no value" in a column of numbers; in a column of text they are values.
NO_NUMBER = frozenset({"", "na", "n/a", "nan", "nat", "null", "none", "?", "-", "."})
_DELIMITERS = ",;\t|"


def read_flat_table(path: Path) -> pa.Table:
    """Read the csv or Parquet file at `path`; csv columns are text, blank cells null.

    A csv file may be UTF-8 (with or without BOM), UTF-16 with BOM, GB18030 or Latin-1, delimited by
    comma, semicolon, tab or bar.

    Raises
    ------
    UnreadableFileError
        If the file is absent, neither csv nor Parquet, ragged, empty, or repeats a column name.
    """
    if path.suffix.lower() not in (".csv", ".tsv", ".txt", ".parquet"):
        raise UnreadableFileError(f"{path}: expected a file that ends in .csv or .parquet")
    try:
        is_parquet = path.suffix.lower() == ".parquet"
        table = pq.read_table(path, use_threads=False) if is_parquet else _read_csv(path)
    except (OSError, pa.ArrowException, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFileError(f"{path}: cannot be read as a table: {error}") from error
    repeated = {name for name in table.column_names if table.column_names.count(name) > 1}
    if repeated:
        raise UnreadableFileError(f"{path}: column names repeat: {', '.join(sorted(repeated))}")
    if not table.num_rows:
        raise UnreadableFileError(f"{path}: holds no rows")
    return table


def flat_columns(table: pa.Table, kinds: Mapping[str, Kind]) -> Columns:
    """Return the columns named in `kinds` as inputs of the card's kernel, each of shape (n,).

    Numbers become float64: NaN for missing, infinity for text that is not a number, so that it
    scores as out of range. Text becomes object with None for missing.

    Raises
    ------
    UnreadableFileError
        If columns are missing; the message names all of them.
    """
    absent = [name for name in kinds if name not in table.column_names]
    if absent:
        raise UnreadableFileError(f"the table has no column {', '.join(absent)}")
    return {
        name: numbers(table[name]) if kind == "number" else words(table[name])
        for name, kind in kinds.items()
    }


def card_columns(table: pa.Table, card: Card) -> Columns:
    """Return the input columns of `card`; see `flat_columns`."""
    return flat_columns(
        table, {name: "text" if card.bins[name].levels else "number" for name in card.inputs}
    )


def numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return `column` as float64, shape (n,): NaN for missing, infinity for other text."""
    if pa.types.is_boolean(column.type):
        column = pc.cast(column, pa.int8())
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        plain = pc.cast(column, pa.float64(), safe=False)
        return np.asarray(plain.to_numpy(zero_copy_only=False), dtype=np.float64)
    encoded = pc.dictionary_encode(_as_text(column)).combine_chunks()
    lookup = np.array([*map(_number, encoded.dictionary.to_pylist()), np.nan], dtype=np.float64)
    values: NDArray[np.float64] = lookup[_lookup_rows(encoded, len(lookup) - 1)]
    return values


def words(column: pa.ChunkedArray) -> NDArray[np.object_]:
    """Return `column` as stripped text, object of shape (n,); None for missing or blank."""
    encoded = pc.dictionary_encode(_as_text(column)).combine_chunks()
    stripped = [text.strip() or None for text in encoded.dictionary.to_pylist()]
    lookup = np.array([*stripped, None], dtype=object)
    values: NDArray[np.object_] = lookup[_lookup_rows(encoded, len(lookup) - 1)]
    return values


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column if pa.types.is_string(column.type) else pc.cast(column, pa.string())


def _number(text: str) -> float:
    if text.strip().lower() in NO_NUMBER:
        return float("nan")
    try:
        # Python accepts "1_000" as a number; in a table it is an identifier.
        return float(text.replace("_", "x"))
    except ValueError:
        return float("inf")


def _lookup_rows(encoded: pa.DictionaryArray, null_row: int) -> NDArray[np.int64]:
    return np.asarray(pc.fill_null(encoded.indices, null_row), dtype=np.int64)


def _read_csv(path: Path) -> pa.Table:
    payload = path.read_bytes()
    text = payload.decode(_encoding(payload)).removeprefix("\ufeff")
    delimiter = max(_DELIMITERS, key=text.split("\n", 1)[0].count)
    # Python's own reader: the read-ahead threads of Arrow's reader sometimes abort a short program
    # at exit (apache/arrow issues 34314 and 39862).
    rows = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names = next(rows, [])
    cells = [row for row in _complete_rows(rows, len(names), path) if row]
    columns = zip(*cells, strict=True) if cells else [()] * len(names)
    arrays = [pa.array([cell or None for cell in column], pa.string()) for column in columns]
    return pa.Table.from_arrays(arrays, names=names)


def _complete_rows(rows: Iterable[list[str]], width: int, path: Path) -> Iterator[list[str]]:
    for number, row in enumerate(rows, start=2):
        if row and len(row) != width:
            raise UnreadableFileError(
                f"{path}: row {number} has {len(row)} cells, the header has {width};"
                " correct the row, which may contain a stray delimiter or line break"
            )
        yield row


def _encoding(payload: bytes) -> str:
    if payload[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030" if _is_mostly_pairs(payload) else "latin-1"
    return "utf-8"


def _is_mostly_pairs(payload: bytes) -> bool:
    # Chinese text consists of runs of high bytes; accented Latin letters are mostly single.
    in_runs = sum(len(run) for run in re.findall(rb"[\x80-\xff]{2,}", payload))
    single = len(re.findall(rb"[\x80-\xff]", payload)) - in_runs
    return in_runs > 2 * single
