"""Flat tables (csv or Parquet) as columns for a card.

Training and scoring both use this module, so that a cell has the same value in both.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.storage.numerals import number_of
from data.storage.text_file import decode
from model.card.bins import Columns
from model.card.scorecard import Card
from model.errors import UnreadableFileError

Kind = Literal["number", "text"]
_DELIMITERS = ",;\t|"


def read_flat_table(path: Path) -> pa.Table:
    """Read the csv or Parquet file at `path`; csv columns are text, blank cells null.

    A csv file may be UTF-8 or UTF-16 (with or without BOM), GB18030 or Latin-1, delimited by comma,
    semicolon, tab or bar. Names lose outer spaces; columns without name and value are left out.

    Raises
    ------
    UnreadableFileError
        If the file is absent, neither csv nor Parquet, ragged, empty, or repeats a column name.
    """
    if path.suffix.lower() not in (".csv", ".tsv", ".txt", ".parquet"):
        raise UnreadableFileError(f"{path}: expected a file that ends in .csv, .xlsx or .parquet")
    try:
        is_parquet = path.suffix.lower() == ".parquet"
        table = pq.read_table(path, use_threads=False) if is_parquet else _read_csv(path)
    except (OSError, pa.ArrowException, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFileError(f"{path}: cannot be read as a table: {error}") from error
    refuse_repeated(table, path)
    if not table.num_rows:
        raise UnreadableFileError(f"{path}: holds no rows")
    return table


def refuse_repeated(table: pa.Table, path: Path) -> None:
    """Refuse a table of which two columns have one name.

    Raises
    ------
    UnreadableFileError
        With the repeated names.
    """
    repeated = {name for name in table.column_names if table.column_names.count(name) > 1}
    if repeated:
        raise UnreadableFileError(f"{path}: column names repeat: {', '.join(sorted(repeated))}")


def flat_columns(table: pa.Table, kinds: Mapping[str, Kind]) -> Columns:
    """Return the columns named in `kinds` as inputs of the card's kernel, each of shape (n,).

    Numbers become float64: NaN for missing, infinity for text that `number_of` cannot read, so that
    it scores as out of range; `unreadable` tells which cells these are. Text becomes object with
    None for missing.

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


def unreadable(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Return which cells of a column of numbers are text that is no number, shape (n,)."""
    if not _is_text(column.type):
        return np.zeros(len(column), dtype=bool)
    return np.isinf(numbers(column))


def words(column: pa.ChunkedArray) -> NDArray[np.object_]:
    """Return `column` as stripped text, object of shape (n,); None for missing or blank."""
    encoded = pc.dictionary_encode(_as_text(column)).combine_chunks()
    stripped = [text.strip() or None for text in encoded.dictionary.to_pylist()]
    lookup = np.array([*stripped, None], dtype=object)
    values: NDArray[np.object_] = lookup[_lookup_rows(encoded, len(lookup) - 1)]
    return values


def _is_text(kind: pa.DataType) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(plain) or pa.types.is_large_string(plain))


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column if pa.types.is_string(column.type) else pc.cast(column, pa.string())


def _number(text: str) -> float:
    number = number_of(text)
    return float("inf") if number is None else number


def _lookup_rows(encoded: pa.DictionaryArray, null_row: int) -> NDArray[np.int64]:
    return np.asarray(pc.fill_null(encoded.indices, null_row), dtype=np.int64)


def _read_csv(path: Path) -> pa.Table:
    text = decode(path.read_bytes())
    delimiter = max(_DELIMITERS, key=text.split("\n", 1)[0].count)
    # Python's own reader: the read-ahead threads of Arrow's reader sometimes abort a short program
    # at exit (apache/arrow issues 34314 and 39862).
    rows = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names = next(rows, [])
    return text_table(names, [row for row in _complete_rows(rows, len(names), path) if row])


def text_table(names: list[str], cells: list[list[str]]) -> pa.Table:
    """Return rows of text `cells`, all as wide as `names`, as a table; blank cells are null."""
    names = [name.strip() for name in names]
    columns = zip(*cells, strict=True) if cells else [()] * len(names)
    arrays = [pa.array([cell or None for cell in column], pa.string()) for column in columns]
    # A spreadsheet saves columns that were once used as delimiters without name or value.
    used = [at for at, name in enumerate(names) if name or arrays[at].null_count < len(arrays[at])]
    return pa.Table.from_arrays([arrays[at] for at in used], names=[names[at] for at in used])


def _complete_rows(rows: Iterable[list[str]], width: int, path: Path) -> Iterator[list[str]]:
    for number, row in enumerate(rows, start=2):
        if row and len(row) != width:
            raise UnreadableFileError(
                f"{path}: row {number} has {len(row)} cells, the header has {width};"
                " correct the row, which may contain a stray delimiter or line break"
            )
        yield row
