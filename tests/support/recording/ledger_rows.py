"""The content of a ledger: its table declarations, every row, and its checkpoint lines."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

#: Columns that hold the machine's own time.
_TIMED = {("attempts", "last_at")}


def ledger_bytes(home: Path) -> dict[str, Any]:
    """Return everything in a ledger on SQLite as JSON values, blobs in hexadecimal.

    The ledger must be closed. It is opened as immutable, so that SQLite writes no file beside it.
    """
    folder = home / "ledger"
    assert not (folder / "ledger.db-wal").exists()
    file = f"{(folder / 'ledger.db').resolve().as_uri()}?immutable=1"
    with closing(sqlite3.connect(file, uri=True)) as connection:
        declared = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name"
        ).fetchall()
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        rows = {name: _rows(connection, name) for name in sorted(name for (name,) in tables)}
    lines = (folder / "checkpoints.jsonl").read_text(encoding="utf-8").splitlines()
    return {"declared": dict(declared), "rows": rows, "outside": lines}


def _rows(connection: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    found = connection.execute(f'SELECT * FROM "{table}" ORDER BY 1')
    names = [each[0] for each in found.description]
    return [
        {
            name: value.hex() if isinstance(value, bytes) else value
            for name, value in zip(names, row, strict=True)
            if (table, name) not in _TIMED
        }
        for row in found
    ]
