"""``rongzi score``: score any flat table with a card, part by part, into csv or Parquet.

Points are integers, so the size of a part never changes the result.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data.importing.table_file import read_table_file
from data.storage.flat_table import card_columns
from data.storage.placement import Placement, added, placements, refuse_unplaced
from data.storage.private_files import drafted
from data.storage.score_columns import free_names
from model.card.bins import Columns
from model.card.reasons import MAX_REASONS, points_lost, ranked, reason_codes
from model.card.scorecard import Card
from model.errors import GivenError, UnreadableFileError

Write = Callable[[pa.Table], None]
ADDED = pa.schema(
    [
        pa.field("points", pa.int64(), nullable=False),
        pa.field("pd", pa.float64(), nullable=False),
        pa.field("grade", pa.string(), nullable=False),
        *(pa.field(f"reason_{i}", pa.string()) for i in range(1, MAX_REASONS + 1)),
    ]
)
PART_ROWS = 50_000


@dataclass(frozen=True)
class ScoredTable:
    """What `score_table` did: rows, the names of the added columns, and counts by input column."""

    rows: int
    added: tuple[str, ...]
    placements: tuple[Placement, ...]


def score_table(
    source: Path,
    card: Card,
    out: Path,
    rows_at_a_time: int = PART_ROWS,
    allow_unreadable: float | None = None,
) -> ScoredTable:
    """Write the table at `source`, with points, PD, grade and reasons added, to `out`.

    The table's own cells do not change; a csv is written in UTF-8 with BOM, so that spreadsheets
    read its Chinese, separated by commas. Where the table has a column of the same name, all added
    columns get an ending; see `free_names`.

    Parameters
    ----------
    allow_unreadable : float or None
        Largest share of a column's values that may score as out of range; see `refuse_unplaced`.

    Raises
    ------
    UnreadableFileError
        If the table cannot be read, lacks an attribute of the card, or has too many values that the
        card cannot place.
    GivenError
        If `out` ends neither in .csv nor in .parquet.
    """
    parts = _parts(source, rows_at_a_time)
    first = next(parts)
    _refuse_absent(source, first, card)
    names = free_names(ADDED.names, first.column_names)
    found, rows = [Placement(name) for name in card.inputs], 0
    with table_writer(out) as write:
        for part in chain([first], parts):
            columns = card_columns(part, card)
            found = added(found, placements(part, columns, card))
            write(_with_scores(part, columns, card, names))
            rows += part.num_rows
        refuse_unplaced(source, found, allow_unreadable)
    return ScoredTable(rows, tuple(names), tuple(found))


def _with_scores(table: pa.Table, columns: Columns, card: Card, names: list[str]) -> pa.Table:
    """Return `table` with the columns of `ADDED`, under `names`."""
    codes = card.codes(columns)
    by_factor = card.points_by_factor(codes)
    points = card.total(by_factor)
    reasons = reason_codes(card, codes, ranked(points_lost(card, codes, by_factor)))
    values = [points, card.pd(points), card.grade(points), *reasons.T]
    for name, field, column in zip(names, ADDED, values, strict=True):
        table = table.append_column(field.with_name(name), pa.array(column, field.type))
    return table


def _parts(source: Path, rows: int) -> Iterator[pa.Table]:
    if source.suffix.lower() == ".parquet":
        yield from _parquet_parts(source, rows)
    else:
        table = read_table_file(source)
        yield from (table.slice(start, rows) for start in range(0, table.num_rows, rows))


def _parquet_parts(source: Path, rows: int) -> Iterator[pa.Table]:
    try:
        with pq.ParquetFile(source) as file:
            if not file.metadata.num_rows:
                raise UnreadableFileError(f"{source}: holds no rows")
            for batch in file.iter_batches(rows):
                yield pa.Table.from_batches([batch])
    except (OSError, pa.ArrowException) as error:
        raise UnreadableFileError(
            f"{source}: cannot be read as Parquet; check the path, or write the file again"
        ) from error


def _refuse_absent(source: Path, table: pa.Table, card: Card) -> None:
    absent = [name for name in card.inputs if name not in table.column_names]
    if absent:
        raise UnreadableFileError(
            f"{source}: the card reads {', '.join(absent)}, which the table does not have; its"
            f" columns are {', '.join(table.column_names[:20])}"
        )


@contextmanager
def table_writer(out: Path) -> Iterator[Write]:
    """Yield a function that writes one part; `out` appears, complete, if the block succeeds.

    Raises
    ------
    GivenError
        If `out` ends neither in .csv nor in .parquet.
    BusyError
        If another run is writing `out`.
    """
    writers = {".csv": _csv, ".parquet": _parquet}
    if out.suffix.lower() not in writers:
        raise GivenError(f"{out}: the output's name must end in .csv or .parquet")
    writer = contextmanager(writers[out.suffix.lower()])
    with drafted(out) as draft, writer(draft) as write:
        yield write


def _csv(draft: Path) -> Iterator[Write]:
    with draft.open("w", encoding="utf-8-sig", newline="") as file:
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
