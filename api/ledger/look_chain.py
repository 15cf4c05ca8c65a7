"""The chain of the audit: each row's digest covers it and the digest of the row before.

A checkpoint states how far this chain went too, so that looks are sealed as entries are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from api.ledger.chain import GENESIS, encoded
from api.ledger.prepared import PreparedInsert
from api.ledger.tables import accesses

#: Columns in the order the digest takes them.
COVERED = (
    "number", "accessed_at", "actor", "route", "member_index", "decision_id", "place_code",
    "persons", "request_id", "account", "detail",
)  # fmt: skip

_LAST = "SELECT number, digest FROM accesses ORDER BY number DESC LIMIT 1"
_INTO = PreparedInsert(accesses)


class LookHead(NamedTuple):
    """The last row; number 0 for an empty audit, and no digest before looks were chained."""

    number: int = 0
    digest: str = GENESIS


def append_looks(connection: Connection, looks: Iterable[Mapping[str, Any]]) -> LookHead:
    """Append `looks` in order, under the chain's lock, and return the last row there is then."""
    head, rows = _last(connection), []
    for look in looks:
        number = head.number + 1
        row = {name: look.get(name) for name in COVERED} | {"number": number}
        head = LookHead(number, digest_of_look(row, head.digest))
        rows.append({**row, "digest": head.digest})
    _INTO.run(connection, rows)
    return head


def digest_of_look(row: Mapping[str, Any], previous: str) -> str:
    """Return the digest that belongs to `row` behind a row with the digest `previous`."""
    covered = encoded([row[name] for name in COVERED])
    return hashlib.sha256(f"{previous}\n{covered}".encode()).hexdigest()


def _last(connection: Connection) -> LookHead:
    found = connection.exec_driver_sql(_LAST).first()
    return LookHead(found[0], found[1] or GENESIS) if found else LookHead()
