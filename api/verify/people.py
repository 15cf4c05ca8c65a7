"""Identities, held against the entries they were filed with: as they were, or erased on record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from api.ledger.findings import Report
from api.ledger.identities import FIELDS, Vault, identity_digest
from api.ledger.keys import read_keys
from api.ledger.tables import identities
from api.verify.chain import Chain, attempted, rows_of
from model.errors import LedgerError


def verify_identities(
    connection: Connection, chain: Chain, keys: Path | None, report: Report
) -> None:
    """Verify the identities: by what sealed them, and with `keys` that they open too."""
    vault = Vault(read_keys(keys, may_make=False)) if keys else None
    missing = {s: seq for s, seq in chain.subjects.items() if s not in chain.erased}
    unsealed = 0
    for row in rows_of(connection, identities, "subject_id"):
        report.identities += 1
        subject = row["subject_id"]
        seq = chain.subjects.get(subject)
        missing.pop(subject, None)
        unsealed += subject in chain.subjects and subject not in chain.identities
        what = _wrong(row, chain, vault)
        if what:
            report.found("identity", seq, f"the identity of subject {subject} {what}")
    for subject, seq in missing.items():
        report.found(
            "identity",
            seq,
            f"the identity of subject {subject} (entry {seq}) is gone without an erasure on record;"
            " restore its row of table identities from backup",
        )
    if unsealed:
        report.notices.append(
            f"{unsealed} identities were filed by a release that did not seal them yet: that a"
            " name, id number or phone of theirs was emptied could not be seen"
        )


def _wrong(row: dict[str, Any], chain: Chain, vault: Vault | None) -> str | None:
    """Return what is wrong with an identity; None if nothing is."""
    subject = row["subject_id"]
    if subject not in chain.subjects:
        return (
            "stands in table identities, but in no entry: it was inserted, or its entry was cut"
            " off; a backup tells which"
        )
    if subject in chain.erased:
        return "was erased on record, but is known again; have the service erase the person again"
    sealed, seq = chain.identities.get(subject), chain.subjects[subject]
    if sealed and attempted(identity_digest, row) != sealed:
        return (
            f"is not the one filed with entry {seq}: a cell was changed, emptied or put there from"
            " elsewhere; restore its row of table identities from backup"
        )
    closed = vault and _closed(vault, row)
    if closed:
        return (
            f"does not open with keys/vault.key ({closed}): the cell was changed or put there from"
            " elsewhere, or the key is another ledger's; restore what is wrong from backup"
        )
    return None


def _closed(vault: Vault, row: dict[str, Any]) -> str | None:
    """Return the first column that does not open or fit; None if all do."""
    subject = row["subject_id"]
    for name in ("member_id", *FIELDS):
        try:
            text = None if row[name] is None else vault.open(bytes(row[name]), subject, name)
        except (LedgerError, TypeError, ValueError):
            return name
        if name == "member_id" and (text is None or vault.index(text) != row["member_index"]):
            return "member_index"
    return None
