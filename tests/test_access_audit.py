"""What happens to accounts stands in the audit, on both databases, and no password ever does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from api.access.accounts import Accounts
from api.access.attempts import MOST_FAILURES, Attempts
from api.access.first_run import Handed
from api.access.sign_in import SignIn
from api.ledger.tables import accesses
from api.problems import ProblemError


def _mistaken(door: SignIn, name: str) -> None:
    with pytest.raises(ProblemError):
        door.token(name, "wrong", "192.0.2.1")


def _audit(accounts: Accounts) -> list[tuple[str, str | None, str]]:
    with accounts.reading.connect() as connection:
        rows = connection.execute(select(accesses).order_by(accesses.c.number)).mappings()
        return [(row["route"], row["account"], row["actor"]) for row in rows]


def test_failed_sign_ins_and_locks_are_in_the_audit_and_what_was_typed_is_not(
    door: SignIn, officer: Handed, accounts: Accounts
) -> None:
    for _ in range(MOST_FAILURES + 1):
        _mistaken(door, officer.name)
    _mistaken(door, "my-password-by-mistake")
    failed = ("sign_in_failed", officer.name, "anybody")
    told = _audit(accounts)
    assert told[0][:2] == ("account_added", officer.name)
    locked = ("sign_in_locked", officer.name, "anybody")
    assert told[1:] == [*[failed] * MOST_FAILURES, locked, ("sign_in_failed", None, "anybody")]


def test_every_change_of_an_account_is_in_the_audit_with_who_did_it(
    door: SignIn, officer: Handed, accounts: Accounts
) -> None:
    door.change_password(officer.name, officer.password, "a new and longer one", "127.0.0.1")
    changed = {"roles": frozenset({"auditor"}), "places": ("371502",)}
    accounts.change(officer.name, "account_changed", "boss", lambda was: replace(was, **changed))
    Attempts(accounts.writing).forget(officer.name, "boss")
    assert _audit(accounts)[1:] == [
        ("password_changed", officer.name, officer.name),
        ("account_changed", officer.name, "boss"),
        ("account_unlocked", officer.name, "boss"),
    ]
