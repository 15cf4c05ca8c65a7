"""The hash chains of entries and of audit rows.

The digest of each row covers the row and the digest of the row before it. A checkpoint states how
far both chains went, so that audit rows are sealed as entries are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select

from api.core.calendar import midnight_in_china
from api.ledger.entries import Entry, NewEntry
from api.ledger.tables import accesses, insert_rows

#: The previous digest of the first row.
GENESIS = "0" * 64

#: Columns of an entry in the order of the digest; the stored text of the body follows.
ENTRY_COLUMNS = (
    "seq", "entry_id", "recorded_at", "kind", "subject_id", "decision_id", "place_code", "actor",
    "amount_yuan", "outcome", "answer_digest", "previous",
)  # fmt: skip
#: Columns of an audit row in the order of the digest.
AUDIT_COLUMNS = (
    "number", "accessed_at", "actor", "route", "member_index", "decision_id", "place_code",
    "persons", "request_id", "account", "detail",
)  # fmt: skip

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_LAST_AUDIT_ROW = select(accesses.c.number, accesses.c.digest).where(
    accesses.c.number == select(func.max(accesses.c.number)).scalar_subquery()
)
_ALL_AUDIT_ROWS = select(accesses).order_by(accesses.c.number)
_INTO_ACCESSES = insert(accesses)


@dataclass(frozen=True)
class Head:
    """The last entry of the chain; seq 0 for an empty chain.

    `recorded_at`, the stored text, is known only of an entry read from the database.
    """

    seq: int = 0
    digest: str = GENESIS
    recorded_at: str = field(default="", compare=False)


class AuditHead(NamedTuple):
    """The last audit row; number 0 for an empty audit, `GENESIS` if no row is chained yet."""

    number: int = 0
    digest: str = GENESIS


class AuditSpan(NamedTuple):
    """The last audit row before rows were appended, and after."""

    before: AuditHead
    after: AuditHead


def encode_json(value: object) -> str:
    """Return `value` as the JSON text that is stored; equal values give equal text.

    Raises
    ------
    ValueError
        If it holds NaN or an infinity.
    """
    return _ENCODER.encode(value)


def format_timestamp(when: datetime) -> str:
    """Return an instant as it is stored: UTC, to the microsecond, of a fixed length."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")


def first_moment(day: date) -> str:
    """Return the moment at which `day` begins in China, as moments are stored."""
    return format_timestamp(midnight_in_china(day))


def chain_entry(
    new: NewEntry,
    head: Head,
    recorded_at: str,
    answer_digest: str | None,
    identity_digest: str | None = None,
    authority: str | None = None,
) -> dict[str, Any]:
    """Return the row that appends `new` after `head`; `recorded_at` is from `format_timestamp`."""
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
        "body": encode_json(new.body),
        "identity_digest": identity_digest,
        "authority": authority,
    }
    row["digest"] = entry_digest(row)
    return row


def entry_digest(row: Mapping[str, Any]) -> str:
    """Return the digest of an entry, stored as `row`.

    Entries without an authority, and without an identity, are digested as in releases that did not
    store these.
    """
    values = [row[name] for name in ENTRY_COLUMNS]
    if row["authority"] is not None:
        values += [row["identity_digest"], row["authority"]]
    elif row["identity_digest"] is not None:
        values.append(row["identity_digest"])
    return hashlib.sha256(f"{encode_json(values)}\n{row['body']}".encode()).hexdigest()


def entry_from_row(row: Mapping[str, Any]) -> Entry:
    """Return the entry stored as `row`."""
    parsed = {
        "recorded_at": datetime.fromisoformat(row["recorded_at"]),
        "body": json.loads(row["body"]),
    }
    return Entry(**{**row, **parsed})


def append_audit_rows(connection: Connection, new: Sequence[Mapping[str, Any]]) -> AuditSpan:
    """Append the rows `new` to the audit in order, in a transaction that holds the chain's lock."""
    before = _last_audit_row(connection)
    head, rows = before, []
    if new and before.number and before.digest == GENESIS:
        unchained = connection.execute(_ALL_AUDIT_ROWS).mappings()
        head = AuditHead(before.number, unchained_rows_digest(dict(row) for row in unchained))
    for each in new:
        row = {name: each.get(name) for name in (*AUDIT_COLUMNS, "authority")}
        row["number"] = head.number + 1
        head = AuditHead(head.number + 1, audit_row_digest(row, head.digest))
        rows.append({**row, "digest": head.digest})
    insert_rows(connection, _INTO_ACCESSES, rows)
    return AuditSpan(before, head)


def audit_row_digest(row: Mapping[str, Any], previous: str) -> str:
    """Return the digest of the audit row `row`, which follows a row with the digest `previous`."""
    return hashlib.sha256(f"{previous}\n{_encode_audit_row(row)}".encode()).hexdigest()


def unchained_rows_digest(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the previous digest of the first chained row: over all rows before it, in order.

    Releases before migration 0003 did not chain audit rows.
    """
    digest = hashlib.sha256()
    for row in rows:
        digest.update(f"{_encode_audit_row(row)}\n".encode())
    return digest.hexdigest()


def _encode_audit_row(row: Mapping[str, Any]) -> str:
    values = [row[name] for name in AUDIT_COLUMNS]
    # Rows without an authority are digested as in releases that did not store it.
    return encode_json(values if row.get("authority") is None else [*values, row["authority"]])


def _last_audit_row(connection: Connection) -> AuditHead:
    row = connection.execute(_LAST_AUDIT_ROW).first()
    return AuditHead(row[0], row[1] or GENESIS) if row else AuditHead()
