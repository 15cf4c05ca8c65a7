"""Arrow types and schemas of the archive contract."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from model.archive.tables import EVENT_ON, RECORDED_AT, Column, Table, season_start

_TYPES = {
    "identifier": pa.string(), "id_number": pa.string(), "phone": pa.string(),
    "village": pa.string(), "place": pa.string(), "text": pa.string(),
    "choice": pa.string(), "season": pa.string(),
    "integer": pa.int64(), "date": pa.date32(), "month": pa.date32(), "flag": pa.bool_(),
    "timestamp": pa.timestamp("us"),
}  # fmt: skip


#: DuckDB's names of the stored types.
_SQL_TYPES = {
    pa.string(): "STRING", pa.int64(): "BIGINT", pa.date32(): "DATE", pa.bool_(): "BOOLEAN",
    pa.timestamp("us"): "TIMESTAMP",
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


def fitted(table: Table, rows: pa.Table) -> pa.Table:
    """Return `rows` with every column of `table` that may be absent, and with their defaults."""
    for column in table.columns.values():
        default = pa.scalar(column.default, arrow_type(column))
        if column.absent and column.name not in rows.column_names:
            values = pa.repeat(default, rows.num_rows)
            rows = rows.append_column(pa.field(column.name, default.type), values)
        elif column.default is not None:
            at = rows.column_names.index(column.name)
            rows = rows.set_column(at, column.name, pc.fill_null(rows[column.name], default))
    return rows


def select_list(table: Table, stored: Collection[str]) -> str:
    """Return SQL that selects every column of `table` from Parquet parts of any version.

    Parameters
    ----------
    stored
        Names of the columns that at least one part has.
    """
    columns = (_selected(field, table, stored) for field in arrow_schema(table))
    return ", ".join(columns)


def _selected(field: pa.Field, table: Table, stored: Collection[str]) -> str:
    name, column = f'"{field.name}"', table.columns.get(field.name)
    default = "NULL" if column is None or column.default is None else f"'{column.default}'"
    if field.name not in stored:
        return f"CAST({default} AS {_sql_type(field.type)}) AS {name}"
    return name if default == "NULL" else f"coalesce({name}, {default}) AS {name}"


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    return _SQL_TYPES[kind]


def with_event_date(table: Table, rows: pa.Table) -> pa.Table:
    """Append ``event_on``: the event column's date, a month's last day, or a season's first day."""
    return rows.append_column(
        pa.field(EVENT_ON, pa.date32(), nullable=False), _event_on(table, rows)
    )


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
