"""Transactions beside the writer's that append to the audit, each sealed like any other commit.

What happens to accounts is written where it happens: by the console, and by whoever signs in.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine

from api.ledger.chain import append_audit_rows
from api.ledger.checkpoints import (
    Checkpoint,
    CheckpointFile,
    Span,
    last_line_of,
    seal_commit,
    seal_key_id,
)
from api.ledger.database import Location, open_engine
from api.ledger.keys import read_keys
from api.ledger.opening import is_new
from api.ledger.transaction import read_head
from model.errors import LedgerError


class AuditedWork:
    """One open transaction and what it puts in the audit."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._rows: list[Mapping[str, Any]] = []

    def record(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append `rows` to the audit when the transaction ends."""
        self._rows += rows

    def seal(self, key: Ed25519PrivateKey) -> Checkpoint:
        """Write what waits and the checkpoint over it."""
        looks = append_audit_rows(self.connection, self._rows)
        head = read_head(self.connection)
        name, span = seal_key_id(key.public_key()), Span(head, head, looks)
        return seal_commit(self.connection, span, datetime.now(tz=UTC), key, name)

    @property
    def has_rows(self) -> bool:
        """Whether anything is to be put in the audit."""
        return bool(self._rows)


class AuditWriter:
    """Begins such transactions; its methods block."""

    def __init__(self, location: Location) -> None:
        self._location = location
        self.engine: Engine = open_engine(location.url, writes=True)
        self._key: Ed25519PrivateKey | None = None

    @contextlib.contextmanager
    def begin(self) -> Iterator[AuditedWork]:
        """Yield a transaction under the chain's lock.

        Raises
        ------
        LedgerError
            If the ledger's keys or the file outside cannot be opened: then nothing was written; or
            if the line could not be: then what was done stands, and the next commit seals it.
        """
        with contextlib.ExitStack() as held:
            made = None
            with self.engine.begin() as connection:
                work = AuditedWork(connection)
                yield work
                if work.has_rows:
                    # Before the commit: what cannot be sealed is not done.
                    key, file = self._opened(connection)
                    held.callback(file.close)
                    made = work.seal(key)
            if made:
                self._append(file, made)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def _opened(self, connection: Connection) -> tuple[Ed25519PrivateKey, CheckpointFile]:
        outside = self._location.outside
        try:
            if self._key is None:
                may_make = is_new(connection, last_line_of(outside))
                self._key = read_keys(self._location.keys, may_make=may_make).seal
            return self._key, CheckpointFile(outside)
        except OSError as error:
            raise LedgerError(
                f"{outside}: not done, because it could not be sealed there ({error.strerror});"
                " make the file writable for this account"
            ) from error

    def _append(self, file: CheckpointFile, made: Checkpoint) -> None:
        try:
            file.append(made)
        except OSError as error:
            raise LedgerError(
                f"{self._location.outside}: done and in the audit, but the line that seals it"
                f" could not be written ({error.strerror}); make room: the service writes it when"
                " it starts or commits next"
            ) from error
