"""The audit against its chain and checkpoints, and the accounts against the audit.

Most audit rows record accesses to persons; the others record changes of accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from api.access.account import account_of
from api.access.account_events import ACCOUNT_DIFFERS
from api.access.account_history import (
    AccountHistory,
    account_defect,
    add_changes,
)
from api.access.factor_history import factor_defect, stated_factors
from api.ledger.chain import GENESIS, audit_row_digest, unchained_rows_digest
from api.ledger.checkpoints import Checkpoint
from api.ledger.findings import Report
from api.ledger.tables import accesses, accounts, second_factors
from api.verify.authority import Uses
from api.verify.chain import read_rows, try_digest
from api.verify.checkpoints import Interval, find_gaps


@dataclass
class _Audit:
    """Digests of the chained rows by number, and the rows of releases before the chain."""

    digests: dict[int, str] = field(default_factory=dict)
    unchained: list[dict[str, Any]] = field(default_factory=list)
    previous: str = GENESIS


def verify_audit(
    connection: Connection, signed: Sequence[Checkpoint], uses: Uses, report: Report
) -> list[dict[str, Any]]:
    """Verify each audit row, that all sealed rows are there, and that there are no others.

    Parameters
    ----------
    signed
        All checkpoints with a valid signature, in the ledger and in the checkpoint file.
    uses
        Gets the authority of each access.

    Returns
    -------
    list of dict
        The rows that state something about an account, in order.
    """
    audit, grants, differing = _Audit(), [], dict[str, str]()
    for row in read_rows(connection, accesses, "number"):
        report.looks += 1
        if row["route"] == ACCOUNT_DIFFERS:
            differing[str(row["account"])] = row["accessed_at"]
        uses.add_access(row)
        if row["account"] and row["detail"]:
            grants.append(row)
        if row["digest"] is None and audit.previous == GENESIS:
            audit.unchained.append(row)
        else:
            _verify_link(row, audit, report)
    _report_unchained(audit, report)
    _verify_complete(audit, signed, report)
    _verify_sealed(audit, signed, report)
    report.notices += [
        f"account {name} differed from the audit, last found at {at}, and the service refused it:"
        " somebody wrote into table accounts. Find out who can"
        for name, at in differing.items()
    ]
    return grants


def _verify_link(row: dict[str, Any], audit: _Audit, report: Report) -> None:
    number, digest = row["number"], row["digest"]
    candidates = [audit.previous]
    if not audit.digests and audit.unchained:
        candidates.append(try_digest(unchained_rows_digest, audit.unchained) or GENESIS)
    if digest not in [_digest_after(row, previous) for previous in candidates]:
        report.add(
            "look",
            None,
            f"audit row {number} (table accesses) does not follow the row before it: one of the two"
            " was changed, moved or inserted, or a row between them was deleted",
        )
    audit.previous = str(digest)
    audit.digests[number] = audit.previous


def _digest_after(row: dict[str, Any], previous: str) -> str | None:
    return try_digest(lambda each: audit_row_digest(each, previous), row)


def _report_unchained(audit: _Audit, report: Report) -> None:
    count, first = len(audit.unchained), min(audit.digests, default=None)
    if not count:
        return
    invalid = [row["number"] for row in audit.unchained if row["number"] < 1]
    if invalid:
        what = f"audit row {invalid[0]} (table accesses) has an invalid number: it was inserted"
        report.add("look", None, what)
    report.notices.append(
        f"the first {count} audit rows are of a release that did not chain them"
        + (f"; audit row {first} seals their state at that time" if first else "")
    )


def _verify_complete(audit: _Audit, signed: Sequence[Checkpoint], report: Report) -> None:
    known, verified = {GENESIS, "", *audit.digests.values()}, 0
    for checkpoint in sorted(signed, key=lambda each: each.reach):
        number, digest = checkpoint.look, checkpoint.looks
        is_in_place = not number or digest in (GENESIS, audit.digests.get(number))
        if digest not in known or (checkpoint.is_bounded and not is_in_place):
            upto = f"up to row {number} " if number else ""
            report.add(
                "look",
                checkpoint.seq or None,
                f"rows of table accesses {upto}after row {verified}, sealed by the checkpoint of"
                f" {checkpoint.sealed_at} (entry {checkpoint.seq}), are missing or changed; restore"
                " the database from backup",
            )
            return
        verified = number or verified


def _verify_sealed(audit: _Audit, signed: Sequence[Checkpoint], report: Report) -> None:
    commits = [
        Interval(each.from_look, each.look)
        for each in signed
        if each.is_bounded and each.from_look is not None and each.look is not None
    ]
    if not commits:
        return
    # Earlier releases sealed audit rows without stating where a commit began.
    begin = min(commit.after for commit in commits)
    last = max((number for number in audit.digests if number > begin), default=begin)
    for first, last_of_gap in find_gaps(commits, begin, last):
        rows = f"rows {first} to {last_of_gap} were" if last_of_gap > first else f"row {first} was"
        report.add(
            "look",
            None,
            f"audit {rows} not sealed by a commit of the service: somebody else inserted them in"
            " table accesses, or their seal was deleted from table look_checkpoints. Compare with a"
            " backup",
        )
    if begin:
        report.notices.append(
            f"audit rows up to {begin} are of a release whose seals do not state where a commit"
            " began"
        )


def verify_accounts(
    connection: Connection, changes: Iterable[Mapping[str, Any]], report: Report
) -> None:
    """Verify that the accounts are as the audit states.

    Parameters
    ----------
    changes
        The audit rows that change what an account may do, in order.
    """
    histories = add_changes({}, changes)
    for row in read_rows(connection, accounts, "name"):
        report.accounts += 1
        defect = _account_defect(row, histories.pop(str(row["name"]), None))
        if defect:
            report.add("account", None, f"account {row['name']} {defect}")
    for name in histories:
        what = f"account {name} is missing from table accounts; restore its row from backup"
        report.add("account", None, what)


def verify_second_factors(
    connection: Connection, rows: Iterable[Mapping[str, Any]], report: Report
) -> None:
    """Verify that the second factors are those that the audit states.

    Parameters
    ----------
    rows
        The audit rows that state something about an account, in order.
    """
    stated = stated_factors(rows)
    stored = {str(row["account"]): row for row in read_rows(connection, second_factors, "account")}
    for name in sorted(stated.keys() | stored.keys()):
        defect = factor_defect(stored.get(name), stated.get(name))
        if defect:
            what = f"account {name} {defect}: somebody else wrote into table second_factors"
            report.add("account", None, what)


def _account_defect(row: Mapping[str, Any], history: AccountHistory | None) -> str | None:
    try:
        account = account_of({**row, "is_enabled": bool(row["is_enabled"])})
        return account_defect(account, history)
    except (AttributeError, TypeError, ValueError):
        return "holds what the service never writes; restore its row from backup"
