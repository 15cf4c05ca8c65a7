"""What one row alone cannot show: duplicates, conflicts, unknown parents, one person twice.

Rows of a table are judged together, in the fixed order of the import, against the archive; the
outcome does not depend on which file was read first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.dataset as ds

from data.importing.rows.checks import DATED
from data.importing.settling.repeats import find_repeats, refuse_second_persons
from data.importing.settling.staging import AT, StagedSheet
from data.storage.archive import Archive
from data.storage.schema import arrow_schema
from model.archive.tables import EVENT_ON, Table, archive_tables

#: Enough for a table of full size; beyond it DuckDB spills to the staging folder.
_MEMORY = "1GB"
_THREADS = 2
#: What a row is told whose parent is in none of the two.
UNKNOWN = {"members": "UNKNOWN_MEMBER", "loans": "UNKNOWN_LOAN"}


@dataclass(frozen=True)
class Verdicts:
    """Rows that passed on their own and are not stored: where they stand, and why.

    Attributes
    ----------
    at : array of int, shape (n,)
        Positions in the import, rising.
    codes : array of str, shape (n,)
        `repeats.DUPLICATE` or a code of `ARCHIVE_REASONS`.
    """

    at: npt.NDArray[np.int64]
    codes: npt.NDArray[np.object_]

    def of(self, sheet: StagedSheet) -> Verdicts:
        """Return the verdicts on the rows of `sheet`."""
        first, last = np.searchsorted(self.at, (sheet.start, sheet.end))
        return Verdicts(self.at[first:last], self.codes[first:last])


def settle(
    table: Table, sheets: Sequence[StagedSheet], archive: Archive, moment: datetime, spill: Path
) -> Verdicts:
    """Judge the rows of all `sheets` of `table`, whose parents are in the archive by now."""
    with _database(spill) as database:
        database.register("incoming", _rows(table, sheets))
        _show(database, "stored", archive, table)
        for check in table.checks:
            if check.table:
                _show(database, "parents", archive, archive_tables()[check.table])
                _refuse_unknown(database, check.columns[0], UNKNOWN[check.table])
        find_repeats(database, table, moment)
        for (column,) in table.unique:
            refuse_second_persons(database, table.key[0], column)
        found = database.sql(f"SELECT {AT}, code FROM verdicts ORDER BY {AT}").fetchnumpy()
    return Verdicts(found[AT].astype(np.int64), found["code"].astype(object))


@contextmanager
def _database(spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory, with room for verdicts and a view of the rows without one."""
    settings = {"memory_limit": _MEMORY, "threads": _THREADS, "temp_directory": str(spill)}
    with duckdb.connect(config=settings) as database:
        database.execute("CREATE TABLE verdicts (place BIGINT, code VARCHAR)")
        yield database


def _rows(table: Table, sheets: Sequence[StagedSheet]) -> ds.Dataset:
    """Return the good rows of `sheets` without the texts they were read from."""
    stored = [field for field in arrow_schema(table) if field.name != EVENT_ON]
    schema = pa.schema([*stored, pa.field(DATED, pa.bool_()), pa.field(AT, pa.int64())])
    return ds.dataset([str(sheet.good) for sheet in sheets], schema=schema, format="ipc")


def _show(database: duckdb.DuckDBPyConnection, view: str, archive: Archive, table: Table) -> None:
    """Make the stored rows of `table` known as `view`."""
    if parts := archive.parts(table.name):
        database.read_parquet([str(part) for part in parts]).create_view(view, replace=True)
    else:
        database.register(view, arrow_schema(table).empty_table())


def _refuse_unknown(database: duckdb.DuckDBPyConnection, key: str, code: str) -> None:
    database.execute(
        f"INSERT INTO verdicts SELECT {AT}, '{code}' FROM incoming ANTI JOIN parents USING ({key})"
    )
