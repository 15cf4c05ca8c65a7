"""The engines that compute profiles, DuckDB or Spark, from the same expressions to equal values."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeAlias

import duckdb
import ibis
import pyarrow as pa
from ibis.expr.types import Table

from data.storage.archive import Archive
from data.storage.schema import select_list
from model.archive.tables import Table as Declared
from model.archive.tables import archive_tables
from model.errors import ArchiveError

#: UTC, so that dates do not depend on the machine's time zone.
_SPARK_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
_SPARK_ON_ONE_MACHINE = {
    "spark.master": "local[*]",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    # The profile joins dozens of views; the default of 1 GiB holds too few of them at once.
    "spark.driver.memory": "3g",
    # Each joined table that is broadcast takes whole pages, of 64 MiB by default, all at one time.
    "spark.buffer.pageSize": "1m",
}

#: DuckDB's errors that concern the query or the machine, not the stored bytes.
_NOT_ARCHIVE_ERRORS = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.OutOfMemoryException,
)
_REMEDY = "Restore the archive from a backup, or import its files again"

EngineName = Literal["duckdb", "spark"]


class _DuckDB:
    """DuckDB in this process."""

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

    def cache(self, spine: pa.Table) -> Table:
        """Return `spine` as a table of the engine, in place of the spine before it.

        It is cached because every view reads it.
        """
        self._connection.con.register("asked", spine)
        self._connection.raw_sql("CREATE OR REPLACE TEMP TABLE spine AS FROM asked")
        self._connection.con.unregister("asked")
        return self._connection.table("spine")

    def fetch(self, rows: Table) -> pa.Table:
        """Execute the expression `rows` and return its rows."""
        return rows.to_pyarrow()


class _Spark:
    """Spark; the methods are those of `_DuckDB`."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._connection = ibis.pyspark.connect(session)

    def open(self, table: Declared, parts: list[str], stored: Collection[str]) -> Table:
        rows = self._session.read.option("mergeSchema", "true").parquet(*parts)
        rows.createOrReplaceTempView(f"stored_{table.name}")
        columns = select_list(table, stored, quote="`")
        declared = self._session.sql(f"SELECT {columns} FROM stored_{table.name}")
        declared.createOrReplaceTempView(table.name)
        return self._connection.table(table.name)

    def cache(self, spine: pa.Table) -> Table:
        self._session.createDataFrame(spine).cache().createOrReplaceTempView("spine")
        return self._connection.table("spine")

    def fetch(self, rows: Table) -> pa.Table:
        # Ibis would convert through pandas; Spark returns Arrow itself.
        fetched = self._session.sql(self._connection.compile(rows)).toArrow()
        return fetched.cast(rows.schema().to_pyarrow())


Engine: TypeAlias = _DuckDB | _Spark


@contextmanager
def start_engine(engine: EngineName) -> Iterator[Engine]:
    """Start `engine`; DuckDB stops after use, Spark with the process.

    Raises
    ------
    ArchiveError
        If pyspark is needed and not installed, or DuckDB reads damaged bytes.
    """
    if engine == "spark":
        yield _Spark(spark_session())
        return
    # What does not fit into memory is spilled to files, which hold profiles: for the owner only,
    # and gone with the engine, never in the folder where a command happens to be typed.
    with TemporaryDirectory(prefix="rongzi-spill-") as spill:
        connection = ibis.duckdb.connect(temp_directory=spill)
        _silence(connection)
        try:
            yield _DuckDB(connection)
        except _NOT_ARCHIVE_ERRORS:
            raise
        except duckdb.Error as error:
            raise ArchiveError(f"the archive cannot be read: {error}. {_REMEDY}") from error
        finally:
            connection.disconnect()


def _silence(connection: Any) -> None:
    """Switch off DuckDB's progress bar, which it prints between the output of a command.

    In a notebook without widgets it is off, and DuckDB refuses any change.
    """
    (is_on,) = connection.raw_sql("SELECT current_setting('enable_progress_bar')").fetchone()
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


def spark_session() -> Any:
    """Return the Spark session of this process, started if there is none.

    It has the settings of ``spark-submit`` or, without it, uses only this machine's cores and
    loopback.

    Raises
    ------
    ArchiveError
        If pyspark is not installed.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ArchiveError(
            "Spark is not installed: pip install '.[spark]' (it needs Java 17), or use DuckDB"
        ) from error
    builder = SparkSession.builder.appName("rongzi").config(map=_SPARK_SETTINGS)
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        builder = builder.config(map=_SPARK_ON_ONE_MACHINE)
        # Python workers score, so they need the packages of this environment.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    return SparkSession.getActiveSession() or builder.getOrCreate()
