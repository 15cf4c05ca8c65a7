"""Ways to change accounts without ``rongzi users`` and its account events."""

from __future__ import annotations

import random

from sqlalchemy import Connection, insert
from sqlalchemy import delete as delete_from
from sqlalchemy import update as update_of

from api.ledger.tables import accounts
from tests.support.tampering.rows import rows_in
from tests.support.tampering.tables import Way, edit


def change_account(connection: Connection, rng: random.Random) -> str:
    """Change roles, places, state, password or token version of an account."""
    rows = rows_in(connection, accounts)
    if not rows:
        return edit(connection, rng)
    row = rng.choice(rows)
    name, value = rng.choice(
        (
            ("roles", "admin"),
            ("places", "371502" if not row["places"] else ""),
            ("is_enabled", not row["is_enabled"]),
            ("password_hash", f"{row['password_hash']}x"),
            ("version", row["version"] + 1),
        )
    )
    statement = update_of(accounts).where(accounts.c.name == row["name"])
    connection.execute(statement.values({name: value}))
    return f"edit accounts.{name}"


def add_or_remove(connection: Connection, rng: random.Random) -> str:
    """Add an account, or remove one."""
    rows = rows_in(connection, accounts)
    if not rows:
        return edit(connection, rng)
    row = rng.choice(rows)
    if rng.random() < 0.5:
        connection.execute(insert(accounts), [row | {"name": "somebody-else", "roles": "admin"}])
        return "add an account"
    connection.execute(delete_from(accounts).where(accounts.c.name == row["name"]))
    return "remove an account"


WAYS: tuple[Way, ...] = (change_account, change_account, add_or_remove)
