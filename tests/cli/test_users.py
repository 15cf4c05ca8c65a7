"""Accounts on the console: the first run and the commands after it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.access.first_run import first_accounts
from api.core.settings import Settings
from cli.main import rongzi
from model.errors import AccessError


def _console(home: Path, *line: str) -> Result:
    return CliRunner().invoke(rongzi, [*line[:1], "--home", str(home), *line[1:]])


def test_the_first_run_makes_somebody_of_each_role_and_refuses_a_second(
    published_home: Path, tmp_path: Path
) -> None:
    (tmp_path / "editions").symlink_to(published_home / "editions")
    accounts = first_accounts(Settings(tmp_path), demo=True)
    assert {role for each in accounts for role in each.roles} == {
        "admin", "officer", "reviewer", "head", "manager", "analyst", "auditor", "operator",
    }  # fmt: skip
    officers = {each.name: each.places for each in accounts if each.roles == ("officer",)}
    assert len(officers) > 1
    assert all(places == (name.rpartition("-")[2],) for name, places in officers.items())
    assert all(f"teller-{places[0]}" in officers for places in officers.values())
    second = _console(tmp_path, "init")
    assert isinstance(second.exception, AccessError)


def test_the_console_manages_accounts_and_shows_a_password_once(tmp_path: Path) -> None:
    first = _console(tmp_path, "init").output
    assert re.search(r"^admin +admin +all +\S{23}$", first, re.MULTILINE)
    added = _console(tmp_path, "users", "add", "li.wei", "--role", "officer", "--place", "371502")
    password = added.output.split()[-1]
    _console(tmp_path, "users", "disable", "li.wei")
    listed = _console(tmp_path, "users", "list").output
    assert re.search(r"li\.wei +officer +371502 +disabled", listed)
    assert password not in listed + (tmp_path / "ledger" / "ledger.db").read_bytes().decode("l1")
    _console(tmp_path, "users", "enable", "li.wei")
    _console(tmp_path, "users", "grant", "li.wei", "--role", "auditor", "--place", "all")
    assert re.search(r"auditor +all +enabled", _console(tmp_path, "users", "list").output)
    assert _console(tmp_path, "users", "reset-password", "li.wei").output.split()[-1] != password
    assert _console(tmp_path, "users", "unlock", "li.wei").exit_code == 0


@pytest.mark.parametrize(
    "line",
    [
        ("Li Wei", "--role", "officer", "--place", "371502"),
        ("li.wei", "--role", "officer", "--place", "3715"),
        ("admin", "--role", "officer", "--place", "371502"),
    ],
)
def test_an_account_that_is_not_as_expected_is_refused(
    tmp_path: Path, line: tuple[str, ...]
) -> None:
    _console(tmp_path, "init")
    assert isinstance(_console(tmp_path, "users", "add", *line).exception, AccessError)
