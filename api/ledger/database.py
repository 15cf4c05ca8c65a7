"""Where a ledger is: its database, its keys, and the outside file of its checkpoints.

SQLite or PostgreSQL behind one interface: durable, one writer at a time, never waiting long.
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

#: How long a write waits for another process's transaction before it is refused.
LOCK_SECONDS = 2
CONNECT_SECONDS = 2
_STATEMENT_SECONDS = 10
#: Any constant: who holds this PostgreSQL advisory lock may append.
_CHAIN_LOCK = 0x524F4E475A49


def database_url(url: str | None, default: Path) -> URL:
    """Return the database to use: `url`, or the SQLite file `default`.

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
        # Not quoted: it may hold a password.
        raise LedgerError(
            "RONGZI_DATABASE_URL is no database address; see docs/reference/settings.md"
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
    """Return an engine on the ledger's database; `writes` takes the chain's lock at each begin."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, writes)
    return _postgres(url, writes)


def _sqlite(url: URL, writes: bool) -> Engine:
    def connected() -> sqlite3.Connection:
        # Never made here: see `Location.make_file`.
        file = f"file:{quote(str(url.database))}?mode=rw"
        return sqlite3.connect(file, LOCK_SECONDS, check_same_thread=False, uri=True)

    engine = create_engine(url, creator=connected, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        # Transactions are begun by the listener below: the driver's own begin comes too late.
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


def _postgres(url: URL, writes: bool) -> Engine:
    options = (
        f"-c lock_timeout={LOCK_SECONDS}s -c statement_timeout={_STATEMENT_SECONDS}s"
        " -c idle_in_transaction_session_timeout=10s -c synchronous_commit=on"
    )
    engine = create_engine(
        url,
        hide_parameters=True,
        # Under SERIALIZABLE or REPEATABLE READ the snapshot would be older than the lock.
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
    """One ledger's three places; they belong on three different disks."""

    url: URL
    keys: Path
    outside: Path

    @classmethod
    def of(cls, settings: Settings) -> Location:
        """Return where the ledger of `settings` is.

        Raises
        ------
        LedgerError
            If ``RONGZI_DATABASE_URL`` names no database.
        """
        folder = settings.home / "ledger"
        return cls(
            database_url(settings.database_url, folder / "ledger.db"),
            settings.home / "keys",
            settings.checkpoints or folder / "checkpoints.jsonl",
        )

    @property
    def file(self) -> Path | None:
        """The database's file; None where a server keeps it."""
        return Path(str(self.url.database)) if self.url.get_backend_name() == "sqlite" else None

    def make_file(self) -> None:
        """Make an empty SQLite file where there is none, readable by the service's account alone.

        An engine never does: a ledger whose file is gone is no new ledger.
        """
        if self.file:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.file.touch(mode=0o600)

    def refuse_absent(self) -> None:
        """Refuse a SQLite file that is not there: a reader would make an empty one.

        Raises
        ------
        LedgerError
            Naming the file.
        """
        if self.file and not self.file.exists():
            raise LedgerError(
                f"{self.file}: no ledger here; name its folder with --home, or its database"
                " with RONGZI_DATABASE_URL"
            )
