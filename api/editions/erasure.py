"""Editions that hold a person whose erasure has begun: removed, or replaced by the next edition.

An edition is signed as a whole, so one person cannot be cut out of it. Editions out of use are
removed; decisions keep what they were made from. The edition in use goes when the next one, made
without the person, is in use. Until then the person stands in a list, and the next publication
compares without those on it, so that it does not name them among the members who left.
"""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from api.editions.erasing import erasing, write_erasing
from api.editions.history import prune
from api.editions.manifest import (
    CHANGES,
    CURRENT,
    DIRECTORY,
    ROWS,
    current_folder,
    editions_folder,
    is_edition_name,
)
from api.editions.resuming import forget
from model.errors import EditionError

_MEMBER = "member_id"


def erase_from_editions(home: Path, member_id: str, now: datetime) -> tuple[list[str], list[str]]:
    """Remove every edition out of use that holds `member_id`, and what an interrupted run kept.

    Returns
    -------
    list of str, list of str
        The editions that were removed, and those that still hold the person because they are in
        use.

    Raises
    ------
    EditionError
        If an edition is damaged, so that nobody knows whom it holds.
    """
    if not editions_folder(home).exists():
        return [], []
    forget(home)  # its profiles hold the person, and an archive without the person resumes no run
    holding = [name for name in _names(home) if _holds(editions_folder(home) / name, member_id)]
    in_use = current_folder(home).name if (editions_folder(home) / CURRENT).exists() else None
    removed = [name for name in holding if name != in_use]
    if removed:
        prune(home, removed, now)
    left = [name for name in holding if name == in_use]
    waits = erasing(home) - {member_id}
    write_erasing(home, waits | {member_id} if left else waits)
    return removed, left


def _names(home: Path) -> list[str]:
    return sorted(p.name for p in editions_folder(home).iterdir() if is_edition_name(p.name))


def _holds(folder: Path, member_id: str) -> bool:
    try:
        rows = pq.read_table(folder / ROWS, columns=[_MEMBER])[_MEMBER]
        # Who left the archive stands among the changes only.
        changes = (folder / CHANGES).read_text(encoding="utf-8-sig")
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise EditionError(
            f"{folder}: is damaged, so nobody knows whom it holds; remove it with rongzi editions"
            " prune, or restore it"
        ) from error
    if pc.any(pc.equal(rows, member_id)).as_py() or _has_moved(folder / DIRECTORY, member_id):
        return True
    return any(line[:1] == [member_id] for line in csv.reader(io.StringIO(changes)))


def _has_moved(directory: Path, member_id: str) -> bool:
    if not directory.exists():  # an edition of a release without one
        return False
    with closing(sqlite3.connect(f"file:{quote(str(directory))}?mode=ro", uri=True)) as connection:
        row = connection.execute("SELECT 1 FROM moves WHERE member_id = ?", (member_id,)).fetchone()
    return row is not None
