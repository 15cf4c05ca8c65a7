"""A table written part by part, to csv or Parquet by its ending; a failed run leaves no file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from model.errors import UnreadableFileError

Write = Callable[[pa.Table], None]


@contextmanager
def table_writer(out: Path) -> Iterator[Write]:
    """Yield what takes the parts of a table; `out` appears, whole, when the block ends well.

    Raises
    ------
    UnreadableFileError
        If `out` ends neither in .csv nor in .parquet.
    """
    writers = {".csv": _csv, ".parquet": _parquet}
    if out.suffix.lower() not in writers:
        raise UnreadableFileError(f"{out}: end the output's name in .csv or .parquet")
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f".{out.name}.draft")
    try:
        with contextmanager(writers[out.suffix.lower()])(draft) as write:
            yield write
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


def _csv(draft: Path) -> Iterator[Write]:
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        header: list[str] = []

        def write(table: pa.Table) -> None:
            if not header:
                header.extend(table.column_names)
                writer.writerow(header)
            writer.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))

        yield write


def _parquet(draft: Path) -> Iterator[Write]:
    opened: list[pq.ParquetWriter] = []

    def write(table: pa.Table) -> None:
        if not opened:
            opened.append(pq.ParquetWriter(draft, table.schema, compression="zstd"))
        opened[0].write_table(table)

    try:
        yield write
    finally:
        for writer in opened:
            writer.close()
