"""Random tamperings of a ledger by somebody who can write its database but has not its keys.

    python -m benchmarks.tampering --home data

Fills a ledger with decisions, then changes a copy of it in a random way, again and again: a column
edited, with or without the chain hashed anew behind it, a row deleted, two entries swapped, one
inserted or appended, the end cut off with or without its checkpoints. Prints how many of them
``verify-ledger`` found. Only the file of checkpoints outside the database is out of reach.
"""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection, Table, create_engine, func, insert, select, text
from sqlalchemy import delete as delete_from
from sqlalchemy import update as update_of

from api.ledger.chain import GENESIS, digest_of
from api.ledger.engine import database_url
from api.ledger.location import Location
from api.ledger.look_chain import append_looks
from api.ledger.tables import (
    accesses,
    answers,
    checkpoints,
    entries,
    identities,
    questions,
    versions,
)
from api.ledger.verifying import verify_ledger
from api.ledger.writer import Ledger
from api.settings import Settings
from benchmarks.ledger_filling import asks, fill, loaded, look_around

_CHAINED = (entries, answers, questions, checkpoints, versions, accesses)
Row = dict[str, Any]


def tamper(connection: Connection, drawn: random.Random) -> str:
    """Change the ledger on `connection` in a random way and return what was done."""
    disarm(connection)
    done = drawn.choice(_WAYS)(connection, drawn)
    return done


def disarm(connection: Connection) -> None:
    """Take the triggers away, as the owner of the tables can."""
    if connection.dialect.name == "postgresql":
        for table in (*_CHAINED, identities):
            connection.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
        return
    names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
    for (name,) in names.all():
        connection.execute(text(f"DROP TRIGGER {name}"))


def _edit(connection: Connection, drawn: random.Random) -> str:
    table = drawn.choice((*_CHAINED, identities))
    row = _any_row(connection, table, drawn)
    column = drawn.choice(
        [c for c in table.columns if not (table is identities and row[c.name] is None)]
    )
    value = _other(row[column.name], column.type.python_type, drawn)
    _set(connection, table, row, {column.name: value})
    return f"edit {table.name}.{column.name}"


def _edit_and_rehash(connection: Connection, drawn: random.Random) -> str:
    row = _any_row(connection, entries, drawn)
    name = drawn.choice(("body", "amount_yuan", "outcome", "actor", "place_code", "recorded_at"))
    kind = entries.c[name].type.python_type
    changed = row | {name: _other(row[name], kind, drawn)}
    _rewrite(connection, [changed if r["seq"] == row["seq"] else r for r in _chain(connection)])
    return f"edit entries.{name}, hashed anew"


def _delete(connection: Connection, drawn: random.Random) -> str:
    table = drawn.choice((*_CHAINED, identities))
    row = _any_row(connection, table, drawn)
    (key,) = table.primary_key.columns
    connection.execute(delete_from(table).where(key == row[key.name]))
    return f"delete from {table.name}"


def _delete_and_rehash(connection: Connection, drawn: random.Random) -> str:
    chain = _chain(connection)
    chain.pop(drawn.randrange(len(chain)))
    _rewrite(connection, chain)
    return "delete an entry, numbered and hashed anew"


def _reorder(connection: Connection, drawn: random.Random) -> str:
    chain = _chain(connection)
    one, other = drawn.sample(range(len(chain)), 2)
    chain[one], chain[other] = chain[other], chain[one]
    again = drawn.random() < 0.5
    if again:
        _rewrite(connection, chain)
    else:
        _replace(connection, [row | {"seq": seq} for seq, row in enumerate(chain, 1)])
    return f"swap two entries{', hashed anew' if again else ''}"


def _insert(connection: Connection, drawn: random.Random) -> str:
    chain = _chain(connection)
    place = drawn.randrange(len(chain) + 1)
    forged = drawn.choice(chain) | {"entry_id": f"{drawn.getrandbits(128):032x}"}
    forged |= {"decision_id": f"{drawn.getrandbits(128):032x}", "answer_digest": None}
    _rewrite(connection, [*chain[:place], forged, *chain[place:]])
    return "append an entry" if place == len(chain) else "insert an entry, hashed anew"


