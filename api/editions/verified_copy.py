"""A private copy of the edition's database, whose bytes cannot change after verification.

The published file may be damaged or replaced at any moment, also between the verification and a
later read. So it is hashed while it is copied, only the copy is opened, and the name of the copy is
removed before the first query. No other process can then reach it, and its space is freed when this
process ends. (SQLite resolves ``/proc/self/fd``, so it cannot open a file without a name a second
time; all threads share one connection, on which SQLite serialises the queries.)
"""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from pathlib import Path
from urllib.parse import quote

from api.editions.manifest import REMEDY
from data.storage.private_files import scratch
from model.errors import EditionError

_CHUNK = 1024 * 1024


def open_verified(path: Path, digest: str | None) -> sqlite3.Connection:
    """Open a private, read-only copy of the database at `path` if its SHA-256 is `digest`.

    Raises
    ------
    EditionError
        If the file cannot be read, a byte differs, or there is no room for the copy.
    """
    try:
        with scratch() as folder:
            private = folder / path.name
            if _copy(path, private) != digest:
                raise EditionError(
                    f"{path}: its bytes do not match the manifest's SHA-256; the file was"
                    f" altered or damaged: {REMEDY}"
                )
            return _connect(private)
    except OSError as error:
        raise EditionError(
            f"{path}: cannot be read, or not copied to {tempfile.gettempdir()}"
            f" ({error.strerror}); {REMEDY}"
        ) from error


def _copy(source: Path, target: Path) -> str:
    digest = hashlib.sha256()
    with source.open("rb") as reading, target.open("xb") as writing:
        while chunk := reading.read(_CHUNK):
            digest.update(chunk)
            writing.write(chunk)
    return digest.hexdigest()


def _connect(path: Path) -> sqlite3.Connection:
    # Immutable: SQLite takes no lock and looks for no journal.
    uri = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
    try:
        # SQLite opens the file at the first read; do that now, before the name is removed.
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.DatabaseError as error:
        connection.close()
        raise EditionError(f"{path.name}: its bytes are as published, but no database") from error
    return connection
