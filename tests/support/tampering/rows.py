"""Read and change rows of a ledger directly, and rebuild the hash chain after them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Table, create_engine, insert, select, text
from sqlalchemy import delete as delete_from
from sqlalchemy import update as update_of
from sqlalchemy.engine import URL

from api.ledger.chain import GENESIS, append_audit_rows, entry_digest
from api.ledger.migrations.append_only import guard_names
from api.ledger.schema import restore_triggers
from api.ledger.tables import APPEND_ONLY, accesses, entries, identities

TABLES = (*APPEND_ONLY, identities)
Row = dict[str, Any]


@contextmanager
def without_triggers(url: URL) -> Iterator[Connection]:
    """Yield a connection of the tables' owner; the triggers are dropped meanwhile."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in APPEND_ONLY:
            on = f" ON {table.name}" if connection.dialect.name == "postgresql" else ""
            for name in guard_names(connection.dialect.name, table.name):
                connection.execute(text(f"DROP TRIGGER {name}{on}"))
        yield connection
    restore_triggers(engine)
    engine.dispose()


def rows_in(connection: Connection, table: Table) -> list[Row]:
    """Return all rows in the order of the primary key."""
    (key,) = table.primary_key.columns
    return [dict(row) for row in connection.execute(select(table).order_by(key)).mappings()]


def any_table(connection: Connection, rng: random.Random) -> Table:
    """Return a table that has rows."""
    return rng.choice([t for t in TABLES if connection.execute(select(t).limit(1)).first()])


def any_row(connection: Connection, table: Table, rng: random.Random) -> Row:
    """Return one row."""
    return rng.choice(rows_in(connection, table))


def assign(connection: Connection, table: Table, row: Row, values: Row) -> None:
    """Change a row."""
    (key,) = table.primary_key.columns
    connection.execute(update_of(table).where(key == row[key.name]).values(values))


def remove(connection: Connection, table: Table, row: Row) -> None:
    """Delete a row."""
    (key,) = table.primary_key.columns
    connection.execute(delete_from(table).where(key == row[key.name]))


def other(value: Any, kind: type, rng: random.Random) -> Any:
    """Return another value of the column's type that differs little: one bit, one character."""
    if kind is int:
        return (value or 0) + 1_000_000 + rng.randrange(1, 1_000)
    if kind is bytes:
        changed = bytearray(value or b"\0")
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        return bytes(changed)
    if not value:
        return "x"
    at = rng.randrange(len(value))
    character = "7" if value[at] != "7" else "8"
    return value[:at] + character + value[at + 1 :]


def rewrite(connection: Connection, chain: Sequence[Row]) -> None:
    """Replace all entries, numbered and hashed again, as a reader of our source could do."""
    replace_entries(connection, hash_entries(chain))


def hash_entries(chain: Sequence[Row], previous: str = GENESIS, first: int = 1) -> list[Row]:
    """Return entries numbered from `first` and chained after the digest `previous`."""
    chained = []
    for seq, row in enumerate(chain, first):
        row = row | {"seq": seq, "previous": previous}
        previous = entry_digest(row)
        chained.append(row | {"digest": previous})
    return chained


def replace_entries(connection: Connection, rows: Sequence[Row]) -> None:
    """Replace all entries by `rows`."""
    connection.execute(delete_from(entries))
    connection.execute(insert(entries), list(rows))


def rewrite_access_record(connection: Connection, rows: Sequence[Row]) -> None:
    """Replace the access record by `rows`, numbered and hashed again."""
    connection.execute(delete_from(accesses))
    append_audit_rows(connection, rows)
