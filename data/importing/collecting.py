"""Which files an import reads, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

#: Of a folder, only these are taken; a file named by itself is read whatever its ending.
ENDINGS = frozenset({".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt"})


def collect(paths: Iterable[Path]) -> list[Path]:
    """Return the files among `paths` and in the folders among them, each once.

    The order is by file name, then by path: it does not depend on the order of `paths`.
    """
    found = {
        file.resolve(): file
        for path in paths
        for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
        if not path.is_dir() or _is_branch_file(file)
    }
    return sorted(found.values(), key=lambda file: (file.name, str(file)))


def _is_branch_file(file: Path) -> bool:
    """Return whether `file` in a folder is meant; ``~$`` marks the lock of an open workbook."""
    is_hidden = file.name.startswith((".", "~$"))
    return file.is_file() and not is_hidden and file.suffix.lower() in ENDINGS
