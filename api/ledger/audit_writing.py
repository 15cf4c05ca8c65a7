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

from api.ledger.chain import moment
from api.ledger.checkpoints import (
    Checkpoint,
    CheckpointFile,
    Span,
    last_line_of,
    seal_key_id,
    sealed,
)
from api.ledger.engine import open_engine
from api.ledger.keys import read_keys
from api.ledger.location import Location
from api.ledger.look_chain import append_looks
from api.ledger.opening import is_new
from api.ledger.prepared import PreparedInsert
from api.ledger.tables import look_checkpoints
from api.ledger.transaction import read_head
from model.errors import LedgerError

_INTO_LOOK_CHECKPOINTS = PreparedInsert(look_checkpoints)


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
        looks = append_looks(self.connection, self._rows)
        head = read_head(self.connection)
        name = seal_key_id(key.public_key())
        made = sealed(Span(head, head, looks), moment(datetime.now(tz=UTC)), key, name)
        _INTO_LOOK_CHECKPOINTS.run(self.connection, [made.__dict__])
        return made

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
            If the ledger's keys cannot be read: then nothing was written; or if the line outside
            could not be written: then what was done stands, and the next commit seals it outside.
        """
        made = None
        with self.engine.begin() as connection:
            work = AuditedWork(connection)
            yield work
            if work.has_rows:
                made = work.seal(self._seal_key(connection))
        if made:
            self._append(made)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def _seal_key(self, connection: Connection) -> Ed25519PrivateKey:
        if self._key is None:
            may_make = is_new(connection, last_line_of(self._location.outside))
            self._key = read_keys(self._location.keys, may_make=may_make).seal
        return self._key

    def _append(self, made: Checkpoint) -> None:
        outside = self._location.outside
        try:
            with contextlib.closing(CheckpointFile(outside)) as file:
                file.append(made)
        except OSError as error:
            raise LedgerError(
                f"{outside}: done and in the audit, but not sealed outside, because the file"
                f" cannot be written ({error.strerror}); make it writable for this account: the"
                " service seals it when it starts or commits next"
            ) from error
