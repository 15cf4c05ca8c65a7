"""``edition.sqlite``, an edition's contents for the service: written once, then only read.

It contains names, id numbers and phones in masked form only, and no attribute that only fairness
audits use, unless a knock-out reads it. The numbers of a profile are one cell of 8-byte floats, in
the order of table `attributes`: exact, and read in one step by a decision. The Parquet file beside
it holds the same profiles for analysts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from api.editions.contents import Contents
from api.editions.edition import (
    ATTRIBUTES,
    CHANGES,
    FLOAT,
    FUNNEL,
    NUMBERS,
    PEOPLE,
    PLACES,
    POSITIONS,
    PROFILES,
    RELATIONS,
    WHITELIST,
)
from api.editions.funnel import STEPS
from data.storage.profiles import columns_of
from model.decision.whitelist import HOUSEHOLD_BORROWER
from model.policy.policy import Policy
from model.profile.dictionary import member_dictionary

#: Members whose values are in memory as Python objects at once.
_BATCH = 16_384
#: Columns with one value for all rows, which the manifest holds.
_IN_MANIFEST = ("as_of", "policy_digest", "card_digest")


def write_database(path: Path, contents: Contents) -> None:
    """Write `contents` to a new database at `path`; equal contents give equal bytes."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # A failed publication deletes the whole draft, so it needs no journal.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        for table in _tables(contents):
            _write(connection, table)
        connection.execute("COMMIT")


def _write(connection: sqlite3.Connection, table: _Table) -> None:
    columns = ", ".join(f'"{name}" {kind}' for name, kind in table.columns.items())
    key = next(iter(table.columns))
    # Names come from the dictionary and this package, never from a request or a file's header.
    connection.execute(
        f'CREATE TABLE {table.name} ({columns}, PRIMARY KEY ("{key}")) WITHOUT ROWID'
    )
    placeholders = ", ".join("?" * len(table.columns))
    connection.executemany(f"INSERT INTO {table.name} VALUES ({placeholders})", table.rows)
    for index in table.indexes:
        listed = ", ".join(index)
        connection.execute(
            f"CREATE INDEX {table.name}_by_{'_'.join(index)} ON {table.name} ({listed})"
        )


@dataclass(frozen=True)
class _Table:
    """One table to write: its columns with their SQLite types; the first column is the key.

    Attributes
    ----------
    rows : iterable of tuples
        Values in the order of `columns`, sorted by the key.
    indexes : tuple of tuples of str
        Columns of each index.
    """

    name: str
    columns: Mapping[str, str]
    rows: Iterable[tuple[Any, ...]]
    indexes: tuple[tuple[str, ...], ...] = ()


def _tables(contents: Contents) -> Iterator[_Table]:
    """Yield the tables, each sorted by its key."""
    yield _people(contents)
    yield from _profiles(contents)
    yield _whitelist(contents)
    yield _places(contents)
    yield _positions(contents)
    yield _funnel(contents)
    yield _changes(contents)
    yield _relations(contents)


def served_attributes(policy: Policy) -> tuple[str, ...]:
    """Return the attributes that decisions and officers need, without those for audits only."""
    ruled = {rule.attribute for rule in policy.rules}
    return tuple(a.name for a in member_dictionary() if a.role != "audit" or a.name in ruled)


def _people(contents: Contents) -> _Table:
    kinds = dict.fromkeys(("member_id", "name", "id_number", "phone", "village_code"), "TEXT")
    masked = contents.people
    placed = _stream(contents.rows.select(["member_id", "village_code"]))
    rows = zip(placed, masked.name, masked.id_number, masked.phone, strict=True)
    return _Table(PEOPLE, kinds, ((member, *texts, village) for (member, village), *texts in rows))


def _profiles(contents: Contents) -> Iterator[_Table]:
    texts, numbers = _by_type(served_attributes(contents.basis.policy))
    positions = enumerate([*numbers, HOUSEHOLD_BORROWER, *contents.consent_days])
    yield _Table(ATTRIBUTES, {"position": "INTEGER", "name": "TEXT"}, positions)
    yield _Table(
        PROFILES,
        {"member_id": "TEXT", **dict.fromkeys(texts, "TEXT"), NUMBERS: "BLOB"},
        _profile_rows(contents, texts, numbers),
        (("household_id", "member_id"),) if "household_id" in texts else (),
    )


