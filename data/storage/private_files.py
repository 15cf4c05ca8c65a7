"""Files that hold persons: readable by their owner only, complete or absent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FILE, _FOLDER = 0o600, 0o700


def make_folder(folder: Path) -> None:
    """Make `folder`, and the folders above it that are missing, for their owner only."""
    for each in reversed([folder, *folder.parents]):
        if not each.is_dir():
            each.mkdir(mode=_FOLDER, exist_ok=True)


def create_file(path: Path) -> None:
    """Create or empty the file `path` for its owner only; who writes to it keeps its mode."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE)
    try:
        os.fchmod(descriptor, _FILE)
    finally:
        os.close(descriptor)


@contextmanager
def drafted(path: Path) -> Iterator[Path]:
    """Yield an empty draft beside `path`, which becomes `path` if the block succeeds.

    Raises
    ------
    OSError
        If the disk is full or read-only; no draft is left then.
    """
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.draft")
    try:
        create_file(draft)
        yield draft
        draft.replace(path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
