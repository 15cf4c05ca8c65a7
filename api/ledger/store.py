"""The stored ledger: a `Store` that commits groups of commands, and read-only views of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import DBAPIError

from api.ledger.chain import Head
from api.ledger.checkpoints import (
    Checkpoint,
    CheckpointFile,
    Span,
    furthest,
    read_tail,
    seal_commit,
    seal_key_id,
)
from api.ledger.commands import Authorized, View
from api.ledger.database import Location, open_engine
from api.ledger.keys import Keys, read_keys
from api.ledger.opening import (
    OpenedFiles,
    is_new,
    refuse_second_file,
    refuse_shorter,
    refuse_truncated,
    refuse_unsealed,
    unwritten_checkpoints,
)
from api.ledger.queue import Outcome, run_group
from api.ledger.schema import refuse_other_release, upgrade
from api.ledger.tables import entries
from api.ledger.transaction import Transaction, read_head
from api.ledger.vault import Vault
from api.ledger.witnesses import Witnesses
from model.errors import LedgerError


@contextlib.contextmanager
def open_view(location: Location) -> Iterator[View]:
    """Yield a view of the ledger as it is now; create, migrate and write nothing.

    Raises
    ------
    LedgerError
        If it does not exist, its keys are missing, or its database cannot be read.
    """
    location.refuse_absent()
    keys = read_keys(location.keys, may_make=False)
    engine = open_engine(location.url, writes=False)
    try:
        with engine.connect() as connection, connection.begin():
            refuse_other_release(connection)
            yield Transaction(connection, Vault(keys), utc_now())
    except DBAPIError as error:
        raise LedgerError(unreadable_message(error)) from error
    finally:
        engine.dispose()


def ledger_exists(location: Location) -> bool:
    """Return whether there is a ledger at `location`: a database with the tables.

    Raises
    ------
    LedgerError
        If the database cannot be read.
    """
    if location.file and not location.file.exists():
        return False
    engine = open_engine(location.url, writes=False)
    try:
        return inspect(engine).has_table(entries.name)
    except DBAPIError as error:
        raise LedgerError(unreadable_message(error)) from error
    finally:
        engine.dispose()


def unreadable_message(error: DBAPIError) -> str:
    """Return a message about a database that cannot be read, without its address or rows."""
    name = type(error.orig).__name__
    return f"the ledger's database cannot be read ({name}); check that it is up, and its address"


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(tz=UTC)


@dataclass(frozen=True)
class _Opened:
    vault: Vault
    keys: Keys
    key_id: str
    file: CheckpointFile
    files: OpenedFiles


class Store:
    """The ledger as one process has it open.

    The writer's thread calls all methods except `read` and `seal`, which other threads may call.
    """

    def __init__(self, location: Location, clock: Callable[[], datetime] = utc_now) -> None:
        self._location, self._clock = location, clock
        self._witnesses = Witnesses(location.witnesses)
        self._write_engine = open_engine(location.url, writes=True)
        self._read_engine = open_engine(location.url, writes=False)
        self._opened: _Opened | None = None
        self._is_replaced = False
        self._last: Head | None = None
        self._is_unsealed = False
        self._known_versions: set[str] = set()

    @property
    def is_ready(self) -> bool:
        """Whether `prepare` has succeeded and its files have not been replaced."""
        return self._opened is not None and not self._is_replaced

    def prepare(self) -> None:
        """Migrate the tables, read the keys, and check the end of the chain against its seals.

        Raises
        ------
        LedgerError
            If keys are missing, or entries are missing that were sealed or that this process wrote.
        DBAPIError
            If the database cannot be reached.
        OSError
            If the checkpoint file cannot be written.
        """
        if self._opened:
            self._opened.files.refuse_missing_database()
        else:
            self._location.make_file()
        tail = read_tail(self._location.outside)
        outside = furthest(tail or ())
        upgrade(self._write_engine)
        with self._write_engine.connect() as connection, connection.begin() as transaction:
            head = read_head(connection)
            keys = read_keys(self._location.keys, may_make=is_new(connection, outside))
            refuse_second_file(connection, tail, self._location.outside)
            refuse_truncated(connection, head, outside, self._location.outside)
            refuse_shorter(head, self._last)
            refuse_unsealed(connection, head, keys.seal.public_key())
            unwritten = unwritten_checkpoints(connection, tail or ())
            transaction.rollback()
        if self._opened:
            self._opened.file.close()
        self._opened = _Opened(
            Vault(keys),
            keys,
            seal_key_id(keys.seal.public_key()),
            CheckpointFile(self._location.outside, may_make=tail is None),
            OpenedFiles(self._location.file, self._location.outside),
        )
        self._is_replaced, self._last = False, head
        self._is_unsealed = bool(unwritten)

    @property
    def is_unsealed(self) -> bool:
        """Whether the ledger may hold a checkpoint that the checkpoint file lacks."""
        return self._is_unsealed

    def commit(self, commands: Sequence[Authorized]) -> tuple[list[Outcome], Checkpoint | None]:
        """Run a group in one transaction; it is durable on return, and not yet sealed.

        Returns
        -------
        tuple
            The outcomes, and the checkpoint that `seal` must write before any of them is answered.

        Raises
        ------
        DBAPIError
            If nothing of the group was written.
        LedgerError, OSError
            If nothing was written because a file was replaced, or because the service did not
            write the last entry.
        """
        self._refuse_replaced_files()
        with self._write_engine.connect() as connection:
            begun = connection.begin()
            vault = self._require_opened().vault
            transaction = Transaction(connection, vault, self._clock(), self._known_versions)
            self._refuse_foreign_end(connection, transaction.head)
            outcomes = run_group(transaction, commands)
            if not transaction.has_pending:
                begun.rollback()
                return outcomes, None
            transaction.flush()
            checkpoint = self._seal_commit(connection, transaction.span)
            try:
                begun.commit()
            except DBAPIError:
                self._is_unsealed = True
                if not self._was_committed(transaction):
                    raise
        self._known_versions |= transaction.new_versions.keys()
        self._last = transaction.head
        return outcomes, checkpoint

    def seal(self, checkpoint: Checkpoint | None) -> None:
        """Append the checkpoint of a commit to the checkpoint file, in the order of commits.

        Another thread may call this while the next group is committed.

        Raises
        ------
        OSError
            If it could not be written. The group stays in the ledger; retries get its answers.
        """
        if checkpoint:
            try:
                self._append(checkpoint)
            except OSError:
                self._is_unsealed = True
                raise

    def sign(self, payload: bytes) -> bytes:
        """Return the Ed25519 signature of `payload` by the ledger's key.

        The payload names its own format first, so that it can pass for no checkpoint.
        """
        return self._require_opened().keys.seal.sign(payload)

    def seal_missing(self) -> None:
        """Append the checkpoints that a crash or a full disk kept out of the checkpoint file.

        Raises
        ------
        DBAPIError, OSError
            If the database or the file is not available yet.
        """
        if self._is_unsealed:
            with self._write_engine.connect() as connection, connection.begin() as transaction:
                tail = read_tail(self._location.outside) or ()
                unwritten = unwritten_checkpoints(connection, tail)
                transaction.rollback()
            for checkpoint in unwritten:
                self._append(checkpoint)
            self._is_unsealed = False

    def _append(self, checkpoint: Checkpoint) -> None:
        self._require_opened().file.append(checkpoint)
        self._witnesses.attest(checkpoint)

    @contextlib.contextmanager
    def read(self) -> Iterator[View]:
        """Yield a view of what is committed now; it does not change while it is open."""
        with self._read_engine.connect() as connection, connection.begin():
            yield Transaction(connection, self._require_opened().vault, self._clock())

    def forget_connections(self) -> None:
        """Close pooled connections, so that the next use after a failure opens new ones."""
        self._write_engine.dispose()
        self._read_engine.dispose()

    def close(self) -> None:
        """Write missing checkpoints and close the database and the checkpoint file."""
        if self._opened:
            with contextlib.suppress(DBAPIError, OSError):
                self.seal_missing()
            self._opened.file.close()
            self._opened = None
        self._witnesses.close()
        self.forget_connections()

    def _refuse_replaced_files(self) -> None:
        try:
            self._require_opened().files.refuse_replaced()
        except LedgerError:
            self._is_replaced = True
            raise

    def _refuse_foreign_end(self, connection: Connection, head: Head) -> None:
        """Refuse to append if the last entry was removed or is not from the service."""
        if head != self._last:
            refuse_shorter(head, self._last)
            refuse_unsealed(connection, head, self._require_opened().keys.seal.public_key())

    def _require_opened(self) -> _Opened:
        if self._opened is None:
            raise LedgerError("the ledger is not open")
        return self._opened

    def _seal_commit(self, connection: Connection, span: Span) -> Checkpoint:
        opened = self._require_opened()
        return seal_commit(connection, span, self._clock(), opened.keys.seal, opened.key_id)

    def _was_committed(self, transaction: Transaction) -> bool:
        """Return whether a commit whose confirmation was lost took place.

        Taking the chain's lock waits until the lost transaction has ended, either way.
        """
        self.forget_connections()
        with self._write_engine.connect() as connection, connection.begin() as begun:
            entry = select(entries.c.seq).where(entries.c.entry_id == transaction.first_entry_id)
            was_committed = connection.execute(entry).first() is not None
            begun.rollback()
        return was_committed