def _profile_rows(
    contents: Contents, texts: list[str], numbers: list[str]
) -> Iterator[tuple[Any, ...]]:
    for start in range(0, contents.profile.num_rows, _BATCH):
        batch = slice(start, start + _BATCH)
        part = contents.profile.slice(start, _BATCH)
        columns = columns_of(part.select(["member_id", *texts, *numbers]))
        added = (contents.household_borrower, *contents.consent_days.values())
        served = [*(columns[name] for name in numbers), *(each[batch] for each in added)]
        listed = (columns[name].tolist() for name in ("member_id", *texts))
        yield from zip(*listed, _pack(np.stack(served, axis=1)), strict=True)


def _by_type(names: Iterable[str]) -> tuple[list[str], list[str]]:
    known, ordered = member_dictionary(), list(names)
    texts = [name for name in ordered if known[name].type == "text"]
    return texts, [name for name in ordered if name not in texts]


def _pack(table: NDArray[np.float64]) -> list[bytes]:
    payload, width = table.astype(FLOAT).tobytes(), table.shape[1] * 8
    return [payload[start : start + width] for start in range(0, len(payload), width)]


def _whitelist(contents: Contents) -> _Table:
    rows = contents.rows.drop_columns(list(_IN_MANIFEST))
    kinds = {field.name: _sqlite_type(field.type) for field in rows.schema}
    places = (("village_code", "member_id"), ("tier", "village_code", "member_id"))
    return _Table(WHITELIST, kinds, _stream(rows), places)


def _places(contents: Contents) -> _Table:
    rows = [(code, *names) for code, names in sorted(contents.places.items())]
    kinds = dict.fromkeys(("place_code", "county", "township", "village"), "TEXT")
    return _Table(PLACES, kinds, rows)


def _positions(contents: Contents) -> _Table:
    rows = [(code, *position) for code, position in sorted(contents.positions.items())]
    kinds = {"place_code": "TEXT", "latitude": "REAL", "longitude": "REAL"}
    return _Table(POSITIONS, kinds, rows)


def _funnel(contents: Contents) -> _Table:
    rows = [(code, *astuple(counts)) for code, counts in sorted(contents.funnel.items())]
    kinds = {"place_code": "TEXT", **dict.fromkeys(STEPS, "INTEGER")}
    return _Table(FUNNEL, kinds, rows)


def _changes(contents: Contents) -> _Table:
    rows = [(each.member_id, each.change, each.reason) for each in contents.changes]
    kinds = dict.fromkeys(("member_id", "change", "reason"), "TEXT")
    return _Table(CHANGES, kinds, rows)


def _relations(contents: Contents) -> _Table:
    rows = [(position, *row) for position, row in enumerate(contents.relations)]
    kinds = {"position": "INTEGER", **dict.fromkeys(("kind", "member_id", "other"), "TEXT")}
    return _Table(
        RELATIONS,
        kinds,
        rows,
        (("kind", "member_id"), ("kind", "other")),
    )


def _values(column: pa.ChunkedArray) -> list[object]:
    """Return a column's values, None for null; a list of codes becomes one text."""
    if pa.types.is_list(column.type):
        column = pc.binary_join(column.cast(pa.list_(pa.string())), " ")
    if pa.types.is_string(column.type):
        column = column.to_numpy(zero_copy_only=False)  # much faster than `to_pylist` for texts
        return list(column)
    values: list[object] = column.to_pylist()
    return values


def _stream(table: pa.Table) -> Iterator[tuple[object, ...]]:
    """Yield the rows of `table`; only one batch of them is in memory as Python objects."""
    for start in range(0, table.num_rows, _BATCH):
        columns = table.slice(start, _BATCH).columns
        yield from zip(*map(_values, columns), strict=True)


def _sqlite_type(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind):
        return "INTEGER"
    return "REAL" if pa.types.is_floating(kind) else "TEXT"
