"""The identities against the entries they were stored with: unchanged, or erased by an entry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from api.ledger.findings import Report
from api.ledger.identities import FIELDS, identity_digest
from api.ledger.keys import read_keys
from api.ledger.person_keys import key_name
from api.ledger.tables import identities, person_keys
from api.ledger.vault import Vault
from api.verify.chain import Chain, read_rows, try_digest
from model.errors import LedgerError


def verify_identities(
    connection: Connection, chain: Chain, keys: Path | None, report: Report
) -> None:
    """Verify the identities against their digests, and with `keys` that they can be decrypted."""
    vault = Vault(read_keys(keys, may_make=False)) if keys else None
    missing = {
        subject: seq for subject, seq in chain.subjects.items() if subject not in chain.erased
    }
    unsealed = 0
    for row in read_rows(connection, identities, "subject_id"):
        report.identities += 1
        subject = row["subject_id"]
        missing.pop(subject, None)
        unsealed += subject in chain.subjects and subject not in chain.identities
        defect = _identity_defect(row, chain, vault)
        if defect:
            what = f"the identity of subject {subject} {defect}"
            report.add("identity", chain.subjects.get(subject), what)
    for subject, seq in missing.items():
        report.add(
            "identity",
            seq,
            f"the identity of subject {subject} (entry {seq}) is missing although no entry erases"
            " it; restore its row of table identities from backup",
        )
    _verify_person_keys(connection, chain, vault, report)
    if unsealed:
        report.notices.append(
            f"{unsealed} identities are of a release that did not seal them: if a name, id number"
            " or phone of theirs was removed, this is not detected"
        )


def _verify_person_keys(
    connection: Connection, chain: Chain, vault: Vault | None, report: Report
) -> None:
    """Verify that exactly the keys are there that open the profiles of persons not erased."""
    missing = {s: found for s, found in chain.person_keys.items() if s not in chain.erased}
    for row in read_rows(connection, person_keys, "subject_id"):
        subject = row["subject_id"]
        name, seq = missing.pop(subject, (None, None))
        if subject in chain.erased:
            defect = "was destroyed by an erasure, but is stored again; erase the person again"
        elif name is None:
            defect = "seals nothing in the ledger: it was inserted"
        elif vault and _name_of_key(vault, row) != name:
            defect = f"is not the one that sealed entry {seq}; restore its row from backup"
        else:
            continue
        what = f"the key of subject {subject} (table person_keys) {defect}"
        report.add("identity", chain.subjects.get(subject), what)
    for subject, (_, seq) in missing.items():
        report.add(
            "identity",
            seq,
            f"the key of subject {subject} (entry {seq}) is missing from table person_keys although"
            " no entry erases the person; restore its row from backup",
        )


def _name_of_key(vault: Vault, row: dict[str, Any]) -> str | None:
    try:
        key = vault.open(bytes(row["sealed_key"]), row["subject_id"], "person_key")
        return key_name(bytes.fromhex(key))
    except (LedgerError, TypeError, ValueError):
        return None


def _identity_defect(row: dict[str, Any], chain: Chain, vault: Vault | None) -> str | None:
    subject = row["subject_id"]
    if subject not in chain.subjects:
        return (
            "is in table identities, but in no entry: it was inserted, or its entry was cut off."
            " Compare with a backup"
        )
    if subject in chain.erased:
        return "was erased, but is stored again; erase the person again with the service"
    sealed, seq = chain.identities.get(subject), chain.subjects[subject]
    if sealed and try_digest(identity_digest, row) != sealed:
        return (
            f"is not the one stored with entry {seq}: a cell was changed, emptied or copied from"
            " elsewhere; restore its row of table identities from backup"
        )
    column = vault and _undecryptable_column(vault, row)
    if column:
        return (
            f"does not open with keys/vault.key ({column}): the cell was changed or copied from"
            " elsewhere, or the key belongs to another ledger; restore the wrong part from backup"
        )
    return None


def _undecryptable_column(vault: Vault, row: dict[str, Any]) -> str | None:
    """Return the first column that cannot be decrypted or does not match; None if all do."""
    subject = row["subject_id"]
    for name in ("member_id", *FIELDS):
        try:
            text = None if row[name] is None else vault.open(bytes(row[name]), subject, name)
        except (LedgerError, TypeError, ValueError):
            return name
        if name == "member_id" and (text is None or vault.index(text) != row["member_index"]):
            return "member_index"
    return None
