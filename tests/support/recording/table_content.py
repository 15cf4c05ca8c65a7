"""Tables by content, independent of the bytes of their file."""

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
        Endings of the names of columns that hold sentences; their values are left out.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    columns = {
        name: "words" if name.endswith(left_out or ("\n",)) else digest([row[at] for row in rows])
        for at, name in enumerate(header)
    }
    return {"rows": len(rows), "columns": columns}


def digest(values: list[Any]) -> str:
    """Return a digest of plain values in their order."""
    sha256 = hashlib.sha256()
    for each in values:
        sha256.update(f"{each!r}\n".encode())
    return sha256.hexdigest()[:32]


def _column(values: pa.ChunkedArray) -> str:
    # Hexadecimal text shows every bit of a float, except which NaN it is.
    plain = [each.hex() if isinstance(each, float) else each for each in values.to_pylist()]
    return digest(plain)
