"""Ways to change any table, and the chain of entries, without the service.

Each way changes the ledger through a connection and returns what it did. Where it finds nothing to
change, it edits a cell instead.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable

from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy import delete as delete_from

from api.ledger.tables import (
    accesses,
    answers,
    checkpoints,
    entries,
    identities,
    look_checkpoints,
    questions,
    versions,
)
from tests.support.tampering.rows import (
    Row,
    any_row,
    any_table,
    assign,
    hash_entries,
    other,
    remove,
    replace_entries,
    rewrite,
    rows_in,
)

Way = Callable[[Connection, random.Random], str]


def edit(connection: Connection, rng: random.Random) -> str:
    """Change a cell slightly."""
    table = any_table(connection, rng)
    row = any_row(connection, table, rng)
    column = rng.choice(list(table.columns))
    value = other(row[column.name], column.type.python_type, rng)
    assign(connection, table, row, {column.name: value})
    return f"edit {table.name}.{column.name}"


def empty(connection: Connection, rng: random.Random) -> str:
    """Empty a cell that may be empty."""
    table = any_table(connection, rng)
    row = any_row(connection, table, rng)
    names = [c.name for c in table.columns if c.nullable and row[c.name] is not None]
    if not names:
        return edit(connection, rng)
    name = rng.choice(names)
    assign(connection, table, row, {name: None})
    return f"empty {table.name}.{name}"


def mistype(connection: Connection, rng: random.Random) -> str:
    """Store in a cell what its column's type does not allow; SQLite accepts it."""
    table = any_table(connection, rng)
    (key,) = table.primary_key.columns
    row = any_row(connection, table, rng)
    names = [c.name for c in table.columns if c is not key and row[c.name] is not None]
    if connection.dialect.name != "sqlite" or not names:
        return edit(connection, rng)
    name = rng.choice(names)
    what, value = rng.choice(
        (
            ("as bytes", f"CAST({name} AS BLOB)" if table.c[name].type.python_type is not bytes
             else f"CAST({name} AS TEXT)"),
            ("as broken text", "CAST(x'ff80' AS TEXT)"),
        )
    )  # fmt: skip
    statement = f"UPDATE {table.name} SET {name} = {value} WHERE {key.name} = :key"
    connection.execute(text(statement), {"key": row[key.name]})
    return f"{table.name}.{name} {what}"


def delete(connection: Connection, rng: random.Random) -> str:
    """Delete a row."""
    table = any_table(connection, rng)
    remove(connection, table, any_row(connection, table, rng))
    return f"delete from {table.name}"


def delete_all(connection: Connection, rng: random.Random) -> str:
    """Delete all rows of a table."""
    table = any_table(connection, rng)
    connection.execute(delete_from(table))
    return f"delete all of {table.name}"


def insert_row(connection: Connection, rng: random.Random) -> str:
    """Insert a row made from another of the same table."""
    table = any_table(connection, rng)
    rows = rows_in(connection, table)
    (key,) = table.primary_key.columns
    made = rng.choice(rows)
    if key.type.python_type is int:
        made |= {key.name: max(row[key.name] for row in rows) + 1}
    else:
        made |= {key.name: other(made[key.name], str, rng)}
    if table is versions:
        payload = other(made["payload"], bytes, rng)
        made |= {"payload": payload, "digest": hashlib.sha256(payload).hexdigest()}
    if table is entries:
        made |= {"entry_id": other(made["entry_id"], str, rng)}
    if table is identities:
        made |= {"member_index": other(made["member_index"], str, rng)}
    connection.execute(insert(table), [made])
    return f"insert into {table.name}"


def edit_and_rehash(connection: Connection, rng: random.Random) -> str:
    """Change an entry and rebuild the chain after it."""
    row = any_row(connection, entries, rng)
    name = rng.choice(("body", "amount_yuan", "outcome", "actor", "place_code", "recorded_at"))
    changed = row | {name: other(row[name], entries.c[name].type.python_type, rng)}
    rewrite(connection, [changed if r["seq"] == row["seq"] else r for r in _chain(connection)])
    return f"edit entries.{name}, hashed again"


