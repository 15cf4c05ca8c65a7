"""Arrow types and schemas of the archive contract."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from model.archive.tables import EVENT_ON, RECORDED_AT, Column, Table, season_start

_TYPES = {
    "identifier": pa.string(), "id_number": pa.string(), "phone": pa.string(),
    "village": pa.string(), "text": pa.string(), "choice": pa.string(), "season": pa.string(),
    "integer": pa.int64(), "date": pa.date32(), "month": pa.date32(), "flag": pa.bool_(),
    "timestamp": pa.timestamp("us"),
}  # fmt: skip


def arrow_type(column: Column) -> pa.DataType:
    """Return the stored type of `column`; money and measures are decimals, so sums are exact."""
    if column.kind == "money":
        return pa.decimal128(16, 2)
    if column.kind == "number":
        return pa.decimal128(14, column.places)
    return _TYPES[column.kind]


def arrow_schema(table: Table) -> pa.Schema:
    """Return the stored schema of `table`: its columns, ``recorded_at`` and ``event_on``."""
    fields = [
        pa.field(column.name, arrow_type(column), nullable=column.optional)
        for column in table.columns.values()
    ]
    return pa.schema([*fields, pa.field(EVENT_ON, pa.date32(), nullable=False)])


def with_event_date(table: Table, rows: pa.Table) -> pa.Table:
    """Append ``event_on``: the event column's date, a month's last day, or a season's first day."""
    return rows.append_column(
        pa.field(EVENT_ON, pa.date32(), nullable=False), _event_on(table, rows)
    )


def with_absent_columns(table: Table, rows: pa.Table) -> pa.Table:
    """Append each column that a file may leave out and `rows` lack, as nulls."""
    for column in table.columns.values():
        if column.absent and column.optional and column.name not in rows.column_names:
            rows = rows.append_column(column.name, pa.nulls(rows.num_rows, arrow_type(column)))
    return rows


def season_starts(seasons: pa.Array) -> pa.Array:
    """Return the first day of each of `seasons`, shape (n,); null stays null."""
    encoded = pc.dictionary_encode(seasons)
    starts = pa.array([season_start(s) for s in encoded.dictionary.to_pylist()], pa.date32())
    return starts.take(encoded.indices)


def _event_on(table: Table, rows: pa.Table) -> pa.ChunkedArray:
    if table.event is None:
        return pc.cast(pc.floor_temporal(rows[RECORDED_AT], unit="day"), pa.date32())
    values, kind = rows[table.event], table.columns[table.event].kind
    if kind == "month":
        next_month = pc.ceil_temporal(values, unit="month", ceil_is_strictly_greater=True)
        days = pc.subtract(pc.cast(next_month, pa.int32()), 1)
        return pc.cast(pc.cast(days, pa.int32()), pa.date32())
    if kind == "season":
        return pa.chunked_array([season_starts(values.combine_chunks())])
    return values
