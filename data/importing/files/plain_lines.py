"""Lines of a csv file in which each line is one ordinary record, parsed at once by Arrow.

Nothing is decided here about a line that is out of the ordinary: a block that holds one is left to
`csv_records`, which gives the same cells for every block that is parsed here (a property test).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from data.importing.limits import MAX_CELL_CHARS, MAX_COLUMNS

#: Names that Arrow gives to columns without a header; a wider line has no types for its columns.
_AS_TEXT = csv.ConvertOptions(
    column_types={f"f{position}": pa.string() for position in range(MAX_COLUMNS)},
    strings_can_be_null=False,
)


def parse_plain_lines(lines: str, delimiter: str) -> Sequence[pa.StringArray] | None:
    """Return the cells of `lines` as columns of shape (n,), None if a line is no ordinary record.

    An ordinary line is a whole record of as many cells as the first, ends as lines of Unix or
    Windows do, and has no cell near the limit of length.
    """
    if lines.count("\r") != lines.count("\r\n") or lines.startswith("\ufeff"):
        return None
    if not lines.endswith("\n"):
        lines += "\n"
    try:
        text = lines.encode()
        rows = csv.read_csv(
            pa.py_buffer(text),
            csv.ReadOptions(
                use_threads=False, block_size=len(text) + 1, autogenerate_column_names=True
            ),
            csv.ParseOptions(delimiter=delimiter),
            _AS_TEXT,
        )
    except (UnicodeEncodeError, pa.ArrowInvalid):
        return None
    columns = [column.combine_chunks() for column in rows.columns]
    # A mark that is never closed takes the end of its line, or the next line, into its cell.
    if rows.num_rows != lines.count("\n") or any("\n" in c[-1].as_py() for c in columns):
        return None
    longest = (pc.max(pc.binary_length(column)).as_py() for column in columns)
    return columns if len(columns) <= MAX_COLUMNS and max(longest) <= MAX_CELL_CHARS else None
