"""Rows as they stood on a day: event and record both before it, the latest version of each key."""

from __future__ import annotations

from datetime import date, datetime, time

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.archive import Archive
from model.tables import EVENT_ON, RECORDED_AT, archive_tables


def visible_rows(archive: Archive, table: str, columns: list[str], as_of: date) -> pd.DataFrame:
    """Return `columns` of the rows of `table` in force as of `as_of`; dates as timestamps."""
    rows = archive.read(table).select([*dict.fromkeys([*columns, RECORDED_AT, EVENT_ON])])
    midnight = pa.scalar(datetime.combine(as_of, time()), pa.timestamp("us"))
    known = pc.and_(
        pc.less(rows[EVENT_ON], pa.scalar(as_of, pa.date32())), pc.less(rows[RECORDED_AT], midnight)
    )
    key = list(archive_tables()[table].key)
    frame = _plain(rows.filter(known)).to_pandas(date_as_object=False)
    # Versions recorded at one instant are told apart by content, never by the order of rows.
    ordered = frame.sort_values([RECORDED_AT, *sorted(set(columns) - set(key))], kind="stable")
    latest: pd.DataFrame = ordered.drop_duplicates(key, keep="last")[columns]
    return latest


def first_month(archive: Archive, table: str) -> date | None:
    """Return the first month `table` has a row for; None if it has none."""
    earliest: date | None = pc.min(archive.read(table)["month"]).as_py()
    return earliest


def _plain(rows: pa.Table) -> pa.Table:
    # pandas keeps decimals as objects; whether a balance is zero survives the change to a float.
    fields = [
        pa.field(f.name, pa.float64() if pa.types.is_decimal(f.type) else f.type)
        for f in rows.schema
    ]
    return rows.cast(pa.schema(fields))
