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

from api.ledger.chain import append_audit_rows, format_timestamp
from api.ledger.checkpoints import (
    Checkpoint,
    CheckpointFile,
    Span,
    furthest,
    read_tail,
    seal_commit,
    seal_key_id,
)
from api.ledger.database import Location, open_engine
from api.ledger.keys import read_keys
from api.ledger.opening import is_new, refuse_second_file
from api.ledger.transaction import read_head
from api.ledger.witnesses import Witnesses
from model.errors import LedgerError


class AuditTransaction:
    """An open transaction and the audit rows it will append.

    `last_number` is the number of the last row once they are written.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.last_number = 0
        self._rows: list[Mapping[str, Any]] = []

    def record(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append `rows` to the audit at the end of the transaction."""
        self._rows += rows

    def seal(self, key: Ed25519PrivateKey) -> Checkpoint:
        """Write the audit rows and the checkpoint that covers them."""
        audit = append_audit_rows(self.connection, self._rows)
        self.last_number = audit.after.number
        head = read_head(self.connection)
        span, key_id = Span(head, head, audit), seal_key_id(key.public_key())
        return seal_commit(self.connection, span, datetime.now(tz=UTC), key, key_id)

    @property
    def has_rows(self) -> bool:
        """Whether there are audit rows to append."""
        return bool(self._rows)


class AuditWriter:
    """Begins audited transactions; its methods block.

    Parameters
    ----------
    begins_file
        Begin a checkpoint file although the ledger had another; see `begin_checkpoint_file`.
    """

    def __init__(self, location: Location, *, begins_file: bool = False) -> None:
        self._location, self._begins_file = location, begins_file
        self._witnesses = Witnesses(location.witnesses)
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
        """Close the database and the witnesses."""
        self.engine.dispose()
        self._witnesses.close()

    def _open_seal(self, connection: Connection) -> tuple[Ed25519PrivateKey, CheckpointFile]:
        outside = self._location.outside
        try:
            if self._key:
                return self._key, CheckpointFile(outside, may_make=False)
            tail = read_tail(outside)
            if not self._begins_file:
                refuse_second_file(connection, tail, outside)
            may_make = is_new(connection, furthest(tail or ()))
            self._key = read_keys(self._location.keys, may_make=may_make).seal
            return self._key, CheckpointFile(outside, may_make=tail is None)
        except OSError as error:
            raise LedgerError(
                f"{outside}: nothing was changed, because it cannot be sealed there"
                f" ({error.strerror}); make the file writable for this account"
            ) from error

    def _append(self, file: CheckpointFile, checkpoint: Checkpoint) -> None:
        try:
            file.append(checkpoint)
            self._witnesses.attest(checkpoint)
        except OSError as error:
            raise LedgerError(
                f"{self._location.outside}: the change is made and audited, but the line that seals"
                f" it could not be written ({error.strerror}). Free disk space; the service writes"
                " the line when it next starts or commits"
            ) from error


#: The audit row of a checkpoint file that was begun after its predecessor was lost.
CHECKPOINTS_BEGUN = "checkpoints_begun"


def begin_checkpoint_file(location: Location, actor: str, because: str) -> None:
    """Begin a new checkpoint file for a ledger whose file is lost, and record who did it and why.

    Verification then counts lines from this moment on, and always reports the loss.

    Raises
    ------
    LedgerError
        If there is a file with lines, or the ledger cannot be written.
    """
    if read_tail(location.outside):
        raise LedgerError(
            f"{location.outside}: has checkpoints; set it aside under another name first"
        )
    writer = AuditWriter(location, begins_file=True)
    try:
        with writer.begin() as work:
            row = {"actor": actor, "route": CHECKPOINTS_BEGUN, "detail": because}
            moment = {"accessed_at": format_timestamp(datetime.now(tz=UTC))}
            work.record([row | moment | {"place_code": "", "persons": 0}])
    finally:
        writer.close()
