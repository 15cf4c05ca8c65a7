"""Rows into the ledger's tables: one statement a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert


def add_rows(connection: Connection, into: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write `rows`, each a value for every column; nothing is sent where there are none."""
    if rows:
        connection.execute(into, rows)
