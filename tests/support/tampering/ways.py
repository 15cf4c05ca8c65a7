"""Ways to change any table, and the chain of entries, behind the service's back.

Each way changes the ledger on a connection and says what it did; one that finds nothing to change
there edits a cell instead.
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
    hashed,
    other,
    remove,
    replace_entries,
    rewrite,
    rows_in,
)

Way = Callable[[Connection, random.Random], str]


def edit(connection: Connection, drawn: random.Random) -> str:
    """Change a cell a little."""
    table = any_table(connection, drawn)
    row = any_row(connection, table, drawn)
    column = drawn.choice(list(table.columns))
    value = other(row[column.name], column.type.python_type, drawn)
    assign(connection, table, row, {column.name: value})
    return f"edit {table.name}.{column.name}"


def empty(connection: Connection, drawn: random.Random) -> str:
    """Empty a cell that may be empty."""
    table = any_table(connection, drawn)
    row = any_row(connection, table, drawn)
    names = [c.name for c in table.columns if c.nullable and row[c.name] is not None]
    if not names:
        return edit(connection, drawn)
    name = drawn.choice(names)
    assign(connection, table, row, {name: None})
    return f"empty {table.name}.{name}"


def mistype(connection: Connection, drawn: random.Random) -> str:
    """Keep in a cell what its column's type does not allow, as SQLite lets one do."""
    table = any_table(connection, drawn)
    (key,) = table.primary_key.columns
    row = any_row(connection, table, drawn)
    names = [c.name for c in table.columns if c is not key and row[c.name] is not None]
    if connection.dialect.name != "sqlite" or not names:
        return edit(connection, drawn)
    name = drawn.choice(names)
    done, value = drawn.choice(
        (
            ("as bytes", f"CAST({name} AS BLOB)" if table.c[name].type.python_type is not bytes
             else f"CAST({name} AS TEXT)"),
            ("as broken text", "CAST(x'ff80' AS TEXT)"),
        )
    )  # fmt: skip
    changing = f"UPDATE {table.name} SET {name} = {value} WHERE {key.name} = :key"
    connection.execute(text(changing), {"key": row[key.name]})
    return f"{table.name}.{name} {done}"


def delete(connection: Connection, drawn: random.Random) -> str:
    """Delete a row."""
    table = any_table(connection, drawn)
    remove(connection, table, any_row(connection, table, drawn))
    return f"delete from {table.name}"


def delete_all(connection: Connection, drawn: random.Random) -> str:
    """Delete all rows of a table."""
    table = any_table(connection, drawn)
    connection.execute(delete_from(table))
    return f"delete all of {table.name}"


def insert_row(connection: Connection, drawn: random.Random) -> str:
    """Insert a row made from another of the same table."""
    table = any_table(connection, drawn)
    rows = rows_in(connection, table)
    (key,) = table.primary_key.columns
    made = drawn.choice(rows)
    if key.type.python_type is int:
        made |= {key.name: max(row[key.name] for row in rows) + 1}
    else:
        made |= {key.name: other(made[key.name], str, drawn)}
    if table is versions:
        payload = other(made["payload"], bytes, drawn)
        made |= {"payload": payload, "digest": hashlib.sha256(payload).hexdigest()}
    if table is entries:
        made |= {"entry_id": other(made["entry_id"], str, drawn)}
    if table is identities:
        made |= {"member_index": other(made["member_index"], str, drawn)}
    connection.execute(insert(table), [made])
    return f"insert into {table.name}"


def edit_and_rehash(connection: Connection, drawn: random.Random) -> str:
    """Change an entry and hash the chain anew behind it."""
    row = any_row(connection, entries, drawn)
    name = drawn.choice(("body", "amount_yuan", "outcome", "actor", "place_code", "recorded_at"))
    changed = row | {name: other(row[name], entries.c[name].type.python_type, drawn)}
    rewrite(connection, [changed if r["seq"] == row["seq"] else r for r in _chain(connection)])
    return f"edit entries.{name}, hashed anew"


def delete_and_rehash(connection: Connection, drawn: random.Random) -> str:
    """Take an entry out and hash the chain anew."""
    chain = _chain(connection)
    chain.pop(drawn.randrange(len(chain)))
    rewrite(connection, chain)
    return "delete an entry, numbered and hashed anew"


def reorder(connection: Connection, drawn: random.Random) -> str:
    """Let two entries change places."""
    chain = _chain(connection)
    one, second = drawn.sample(range(len(chain)), 2)
    chain[one], chain[second] = chain[second], chain[one]
    if drawn.random() < 0.5:
        rewrite(connection, chain)
        return "swap two entries, hashed anew"
    replace_entries(connection, [row | {"seq": seq} for seq, row in enumerate(chain, 1)])
    return "swap two entries"


def insert_entry(connection: Connection, drawn: random.Random) -> str:
    """Insert an entry, or append one, and hash the chain anew."""
    chain = _chain(connection)
    place = len(chain) if drawn.random() < 0.5 else drawn.randrange(len(chain))
    rewrite(connection, [*chain[:place], forged(chain, drawn), *chain[place:]])
    return "append an entry" if place == len(chain) else "insert an entry, hashed anew"


def append_behind(connection: Connection, drawn: random.Random) -> str:
    """Append an entry behind the last one, as the service would but for the seal."""
    chain = _chain(connection)
    made = hashed([forged(chain, drawn)], chain[-1]["digest"], len(chain) + 1)
    connection.execute(insert(entries), made)
    return "append an entry"


def truncate(connection: Connection, drawn: random.Random) -> str:
    """Cut the end off, with or without its checkpoints, or all that came with it."""
    last = connection.execute(select(func.max(entries.c.seq))).scalar_one()
    kept = last - drawn.randrange(1, max(2, last // 3))
    done = drawn.choice(("", ", checkpoints too", ", looks and their checkpoints too"))
    tables = [entries, answers, questions, *((checkpoints,) if done else ())]
    for table in tables:
        connection.execute(delete_from(table).where(table.c.seq > kept))
    if "looks" in done:
        connection.execute(delete_from(look_checkpoints).where(look_checkpoints.c.seq > kept))
        upto = select(func.max(look_checkpoints.c.look)).scalar_subquery()
        connection.execute(delete_from(accesses).where(accesses.c.number > func.coalesce(upto, 0)))
    return f"truncate{done}"


def respell_signature(connection: Connection, drawn: random.Random) -> str:
    """Write the same signature in another way: unused bits of its last letter."""
    table = drawn.choice((checkpoints, look_checkpoints))
    rows = rows_in(connection, table)
    if not rows:
        return edit(connection, drawn)
    row = drawn.choice(rows)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    letter = letters[letters.index(row["signature"][-3]) ^ drawn.randrange(1, 16)]
    assign(connection, table, row, {"signature": f"{row['signature'][:-3]}{letter}=="})
    return f"respell {table.name}.signature"


def forged(chain: list[Row], drawn: random.Random) -> Row:
    """Return an entry made from another, under names of its own."""
    names = {"entry_id": f"{drawn.getrandbits(128):032x}", "answer_digest": None}
    if drawn.random() < 0.5:
        names |= {"decision_id": f"{drawn.getrandbits(128):032x}"}
    return drawn.choice(chain) | names


def _chain(connection: Connection) -> list[Row]:
    return rows_in(connection, entries)


WAYS: tuple[Way, ...] = (
    edit, edit, edit, empty, empty, mistype, mistype, delete, delete_all, insert_row, insert_row,
    edit_and_rehash, delete_and_rehash, reorder, insert_entry, append_behind, truncate, truncate,
    respell_signature,
)  # fmt: skip