def delete_and_rehash(connection: Connection, rng: random.Random) -> str:
    """Delete an entry and rebuild the chain."""
    chain = _chain(connection)
    chain.pop(rng.randrange(len(chain)))
    rewrite(connection, chain)
    return "delete an entry, numbered and hashed again"


def reorder(connection: Connection, rng: random.Random) -> str:
    """Swap two entries."""
    chain = _chain(connection)
    one, second = rng.sample(range(len(chain)), 2)
    chain[one], chain[second] = chain[second], chain[one]
    if rng.random() < 0.5:
        rewrite(connection, chain)
        return "swap two entries, hashed again"
    replace_entries(connection, [row | {"seq": seq} for seq, row in enumerate(chain, 1)])
    return "swap two entries"


def insert_entry(connection: Connection, rng: random.Random) -> str:
    """Insert or append an entry, and rebuild the chain."""
    chain = _chain(connection)
    at = len(chain) if rng.random() < 0.5 else rng.randrange(len(chain))
    rewrite(connection, [*chain[:at], forged_entry(chain, rng), *chain[at:]])
    return "append an entry" if at == len(chain) else "insert an entry, hashed again"


def append_entry(connection: Connection, rng: random.Random) -> str:
    """Append an entry as the service would, but without a checkpoint."""
    chain = _chain(connection)
    rows = hash_entries([forged_entry(chain, rng)], chain[-1]["digest"], len(chain) + 1)
    connection.execute(insert(entries), rows)
    return "append an entry"


def truncate(connection: Connection, rng: random.Random) -> str:
    """Cut off the last entries, alone, with their checkpoints, or with the access records too."""
    last = connection.execute(select(func.max(entries.c.seq))).scalar_one()
    end = last - rng.randrange(1, max(2, last // 3))
    extent = rng.choice(("", " with checkpoints", " with checkpoints and accesses"))
    tables = [entries, answers, questions, *((checkpoints,) if extent else ())]
    for table in tables:
        connection.execute(delete_from(table).where(table.c.seq > end))
    if "accesses" in extent:
        connection.execute(delete_from(look_checkpoints).where(look_checkpoints.c.seq > end))
        upto = select(func.max(look_checkpoints.c.look)).scalar_subquery()
        connection.execute(delete_from(accesses).where(accesses.c.number > func.coalesce(upto, 0)))
    return f"truncate{extent}"


def respell_signature(connection: Connection, rng: random.Random) -> str:
    """Write the same signature differently, in the unused bits of its last base64 letter."""
    table = rng.choice((checkpoints, look_checkpoints))
    rows = rows_in(connection, table)
    if not rows:
        return edit(connection, rng)
    row = rng.choice(rows)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    letter = letters[letters.index(row["signature"][-3]) ^ rng.randrange(1, 16)]
    assign(connection, table, row, {"signature": f"{row['signature'][:-3]}{letter}=="})
    return f"respell {table.name}.signature"


def forged_entry(chain: list[Row], rng: random.Random) -> Row:
    """Return a copy of an entry under new ids."""
    names = {"entry_id": f"{rng.getrandbits(128):032x}", "answer_digest": None}
    if rng.random() < 0.5:
        names |= {"decision_id": f"{rng.getrandbits(128):032x}"}
    return rng.choice(chain) | names


def _chain(connection: Connection) -> list[Row]:
    return rows_in(connection, entries)


WAYS: tuple[Way, ...] = (
    edit, edit, edit, empty, empty, mistype, mistype, delete, delete_all, insert_row, insert_row,
    edit_and_rehash, delete_and_rehash, reorder, insert_entry, append_entry, truncate, truncate,
    respell_signature,
)  # fmt: skip
