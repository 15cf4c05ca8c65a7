"""Tables by content: what a table holds, whatever the bytes of the file it came from."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa


def table_content(table: pa.Table) -> dict[str, Any]:
    """Return the number of rows, and of each column its type and a digest of its values."""
    return {
        "rows": table.num_rows,
        "columns": {
            field.name: f"{field.type}{'' if field.nullable else '!'} {_column(table[field.name])}"
            for field in table.schema
        },
    }


def csv_content(path: Path, left_out: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return header and number of rows of a csv file, and a digest of each column.

    Parameters
    ----------
    left_out
        Endings of columns that hold sentences: of these the header alone is told.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    columns = {
        name: "words" if name.endswith(left_out or ("\n",)) else digest([row[at] for row in rows])
        for at, name in enumerate(header)
    }
    return {"rows": len(rows), "columns": columns}


def digest(values: list[Any]) -> str:
    """Return a digest of plain values, one after the other."""
    total = hashlib.sha256()
    for each in values:
        total.update(f"{each!r}\n".encode())
    return total.hexdigest()[:32]


def _column(values: pa.ChunkedArray) -> str:
    # Two floats that print alike in hexadecimal are the same bits, but for what is no number.
    plain = [each.hex() if isinstance(each, float) else each for each in values.to_pylist()]
    return digest(plain)
