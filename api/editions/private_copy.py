"""A database whose bytes cannot change once they were verified: a private copy, without a name.

The published file may be damaged or replaced at any moment, also between the check and a later
read. So it is hashed while it is copied, only the copy is opened, and the copy's name is removed
before the first question: nothing but this process can reach it, and the space is free once it
ends. (SQLite resolves ``/proc/self/fd``, so a nameless file cannot be opened a second time; one
connection, on which SQLite itself takes turns, serves every thread.)
"""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from pathlib import Path
from urllib.parse import quote

from model.errors import EditionError

_CHUNK = 1024 * 1024


def open_verified(path: Path, digest: str | None, remedy: str) -> sqlite3.Connection:
    """Open a private, read-only copy of the database at `path` if its SHA-256 is `digest`.

    Raises
    ------
    EditionError
        If the file cannot be read, a byte differs, or there is no room for the copy.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="rongzi-") as folder:
            copy = Path(folder) / path.name
            if _copied(path, copy) != digest:
                raise EditionError(
                    f"{path}: its bytes do not match the manifest's SHA-256; the file was"
                    f" altered or damaged: {remedy}"
                )
            return _connect(copy)
    except OSError as error:
        raise EditionError(
            f"{path}: cannot be read, or not copied to {tempfile.gettempdir()}"
            f" ({error.strerror}); {remedy}"
        ) from error


def _copied(path: Path, copy: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as source, copy.open("xb") as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()


def _connect(copy: Path) -> sqlite3.Connection:
    # Immutable: no lock is taken and no journal looked for.
    uri = f"file:{quote(str(copy.resolve()))}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
    try:
        # SQLite opens the file at the first read, and must not look for its name later.
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.DatabaseError as error:
        connection.close()
        raise EditionError(f"{copy.name}: its bytes are as published, but no database") from error
    return connection
