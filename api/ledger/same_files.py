"""Whether the names of a ledger's files still lead to what was opened under them.

A file that was removed, renamed or replaced can be written to as long as it is held open, and is
gone for good when it is let go: nothing may be answered on the strength of such a write.
"""

from __future__ import annotations

import os
from pathlib import Path

from model.errors import LedgerError


class SameFiles:
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
