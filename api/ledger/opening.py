"""What is held against each other before a ledger is written to: its end, its seal, the outside.

Whether the names of a ledger's files still lead to what was opened under them.

A file that was removed, renamed or replaced can be written to as long as it is held open, and is
gone for good when it is let go: nothing may be answered on the strength of such a write.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select

from api.ledger.chain import GENESIS, Head
from api.ledger.checkpoints import Checkpoint
from api.ledger.tables import accesses, checkpoints, entries, identities, look_checkpoints
from model.errors import LedgerError

_LAST = select(checkpoints).order_by(checkpoints.c.seq.desc()).limit(1)
_LAST_OF_LOOKS = select(look_checkpoints).order_by(look_checkpoints.c.look.desc()).limit(1)


def last_checkpoints(connection: Connection) -> list[Checkpoint]:
    """Return the last checkpoint of each table in the ledger itself, verified by nobody yet."""
    found = (connection.execute(last).mappings().first() for last in (_LAST, _LAST_OF_LOOKS))
    return sorted(
        (Checkpoint.of_row(dict(row)) for row in found if row), key=lambda made: made.reach
    )


def is_new(connection: Connection, known: Checkpoint | None) -> bool:
    """Return whether nothing was ever kept under keys that the ledger would miss.

    Parameters
    ----------
    known
        The last checkpoint outside, if there is any.
    """
    kept = (entries.c.seq, identities.c.subject_id, look_checkpoints.c.look)
    return known is None and not any(
        connection.execute(select(column).limit(1)).first() for column in kept
    )


def refuse_cut(connection: Connection, head: Head, known: Checkpoint | None, outside: Path) -> None:
    """Refuse a ledger that ends before, or differs at, the last checkpoint written outside.

    Raises
    ------
    LedgerError
        Saying at which entry, and what to do.
    """
    if known is None:
        return
    _refuse_cut_looks(connection, known, outside)
    if known.seq == 0:
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


def refuse_shorter(head: Head, last: Head | None) -> None:
    """Refuse a ledger that ends before the last entry this process wrote to it.

    Raises
    ------
    LedgerError
        Saying at which entry, and what to do.
    """
    if last and head.seq < last.seq:
        raise LedgerError(
            f"the ledger ends at entry {head.seq}, but this process wrote entry {last.seq}: its end"
            " was cut off, or another file lies in its place. Put back the one that was there"
        )


def _refuse_cut_looks(connection: Connection, known: Checkpoint, outside: Path) -> None:
    if not known.look or known.looks == GENESIS:
        return
    there = select(accesses.c.digest).where(accesses.c.number == known.look)
    if connection.execute(there).scalar() != known.looks:
        raise LedgerError(
            f"{outside}: a checkpoint knows look {known.look} of the audit, which is missing or"
            " is another one now; restore the database, or run rongzi verify-ledger to see what"
            " was changed"
        )


def refuse_unsealed(connection: Connection, head: Head, key: Ed25519PublicKey) -> None:
    """Refuse a ledger whose last entry was not sealed with it: the service did not write it.

    Raises
    ------
    LedgerError
        Naming the entry.
    """
    row = connection.execute(_LAST).mappings().first()
    made = Checkpoint.of_row(dict(row)) if row else None
    if head.seq and (made is None or made.head != head or not made.is_by(key)):
        raise LedgerError(
            f"entry {head.seq}, the ledger's last, carries no seal by keys/ledger.pem: it was not"
            " written by this service, or the key is another ledger's; run rongzi verify-ledger"
        )


class FileIdentities:
    """Files as they were when the ledger was opened, the database's first where it is one."""

    def __init__(self, database: Path | None, outside: Path) -> None:
        self._database = database
        self._known = {path: _identity(path) for path in (database, outside) if path}

    def refuse_others(self) -> None:
        """Refuse to go on where a name leads elsewhere by now.

        Raises
        ------
        LedgerError
            Naming the file.
        OSError
            If it cannot be looked at.
        """
        for path, known in self._known.items():
            if _identity(path) != known:
                raise _elsewhere(path)

    def refuse_absent(self) -> None:
        """Refuse to begin a database anew; the file of checkpoints may be.

        Raises
        ------
        LedgerError
            Naming the file.
        """
        if self._database and _identity(self._database) is None:
            raise _elsewhere(self._database)


def _elsewhere(path: Path) -> LedgerError:
    return LedgerError(
        f"{path}: moved, removed or replaced while in use; put the file back that the service was"
        " started with, and it goes on by itself"
    )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - once a group: half the time of Path.stat
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
