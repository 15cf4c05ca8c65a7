"""An edition's contents as the tables of ``edition.sqlite``.

The edition as one SQLite file for the service: written once, then only read.

It holds no name, id number or phone but masked ones, and none of the attributes that are kept for
fairness audits alone (unless a knock-out reads one). A profile's numbers are one cell of 8-byte
floats, in the order that table `attributes` names: exact, and read in one step by a decision. The
same profiles lie open beside it in Parquet.

A database whose bytes cannot change once they were verified: a private copy, without a name.

The published file may be damaged or replaced at any moment, also between the check and a later
read. So it is hashed while it is copied, only the copy is opened, and the copy's name is removed
before the first question: nothing but this process can reach it, and the space is free once it
ends. (SQLite resolves ``/proc/self/fd``, so a nameless file cannot be opened a second time; one
connection, on which SQLite itself takes turns, serves every thread.)
"""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from api.editions.contents import Contents
from api.editions.funnel import STEPS
from data.storage.profiles import columns_of
from model.decision.consent import CONSENT_ON
from model.decision.whitelist import HOUSEHOLD_BORROWER
from model.errors import EditionError
from model.policy.policy import Policy
from model.profile.dictionary import member_dictionary

_CHUNK = 1024 * 1024


def open_verified(path: Path, digest: str | None, remedy: str) -> sqlite3.Connection:
    """Open a private, read-only copy of the database at `path` if its SHA-256 is `digest`.

    Raises
    ------
    EditionError
        If the file cannot be read, a byte differs, or there is no room for the copy.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="rongzi-") as folder:
            copy = Path(folder) / path.name
            if _copied(path, copy) != digest:
                raise EditionError(
                    f"{path}: its bytes do not match the manifest's SHA-256; the file was"
                    f" altered or damaged: {remedy}"
                )
            return _connect(copy)
    except OSError as error:
        raise EditionError(
            f"{path}: cannot be read, or not copied to {tempfile.gettempdir()}"
            f" ({error.strerror}); {remedy}"
        ) from error


def _copied(path: Path, copy: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as source, copy.open("xb") as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()


def _connect(copy: Path) -> sqlite3.Connection:
    # Immutable: no lock is taken and no journal looked for.
    uri = f"file:{quote(str(copy.resolve()))}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
    try:
        # SQLite opens the file at the first read, and must not look for its name later.
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.DatabaseError as error:
        connection.close()
        raise EditionError(f"{copy.name}: its bytes are as published, but no database") from error
    return connection


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


#: The same in every row, so kept once, in the manifest.
_IN_MANIFEST = ("as_of", "policy_digest", "card_digest")


def stores(made: Contents) -> Iterator[Store]:
    """Yield the tables, each sorted by its key."""
    yield _people(made)
    yield from _profiles(made)
    yield _whitelist(made)
    yield _places(made)
    yield _funnel(made)
    yield _changes(made)


def served_attributes(policy: Policy) -> tuple[str, ...]:
    """Return the attributes a decision or an officer needs; what audits alone need stays out."""
    ruled = {rule.attribute for rule in policy.rules}
    return tuple(a.name for a in member_dictionary() if a.role != "audit" or a.name in ruled)


def _people(made: Contents) -> Store:
    kinds = dict.fromkeys(("member_id", "name", "id_number", "phone", "village_code"), "TEXT")
    masked = made.people
    values = [masked.name, masked.id_number, masked.phone]
    return Store(
        PEOPLE,
        kinds,
        [_listed(made.rows["member_id"]), *values, _listed(made.rows["village_code"])],
    )


def _profiles(made: Contents) -> Iterator[Store]:
    texts, numbers = _by_type(served_attributes(made.basis.policy))
    columns = columns_of(made.profile.select([*texts, *numbers]))
    columns |= {HOUSEHOLD_BORROWER: made.household_borrower, CONSENT_ON: made.consent_on}
    numbers = [*numbers, HOUSEHOLD_BORROWER, CONSENT_ON]
    yield Store(
        ATTRIBUTES,
        {"position": "INTEGER", "name": "TEXT"},
        [range(len(numbers)), numbers],
    )
    yield Store(
        PROFILES,
        {"member_id": "TEXT", **dict.fromkeys(texts, "TEXT"), NUMBERS: "BLOB"},
        [
            _listed(made.rows["member_id"]),
            *(columns[name].tolist() for name in texts),
            _packed(np.stack([columns[name] for name in numbers], axis=1)),
        ],
    )


def _by_type(names: Iterable[str]) -> tuple[list[str], list[str]]:
    known, ordered = member_dictionary(), list(names)
    texts = [name for name in ordered if known[name].type == "text"]
    return texts, [name for name in ordered if name not in texts]


def _packed(table: NDArray[np.float64]) -> list[bytes]:
    payload, width = table.astype(FLOAT).tobytes(), table.shape[1] * 8
    return [payload[start : start + width] for start in range(0, len(payload), width)]


def _whitelist(made: Contents) -> Store:
    kept = made.rows.drop_columns(list(_IN_MANIFEST))
    kinds = {field.name: _sqlite_type(field.type) for field in kept.schema}
    places = (("village_code", "member_id"), ("tier", "village_code", "member_id"))
    return Store(WHITELIST, kinds, [_listed(column) for column in kept.columns], places)


def _places(made: Contents) -> Store:
    rows = [(code, *names) for code, names in sorted(made.places.items())]
    kinds = dict.fromkeys(("place_code", "county", "township", "village"), "TEXT")
    return Store(PLACES, kinds, _turned(rows, len(kinds)))


def _funnel(made: Contents) -> Store:
    rows = [(code, *astuple(counts)) for code, counts in sorted(made.funnel.items())]
    kinds = {"place_code": "TEXT", **dict.fromkeys(STEPS, "INTEGER")}
    return Store(FUNNEL, kinds, _turned(rows, len(kinds)))


def _changes(made: Contents) -> Store:
    rows = [(found.member_id, found.change, found.reason) for found in made.changes]
    kinds = dict.fromkeys(("member_id", "change", "reason"), "TEXT")
    return Store(CHANGES, kinds, _turned(rows, len(kinds)))


def _listed(column: pa.ChunkedArray) -> list[object]:
    """Return a column's values, None for null; a list of codes as one text."""
    if pa.types.is_list(column.type):
        column = pc.binary_join(column.cast(pa.list_(pa.string())), " ")
    if pa.types.is_string(column.type):
        column = column.to_numpy(zero_copy_only=False)  # much the faster way for texts
        return list(column)
    found: list[object] = column.to_pylist()
    return found


def _turned(rows: Sequence[tuple[object, ...]], width: int) -> list[Iterable[object]]:
    return [[row[i] for row in rows] for i in range(width)]


def _sqlite_type(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind):
        return "INTEGER"
    return "REAL" if pa.types.is_floating(kind) else "TEXT"
