"""Ways to change who may do what, past ``rongzi users`` and its record."""

from __future__ import annotations

import random

from sqlalchemy import Connection, insert
from sqlalchemy import delete as delete_from
from sqlalchemy import update as update_of

from api.ledger.tables import accounts
from tests.support.tampering.rows import rows_in
from tests.support.tampering.ways import Way, edit


def change_account(connection: Connection, drawn: random.Random) -> str:
    """Change what an account may do, where, its state, password or age of tokens."""
    rows = rows_in(connection, accounts)
    if not rows:
        return edit(connection, drawn)
    row = drawn.choice(rows)
    name, value = drawn.choice(
        (
            ("roles", "admin"),
            ("places", "371502" if not row["places"] else ""),
            ("is_enabled", not row["is_enabled"]),
            ("password_hash", f"{row['password_hash']}x"),
            ("version", row["version"] + 1),
        )
    )
    changing = update_of(accounts).where(accounts.c.name == row["name"])
    connection.execute(changing.values({name: value}))
    return f"edit accounts.{name}"


def add_or_remove(connection: Connection, drawn: random.Random) -> str:
    """Add an account, or remove one."""
    rows = rows_in(connection, accounts)
    if not rows:
        return edit(connection, drawn)
    row = drawn.choice(rows)
    if drawn.random() < 0.5:
        connection.execute(insert(accounts), [row | {"name": "somebody-else", "roles": "admin"}])
        return "add an account"
    connection.execute(delete_from(accounts).where(accounts.c.name == row["name"]))
    return "remove an account"


WAYS: tuple[Way, ...] = (change_account, change_account, add_or_remove)