def _truncate(connection: Connection, drawn: random.Random) -> str:
    last = connection.execute(select(func.max(entries.c.seq))).scalar_one()
    kept = last - drawn.randrange(1, max(2, last // 3))
    with_seals = drawn.random() < 0.5
    for table in (entries, answers, questions, *((checkpoints,) if with_seals else ())):
        connection.execute(delete_from(table).where(table.c.seq > kept))
    return f"truncate{', checkpoints too' if with_seals else ''}"


def _change_looks(connection: Connection, drawn: random.Random) -> str:
    """Change the audit and hash it anew, as somebody would who looked where they should not."""
    found = connection.execute(select(accesses).order_by(accesses.c.number)).mappings()
    rows = [dict(row) for row in found]
    done = drawn.choice(("edit", "delete", "insert", "cut"))
    place = drawn.randrange(len(rows))
    if done == "edit":
        rows[place]["actor"] = "somebody-else"
    elif done == "insert":
        rows.insert(place, {**rows[place], "actor": "somebody-else"})
    else:
        rows = rows[:place] + (rows[place + 1 :] if done == "delete" else [])
    connection.execute(delete_from(accesses))
    append_looks(connection, rows)
    return f"{done} looks, hashed anew"


def _swap_people(connection: Connection, drawn: random.Random) -> str:
    one, other = _any_row(connection, identities, drawn), _any_row(connection, identities, drawn)
    if one["subject_id"] == other["subject_id"]:
        return _edit(connection, drawn)
    connection.execute(delete_from(identities))
    rest = {name: one[name] for name in one if name != "subject_id"}
    swapped = [
        {**other, "subject_id": one["subject_id"]},
        {**rest, "subject_id": other["subject_id"]},
    ]
    connection.execute(insert(identities), swapped)
    return "swap two identities"


_WAYS: tuple[Callable[[Connection, random.Random], str], ...] = (
    _edit, _edit, _edit, _edit_and_rehash, _delete, _delete_and_rehash, _reorder, _insert,
    _truncate, _swap_people, _change_looks,
)  # fmt: skip


def _any_row(connection: Connection, table: Table, drawn: random.Random) -> Row:
    (key,) = table.primary_key.columns
    rows = connection.execute(select(table).order_by(key)).mappings().all()
    return dict(drawn.choice(rows))


def _set(connection: Connection, table: Table, row: Row, values: Row) -> None:
    (key,) = table.primary_key.columns
    connection.execute(update_of(table).where(key == row[key.name]).values(values))


def _other(value: Any, kind: type, drawn: random.Random) -> Any:
    """Return another value of the column's type, as near as can be: one bit, one sign, one unit."""
    if kind is int:
        return (value or 0) + 1_000_000 + drawn.randrange(1, 1_000)
    if kind is bytes:
        changed = bytearray(value or b"\0")
        changed[drawn.randrange(len(changed))] ^= 1 << drawn.randrange(8)
        return bytes(changed)
    if not value:
        return "x"
    place = drawn.randrange(len(value))
    sign = "7" if value[place] != "7" else "8"
    return value[:place] + sign + value[place + 1 :]


def _chain(connection: Connection) -> list[Row]:
    found = connection.execute(select(entries).order_by(entries.c.seq)).mappings()
    return [dict(row) for row in found]


def _rewrite(connection: Connection, chain: list[Row]) -> None:
    """Write the chain numbered and hashed anew, as somebody would who read our source."""
    previous, made = GENESIS, []
    for seq, row in enumerate(chain, 1):
        row = row | {"seq": seq, "previous": previous}
        previous = digest_of(row)
        made.append(row | {"digest": previous})
    _replace(connection, made)


def _replace(connection: Connection, rows: list[Row]) -> None:
    connection.execute(delete_from(entries))
    connection.execute(insert(entries), rows)


@click.command()
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--tamperings", default=1_000, show_default=True)
@click.option("--decisions", default=40, show_default=True)
@click.option("--seed", default=54, show_default=True)
def main(home: Path, tamperings: int, decisions: int, seed: int) -> None:
    """Tamper, verify, and print what was found."""
    with tempfile.TemporaryDirectory() as folder:
        location = filled(home, Path(folder), decisions)
        tried, missed = tried_on_copies(location, Path(folder), tamperings, seed)
    told = {
        "tamperings": sum(tried.values()),
        "found": sum(tried.values()) - len(missed),
        "missed": missed,
        "by kind": dict(sorted(tried.items())),
    }
    print(json.dumps(told, indent=1))


def filled(home: Path, folder: Path, decisions: int) -> Location:
    """Return a new ledger under `folder` with `decisions` on the members of `home`'s edition."""
    settings = Settings(home=folder / "home")
    ledger = Ledger.open(settings)
    fill(ledger, asks(loaded(home), decisions))
    look_around(ledger, 5)
    ledger.close()
    location = Location.of(settings)
    report = verify_ledger(location)
    if not report.is_sound:
        raise SystemExit(f"the ledger is not sound to begin with: {report.findings[:3]}")
    return location


def tried_on_copies(
    location: Location, folder: Path, tamperings: int, seed: int
) -> tuple[Counter[str], list[str]]:
    """Return how often each kind of tampering was tried, and those that were not found."""
    copy = folder / "tampered.db"
    moved = replace(location, url=database_url(f"sqlite:///{copy}", copy))
    tried: Counter[str] = Counter()
    missed = []
    for number in range(tamperings):
        drawn = random.Random(f"{seed} {number}")
        shutil.copyfile(str(location.url.database), copy)
        engine = create_engine(moved.url)
        with engine.begin() as connection:
            done = tamper(connection, drawn)
        engine.dispose()
        tried[done] += 1
        if verify_ledger(moved).is_sound:
            missed.append(f"{number}: {done}")
    return tried, missed


if __name__ == "__main__":
    main()
