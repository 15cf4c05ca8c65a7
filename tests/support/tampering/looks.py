"""Ways to change the audit, as somebody would who looked where they should not."""

from __future__ import annotations

import random

from sqlalchemy import Connection, insert
from sqlalchemy import delete as delete_from

from api.ledger.chain import append_audit_rows
from api.ledger.tables import accesses, look_checkpoints
from tests.support.tampering.rows import Row, assign, rewrite_looks, rows_in
from tests.support.tampering.ways import Way, edit


def change_looks(connection: Connection, drawn: random.Random) -> str:
    """Change, take out or put in a look, or cut the end off, and hash the audit anew."""
    rows = rows_in(connection, accesses)
    done = drawn.choice(("edit", "delete", "insert", "cut"))
    place = drawn.randrange(len(rows))
    if done == "edit":
        rows[place]["actor"] = "somebody-else"
    elif done == "insert":
        rows.insert(place, {**rows[place], "actor": "somebody-else"})
    else:
        rows = rows[:place] + (rows[place + 1 :] if done == "delete" else [])
    rewrite_looks(connection, rows)
    return f"{done} looks, hashed anew"


def append_look(connection: Connection, drawn: random.Random) -> str:
    """Append a look or an account event behind the last, chained as the service would."""
    row: Row = drawn.choice(rows_in(connection, accesses))
    done, changed = drawn.choice(
        (
            ("a look", {"actor": "somebody-else"}),
            ("an account event", {"route": "account_enabled", "account": "admin"}),
        )
    )
    append_audit_rows(connection, [row | changed])
    return f"append {done}"


def prepend_look(connection: Connection, drawn: random.Random) -> str:
    """Put a look before all others, without a digest, as if of an earlier release."""
    row = drawn.choice(rows_in(connection, accesses))
    connection.execute(insert(accesses), [row | {"number": 0, "digest": None}])
    return "a look before the first"


def cut_with_seals(connection: Connection, drawn: random.Random) -> str:
    """Cut the last looks or account events off, and the checkpoints of looks over them."""
    rows = rows_in(connection, accesses)
    kept = len(rows) - 1 - drawn.randrange(max(1, len(rows) // 2))
    connection.execute(delete_from(accesses).where(accesses.c.number > kept))
    connection.execute(delete_from(look_checkpoints).where(look_checkpoints.c.look > kept))
    return f"cut {'an account event' if rows[-1]['account'] else 'looks'}, with its checkpoints"


def unchain(connection: Connection, drawn: random.Random) -> str:
    """Pretend that the first looks are of a release that did not chain them."""
    rows = rows_in(connection, accesses)
    if len(rows) < 2:
        return edit(connection, drawn)
    for row in rows[: drawn.randrange(1, len(rows))]:
        assign(connection, accesses, row, {"digest": None})
    return "unchain the first looks"


WAYS: tuple[Way, ...] = (change_looks, change_looks, append_look, prepend_look, cut_with_seals,
                         unchain)  # fmt: skip
