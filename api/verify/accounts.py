"""Accounts held against the audit: each may do what was last put on record of it, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from api.access.accounts import PASSWORD, account_of, rights_of, state_of
from api.ledger.findings import Report
from api.ledger.tables import accounts
from api.verify.chain import rows_of

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
            report.found("account", None, f"account {row['name']} {what}")
    for name in told:
        what = f"account {name} is gone from table accounts; restore its row from backup"
        report.found("account", None, what)


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
