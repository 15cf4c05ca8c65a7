"""Transactions outside the writer that append audit rows, each sealed like any other commit.

Changes of accounts are made by the command line and by sign-ins, and are audited there.
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
    read_last_checkpoint,
    seal_commit,
    seal_key_id,
)
from api.ledger.database import Location, open_engine
from api.ledger.keys import read_keys
from api.ledger.opening import is_new
from api.ledger.transaction import read_head
from model.errors import LedgerError


class AuditTransaction:
    """An open transaction and the audit rows it will append."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._rows: list[Mapping[str, Any]] = []

    def record(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append `rows` to the audit at the end of the transaction."""
        self._rows += rows

    def seal(self, key: Ed25519PrivateKey) -> Checkpoint:
        """Write the audit rows and the checkpoint that covers them."""
        audit = append_audit_rows(self.connection, self._rows)
        head = read_head(self.connection)
        span, key_id = Span(head, head, audit), seal_key_id(key.public_key())
        return seal_commit(self.connection, span, datetime.now(tz=UTC), key, key_id)

    @property
    def has_rows(self) -> bool:
        """Whether there are audit rows to append."""
        return bool(self._rows)


class AuditWriter:
    """Begins audited transactions; its methods block."""

    def __init__(self, location: Location) -> None:
        self._location = location
        self.engine: Engine = open_engine(location.url, writes=True)
        self._key: Ed25519PrivateKey | None = None

    @contextlib.contextmanager
    def begin(self) -> Iterator[AuditTransaction]:
        """Yield a transaction under the chain's lock.

        Raises
        ------
        LedgerError
            If the ledger's keys or the checkpoint file cannot be opened: then nothing is written.
            If the line of the checkpoint cannot be written: then the change is committed, and the
            service writes the line later.
        """
        with contextlib.ExitStack() as stack:
            checkpoint = None
            with self.engine.begin() as connection:
                transaction = AuditTransaction(connection)
                yield transaction
                if transaction.has_rows:
                    # Open the file before the commit: a change that cannot be sealed is refused.
                    key, file = self._open_seal(connection)
                    stack.callback(file.close)
                    checkpoint = transaction.seal(key)
            if checkpoint:
                self._append(file, checkpoint)

    def close(self) -> None:
        """Close the database."""
        self.engine.dispose()

    def _open_seal(self, connection: Connection) -> tuple[Ed25519PrivateKey, CheckpointFile]:
        outside = self._location.outside
        try:
            if self._key is None:
                may_make = is_new(connection, read_last_checkpoint(outside))
                self._key = read_keys(self._location.keys, may_make=may_make).seal
            return self._key, CheckpointFile(outside)
        except OSError as error:
            raise LedgerError(
                f"{outside}: nothing was changed, because it cannot be sealed there"
                f" ({error.strerror}); make the file writable for this account"
            ) from error

    def _append(self, file: CheckpointFile, checkpoint: Checkpoint) -> None:
        try:
            file.append(checkpoint)
        except OSError as error:
            raise LedgerError(
                f"{self._location.outside}: the change is made and audited, but the line that seals"
                f" it could not be written ({error.strerror}). Free disk space; the service writes"
                " the line when it next starts or commits"
            ) from error
