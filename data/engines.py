"""The engines a profile runs on, DuckDB in this process or Spark: same expressions and values."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, Protocol

import ibis
import pyarrow as pa
from ibis.expr.types import Table

from data.archive import Archive
from model.errors import ArchiveError
from model.tables import archive_tables

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

EngineName = Literal["duckdb", "spark"]


class Engine(Protocol):
    """What a profile needs of an engine."""

    def open(self, name: str, parts: list[str]) -> Table:
        """Return the stored Parquet `parts` of one archive table."""

    def hold(self, spine: pa.Table) -> Table:
        """Return `spine` as a table of the engine, held ready because every view reads it."""


class _DuckDB:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def open(self, name: str, parts: list[str]) -> Table:
        return self._connection.read_parquet(parts, table_name=name)

    def hold(self, spine: pa.Table) -> Table:
        return self._connection.create_table("spine", ibis.memtable(spine), temp=True)


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


@contextmanager
def running(engine: EngineName) -> Iterator[Engine]:
    """Start `engine`; DuckDB stops afterwards, Spark with the process.

    Raises
    ------
    ArchiveError
        If Spark is asked for and pyspark is not installed.
    """
    if engine == "spark":
        yield _Spark(spark_session())
        return
    connection = ibis.duckdb.connect()
    try:
        yield _DuckDB(connection)
    finally:
        connection.disconnect()


def open_archive(archive: Archive, engine: Engine) -> Mapping[str, Table]:
    """Return the archive's stored tables on `engine`; a table without rows is absent.

    Raises
    ------
    ArchiveError
        If the archive holds no members.
    """
    parts = {name: [str(path) for path in archive.parts(name)] for name in archive_tables()}
    if not parts["members"]:
        raise ArchiveError(
            f"{archive.folder} holds no members: import or simulate an archive there first"
        )
    return {name: engine.open(name, paths) for name, paths in parts.items() if paths}


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
