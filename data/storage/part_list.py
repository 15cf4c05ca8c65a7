"""``parts.json``: which parts of an archive are visible, each with its SHA-256.

An import writes the parts of several tables. They become visible together when this list is
replaced, so a reader sees an import as a whole or not at all. An archive of an earlier release has
no list: there every part is visible, until the first import writes the list.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from data.storage.private_files import drafted
from model.archive.tables import archive_tables
from model.errors import ArchiveError

LIST = "parts.json"
FORMAT = "rongzi-archive/1"
REMEDY = "Restore the archive from a backup, or import all files into a new folder"
#: SHA-256 by part name, by table, in the order in which the parts were added.
Parts = Mapping[str, Mapping[str, str]]
#: Digest of a part that no list records.
UNRECORDED = ""


def listed_parts(folder: Path) -> Parts:
    """Return the visible parts of the archive in `folder`.

    Raises
    ------
    ArchiveError
        If the list cannot be read.
    """
    while (found := _read(folder)) is None:
        present = _present(folder)
        # The first import may have written the list, and parts, while the folders were read.
        if not (folder / LIST).exists():
            return present
    return found


def write_parts(folder: Path, parts: Parts) -> None:
    """Replace the list of visible parts, if it differs; a reader sees the old list or the new."""
    filled = {table: dict(names) for table, names in parts.items() if names}
    if filled == _read(folder):
        return
    text = json.dumps({"format": FORMAT, "parts": filled}, indent=1, sort_keys=True)
    with drafted(folder / LIST) as draft:
        draft.write_text(text + "\n", encoding="utf-8")


def hashed(folder: Path, parts: Parts) -> Parts:
    """Return `parts` with the SHA-256 of the bytes of each.

    Raises
    ------
    ArchiveError
        If a part is missing, or its bytes are not those that the list records.
    """
    return {
        table: {name: _checked(folder / table / name, known) for name, known in names.items()}
        for table, names in parts.items()
    }


def adopted_parts(folder: Path) -> Parts:
    """Return the parts with their digests, for a writer that holds the archive's lock.

    An archive of an earlier release gets its list now: from here on a reader sees no part before it
    is listed.
    """
    listed = _read(folder)
    if listed is None:
        listed = hashed(folder, _present(folder))
        write_parts(folder, listed)
    return listed


def remove_unlisted(folder: Path) -> None:
    """Remove the parts that are not listed: a writer that was killed, or failed, left them."""
    listed = listed_parts(folder)
    for table, names in _present(folder).items():
        for name in names.keys() - listed.get(table, {}).keys():
            (folder / table / name).unlink(missing_ok=True)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of the file at `path`.

    Raises
    ------
    ArchiveError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error.strerror}. {REMEDY}") from error


def _read(folder: Path) -> Parts | None:
    path = folder / LIST
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said["format"] != FORMAT:
            raise ValueError(said["format"])
        return {table: dict(sorted(names.items())) for table, names in said["parts"].items()}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArchiveError(
            f"{path} is no list of parts of format {FORMAT}: {error}. {REMEDY}"
        ) from error


def _present(folder: Path) -> Parts:
    return {
        table: {path.name: UNRECORDED for path in sorted((folder / table).glob("part-*.parquet"))}
        for table in archive_tables()
    }


def _checked(path: Path, known: str) -> str:
    found = file_digest(path)
    if known not in (UNRECORDED, found):
        raise ArchiveError(f"{path} is damaged: its bytes are not those that were stored. {REMEDY}")
    return found
