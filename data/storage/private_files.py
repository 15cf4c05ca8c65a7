"""Files that hold persons: readable by their owner only, complete or absent."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from model.errors import BusyError

_FILE, _FOLDER = 0o600, 0o700
_SCRATCH = "rongzi-scratch-"


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

    The draft is locked meanwhile. One that a killed process left is free, and is emptied and used.

    Raises
    ------
    BusyError
        If another process is writing `path`.
    OSError
        If the disk is full or read-only; no draft is left then.
    """
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.draft")
    descriptor = _lock(draft, path)
    try:
        os.ftruncate(descriptor, 0)
        os.fchmod(descriptor, _FILE)
        yield draft
        os.fsync(descriptor)
        draft.replace(path)
        _sync_folder(path.parent)
    except BaseException:
        # Only while the lock is held: afterwards the name may be another process's draft.
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a new folder in the folder for temporary files, for its owner only; it is removed.

    The folder is locked meanwhile. Those that killed processes of this account left are free, and
    are removed first.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*"):
        _remove_if_free(left)
    folder, descriptor = _locked_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


@contextmanager
def locked(lock: Path, refusal: Exception) -> Iterator[None]:
    """Hold `lock`, a folder or a file that stays; raise `refusal` if another process holds it."""
    make_folder(lock.parent)
    descriptor = os.open(lock, os.O_RDONLY) if lock.is_dir() else _open(lock)
    try:
        if not _is_locked(descriptor):
            raise refusal
        yield
    finally:
        os.close(descriptor)


def _locked_folder() -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_SCRATCH))
        with suppress(FileNotFoundError):  # another process took it for one that was left
            descriptor = os.open(folder, os.O_RDONLY)
            if _is_locked(descriptor) and folder.is_dir():
                return folder, descriptor
            os.close(descriptor)


def _remove_if_free(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # gone since, or another account's
        return
    try:
        if os.fstat(descriptor).st_uid == os.getuid() and _is_locked(descriptor):
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)


def _lock(draft: Path, path: Path) -> int:
    """Open and lock `draft`; return its descriptor, which holds the lock until it is closed."""
    while True:
        descriptor = _open(draft)
        if not _is_locked(descriptor):
            os.close(descriptor)
            raise BusyError(f"{path}: another run is writing this file; run this one after it")
        # Its writer may have finished since it was opened: then the name is free again.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), draft.stat()):
                return descriptor
        os.close(descriptor)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _FILE)


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
