"""Ways to change the access record, as somebody would who wants to hide an access."""

from __future__ import annotations

import random

from sqlalchemy import Connection, insert
from sqlalchemy import delete as delete_from

from api.ledger.chain import append_audit_rows
from api.ledger.tables import accesses, look_checkpoints
from tests.support.tampering.rows import Row, assign, rewrite_access_record, rows_in
from tests.support.tampering.tables import Way, edit


def change_accesses(connection: Connection, rng: random.Random) -> str:
    """Change, delete or insert an access record, or cut off the end, and rebuild the chain."""
    rows = rows_in(connection, accesses)
    action = rng.choice(("edit", "delete", "insert", "cut"))
    position = rng.randrange(len(rows))
    if action == "edit":
        rows[position]["actor"] = "somebody-else"
    elif action == "insert":
        rows.insert(position, {**rows[position], "actor": "somebody-else"})
    else:
        rows = rows[:position] + (rows[position + 1 :] if action == "delete" else [])
    rewrite_access_record(connection, rows)
    return f"{action} accesses, hashed again"


def append_access(connection: Connection, rng: random.Random) -> str:
    """Append an access record or an account event, chained as the service would."""
    row: Row = rng.choice(rows_in(connection, accesses))
    what, changed = rng.choice(
        (
            ("an access", {"actor": "somebody-else"}),
            ("an account event", {"route": "account_enabled", "account": "admin"}),
        )
    )
    append_audit_rows(connection, [row | changed])
    return f"append {what}"


def prepend_access(connection: Connection, rng: random.Random) -> str:
    """Insert an access record before all others, without a digest, as in earlier releases."""
    row = rng.choice(rows_in(connection, accesses))
    connection.execute(insert(accesses), [row | {"number": 0, "digest": None}])
    return "an access before the first"


def cut_with_checkpoints(connection: Connection, rng: random.Random) -> str:
    """Cut off the last access records or account events, with their own checkpoints."""
    rows = rows_in(connection, accesses)
    end = len(rows) - 1 - rng.randrange(max(1, len(rows) // 2))
    connection.execute(delete_from(accesses).where(accesses.c.number > end))
    connection.execute(delete_from(look_checkpoints).where(look_checkpoints.c.look > end))
    return f"cut {'an account event' if rows[-1]['account'] else 'accesses'}, with checkpoints"


def unchain(connection: Connection, rng: random.Random) -> str:
    """Remove the digests of the first rows, as in a release that did not chain them."""
    rows = rows_in(connection, accesses)
    if len(rows) < 2:
        return edit(connection, rng)
    for row in rows[: rng.randrange(1, len(rows))]:
        assign(connection, accesses, row, {"digest": None})
    return "unchain the first accesses"


WAYS: tuple[Way, ...] = (
    change_accesses, change_accesses, append_access, prepend_access, cut_with_checkpoints, unchain,
)  # fmt: skip
