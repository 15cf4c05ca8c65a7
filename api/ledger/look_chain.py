"""The chain of the audit: each row's digest covers it and the digest of the row before.

A checkpoint states how far this chain went too, so that looks are sealed as entries are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select

from api.ledger.adding import add_rows
from api.ledger.chain import GENESIS, encoded
from api.ledger.tables import accesses

#: Columns in the order the digest takes them.
COVERED = (
    "number", "accessed_at", "actor", "route", "member_index", "decision_id", "place_code",
    "persons", "request_id", "account", "detail",
)  # fmt: skip

_LAST = select(accesses.c.number, accesses.c.digest).where(
    accesses.c.number == select(func.max(accesses.c.number)).scalar_subquery()
)
_UNCHAINED = select(*(accesses.c[name] for name in COVERED)).order_by(accesses.c.number)
_INTO = insert(accesses)


class LookHead(NamedTuple):
    """The last row; number 0 for an empty audit, and no digest before looks were chained."""

    number: int = 0
    digest: str = GENESIS


class LookSpan(NamedTuple):
    """The last row before rows were appended, and after."""

    before: LookHead
    after: LookHead


def append_looks(connection: Connection, looks: Sequence[Mapping[str, Any]]) -> LookSpan:
    """Append `looks` in order, under the chain's lock."""
    before = _last(connection)
    head, rows = before, []
    if looks and before.number and before.digest == GENESIS:
        head = LookHead(before.number, digest_of_unchained(_all_rows(connection)))
    for look in looks:
        number = head.number + 1
        row = {name: look.get(name) for name in COVERED} | {"number": number}
        head = LookHead(number, digest_of_look(row, head.digest))
        rows.append({**row, "digest": head.digest})
    add_rows(connection, _INTO, rows)
    return LookSpan(before, head)


def digest_of_look(row: Mapping[str, Any], previous: str) -> str:
    """Return the digest that belongs to `row` behind a row with the digest `previous`."""
    covered = encoded([row[name] for name in COVERED])
    return hashlib.sha256(f"{previous}\n{covered}".encode()).hexdigest()


def digest_of_unchained(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return what the first chained row follows from: all rows of the release before, in order."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(f"{encoded([row[name] for name in COVERED])}\n".encode())
    return digest.hexdigest()


def _all_rows(connection: Connection) -> Iterator[Mapping[str, Any]]:
    for row in connection.execute(_UNCHAINED).mappings():
        yield dict(row)


def _last(connection: Connection) -> LookHead:
    found = connection.execute(_LAST).first()
    return LookHead(found[0], found[1] or GENESIS) if found else LookHead()
