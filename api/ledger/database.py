"""Where a ledger is stored, and engines on its database.

SQLite and PostgreSQL have one interface: commits are durable, one transaction writes at a time, and
a write does not wait long for another.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from api.core.settings import Settings
from model.errors import LedgerError

#: A write that waits this long for the transaction of another process is refused.
LOCK_SECONDS = 2
CONNECT_SECONDS = 2
_STATEMENT_SECONDS = 10
#: The PostgreSQL advisory lock of the transaction that appends; any constant will do.
_CHAIN_LOCK = 0x524F4E475A49


def database_url(url: str | None, default: Path) -> URL:
    """Return the address of the database: `url`, or the SQLite file `default`.

    Raises
    ------
    LedgerError
        If `url` is neither SQLite nor PostgreSQL.
    """
    if not url:
        return URL.create("sqlite", database=str(default))
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        # Do not quote the address, which may hold a password.
        raise LedgerError(
            "RONGZI_DATABASE_URL is not a database address; see docs/reference/settings.md"
        ) from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite" or not parsed.database:
        raise LedgerError(
            "RONGZI_DATABASE_URL names neither SQLite nor PostgreSQL; write sqlite:///FILE or"
            " postgresql://ACCOUNT@HOST/DATABASE"
        )
    return parsed


def open_engine(url: URL, *, writes: bool) -> Engine:
    """Return an engine on the database; with `writes`, each begin takes the chain's lock."""
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, writes)
    return _postgres_engine(url, writes)


def _sqlite_engine(url: URL, writes: bool) -> Engine:
    def connect() -> sqlite3.Connection:
        # mode=rw does not create the file: see `Location.make_file`.
        file = f"file:{quote(str(url.database))}?mode=rw"
        return sqlite3.connect(file, LOCK_SECONDS, check_same_thread=False, uri=True)

    engine = create_engine(url, creator=connect, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        # The listener below begins transactions: the driver would begin them too late.
        connection.isolation_level = None
        if writes:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA recursive_triggers = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cache_size = -16000")
        if not writes:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres_engine(url: URL, writes: bool) -> Engine:
    options = (
        f"-c lock_timeout={LOCK_SECONDS}s -c statement_timeout={_STATEMENT_SECONDS}s"
        " -c idle_in_transaction_session_timeout=10s -c synchronous_commit=on"
    )
    engine = create_engine(
        url,
        hide_parameters=True,
        # With SERIALIZABLE or REPEATABLE READ the snapshot would be older than the lock.
        isolation_level="READ COMMITTED" if writes else "REPEATABLE READ",
        pool_size=1 if writes else 4,
        max_overflow=0 if writes else 4,
        pool_timeout=LOCK_SECONDS,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "options": options,
            "tcp_user_timeout": 1000 * _STATEMENT_SECONDS,
        },
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if writes:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
        else:
            connection.execute(text("SET TRANSACTION READ ONLY"))

    return engine


@dataclass(frozen=True)
class Location:
    """The database, keys and checkpoint file of a ledger, best on three different disks.

    `witnesses` names second places that receive every checkpoint.
    """

    url: URL
    keys: Path
    outside: Path
    witnesses: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> Location:
        """Return the location of the ledger of `settings`.

        Raises
        ------
        LedgerError
            If ``RONGZI_DATABASE_URL`` is not the address of a supported database.
        """
        folder = settings.home / "ledger"
        return cls(
            database_url(settings.database_url, folder / "ledger.db"),
            settings.home / "keys",
            settings.checkpoints or folder / "checkpoints.jsonl",
            settings.witnesses,
        )

    @property
    def file(self) -> Path | None:
        """The SQLite file; None for a database server."""
        return Path(str(self.url.database)) if self.url.get_backend_name() == "sqlite" else None

    def make_file(self) -> None:
        """Create an empty SQLite file unless it exists, readable by the service's account only.

        Engines never create it: a ledger whose file is missing is not a new ledger.
        """
        if self.file:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.file.touch(mode=0o600)

    def refuse_absent(self) -> None:
        """Refuse a SQLite file that does not exist.

        Raises
        ------
        LedgerError
            Naming the file.
        """
        if self.file and not self.file.exists():
            raise LedgerError(
                f"{self.file}: no ledger here; name its folder with --home or its database"
                " with RONGZI_DATABASE_URL"
            )
