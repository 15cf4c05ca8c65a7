"""Writes a sheet as a csv file in any encoding, quoted only where needed."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from data.simulator.branch_files import Sheet

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
