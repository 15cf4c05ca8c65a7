"""Accounts on the console: the first run and the commands after it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.access.administrators import Administrators
from api.access.first_run import first_accounts
from api.core.settings import Settings
from api.editions.demo import mark_demo
from api.ledger.database import Location
from api.verify.verify import verify_ledger
from cli.main import rongzi
from model.errors import AccessError


def _console(home: Path, *line: str, typed: str = "") -> Result:
    command = [*line[:1], "--home", str(home), *line[1:]]
    return CliRunner().invoke(rongzi, command, input=f"{typed}\n")


def _administrators(home: Path) -> dict[str, str]:
    """Create the first accounts; return the passwords of the two administrators.

    The home is a demo, in which a password is enough.
    """
    if not list(home.iterdir()):
        mark_demo(home, date(2023, 10, 9))
    lines = [line.split() for line in _console(home, "init").output.splitlines()]
    return {line[0]: line[-1] for line in lines if line[0].startswith("admin")}


def test_the_first_run_makes_somebody_of_each_role_and_refuses_a_second(
    published_home: Path, tmp_path: Path
) -> None:
    (tmp_path / "editions").symlink_to(published_home / "editions")
    shutil.copytree(published_home / "keys" / "trusted", tmp_path / "keys" / "trusted")
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


def test_the_console_manages_accounts_by_four_eyes(tmp_path: Path) -> None:
    admins = _administrators(tmp_path)
    assert set(admins) == {"admin", "admin-2"}
    assert all(re.fullmatch(r"\S{23}", password) for password in admins.values())

    def ordered(*line: str) -> str:
        why = ("--because", "asked for on paper", "--as", "admin")
        done = _console(tmp_path, "users", *line, *why, typed=admins["admin"])
        assert done.exit_code == 0, done.output
        return re.findall(r"order (\w+)", done.output)[0]

    def approved(order: str) -> str:
        done = _console(tmp_path, "users", "approve", order, "--as", "admin-2",
                        typed=admins["admin-2"])  # fmt: skip
        assert done.exit_code == 0, done.output
        return done.output.split()[-1]

    order = ordered("add", "li.wei", "--role", "officer", "--place", "371502")
    assert "li.wei" not in _console(tmp_path, "users", "list").output
    alone = _console(tmp_path, "users", "approve", order, "--as", "admin", typed=admins["admin"])
    assert alone.exit_code != 0
    wrong = _console(tmp_path, "users", "approve", order, "--as", "admin-2", typed="guessed")
    assert wrong.exit_code != 0
    early = _console(tmp_path, "users", "apply", order)
    assert early.exit_code != 0
    password = approved(order)
    assert _console(tmp_path, "users", "apply", order).exit_code != 0
    assert _console(tmp_path, "users", "disable", "li.wei", "--as", "admin").exit_code != 0
    _console(tmp_path, "users", "disable", "li.wei", "--as", "admin", typed=admins["admin"])
    listed = _console(tmp_path, "users", "list").output
    assert re.search(r"li\.wei +officer +371502 +disabled", listed)
    assert password not in listed + (tmp_path / "ledger" / "ledger.db").read_bytes().decode("l1")
    approved(ordered("enable", "li.wei"))
    approved(ordered("grant", "li.wei", "--role", "auditor", "--place", "all"))
    assert re.search(r"auditor +all +enabled", _console(tmp_path, "users", "list").output)
    assert approved(ordered("reset-password", "li.wei")) != password
    assert _console(tmp_path, "users", "unlock", "li.wei").exit_code == 0
    orders = _console(tmp_path, "users", "orders").output
    assert orders.count("asked for on paper") == 4
    assert orders.count("approved by admin-2") == 4


def _after(days: int) -> Callable[[Administrators, int, datetime], dict[str, datetime]]:
    """Return the function of administrators who stopped lately, as it is `days` later."""
    lost_within = Administrators.lost_within
    return lambda found, limit, now: lost_within(found, limit, now + timedelta(days=days))


def test_an_administrator_left_alone_adds_another_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    admins = _administrators(tmp_path)
    assert _console(tmp_path, "users", "disable", "admin-2").exit_code != 0
    _console(tmp_path, "users", "disable", "admin-2", "--as", "admin", typed=admins["admin"])
    why = ("--because", "the other one left")
    officer = ("users", "add", "li.wei", "--role", "officer", "--place", "371502", *why)
    refused = _console(tmp_path, *officer, "--as", "admin", typed=admins["admin"])
    assert refused.exit_code != 0
    assert "second administrator" in refused.output
    second = ("users", "add", "admin-3", "--role", "admin", "--place", "all", *why)
    lately = _console(tmp_path, *second)
    assert lately.exit_code != 0
    assert "admin-2 administered until lately" in lately.output
    assert "admin-3" not in _console(tmp_path, "users", "list").output
    monkeypatch.setattr(Administrators, "lost_within", _after(days=8))
    assert _console(tmp_path, *second).exit_code == 0
    report = verify_ledger(Location.of(Settings(tmp_path)))
    assert report.is_sound
    assert [each for each in report.notices if "one administrator was alone from" in each]
    third = ("users", "add", "admin-4", "--role", "admin", "--place", "all", *why, "--as", "admin")
    assert "order " in _console(tmp_path, *third, typed=admins["admin"]).output
    assert "admin-4" not in _console(tmp_path, "users", "list").output


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
    admins = _administrators(tmp_path)
    why = ("--because", "asked for on paper", "--as", "admin")
    refused = _console(tmp_path, "users", "add", *line, *why, typed=admins["admin"])
    assert isinstance(refused.exception, AccessError)


@pytest.mark.parametrize("command", ["unlock", "sessions", "sign-out", "enrol"])
def test_a_command_on_an_unknown_account_says_so(tmp_path: Path, command: str) -> None:
    _administrators(tmp_path)
    done = _console(tmp_path, "users", command, "nobody")
    assert isinstance(done.exception, AccessError)
    assert "no such account" in str(done.exception)
    assert "nobody" not in done.output
