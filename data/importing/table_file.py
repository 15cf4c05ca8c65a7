"""A flat table from a file: csv, Parquet, or a workbook, whose first sheet with rows is taken."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from data.importing.files.formats import is_workbook
from data.importing.files.sheets import Sheet
from data.importing.files.workbook import open_workbook
from data.importing.refusals import RefusedFileError
from data.storage.flat_table import read_flat_table, refuse_repeated, text_table
from model.errors import UnreadableFileError

_WORKBOOKS = (".xlsx", ".xlsm")


def read_table_file(path: Path) -> pa.Table:
    """Read the flat table at `path`; the columns of csv and workbook are text, blank cells null.

    Raises
    ------
    UnreadableFileError
        See `read_flat_table`; of a workbook, if it is damaged, unsafe or holds no rows.
    """
    if path.suffix.lower() not in _WORKBOOKS or not path.is_file() or not is_workbook(path):
        return read_flat_table(path)
    try:
        with open_workbook(path) as sheets:
            table = next((found for found in map(_table, sheets) if found.num_rows), None)
    except RefusedFileError as error:
        raise UnreadableFileError(f"{path}: {error}") from error
    if table is None:
        raise UnreadableFileError(f"{path}: holds no rows")
    refuse_repeated(table, path)
    return table


def _table(sheet: Sheet) -> pa.Table:
    """Return the rows below the first row with a filled cell, which holds the names."""
    rows = [row for chunk in sheet.chunks for row in chunk.rows if any(map(str.strip, row))]
    if not rows:
        return pa.table({})
    return text_table(rows[0], _filled_up(rows[1:], len(rows[0])))


def _filled_up(rows: Iterable[list[str]], width: int) -> list[list[str]]:
    """Return `rows` with `width` cells each: a workbook does not store blank cells at the end."""
    return [[*row, *[""] * (width - len(row))][:width] for row in rows]
