"""Writes sheets as a workbook, row by row in constant memory.

Writes a sheet as a csv file in any encoding, quoted only where needed.
"""

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


def write_csv(path: Path, sheet: Sheet, encoding: str) -> None:
    """Write titles, header, rows and total of `sheet`."""
    width = len(sheet.columns)
    head = [title + "," * (width - 1) for title in sheet.titles]
    head.append(",".join(column.header for column in sheet.columns))
    text = _LINE.join([*head, _body(sheet)])
    if sheet.total:
        text += "合计" + "," * (width - 1) + _LINE
    path.write_bytes(text.encode(encoding))


def _body(sheet: Sheet) -> str:
    """Return the rows as text: Arrow writes UTF-8, the caller encodes."""
    names = [str(place) for place in range(len(sheet.columns))]
    table = pa.table(dict(zip(names, (column.cells for column in sheet.columns), strict=True)))
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    sink = io.BytesIO()
    csv.write_csv(table, sink, options)
    return sink.getvalue().decode("utf-8").replace("\n", _LINE)


_DAY_ZERO = date(1899, 12, 30)
#: A workbook carries a creation time; a fixed one keeps equal content equal in bytes.
_MADE = datetime(2023, 10, 1, 8)  # noqa: DTZ001 - a workbook's own clock has no zone


def write_workbook(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write one sheet per table; numbers as numbers, ids as text, dates as the branch likes."""
    book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_numbers": False})
    book.set_properties({"created": _MADE})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        _write_sheet(page, sheet, day)
    book.close()


def _write_sheet(page: Any, sheet: Sheet, day: Any) -> None:
    for row, title in enumerate(sheet.titles):
        page.write_string(row, 0, title)
    header = len(sheet.titles)
    for place, column in enumerate(sheet.columns):
        page.write_string(header, place, column.header)
    writers = [_writer(page, column, day) for column in sheet.columns]
    cells = [column.cells.to_pylist() for column in sheet.columns]
    for row, values in enumerate(zip(*cells, strict=True), start=header + 1):
        for place, value in enumerate(values):
            if value:
                writers[place](row, place, value)
    if sheet.total:
        page.write_string(header + 1 + sheet.rows, 0, "合计")


def _writer(page: Any, column: TextColumn, day: Any) -> Callable[[int, int, str], object]:
    """Return how cells of a column are written; what does not look right stays a text."""
    if column.numeric:
        return lambda row, place, text: _number_or_text(page, row, place, text)
    if column.dated:
        return lambda row, place, text: _day_or_text(page, row, place, text, day)
    return page.write_string  # type: ignore[no-any-return]  # untyped library


def _number_or_text(page: Any, row: int, place: int, text: str) -> None:
    try:
        page.write_number(row, place, float(text))
    except ValueError:
        page.write_string(row, place, text)


def _day_or_text(page: Any, row: int, place: int, text: str, day: Any) -> None:
    try:
        serial = (date.fromisoformat(text) - _DAY_ZERO).days
    except ValueError:
        page.write_string(row, place, text)
    else:
        page.write_number(row, place, serial, day)
