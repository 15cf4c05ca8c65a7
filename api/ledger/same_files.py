"""Whether the names of a ledger's files still lead to what was opened under them.

A file that was removed, renamed or replaced can be written to as long as it is held open, and is
gone for good when it is let go: nothing may be answered on the strength of such a write.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from model.errors import LedgerError


class SameFiles:
    """Files as they were when the ledger was opened."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._known = {path: _identity(path) for path in paths}

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
            try:
                found = _identity(path)
            except FileNotFoundError:
                found = None
            if found != known:
                raise LedgerError(
                    f"{path}: moved, removed or replaced while in use; put the file back that the"
                    " service was started with, and it goes on by itself"
                )


def _identity(path: Path) -> tuple[int, int]:
    found = os.stat(path)  # noqa: PTH116 - once a group of commands: half the time of Path.stat
    return found.st_dev, found.st_ino
