"""Writers of branch files: csv in any encoding, and workbooks in constant memory."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter
from pyarrow import csv

from data.simulator.branch_files.branch_files import Sheet
from data.simulator.branch_files.text_columns import TextColumn

_LINE = "\r\n"
_DAY_ZERO = date(1899, 12, 30)
#: Fixed creation time of a workbook, so that equal content gives equal bytes.
_CREATED_AT = datetime(2023, 10, 1, 8)  # noqa: DTZ001 - a workbook's own clock has no zone


def write_csv(path: Path, sheet: Sheet, encoding: str) -> None:
    """Write titles, header, rows and total of `sheet`; cells are quoted only where needed."""
    width = len(sheet.columns)
    head = [title + "," * (width - 1) for title in sheet.titles]
    head.append(",".join(column.header for column in sheet.columns))
    text = _LINE.join([*head, _body(sheet)])
    if sheet.total:
        text += "合计" + "," * (width - 1) + _LINE
    path.write_bytes(text.encode(encoding))


def _body(sheet: Sheet) -> str:
    """Return the rows as text; the caller encodes it."""
    names = [str(position) for position in range(len(sheet.columns))]
    table = pa.table(dict(zip(names, (column.cells for column in sheet.columns), strict=True)))
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    sink = io.BytesIO()
    csv.write_csv(table, sink, options)
    return sink.getvalue().decode("utf-8").replace("\n", _LINE)


def write_workbook(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write one sheet per table: numbers as numbers, ids as text, dates in the branch's style."""
    book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_numbers": False})
    book.set_properties({"created": _CREATED_AT})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        _write_sheet(page, sheet, day)
    book.close()


def _write_sheet(page: Any, sheet: Sheet, day: Any) -> None:
    for row, title in enumerate(sheet.titles):
        page.write_string(row, 0, title)
    header = len(sheet.titles)
    for position, column in enumerate(sheet.columns):
        page.write_string(header, position, column.header)
    writers = [_writer(page, column, day) for column in sheet.columns]
    cells = [column.cells.to_pylist() for column in sheet.columns]
    for row, values in enumerate(zip(*cells, strict=True), start=header + 1):
        for position, value in enumerate(values):
            if value:
                writers[position](row, position, value)
    if sheet.total:
        page.write_string(header + 1 + sheet.rows, 0, "合计")


def _writer(page: Any, column: TextColumn, day: Any) -> Callable[[int, int, str], object]:
    """Return the writer of a column's cells; a cell of another form is written as text."""
    if column.numeric:
        return lambda row, position, text: _write_number(page, row, position, text)
    if column.dated:
        return lambda row, position, text: _write_day(page, row, position, text, day)
    return page.write_string  # type: ignore[no-any-return]  # untyped library


def _write_number(page: Any, row: int, column: int, text: str) -> None:
    try:
        page.write_number(row, column, float(text))
    except ValueError:
        page.write_string(row, column, text)


def _write_day(page: Any, row: int, column: int, text: str, day: Any) -> None:
    try:
        serial = (date.fromisoformat(text) - _DAY_ZERO).days
    except ValueError:
        page.write_string(row, column, text)
    else:
        page.write_number(row, column, serial, day)
