"""Rows of the archive as a branch file that ``rongzi import`` reads: CSV with Chinese headers."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from data.importing.headings.spellings import FLAG_WORDS, export_choices, export_headers
from data.storage.private_files import drafted
from model.archive.tables import OTHER, Column, Table, archive_tables


def write_branch_files(rows: Mapping[str, Sequence[Mapping[str, Any]]], folder: Path) -> list[Path]:
    """Write a file for each table of `rows` and return their paths; only their owner may read them.

    Raises
    ------
    OSError
        If the disk is full or read-only; no half file is left.
    """
    return [_write(archive_tables()[name], found, folder) for name, found in rows.items()]


def _write(table: Table, rows: Sequence[Mapping[str, Any]], folder: Path) -> Path:
    path = folder / f"{table.name}.csv"
    headers = export_headers(table)
    with drafted(path) as draft, draft.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headers.values())
        for row in rows:
            writer.writerow(_cell(table.columns[name], row) for name in headers)
    return path


def _cell(column: Column, row: Mapping[str, Any]) -> str:
    value = row.get(column.name)
    if value is None:
        return ""
    if column.kind == "choice":
        is_word = value == OTHER and column.other and row.get(column.other)
        return str(row[column.other]) if is_word and column.other else _word(column, value)
    if column.kind == "flag":
        return FLAG_WORDS[value]
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return str(value)


def _word(column: Column, value: str) -> str:
    return export_choices(column).get(value, value)
