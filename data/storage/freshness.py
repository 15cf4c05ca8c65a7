"""The last month known of each archive table, by county."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

import duckdb

from data.storage.archive import Archive
from data.storage.schema import select_list
from model.archive.tables import EVENT_ON, RECORDED_AT, Table, archive_tables
from model.policy.freshness import sent_regularly

#: Columns that hold the code of a place; its first six digits are the county's.
_PLACES = ("village_code", "place")
#: The county of rows that belong to none, such as those of the network.
NO_COUNTY = ""


@dataclass(frozen=True)
class LastMonths:
    """The first day of the last month known, by table and county code of six digits."""

    by_county: Mapping[str, Mapping[str, date]]

    @property
    def by_table(self) -> dict[str, date]:
        """The last month known of each table that has rows."""
        return {table: max(months.values()) for table, months in self.by_county.items()}

    def counties_behind(self, table: str, on: date) -> dict[str, date]:
        """Return the counties whose last month of `table` is older than that of another county.

        None is, of a table that no county sends regularly; see `sent_regularly`.
        """
        if table not in sent_regularly(on):
            return {}
        last = self.by_table[table]
        return {code: month for code, month in self.by_county[table].items() if month < last}

    def as_json(self) -> dict[str, dict[str, str]]:
        """Return the months as ``2023-09`` by table and county."""
        return {
            table: {code: f"{month:%Y-%m}" for code, month in months.items()}
            for table, months in self.by_county.items()
        }


def last_months(archive: Archive, as_of: date | None = None) -> LastMonths:
    """Return the last month of each table that has rows.

    Parameters
    ----------
    as_of
        Only rows whose event and recording time lie before this day count; without it, all rows.

    Raises
    ------
    ArchiveError
        If a stored part is damaged.
    """
    with duckdb.connect() as database:
        found = dict(_opened(database, archive, as_of))
        months = {name: _months(database, name) for name in found if found[name]}
    return LastMonths({name: each for name, each in months.items() if each})


def _opened(
    database: duckdb.DuckDBPyConnection, archive: Archive, as_of: date | None
) -> Iterator[tuple[str, bool]]:
    """Create a view of each table with the county of its rows; yield which tables have rows."""
    opened: set[str] = set()
    for name, table in archive_tables().items():
        parts = [str(part) for part in archive.parts(name)]
        if parts:
            stored = database.read_parquet(parts, union_by_name=True)
            rows = stored.project(select_list(table, archive.stored_columns(name)))
            rows.create_view(f"rows_{name}")
            database.execute(_view(table, opened, as_of))
            opened.add(name)
        yield name, bool(parts)


def _view(table: Table, opened: set[str], as_of: date | None) -> str:
    county, join = _county(table, opened)
    seen = ""
    if as_of is not None:
        midnight = datetime.combine(as_of, time.min)
        seen = f"WHERE own.{EVENT_ON} < '{as_of}' AND own.{RECORDED_AT} < '{midnight}'"
    return (
        f"CREATE VIEW {table.name} AS SELECT own.*, {county} AS county_code"
        f" FROM rows_{table.name} AS own {join} {seen}"
    )


def _county(table: Table, opened: set[str]) -> tuple[str, str]:
    """Return the expression of a row's county and the join that it needs."""
    for place in _PLACES:
        if place in table.columns:
            return f"left(own.{place}, 6)", ""
    for check in table.checks:
        if check.table in opened:
            (key,) = check.columns
            newest = (
                f"SELECT {key}, arg_max(county_code, {RECORDED_AT}) AS county_code"
                f" FROM {check.table}"
            )
            join = f"LEFT JOIN ({newest} GROUP BY ALL) AS parent USING ({key})"
            return f"coalesce(parent.county_code, '{NO_COUNTY}')", join
    return f"'{NO_COUNTY}'", ""


def _months(database: duckdb.DuckDBPyConnection, table: str) -> dict[str, date]:
    last = f"SELECT county_code, date_trunc('month', max({EVENT_ON}))::DATE FROM {table}"
    return dict(database.sql(f"{last} GROUP BY county_code ORDER BY county_code").fetchall())
