"""The hash chain: each entry's digest covers all its columns and the digest of the entry before.

The chain of the audit: each row's digest covers it and the digest of the row before.

A checkpoint states how far this chain went too, so that looks are sealed as entries are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select

from api.ledger.entries import Entry, NewEntry
from api.ledger.tables import accesses, add_rows

#: Stands before the first entry.
GENESIS = "0" * 64

#: Columns of an entry in the order the digest takes them; the body follows as it is stored.
COVERED = (
    "seq", "entry_id", "recorded_at", "kind", "subject_id", "decision_id", "place_code", "actor",
    "amount_yuan", "outcome", "answer_digest", "previous",
)  # fmt: skip

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@dataclass(frozen=True)
class Head:
    """The chain's last entry; seq 0 for an empty chain."""

    seq: int = 0
    digest: str = GENESIS


def encoded(value: object) -> str:
    """Return `value` as the JSON text that is stored; equal values give equal text.

    Raises
    ------
    ValueError
        If it holds NaN or an infinity.
    """
    return _ENCODER.encode(value)


def digest_of(row: Mapping[str, Any]) -> str:
    """Return the digest that belongs to a stored `row` of the table of entries.

    An entry that files no identity is covered as it was before identities were sealed.
    """
    told = [row[name] for name in COVERED]
    if row["identity_digest"] is not None:
        told.append(row["identity_digest"])
    covered = encoded(told)
    return hashlib.sha256(f"{covered}\n{row['body']}".encode()).hexdigest()


def chained(
    new: NewEntry,
    head: Head,
    recorded_at: str,
    answer_digest: str | None,
    identity_digest: str | None = None,
) -> dict[str, Any]:
    """Return the row that appends `new` behind `head`; `recorded_at` is a `moment`."""
    row: dict[str, Any] = {
        "seq": head.seq + 1,
        "entry_id": new.entry_id,
        "recorded_at": recorded_at,
        "kind": new.kind,
        "subject_id": new.subject_id,
        "decision_id": new.decision_id,
        "place_code": new.place_code,
        "actor": new.actor,
        "amount_yuan": new.amount_yuan,
        "outcome": new.outcome,
        "answer_digest": answer_digest,
        "previous": head.digest,
        "body": encoded(new.body),
        "identity_digest": identity_digest,
    }
    row["digest"] = digest_of(row)
    return row


def entry_of(row: Mapping[str, Any]) -> Entry:
    """Return the entry stored as `row`."""
    return Entry(
        **{
            **row,
            "recorded_at": datetime.fromisoformat(row["recorded_at"]),
            "body": json.loads(row["body"]),
        }
    )


def moment(when: datetime) -> str:
    """Return an instant as it is stored: UTC, to the microsecond, always of one length."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")


#: Columns in the order the digest takes them.
AUDIT_COVERED = (
    "number", "accessed_at", "actor", "route", "member_index", "decision_id", "place_code",
    "persons", "request_id", "account", "detail",
)  # fmt: skip

_LAST = select(accesses.c.number, accesses.c.digest).where(
    accesses.c.number == select(func.max(accesses.c.number)).scalar_subquery()
)
_UNCHAINED = select(*(accesses.c[name] for name in AUDIT_COVERED)).order_by(accesses.c.number)
_INTO_ACCESSES = insert(accesses)


class AuditHead(NamedTuple):
    """The last row; number 0 for an empty audit, and no digest before looks were chained."""

    number: int = 0
    digest: str = GENESIS


class AuditSpan(NamedTuple):
    """The last row before rows were appended, and after."""

    before: AuditHead
    after: AuditHead


def append_audit_rows(connection: Connection, looks: Sequence[Mapping[str, Any]]) -> AuditSpan:
    """Append `looks` in order, under the chain's lock."""
    before = _last(connection)
    head, rows = before, []
    if looks and before.number and before.digest == GENESIS:
        head = AuditHead(before.number, unchained_audit_digest(_all_rows(connection)))
    for look in looks:
        number = head.number + 1
        row = {name: look.get(name) for name in AUDIT_COVERED} | {"number": number}
        head = AuditHead(number, audit_digest(row, head.digest))
        rows.append({**row, "digest": head.digest})
    add_rows(connection, _INTO_ACCESSES, rows)
    return AuditSpan(before, head)


def audit_digest(row: Mapping[str, Any], previous: str) -> str:
    """Return the digest that belongs to `row` behind a row with the digest `previous`."""
    covered = encoded([row[name] for name in AUDIT_COVERED])
    return hashlib.sha256(f"{previous}\n{covered}".encode()).hexdigest()


def unchained_audit_digest(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return what the first chained row follows from: all rows of the release before, in order."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(f"{encoded([row[name] for name in AUDIT_COVERED])}\n".encode())
    return digest.hexdigest()


def _all_rows(connection: Connection) -> Iterator[Mapping[str, Any]]:
    for row in connection.execute(_UNCHAINED).mappings():
        yield dict(row)


def _last(connection: Connection) -> AuditHead:
    found = connection.execute(_LAST).first()
    return AuditHead(found[0], found[1] or GENESIS) if found else AuditHead()
