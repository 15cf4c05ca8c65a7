"""The engines a profile runs on, DuckDB in this process or Spark: same expressions and values."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.expr.types import Table

from data.storage.archive import Archive
from model.archive.tables import archive_tables
from model.errors import ArchiveError

#: Dates must not move with the machine's time zone.
_SPARK_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
_SPARK_ON_ONE_MACHINE = {
    "spark.master": "local[*]",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}

#: DuckDB's errors that say something of the query or the machine, not of the stored bytes.
_NOT_THE_ARCHIVE = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.OutOfMemoryException,
)
_MEND = "Restore the archive from a copy, or import its files anew"

EngineName = Literal["duckdb", "spark"]


class Engine(Protocol):
    """What a profile needs of an engine."""

    def open(self, name: str, parts: list[str]) -> Table:
        """Return the stored Parquet `parts` of one archive table."""

    def hold(self, spine: pa.Table) -> Table:
        """Return `spine` as a table of the engine, held ready because every view reads it."""

    def fetch(self, rows: Table) -> pa.Table:
        """Run the expression and return its rows."""


class _DuckDB:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def open(self, name: str, parts: list[str]) -> Table:
        return self._connection.read_parquet(parts, table_name=name)

    def hold(self, spine: pa.Table) -> Table:
        return self._connection.create_table("spine", ibis.memtable(spine), temp=True)

    def fetch(self, rows: Table) -> pa.Table:
        return rows.to_pyarrow()


class _Spark:
    def __init__(self, session: Any) -> None:
        self._session = session
        self._connection = ibis.pyspark.connect(session)

    def open(self, name: str, parts: list[str]) -> Table:
        self._session.read.parquet(*parts).createOrReplaceTempView(name)
        return self._connection.table(name)

    def hold(self, spine: pa.Table) -> Table:
        self._session.createDataFrame(spine).cache().createOrReplaceTempView("spine")
        return self._connection.table("spine")

    def fetch(self, rows: Table) -> pa.Table:
        # Ibis would go by way of pandas; Spark gives Arrow itself.
        found = self._session.sql(self._connection.compile(rows)).toArrow()
        return found.cast(rows.schema().to_pyarrow())


@contextmanager
def running(engine: EngineName) -> Iterator[Engine]:
    """Start `engine`; DuckDB stops afterwards, Spark with the process.

    Raises
    ------
    ArchiveError
        If Spark is asked for and pyspark is not installed, or if DuckDB meets damaged bytes.
    """
    if engine == "spark":
        yield _Spark(spark_session())
        return
    # DuckDB would draw its progress bar on standard output, amid what a command prints.
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET enable_progress_bar = false")
    try:
        yield _DuckDB(connection)
    except _NOT_THE_ARCHIVE:
        raise
    except duckdb.Error as error:
        raise ArchiveError(f"the archive cannot be read: {error}. {_MEND}") from error
    finally:
        connection.disconnect()


def open_archive(archive: Archive, engine: Engine) -> Mapping[str, Table]:
    """Return the archive's stored tables on `engine`; a table without rows is absent.

    Raises
    ------
    ArchiveError
        If the archive holds no members, or a stored part is damaged.
    """
    parts = {name: archive.parts(name) for name in archive_tables()}
    if not parts["members"]:
        raise ArchiveError(
            f"{archive.folder} holds no members: import or simulate an archive there first"
        )
    for path in (path for paths in parts.values() for path in paths):
        _refuse_damaged(path)
    return {name: engine.open(name, [*map(str, paths)]) for name, paths in parts.items() if paths}


def _refuse_damaged(part: Path) -> None:
    try:
        pq.read_schema(part)
    except (OSError, pa.ArrowException) as error:
        raise ArchiveError(f"{part} cannot be read: {error}. {_MEND}") from error


def spark_session() -> Any:
    """Return the process's Spark session, started if there is none.

    It runs as ``spark-submit`` says or, without it, on this machine's cores and loopback only.

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
        # Python workers, which score, must find the packages of this environment.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    return SparkSession.getActiveSession() or builder.getOrCreate()
