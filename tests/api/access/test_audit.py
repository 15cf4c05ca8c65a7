"""Events on accounts are in the audit, on both databases, and passwords never are."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import delete, select, update

from api.access.accounts import Accounts
from api.access.first_run import NewAccount, create_account
from api.access.sign_in import MAX_FAILURES, FailedSignIns, SignIn
from api.core.settings import Settings
from api.http.problems import ProblemError
from api.ledger.database import Location
from api.ledger.tables import accesses, look_checkpoints
from api.ledger.tables import accounts as table
from api.verify.verify import verify_ledger
from model.errors import LedgerError
from tests.support.tampering.rows import without_triggers


def _mistaken(sign_in: SignIn, name: str) -> None:
    with pytest.raises(ProblemError):
        sign_in.account(name, "wrong", "192.0.2.1")


def _audit(accounts: Accounts) -> list[tuple[str, str | None, str]]:
    with accounts.reading.connect() as connection:
        rows = connection.execute(select(accesses).order_by(accesses.c.number)).mappings()
        return [(row["route"], row["account"], row["actor"]) for row in rows]


def test_failed_sign_ins_and_locks_are_in_the_audit_and_typed_text_is_not(
    sign_in: SignIn, officer: NewAccount, accounts: Accounts
) -> None:
    for _ in range(MAX_FAILURES + 1):
        _mistaken(sign_in, officer.name)
    _mistaken(sign_in, "my-password-by-mistake")
    failed = ("sign_in_failed", officer.name, "anybody")
    rows = _audit(accounts)
    assert rows[0][:2] == ("account_added", officer.name)
    locked = ("sign_in_locked", officer.name, "anybody")
    assert rows[1:] == [*[failed] * MAX_FAILURES, locked, ("sign_in_failed", None, "anybody")]


def test_every_change_of_an_account_is_in_the_audit_with_its_actor(
    sign_in: SignIn, officer: NewAccount, accounts: Accounts
) -> None:
    sign_in.change_password(officer.name, officer.password, "a new and longer one", "127.0.0.1")
    changed = {"roles": frozenset({"auditor"}), "places": ("371502",)}
    accounts.change(officer.name, "account_changed", "boss", lambda was: replace(was, **changed))
    FailedSignIns(accounts.writing).unlock(officer.name, "boss")
    assert _audit(accounts)[1:] == [
        ("signed_in", officer.name, officer.name),
        ("password_changed", officer.name, officer.name),
        ("account_changed", officer.name, "boss"),
        ("account_unlocked", officer.name, "boss"),
    ]


BEHIND = {
    "roles": "admin",
    "places": "371503",
    "is_enabled": False,
    "password_hash": "of somebody else",
    "version": 7,
}


@pytest.mark.parametrize("column", BEHIND)
def test_a_change_of_an_account_outside_the_audit_is_found(
    accounts: Accounts, officer: NewAccount, ledger_settings: Settings, column: str
) -> None:
    location = Location.of(ledger_settings)
    report = verify_ledger(location)
    assert (report.is_sound, report.accounts) == (True, 1), report.findings
    with accounts.writing.engine.begin() as connection:
        connection.execute(update(table).values({column: BEHIND[column]}))
    (finding,) = verify_ledger(location).findings
    assert finding.kind == "account"
    assert finding.what.startswith(f"account {officer.name} ")
    assert "the service did not change it" in finding.what


def test_an_account_missing_in_the_audit_is_found_and_one_missing_in_the_table(
    accounts: Accounts, officer: NewAccount, ledger_settings: Settings
) -> None:
    with accounts.writing.engine.begin() as connection:
        connection.execute(update(table).values(name="somebody-else"))
    rows = [finding.what for finding in verify_ledger(Location.of(ledger_settings)).findings]
    assert ["but not in the audit" in rows[0], "is missing from table accounts" in rows[1]] == [
        True,
        True,
    ]
    assert officer.name in rows[1]


def test_removing_the_last_account_event_is_found(
    accounts: Accounts, officer: NewAccount, ledger_settings: Settings
) -> None:
    location = Location.of(ledger_settings)
    accounts.change(officer.name, "account_disabled", "boss", lambda was: replace(was))
    with without_triggers(location.url) as connection:
        connection.execute(delete(accesses).where(accesses.c.number == 2))
        connection.execute(delete(look_checkpoints).where(look_checkpoints.c.look == 2))
        connection.execute(update(table).values(version=1))
    found = {finding.kind for finding in verify_ledger(location).findings}
    assert found == {"unsealed", "look"}


def test_what_cannot_be_sealed_is_not_done(accounts: Accounts, ledger_settings: Settings) -> None:
    (ledger_settings.home.parent / "file").touch()
    blocked = replace(ledger_settings, checkpoints=ledger_settings.home.parent / "file" / "lines")
    with closing(Accounts(blocked)) as sealed_nowhere:
        with pytest.raises(LedgerError, match="nothing was changed, because it cannot be sealed"):
            create_account(sealed_nowhere, [("officer-2", ("officer",), ("371502",))])
        assert sealed_nowhere.all() == []
    assert _audit(accounts) == []
