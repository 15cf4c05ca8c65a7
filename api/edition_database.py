"""The edition as one SQLite file for the service: written once, then only read.

It holds no name, id number or phone but masked ones, and none of the attributes that are kept for
fairness audits alone (unless a knock-out reads one). A profile's numbers are one cell of 8-byte
floats, in the order that table `attributes` names: exact, and read in one step by a decision. The
same profiles lie open beside it in Parquet.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Tables of ``edition.sqlite``.
PEOPLE, PROFILES, ATTRIBUTES, WHITELIST, PLACES, FUNNEL, CHANGES = (
    "people", "profiles", "attributes", "whitelist", "places", "funnel", "changes",
)  # fmt: skip
#: The column of `PROFILES` that holds the numbers, and how each is stored.
NUMBERS, FLOAT = "numbers", "<f8"


@dataclass(frozen=True)
class Store:
    """One table to write: its columns with their SQLite types, the first being the key.

    Attributes
    ----------
    values : sequence of sequences
        By column, in the order of `columns`, rows sorted by the key.
    indexes : tuple of tuples of str
        Columns to find rows by.
    """

    name: str
    columns: Mapping[str, str]
    values: Sequence[Iterable[Any]]
    indexes: tuple[tuple[str, ...], ...] = ()


def write_database(path: Path, stores: Iterable[Store]) -> None:
    """Write `stores` to a new database at `path`; equal stores give equal bytes."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # A half-written draft is thrown away whole, so it needs no journal.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        for store in stores:
            _write(connection, store)
        connection.execute("COMMIT")


def _write(connection: sqlite3.Connection, store: Store) -> None:
    columns = ", ".join(f'"{name}" {kind}' for name, kind in store.columns.items())
    key = next(iter(store.columns))
    # Names come from the dictionary and this package, never from a request or a file's header.
    connection.execute(
        f'CREATE TABLE {store.name} ({columns}, PRIMARY KEY ("{key}")) WITHOUT ROWID'
    )
    marks = ", ".join("?" * len(store.columns))
    connection.executemany(
        f"INSERT INTO {store.name} VALUES ({marks})", zip(*store.values, strict=True)
    )
    for index in store.indexes:
        listed = ", ".join(index)
        connection.execute(
            f"CREATE INDEX {store.name}_by_{'_'.join(index)} ON {store.name} ({listed})"
        )
