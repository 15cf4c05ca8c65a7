"""Identities, held against the entries' pseudonyms: each opens, or was erased on the record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from api.ledger.findings import Report
from api.ledger.identities import FIELDS
from api.ledger.keys import read_keys
from api.ledger.tables import identities
from api.ledger.vault import Vault
from api.ledger.verified_chain import Chain, rows_of
from model.errors import LedgerError


def verify_identities(
    connection: Connection, chain: Chain, keys: Path | None, report: Report
) -> None:
    """Verify the identities; without `keys` only that each pseudonym has one unless erased."""
    vault = Vault(read_keys(keys, may_make=False)) if keys else None
    missing = {s: seq for s, seq in chain.subjects.items() if s not in chain.erased}
    for row in rows_of(connection, identities, "subject_id"):
        report.identities += 1
        subject = row["subject_id"]
        seq = chain.subjects.get(subject)
        missing.pop(subject, None)
        if subject in chain.erased:
            report.found("identity", seq, f"subject {subject} was erased, but is known again")
        elif vault and not _opens(vault, row):
            report.found("identity", seq, f"the identity of subject {subject} was changed")
    for subject, seq in missing.items():
        report.found(
            "identity",
            seq,
            f"the identity of subject {subject} (entry {seq}) is gone without an erasure on record",
        )


def _opens(vault: Vault, row: dict[str, Any]) -> bool:
    subject = row["subject_id"]
    try:
        for name in FIELDS:
            if row[name] is not None:
                vault.open(bytes(row[name]), subject, name)
        member_id = vault.open(bytes(row["member_id"]), subject, "member_id")
    except LedgerError:
        return False
    return vault.index(member_id) == str(row["member_index"])
