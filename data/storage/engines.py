"""DuckDB, the engine that computes profiles: in this process, and in each task of Spark."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
from ibis.expr.types import Table

from data.storage.archive import Archive
from data.storage.private_files import scratch
from data.storage.schema import select_list
from model.archive.tables import Table as Declared
from model.archive.tables import archive_tables
from model.errors import ArchiveError

#: DuckDB's errors that concern the query or the machine, not the stored bytes.
_NOT_ARCHIVE_ERRORS = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.OutOfMemoryException,
)
#: Rows fetched at once from a sort that spills.
_BATCH = 65_536
_REMEDY = "Restore the archive from a backup, or import all files into a new folder"


@dataclass(frozen=True)
class Query:
    """A compiled expression: the text that any `Engine` with the same tables runs.

    Attributes
    ----------
    schema : pa.Schema
        Names and types of the result.
    """

    sql: str
    schema: pa.Schema

    @classmethod
    def of(cls, rows: Table) -> Query:
        """Compile the expression `rows` over tables that an `Engine` will have by their names."""
        text = str(ibis.to_sql(rows, dialect="duckdb", pretty=False))
        return cls(text, rows.schema().to_pyarrow())


@contextmanager
def compiling() -> Iterator[None]:
    """Build and compile a large expression in it: a profile takes 3 instead of 5 seconds so.

    Python's collector would walk the millions of objects of the expression again and again. Ibis
    would merge nested selects, into a text that takes DuckDB longer to run.
    """
    merges, collects = ibis.options.sql.fuse_selects, gc.isenabled()
    ibis.options.sql.fuse_selects = False
    gc.disable()
    try:
        yield
    finally:
        ibis.options.sql.fuse_selects = merges
        if collects:
            gc.enable()


class Engine:
    """DuckDB with the tables that are opened on it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def open(self, table: Declared, parts: list[str], stored: Collection[str]) -> Table:
        """Return the Parquet `parts` of one archive table with every declared column.

        `stored` names the columns that at least one part has; an earlier version has fewer.
        """
        self._connection.read_parquet(parts, table_name=f"stored_{table.name}", union_by_name=True)
        self._connection.raw_sql(
            f"CREATE TEMP VIEW {table.name} AS"
            f" SELECT {select_list(table, stored)} FROM stored_{table.name}"
        )
        return self._connection.table(table.name)

    def hold(self, name: str, rows: pa.Table) -> None:
        """Make `rows` a table of the engine by that `name`, in place of one before."""
        self._connection.con.register("held", rows)
        self._connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM held")
        self._connection.con.unregister("held")

    def fetch(self, rows: Table) -> pa.Table:
        """Execute the expression `rows` and return its rows."""
        return rows.to_pyarrow()

    def show(self, name: str, files: list[Path], empty: bool = False) -> None:
        """Let the table `name` hold the rows of Parquet `files`; none of them if `empty`."""
        listed = ", ".join(_quoted(file) for file in files)
        self._connection.raw_sql(
            f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM"
            f" read_parquet([{listed}], hive_partitioning = false){' LIMIT 0' if empty else ''}"
        )

    def select(self, sql: str) -> pa.Table:
        """Return the rows of a SELECT."""
        return self._connection.con.sql(sql).to_arrow_table()

    def write_by(self, sql: str, column: str, folder: Path) -> None:
        """Write the rows of a SELECT as Parquet, in a folder ``column=value`` for each value."""
        self._connection.raw_sql(
            f"COPY ({sql}) TO {_quoted(folder)}"
            f" (FORMAT parquet, PARTITION_BY ({column}), COMPRESSION lz4)"
        )

    def run(self, query: Query) -> pa.Table:
        """Run `query` on the tables and the spine of this engine."""
        return self._connection.con.sql(query.sql).to_arrow_table().cast(query.schema)

    def write(self, rows: Table, path: Path) -> None:
        """Execute the expression `rows` and write its rows to `path` as they come."""
        self._connection.to_parquet(rows, path, use_tmp_file=False)

    def sorted_rows(self, files: Iterable[Path], by: Sequence[str]) -> Iterator[pa.Table]:
        """Yield the rows of Parquet `files`, sorted, a batch at a time; the sort spills."""
        # A connection of its own: no other statement may run on it while batches are fetched.
        rows = self._connection.con.cursor().read_parquet([str(file) for file in files])
        for batch in rows.order(", ".join(by)).to_arrow_reader(_BATCH):
            yield pa.Table.from_batches([batch])


