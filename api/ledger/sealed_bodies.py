"""Bodies of entries of which a part is sealed with the person's key, which erasure destroys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from api.ledger.chain import encode_json
from api.ledger.commands import View
from api.ledger.entries import Entry, Kind
from model.errors import LedgerError

#: Kinds of entry with such a body.
SEALED_KINDS: tuple[Kind, ...] = (
    "VISITED", "VISIT_WITHDRAWN", "BANK_REPORTED", "DIFFERENCE_SETTLED",
)  # fmt: skip
_ERASED: tuple[Kind, ...] = ("ERASED",)
_SEALED, _KEY = "found_sealed", "person_key"


def body_of(
    view: View, subject_id: str, entry_id: str, shown: Mapping[str, str], found: Any
) -> dict[str, Any]:
    """Return the body of an entry: `shown` in plain, and what was `found` sealed."""
    key, sealed = view.identities.keys.seal(subject_id, encode_json(found), entry_id)
    return {**shown, _SEALED: sealed, _KEY: key}


def found_by(view: View, entry: Entry) -> Mapping[str, Any] | None:
    """Return what `entry`, seals; None once the person was erased.

    Raises
    ------
    LedgerError
        If it was altered, or its key is missing although nobody was erased.
    """
    text = view.identities.keys.open(entry.subject_id, entry.body[_SEALED], entry.entry_id)
    if text is None and not view.entries_of_subject(entry.subject_id, _ERASED):
        raise LedgerError(
            f"entry {entry.seq}: the key of the person is missing, and nobody was erased; restore"
            " table person_keys from backup"
        )
    return None if text is None else json.loads(text)


def opened(view: View, entry: Entry) -> dict[str, Any]:
    """Return the body of an entry with what it seals in plain, for the person's own copy."""
    body = {name: value for name, value in entry.body.items() if name not in (_SEALED, _KEY)}
    return body | dict(found_by(view, entry) or {})
