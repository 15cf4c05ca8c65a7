"""Checks before the ledger is written: its end, its last seal, the checkpoint file, its files.

An open file that was removed, renamed or replaced can still be written, but is lost when it is
closed. The service must not answer after such a write.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select

from api.ledger.chain import GENESIS, Head
from api.ledger.checkpoints import (
    MAX_UNWRITTEN,
    MAX_UNWRITTEN_AT_START,
    TAIL,
    Checkpoint,
)
from api.ledger.tables import accesses, checkpoints, entries, identities, look_checkpoints
from model.errors import LedgerError

_LAST = select(checkpoints).order_by(checkpoints.c.seq.desc())
_LAST_OF_AUDIT = select(look_checkpoints).order_by(look_checkpoints.c.look.desc())
#: Checkpoints of each table that are compared: both together are fewer than the lines read.
_MOST_CHECKED = TAIL // 4


def unwritten_checkpoints(connection: Connection, tail: Sequence[Checkpoint]) -> list[Checkpoint]:
    """Return the last checkpoints of the ledger that `tail`, the file's last lines, lacks."""
    known = set(tail)
    return [each for each in _last_checkpoints(connection) if each not in known]


def _last_checkpoints(connection: Connection) -> list[Checkpoint]:
    """Return the last checkpoints of both tables, in the order of commits, not verified yet."""
    statements = (_LAST.limit(_MOST_CHECKED), _LAST_OF_AUDIT.limit(_MOST_CHECKED))
    rows = [row for each in statements for row in connection.execute(each).mappings()]
    found = (Checkpoint.of_row(dict(row)) for row in rows)
    return sorted(found, key=lambda checkpoint: checkpoint.reach)


def refuse_second_file(
    connection: Connection, tail: Sequence[Checkpoint] | None, path: Path
) -> None:
    """Refuse a ledger that had a checkpoint file if that file is missing or ends too early.

    A new file would hold no line of the past, and so hide that the end of the ledger was cut off.

    Parameters
    ----------
    tail
        The last lines of the checkpoint file `path`; None if there is no file.

    Raises
    ------
    LedgerError
        Naming the file and the remedy.
    """
    missing = unwritten_checkpoints(connection, tail or ())
    limit = MAX_UNWRITTEN if tail else MAX_UNWRITTEN_AT_START
    if len(missing) > limit or (missing and tail is None):
        problem = "is missing" if tail is None else "lacks lines of the last commits"
        raise LedgerError(
            f"{path}: the checkpoint file of this ledger {problem}; restore it, or name it with"
            " RONGZI_CHECKPOINTS. If it is lost, verify the ledger against another copy of its"
            " lines, and begin a new file by rongzi upgrade-ledger --begin-checkpoints"
        )


def is_new(connection: Connection, outside: Checkpoint | None) -> bool:
    """Return whether the ledger holds nothing that needs existing keys.

    Parameters
    ----------
    outside
        The last checkpoint in the checkpoint file, if any.
    """
    columns = (entries.c.seq, identities.c.subject_id, look_checkpoints.c.look)
    return outside is None and not any(
        connection.execute(select(column).limit(1)).first() for column in columns
    )


def refuse_truncated(
    connection: Connection, head: Head, outside: Checkpoint | None, path: Path
) -> None:
    """Refuse a ledger that ends before the last checkpoint in the file `path`, or differs there.

    Raises
    ------
    LedgerError
        Naming the entry or audit row, and the remedy.
    """
    if outside is None:
        return
    _refuse_truncated_audit(connection, outside, path)
    if outside.seq == 0:
        return
    if outside.seq > head.seq:
        raise LedgerError(
            f"{path}: a checkpoint covers entry {outside.seq}, but the ledger ends at entry"
            f" {head.seq}; entries are missing. Restore the database of the same ledger, or, if"
            " this is another ledger, set RONGZI_CHECKPOINTS to a file of its own"
        )
    digest = select(entries.c.digest).where(entries.c.seq == outside.seq)
    if connection.execute(digest).scalar() != outside.digest:
        raise LedgerError(
            f"{path}: entry {outside.seq} of the ledger is not the one that was sealed; run"
            " rongzi verify-ledger to see what was changed"
        )


def _refuse_truncated_audit(connection: Connection, outside: Checkpoint, path: Path) -> None:
    if not outside.look or outside.looks == GENESIS:
        return
    digest = select(accesses.c.digest).where(accesses.c.number == outside.look)
    if connection.execute(digest).scalar() != outside.looks:
        raise LedgerError(
            f"{path}: a checkpoint covers audit row {outside.look}, which is missing or differs;"
            " restore the database, or run rongzi verify-ledger to see what was changed"
        )


def refuse_shorter(head: Head, last: Head | None) -> None:
    """Refuse a ledger that ends before the last entry that this process wrote.

    Raises
    ------
    LedgerError
        Naming the entry and the remedy.
    """
    if last and head.seq < last.seq:
        raise LedgerError(
            f"the ledger ends at entry {head.seq}, but this process wrote entry {last.seq}: its end"
            " was cut off, or the file was replaced. Restore the original file"
        )


def refuse_unsealed(connection: Connection, head: Head, key: Ed25519PublicKey) -> None:
    """Refuse a ledger whose last entry has no checkpoint signed by `key`.

    Raises
    ------
    LedgerError
        Naming the entry.
    """
    row = connection.execute(_LAST.limit(1)).mappings().first()
    last = Checkpoint.of_row(dict(row)) if row else None
    if head.seq and (last is None or last.head != head or not last.is_signed_by(key)):
        raise LedgerError(
            f"entry {head.seq}, the last of the ledger, has no seal by keys/ledger.pem: this"
            " service did not write it, or the key belongs to another ledger; run rongzi"
            " verify-ledger"
        )


class OpenedFiles:
    """The identity of the ledger's files when they were opened: the database and the checkpoints.

    `database` is None if a database server holds it.
    """

    def __init__(self, database: Path | None, outside: Path) -> None:
        self._database = database
        self._opened = {path: _inode(path) for path in (database, outside) if path}

    def refuse_replaced(self) -> None:
        """Refuse to continue if a path leads to another file, or to none.

        Raises
        ------
        LedgerError
            Naming the file.
        OSError
            If the path cannot be read.
        """
        for path, inode in self._opened.items():
            if _inode(path) != inode:
                raise _replaced(path)

    def refuse_missing_database(self) -> None:
        """Refuse to create the database again; the checkpoint file may be created again.

        Raises
        ------
        LedgerError
            Naming the file.
        """
        if self._database and _inode(self._database) is None:
            raise _replaced(self._database)


def _replaced(path: Path) -> LedgerError:
    return LedgerError(
        f"{path}: moved, removed or replaced while in use; restore the file that the service was"
        " started with, and the service continues by itself"
    )


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - once a group: half the time of Path.stat
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
