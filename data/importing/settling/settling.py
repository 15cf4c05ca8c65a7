"""Settling of checked rows: judge each row against other rows and the archive, store the rest.

A row alone does not show duplicates, conflicts, unknown parents or one person under two members.
The rows of a table are judged together in the fixed order of the import, so the outcome does not
depend on which file is read first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
from data.importing.settling.reading import Progress
from data.importing.settling.repeats import DUPLICATE, find_repeats, refuse_duplicate_persons
from data.importing.settling.staging import ROW_ID, StagedFile, StagedSheet
from data.storage.archive import Archive, ArchiveWriter
from data.storage.schema import arrow_schema, select_list
from model.archive.tables import EVENT_ON, Table, archive_tables
from model.errors import StorageError, disk_fault

#: Enough for a table of full size. DuckDB spills to the staging folder beyond it.
_MEMORY = "750MB"
_THREADS = 2
#: Code of a row whose parent is neither in the archive nor in the import, by the parent's table.
UNKNOWN_PARENT = {
    "members": "UNKNOWN_MEMBER",
    "loans": "UNKNOWN_LOAN",
    "accounts": "UNKNOWN_ACCOUNT",
    "stations": "UNKNOWN_STATION",
    "cooperatives": "UNKNOWN_COOPERATIVE",
}


@dataclass(frozen=True)
class Verdicts:
    """The rows that passed their checks but are not stored, by ascending row id.

    Attributes
    ----------
    duplicates : array of int, shape (n,)
        Row ids of the rows that the archive already has.
    refused : Arrow table of ``row_id`` and ``code``, shape (m,)
        The rows that go to quarantine, each with a code of `ARCHIVE_REASONS`.
    """

    duplicates: npt.NDArray[np.int64]
    refused: pa.Table

    def of(self, sheet: StagedSheet) -> Verdicts:
        """Return the verdicts on the rows of `sheet`."""
        refused = self.refused[ROW_ID].to_numpy()
        return Verdicts(
            self.duplicates[_within(self.duplicates, sheet)], self.refused[_within(refused, sheet)]
        )

    def row_ids(self) -> npt.NDArray[np.int64]:
        """Return the row ids of all of them."""
        return np.concatenate([self.duplicates, self.refused[ROW_ID].to_numpy()])


def _within(row_ids: npt.NDArray[np.int64], sheet: StagedSheet) -> slice:
    first, last = np.searchsorted(row_ids, (sheet.start, sheet.end)).tolist()
    return slice(first, last)


@dataclass
class Settled:
    """What became of the good rows of one sheet.

    Attributes
    ----------
    refused : Arrow table of ``row_id`` and ``code``
        See `Verdicts`.
    duplicate, stored : int
        Number of rows that the archive already had, and of those that it has now.
    """

    refused: pa.Table
    duplicate: int
    stored: int = 0


def store_files(
    files: Sequence[StagedFile],
    archive: ArchiveWriter,
    moment: datetime,
    spill: Path,
    progress: Progress,
) -> Mapping[int, Settled]:
    """Judge the staged rows and store those without a verdict, one part a table, parents first.

    Returns
    -------
    mapping of int to Settled
        Start of each sheet → its settled rows.

    Raises
    ------
    StorageError
        If the disk is full or read-only; nothing becomes visible then.
    """
    settled: dict[int, Settled] = {}
    tables = archive_tables()
    for done, (name, table) in enumerate(tables.items()):
        progress("storing", done, len(tables))
        sheets = [sheet for file in files for sheet in file.sheets if sheet.table == name]
        if sheets:
            with _saying_that_nothing_is_stored(archive):
                verdicts = _judge(table, sheets, archive, moment, spill)
                archive.append_stream(name, _accepted(table, sheets, verdicts, settled))
    progress("storing", len(tables), len(tables))
    return settled


@contextmanager
def _saying_that_nothing_is_stored(archive: Archive) -> Iterator[None]:
    try:
        yield
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        fault = disk_fault(error) if isinstance(error, OSError) else str(error).splitlines()[0]
        raise StorageError(
            f"{archive.folder}: {fault}; nothing was stored; import the same files again"
        ) from error


def stored_rows(files: Sequence[StagedFile], settled: Mapping[int, Settled]) -> str:
    """Return how many rows of each table are stored, in words."""
    counts = Counter[str]()
    for sheet in (sheet for file in files for sheet in file.sheets):
        if sheet.start in settled:
            counts[sheet.table] += settled[sheet.start].stored
    shown = ", ".join(f"{number:,} of {table}" for table, number in counts.items() if number)
    return f"rows stored: {shown or 'none'}"


def _accepted(
    table: Table,
    sheets: Sequence[StagedSheet],
    verdicts: Verdicts,
    settled: dict[int, Settled],
) -> Iterator[pa.Table]:
    """Yield the rows without a verdict, and add what became of each sheet to `settled`."""
    columns = [name for name in table.columns if name != EVENT_ON]
    for sheet in sheets:
        found = verdicts.of(sheet)
        left_out = found.row_ids()
        settled[sheet.start] = Settled(found.refused, len(found.duplicates))
        for rows in good_rows(sheet):
            is_stored = ~np.isin(rows[ROW_ID].to_numpy(), left_out)
            settled[sheet.start].stored += int(np.count_nonzero(is_stored))
            yield rows.select(columns).filter(pa.array(is_stored))


def good_rows(sheet: StagedSheet) -> Iterator[pa.Table]:
    """Yield the good rows of `sheet`, a chunk at a time."""
    with pa.memory_map(str(sheet.good)) as source:
        reader = pa.ipc.open_file(source)
        for number in range(reader.num_record_batches):
            yield pa.Table.from_batches([reader.get_batch(number)])


def _judge(
    table: Table, sheets: Sequence[StagedSheet], archive: Archive, moment: datetime, spill: Path
) -> Verdicts:
    """Return the verdicts on the rows of all `sheets` of `table`; parents are stored first."""
    with _database(spill) as database:
        database.register("incoming", _good_rows_of(table, sheets))
        _create_view(database, "stored", archive, table)
        for check in table.checks:
            if check.table:
                _create_view(database, "parents", archive, archive_tables()[check.table])
                _refuse_unknown_parents(database, check.columns[0], UNKNOWN_PARENT[check.table])
        find_repeats(database, table, moment)
        for (column,) in table.unique:
            refuse_duplicate_persons(database, table.key[0], column)
        duplicates = _verdicts(database, f"code = '{DUPLICATE}'")
        refused = _verdicts(database, f"code <> '{DUPLICATE}'")
    return Verdicts(duplicates[ROW_ID].to_numpy(), refused)


def _verdicts(database: duckdb.DuckDBPyConnection, condition: str) -> pa.Table:
    return database.sql(f"FROM verdicts WHERE {condition} ORDER BY {ROW_ID}").to_arrow_table()


@contextmanager
def _database(spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory with an empty table of verdicts."""
    settings = {
        "memory_limit": _MEMORY,
        "threads": _THREADS,
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
    }
    with duckdb.connect(config=settings) as database:
        # Every join is written with its smaller side on the right. DuckDB cannot count the rows of
        # Arrow files, and would keep those of the import in memory instead.
        database.execute("SET disabled_optimizers = 'build_side_probe_side'")
        database.execute(f"CREATE TABLE verdicts ({ROW_ID} BIGINT, code VARCHAR)")
        yield database


def _good_rows_of(table: Table, sheets: Sequence[StagedSheet]) -> ds.Dataset:
    """Return the good rows of `sheets` without their raw texts."""
    stored = [field for field in arrow_schema(table) if field.name != EVENT_ON]
    schema = pa.schema([*stored, pa.field(DATED, pa.bool_()), pa.field(ROW_ID, pa.int64())])
    return ds.dataset([str(sheet.good) for sheet in sheets], schema=schema, format="ipc")


def _create_view(
    database: duckdb.DuckDBPyConnection, view: str, archive: Archive, table: Table
) -> None:
    """Create `view` over the stored rows of `table`, whatever the version that wrote them."""
    if parts := archive.parts(table.name):
        columns = select_list(table, archive.stored_columns(table.name))
        stored = database.read_parquet([str(part) for part in parts], union_by_name=True)
        stored.project(columns).create_view(view, replace=True)
    else:
        database.register(view, arrow_schema(table).empty_table())


def _refuse_unknown_parents(database: duckdb.DuckDBPyConnection, key: str, code: str) -> None:
    database.execute(
        f"INSERT INTO verdicts SELECT {ROW_ID}, '{code}'"
        f" FROM incoming ANTI JOIN parents USING ({key})"
    )
