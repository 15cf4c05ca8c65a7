"""The hash chain: each entry's digest covers all its columns and the digest of the entry before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api.ledger.entries import Entry, NewEntry

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
