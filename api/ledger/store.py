"""The ledger's database made ready: tables, keys, seals; and every group committed to it.

A ledger read by commands of the console: nothing is made, upgraded or written.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import DBAPIError

from api.ledger.chain import Head
from api.ledger.checkpoints import (
    Checkpoint,
    CheckpointFile,
    Span,
    last_line_of,
    seal_commit,
    seal_key_id,
)
from api.ledger.commands import Command, View
from api.ledger.database import Location, open_engine
from api.ledger.group import Outcome, run_group
from api.ledger.identities import Vault
from api.ledger.keys import Keys, read_keys
from api.ledger.opening import (
    FileIdentities,
    is_new,
    last_checkpoints,
    refuse_cut,
    refuse_shorter,
    refuse_unsealed,
)
from api.ledger.schema import refuse_other_release, upgrade
from api.ledger.tables import entries
from api.ledger.transaction import Transaction, read_head
from model.errors import LedgerError


@contextlib.contextmanager
def reading(location: Location) -> Iterator[View]:
    """Yield a view of the ledger as it is now.

    Raises
    ------
    LedgerError
        If it is not there, its keys are missing, or its database cannot be read.
    """
    location.refuse_absent()
    keys = read_keys(location.keys, may_make=False)
    engine = open_engine(location.url, writes=False)
    try:
        with engine.connect() as connection, connection.begin():
            refuse_other_release(connection)
            yield Transaction(connection, Vault(keys), datetime.now(tz=UTC))
    except DBAPIError as error:
        raise LedgerError(unreadable(error)) from error
    finally:
        engine.dispose()


def holds_entries(location: Location) -> bool:
    """Return whether there is a ledger at `location`: a database with its tables.

    Raises
    ------
    LedgerError
        If its database cannot be asked.
    """
    database = location.url.database
    if location.url.get_backend_name() == "sqlite" and not Path(str(database)).exists():
        return False
    engine = open_engine(location.url, writes=False)
    try:
        return inspect(engine).has_table(entries.name)
    except DBAPIError as error:
        raise LedgerError(unreadable(error)) from error
    finally:
        engine.dispose()


def unreadable(error: DBAPIError) -> str:
    """Return what to tell of a database that cannot be read; never its address or a row."""
    name = type(error.orig).__name__
    return f"the ledger's database cannot be read ({name}); check that it is up, and its address"


def utc_now() -> datetime:
    """Return the present instant in UTC."""
    return datetime.now(tz=UTC)


@dataclass(frozen=True)
class _Opened:
    vault: Vault
    keys: Keys
    key_id: str
    file: CheckpointFile
    files: FileIdentities


class Store:
    """One process's hold on the ledger; all but `read` and `seal` belong to the writer's thread."""

    def __init__(self, location: Location, clock: Callable[[], datetime] = utc_now) -> None:
        self._location, self._clock = location, clock
        self._writing = open_engine(location.url, writes=True)
        self._reading = open_engine(location.url, writes=False)
        self._opened: _Opened | None = None
        self._is_elsewhere = False
        self._last: Head | None = None
        self._is_unsealed = False
        self._known_versions: set[str] = set()

    @property
    def is_ready(self) -> bool:
        """Whether `prepare` has succeeded, and the files are still those that it opened."""
        return self._opened is not None and not self._is_elsewhere

    def prepare(self) -> None:
        """Bring the tables up to date, read the keys, and hold the chain against its seals.

        Raises
        ------
        LedgerError
            If keys are missing, or entries are gone that a checkpoint knows or this process wrote.
        DBAPIError
            If the database cannot be reached.
        OSError
            If the outside file cannot be written.
        """
        if self._opened:
            self._opened.files.refuse_absent()
        else:
            self._location.make_file()
        known = last_line_of(self._location.outside)
        upgrade(self._writing)
        with self._writing.connect() as connection, connection.begin() as begun:
            head = read_head(connection)
            keys = read_keys(self._location.keys, may_make=is_new(connection, known))
            refuse_cut(connection, head, known, self._location.outside)
            refuse_shorter(head, self._last)
            refuse_unsealed(connection, head, keys.seal.public_key())
            last = last_checkpoints(connection)
            begun.rollback()
        name = seal_key_id(keys.seal.public_key())
        if self._opened:
            self._opened.file.close()
        outside = CheckpointFile(self._location.outside)
        files = FileIdentities(self._location.file, self._location.outside)
        self._opened = _Opened(Vault(keys), keys, name, outside, files)
        self._is_elsewhere, self._last = False, head
        self._is_unsealed = any(known is None or made.reach > known.reach for made in last)

    @property
    def is_unsealed(self) -> bool:
        """Whether the ledger may hold a checkpoint that could not be written outside."""
        return self._is_unsealed

    def commit(self, commands: Sequence[Command]) -> tuple[list[Outcome], Checkpoint | None]:
        """Run a group in one transaction; durable when this returns, but not to be answered yet.

        Returns
        -------
        tuple
            The answers, and what `seal` must write outside before any of them leaves.

        Raises
        ------
        DBAPIError
            If nothing of the group was written.
        LedgerError, OSError
            The same, because the files are not those that were opened, or the ledger's end is none
            that the service made.
        """
        self._refuse_other_files()
        with self._writing.connect() as connection:
            begun = connection.begin()
            transaction = Transaction(
                connection, self._held().vault, self._clock(), self._known_versions
            )
            self._refuse_foreign(connection, transaction.head)
            outcomes = run_group(transaction, commands)
            if not transaction.has_work:
                begun.rollback()
                return outcomes, None
            transaction.flush()
            made = self._sealed(connection, transaction.span)
            try:
                begun.commit()
            except DBAPIError:
                self._is_unsealed = True
                if not self._was_committed(transaction):
                    raise
        self._known_versions |= transaction.new_versions.keys()
        self._last = transaction.head
        return outcomes, made

    def seal(self, made: Checkpoint | None) -> None:
        """Write outside, in the order of commits, where the chain stood after one of them.

        May be called from another thread than the rest, while a next group is being committed.

        Raises
        ------
        OSError
            If it could not be written. The group stays in the ledger; retries find its answers.
        """
        if made:
            try:
                self._held().file.append(made)
            except OSError:
                self._is_unsealed = True
                raise

    def seal_rest(self) -> None:
        """Write the lines outside that a crash or a full disk kept back.

        Raises
        ------
        DBAPIError, OSError
            If it cannot be written yet.
        """
        if self._is_unsealed:
            with self._writing.connect() as connection, connection.begin() as begun:
                last = last_checkpoints(connection)
                begun.rollback()
            for made in last:
                self._held().file.append(made)
            self._is_unsealed = False

    @contextlib.contextmanager
    def read(self) -> Iterator[View]:
        """Yield a view of what is committed now; it stays as it is while open."""
        with self._reading.connect() as connection, connection.begin():
            yield Transaction(connection, self._held().vault, self._clock())

    def forget_connections(self) -> None:
        """Drop pooled connections: after a failure the next use makes new ones."""
        self._writing.dispose()
        self._reading.dispose()

    def close(self) -> None:
        """Seal what is left to seal, and let go."""
        if self._opened:
            with contextlib.suppress(DBAPIError, OSError):
                self.seal_rest()
            self._opened.file.close()
            self._opened = None
        self.forget_connections()

    def _refuse_other_files(self) -> None:
        try:
            self._held().files.refuse_others()
        except LedgerError:
            self._is_elsewhere = True
            raise

    def _refuse_foreign(self, connection: Connection, head: Head) -> None:
        """Refuse to go on behind what was put there, or taken away, since the last commit."""
        if head != self._last:
            refuse_shorter(head, self._last)
            refuse_unsealed(connection, head, self._held().keys.seal.public_key())

    def _held(self) -> _Opened:
        if self._opened is None:
            raise LedgerError("the ledger is not open")
        return self._opened

    def _sealed(self, connection: Connection, span: Span) -> Checkpoint:
        held = self._held()
        return seal_commit(connection, span, self._clock(), held.keys.seal, held.key_id)

    def _was_committed(self, transaction: Transaction) -> bool:
        """Look whether a commit whose answer was lost took place after all.

        Taking the chain's lock waits for the lost transaction to end, either way.
        """
        self.forget_connections()
        with self._writing.connect() as connection, connection.begin() as begun:
            found = _has_entry(connection, transaction)
            begun.rollback()
        return found


def _has_entry(connection: Connection, transaction: Transaction) -> bool:
    sought = select(entries.c.seq).where(entries.c.entry_id == transaction.first_entry_id)
    return connection.execute(sought).first() is not None
