"""Identities, held against the entries they were filed with: as they were, or erased on record.

Accounts held against the audit: each may do what was last put on record of it, and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from api.access.accounts import PASSWORD, account_of, rights_of, state_of
from api.ledger.findings import Report
from api.ledger.identities import FIELDS, Vault, identity_digest
from api.ledger.keys import read_keys
from api.ledger.tables import accounts, identities
from api.verify.chain import Chain, attempted, rows_of
from model.errors import LedgerError

_BACK = "was changed behind the service's back; rongzi users"


@dataclass
class _Told:
    """What the audit says of one account: its last state, and how often it was changed."""

    state: str
    changes: int
    is_whole: bool

    @property
    def rights(self) -> str:
        return self.state.split(PASSWORD)[0]


def verify_accounts(
    connection: Connection, events: Iterable[Mapping[str, Any]], report: Report
) -> None:
    """Verify that the accounts are as the audit says.

    Parameters
    ----------
    events
        The audit's rows that tell what an account may do from then on, in order.
    """
    told = _last_told(events)
    for row in rows_of(connection, accounts, "name"):
        report.accounts += 1
        what = _wrong(row, told.pop(str(row["name"]), None))
        if what:
            report.add("account", None, f"account {row['name']} {what}")
    for name in told:
        what = f"account {name} is gone from table accounts; restore its row from backup"
        report.add("account", None, what)


def _last_told(events: Iterable[Mapping[str, Any]]) -> dict[str, _Told]:
    told: dict[str, _Told] = {}
    for event in events:
        name, before = event["account"], told.get(event["account"])
        is_added = event["route"] == "account_added"
        changes = before.changes + 1 if before else 0 if is_added else 1
        told[name] = _Told(event["detail"], changes, before.is_whole if before else is_added)
    return told


def _wrong(row: Mapping[str, Any], told: _Told | None) -> str | None:
    name = row["name"]
    if told is None:
        return (
            "stands in table accounts, but the audit never told of it: it was put there, or is of"
            f" a release before; rongzi users disable {name}, or grant puts it on record"
        )
    try:
        account = account_of({**row, "is_enabled": bool(row["is_enabled"])})
        rights, state = rights_of(account), state_of(account)
    except (AttributeError, TypeError, ValueError):
        return "holds what the service never writes; restore its row from backup"
    if rights != told.rights:
        may = f"may do: {rights}; the audit last said: {told.rights}"
        return f"{may}. It {_BACK} grant (or disable) sets it right"
    if PASSWORD in told.state and state != told.state:
        return f"has another password than the audit knows of: it {_BACK} reset-password {name}"
    if told.is_whole and account.version != 1 + told.changes:
        return f"takes tokens of another age than the audit knows of: it {_BACK} grant ends them"
    return None


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
        what = _people_wrong(row, chain, vault)
        if what:
            report.add("identity", seq, f"the identity of subject {subject} {what}")
    for subject, seq in missing.items():
        report.add(
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


def _people_wrong(row: dict[str, Any], chain: Chain, vault: Vault | None) -> str | None:
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
