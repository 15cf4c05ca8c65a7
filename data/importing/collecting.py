"""Which files an import reads, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

#: Of a folder, only these are taken; a file named by itself is read whatever its ending.
ENDINGS = frozenset({".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt"})


def collect(paths: Iterable[Path], stores: Sequence[Path] = ()) -> list[Path]:
    """Return the files among `paths` and in the folders among them, each once.

    The order is by file name, then by path: it does not depend on the order of `paths`. Folders
    in `stores` (archive, quarantine) are not searched from above, only when named themselves.
    """
    found = {file.resolve(): file for path in paths for file in _files(path, stores)}
    return sorted(found.values(), key=lambda file: (file.name, str(file)))


def _files(path: Path, stores: Sequence[Path]) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    skipped = [s.resolve() for s in stores if not path.resolve().is_relative_to(s.resolve())]
    for file in path.rglob("*"):
        inside = any(file.resolve().is_relative_to(store) for store in skipped)
        if not inside and _is_branch_file(file):
            yield file


def _is_branch_file(file: Path) -> bool:
    """Return whether `file` in a folder is meant; ``~$`` marks the lock of an open workbook."""
    is_hidden = file.name.startswith((".", "~$"))
    return file.is_file() and not is_hidden and file.suffix.lower() in ENDINGS
