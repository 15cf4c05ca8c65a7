"""The files that an import reads, and those of a folder that it passes over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Endings of the files read from a folder; a file named by itself is read with any ending.
ENDINGS = (".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt")
#: Files that a desktop keeps in a folder; a hidden file, and the lock file of an open workbook
#: (``~$``), are no data either.
_OF_THE_DESKTOP = frozenset({"thumbs.db", "desktop.ini"})
_HIDDEN = (".", "~$")


@dataclass(frozen=True)
class Inbox:
    """The files to read, and the files of folders that have another ending, both sorted by name."""

    files: Sequence[Path]
    passed_over: Sequence[Path]


def collect_files(paths: Iterable[Path], stores: Sequence[Path]) -> Inbox:
    """Return the files in `paths` and in the folders in `paths`, each once.

    They are sorted by file name, then by path, so the order of `paths` does not matter. Folders in
    `stores` (archive, quarantine) are searched only if `paths` names them.
    """
    named, found = list[Path](), list[Path]()
    for path in paths:
        (found if path.is_dir() else named).extend(_files_in(path, stores))
    taken = [*named, *(file for file in found if file.suffix.lower() in ENDINGS)]
    files = _sorted(taken)
    return Inbox(files, [file for file in _sorted(found) if file not in files])


def _files_in(path: Path, stores: Sequence[Path]) -> Iterator[Path]:
    """Yield `path`, or the files in it with broken links; without stores and hidden files."""
    if not path.is_dir():
        yield path
        return
    skipped = [s.resolve() for s in stores if not path.resolve().is_relative_to(s.resolve())]
    for file in path.rglob("*"):
        inside = any(file.resolve().is_relative_to(store) for store in skipped)
        is_hidden = file.name.startswith(_HIDDEN) or file.name.lower() in _OF_THE_DESKTOP
        if not (inside or is_hidden or file.is_dir()):
            yield file


def _sorted(paths: Iterable[Path]) -> list[Path]:
    files = {path.resolve() for path in paths}
    return sorted(files, key=lambda file: (file.name, str(file)))