@contextmanager
def start_engine(threads: int | None = None) -> Iterator[Engine]:
    """Start DuckDB, and stop it after use.

    Parameters
    ----------
    threads
        How many it uses, and by its share of them, how much of the machine's memory before it
        spills; None uses what there is.

    Raises
    ------
    ArchiveError
        If it reads damaged bytes.
    """
    # What does not fit into memory is spilled to files, which hold profiles: for the owner only,
    # and gone with the engine, never in the folder where a command happens to be typed.
    with scratch() as spill:
        connection = connect(str(spill))
        if threads is not None:
            _restrict(connection, threads)
        try:
            yield Engine(connection)
        except _NOT_ARCHIVE_ERRORS:
            raise
        except duckdb.Error as error:
            raise ArchiveError(f"the archive cannot be read: {error}. {_REMEDY}") from error
        finally:
            connection.disconnect()


def connect(spill: str | None = None) -> Any:
    """Return a new DuckDB as profiles need it, by Ibis; `spill` is where it puts what is too much.

    A profile joins some 200 views by one key, in an order that serves as it is written. DuckDB
    would search for a better order longer than a profile takes, and pull projections up for seconds
    without any gain.
    """
    config = {"temp_directory": spill} if spill else {}
    connection = ibis.duckdb.connect(disabled_optimizers="join_order,projection_pullup", **config)
    _silence(connection)
    return connection


def _silence(connection: Any) -> None:
    """Switch off DuckDB's progress bar, which it prints between the output of a command.

    In a notebook without widgets it is off, and DuckDB refuses any change.
    """
    ((is_on,),) = connection.raw_sql("SELECT current_setting('enable_progress_bar')").fetchall()
    if is_on:
        connection.raw_sql("SET enable_progress_bar = false")


def open_archive(archive: Archive, engine: Engine) -> Mapping[str, Table]:
    """Return the archive's stored tables on `engine`; a table without rows is absent.

    Raises
    ------
    ArchiveError
        If the archive has no members, or a stored part is damaged.
    """
    if not archive.parts("members"):
        raise ArchiveError(
            f"{archive.folder} holds no members: import or simulate an archive there first"
        )
    return open_tables(archive, engine, archive_tables())


def open_tables(archive: Archive, engine: Engine, names: Iterable[str]) -> Mapping[str, Table]:
    """Return the tables of `names` that have rows on `engine`.

    Raises
    ------
    ArchiveError
        If a stored part is damaged.
    """
    parts = {name: archive.parts(name) for name in names}
    return {
        name: engine.open(archive_tables()[name], [*map(str, paths)], archive.stored_columns(name))
        for name, paths in parts.items()
        if paths
    }


def _quoted(path: Path) -> str:
    text = str(path).replace("'", "''")
    return f"'{text}'"


def _restrict(connection: Any, threads: int) -> None:
    """Use so many threads, and the same share of the memory that DuckDB would use by itself."""
    ((available, limit),) = connection.raw_sql(
        "SELECT current_setting('threads'), current_setting('memory_limit')"
    ).fetchall()
    connection.raw_sql(f"SET threads = {threads}")
    number, unit = limit.split()
    share = float(number) * min(threads / available, 1)
    connection.raw_sql(f"SET memory_limit = '{share:.1f} {unit}'")
