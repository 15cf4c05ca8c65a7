"""What is held against each other before a ledger is written to: its end, its seal, the outside."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select

from api.ledger.chain import Head
from api.ledger.checkpoints import Checkpoint
from api.ledger.tables import checkpoints, entries
from model.errors import LedgerError

_LAST = select(checkpoints).order_by(checkpoints.c.seq.desc()).limit(1)


def last_checkpoint(connection: Connection) -> Checkpoint | None:
    """Return the last checkpoint kept in the ledger itself, verified by nobody yet."""
    row = connection.execute(_LAST).mappings().first()
    return Checkpoint(**row) if row else None


def refuse_cut(connection: Connection, head: Head, known: Checkpoint | None, outside: Path) -> None:
    """Refuse a ledger that ends before, or differs at, the last checkpoint written outside.

    Raises
    ------
    LedgerError
        Saying at which entry, and what to do.
    """
    if known is None or known.seq == 0:
        return
    if known.seq > head.seq:
        raise LedgerError(
            f"{outside}: a checkpoint knows entry {known.seq}, but the ledger ends at entry"
            f" {head.seq}; entries are missing. Restore the database of the same ledger, or, if"
            " this is another ledger, point RONGZI_CHECKPOINTS to its own file"
        )
    there = select(entries.c.digest).where(entries.c.seq == known.seq)
    if connection.execute(there).scalar() != known.digest:
        raise LedgerError(
            f"{outside}: the ledger's entry {known.seq} is not the one that was sealed; run"
            " rongzi verify-ledger to see what was changed"
        )


def refuse_shorter(head: Head, last_seq: int | None) -> None:
    """Refuse a ledger that ends before the last entry this process wrote to it.

    Raises
    ------
    LedgerError
        Saying at which entry, and what to do.
    """
    if last_seq is not None and head.seq < last_seq:
        raise LedgerError(
            f"the ledger ends at entry {head.seq}, but this process wrote entry {last_seq}: another"
            " file lies in its place. Put back the one that was there"
        )


def refuse_unsealed(connection: Connection, head: Head, key: Ed25519PublicKey) -> None:
    """Refuse a ledger whose last entry was not sealed with it: the service did not write it.

    Raises
    ------
    LedgerError
        Naming the entry.
    """
    made = last_checkpoint(connection)
    if head.seq and (made is None or made.head != head or not made.is_by(key)):
        raise LedgerError(
            f"entry {head.seq}, the ledger's last, carries no seal by keys/ledger.pem: it was not"
            " written by this service, or the key is another ledger's; run rongzi verify-ledger"
        )
