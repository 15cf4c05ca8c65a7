"""Whether a row of the audit was sealed by the service, without reading the whole ledger."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, bindparam, func, select

from api.ledger.chain import GENESIS, audit_row_digest
from api.ledger.checkpoints import Checkpoint
from api.ledger.tables import accesses, checkpoints, look_checkpoints

_COVER = (
    select(look_checkpoints)
    .where(look_checkpoints.c.look >= bindparam("number"))
    .order_by(look_checkpoints.c.look)
    .limit(1)
)
_FIRST_BOUNDED = (
    select(func.min(look_checkpoints.c.from_look)),
    select(func.min(checkpoints.c.from_look)),
)
_ROWS = (
    select(accesses)
    .where(accesses.c.number >= bindparam("first"), accesses.c.number <= bindparam("last"))
    .order_by(accesses.c.number)
)


def is_sealed(connection: Connection, number: int, key: Ed25519PublicKey) -> bool:
    """Return whether a commit of audit rows, sealed with `key`, wrote the row `number` as it is.

    Rows of releases whose seals did not state where a commit began count as sealed; only the
    verification of the whole ledger can tell.
    """
    row = connection.execute(_COVER, {"number": number}).mappings().first()
    checkpoint = Checkpoint.of_row(dict(row)) if row else None
    if checkpoint and (checkpoint.from_look or 0) < number:
        return checkpoint.is_signed_by(key) and _matches(connection, checkpoint)
    begins = [connection.execute(first).scalar() for first in _FIRST_BOUNDED]
    bounded = [begin for begin in begins if begin is not None]
    return bool(bounded) and number <= min(bounded)


def _matches(connection: Connection, checkpoint: Checkpoint) -> bool:
    """Return whether the rows of the commit are those that `checkpoint` seals."""
    before = checkpoint.from_look or 0
    rows = connection.execute(_ROWS, {"first": before, "last": checkpoint.look}).mappings().all()
    if before and rows and rows[0]["digest"] is None:
        # The first chained row follows the digest of all rows before the chain.
        return len(rows) > 1 and str(rows[-1]["digest"]) == checkpoint.looks
    digest = str(rows[0]["digest"]) if before and rows else GENESIS
    for row in rows[1:] if before else rows:
        digest = audit_row_digest(dict(row), digest)
    return digest == checkpoint.looks
