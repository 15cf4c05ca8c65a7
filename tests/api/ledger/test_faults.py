"""Real faults of the ledger's storage: refused in time, nothing half-written, and recovered."""

from __future__ import annotations

import json
import resource
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from api.core.settings import Settings
from api.decisions.commands import Decide
from api.ledger.database import Location
from api.ledger.errors import LedgerAwayError
from api.ledger.idempotency import REPLAYED
from api.ledger.writer import Ledger
from api.verify.verify import verify_ledger
from tests.support.ledger.filling import fill
from tests.support.ledger.refusals import count, refused
from tests.support.service.running import wait_until


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[tuple[Ledger, Settings]]:
    settings = Settings(home=tmp_path / "home")
    ledger = Ledger.open(settings)
    yield ledger, settings
    ledger.close()
    assert verify_ledger(Location.of(settings)).is_sound


def test_a_locked_database_refuses_and_heals(
    on_sqlite: tuple[Ledger, Settings], asks: list[Decide]
) -> None:
    ledger, settings = on_sqlite
    with closing(sqlite3.connect(settings.home / "ledger" / "ledger.db")) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        refused(ledger, asks[0])
        assert count(ledger) == 0  # Reading is still possible.
        other.execute("ROLLBACK")
    assert ledger.write_now(asks[0]).headers == {}
    assert ledger.fault is None


def test_commands_queued_behind_a_locked_database_are_refused_together(
    on_sqlite: tuple[Ledger, Settings], asks: list[Decide], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, settings = on_sqlite
    groups = record_group_sizes(ledger, monkeypatch)
    with (
        ThreadPoolExecutor(4) as officers,
        closing(sqlite3.connect(settings.home / "ledger" / "ledger.db")) as other,
    ):
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        asked = [officers.submit(refused, ledger, asks[0])]
        wait_until(lambda: groups, "waiting for the lock")
        asked += [officers.submit(refused, ledger, ask) for ask in asks[1:4]]
        for each in asked:
            each.result()
        other.execute("ROLLBACK")
    # The three were queued while the first waited for the lock, and were not tried.
    assert groups == [1]
    assert [ledger.write_now(ask).headers for ask in asks[:4]] == [{}] * 4


def record_group_sizes(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list to which each commit appends the size of its group."""
    groups: list[int] = []
    commit = ledger._store.commit

    def spied(commands: list[Any]) -> Any:
        groups.append(len(commands))
        return commit(commands)

    monkeypatch.setattr(ledger._store, "commit", spied)
    return groups


@pytest.mark.parametrize("name", ["ledger.db", "checkpoints.jsonl"])
def test_a_write_to_a_file_that_was_moved_away_is_refused(
    on_sqlite: tuple[Ledger, Settings], asks: list[Decide], name: str
) -> None:
    ledger, settings = on_sqlite
    file = settings.home / "ledger" / name
    first = ledger.write_now(asks[0])
    aside = file.rename(file.with_suffix(".aside"))
    refused(ledger, asks[1])
    assert ledger.fault is not None
    assert f"{file}: moved, removed or replaced" in ledger.fault
    aside.rename(file)
    assert ledger.write_now(asks[0]).body == first.body
    assert ledger.write_now(asks[1]).headers == {}


def test_a_missing_ledger_is_never_created_again(tmp_path: Path, asks: list[Decide]) -> None:
    settings = Settings(home=tmp_path / "home")
    folder = settings.home / "ledger"
    with closing(Ledger.open(settings)) as ledger:
        ledger.write_now(asks[0])
        for file in folder.iterdir():
            file.unlink()
        refused(ledger, asks[1])
        refused(ledger, asks[1])
        assert not (folder / "ledger.db").exists()
        Location.of(settings).make_file()
        refused(ledger, asks[1])
        assert "this process wrote entry 1" in str(ledger.fault)


def test_no_checkpoint_file_is_begun_for_a_ledger_whose_file_was_moved(
    on_sqlite: tuple[Ledger, Settings], asks: list[Decide]
) -> None:
    ledger, settings = on_sqlite
    lines = settings.home / "ledger" / "checkpoints.jsonl"
    ledger.write_now(asks[0])
    aside = lines.rename(lines.with_suffix(".1"))
    refused(ledger, asks[1])
    refused(ledger, asks[1])
    assert not lines.exists()
    aside.rename(lines)
    ledger.write_now(asks[1])
    assert [json.loads(line)["seq"] for line in lines.read_text().splitlines()] == [1, 2]


def test_only_the_services_account_can_read_the_ledger(
    on_sqlite: tuple[Ledger, Settings], asks: list[Decide]
) -> None:
    ledger, settings = on_sqlite
    ledger.write_now(asks[0])
    folder = settings.home / "ledger"
    assert folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())


@contextmanager
def limited_file_size(size: int) -> Iterator[None]:
    """Limit files of this process to `size` bytes, which has the effect of a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _try_to_write(ledger: Ledger, ask: Decide) -> None:
    with suppress(LedgerAwayError):
        ledger.write_now(ask)


@pytest.mark.parametrize("room", [0, 4_096, 9_000, 20_000])
def test_a_full_disk_refuses_writes_nothing_half_and_heals(
    on_sqlite: tuple[Ledger, Settings], asks: list[Decide], room: int
) -> None:
    ledger, settings = on_sqlite
    fill(ledger, iter(asks[:10]))
    wal = settings.home / "ledger" / "ledger.db-wal"
    with limited_file_size(wal.stat().st_size + room):
        for ask in asks[10:20]:
            _try_to_write(ledger, ask)
    again = [ledger.write_now(ask) for ask in asks[10:20]]
    assert len({json.loads(answer.body)["decision_id"] for answer in again}) == 10
    assert count(ledger) == 20


@pytest.mark.parametrize("room", [0, 1, 100])
def test_a_decision_whose_seal_cannot_be_written_is_stored_but_not_answered(
    on_sqlite: tuple[Ledger, Settings], asks: list[Decide], room: int
) -> None:
    """With some room the line is torn, and its end cannot be written either."""
    ledger, settings = on_sqlite
    ledger.write_now(asks[0])
    outside = settings.home / "ledger" / "checkpoints.jsonl"
    with outside.open("a") as file:
        file.write("\n" * 2_000_000)  # Larger than the database, so that only this file is full.
    with limited_file_size(outside.stat().st_size + room):
        refused(ledger, asks[1])
        refused(ledger, asks[2])
    assert ledger.write_now(asks[1]).headers == {REPLAYED: "true"}
    assert ledger.write_now(asks[2]).headers == {}
    assert count(ledger) == 3


def test_a_home_that_cannot_be_written_refuses_and_heals(
    tmp_path: Path, asks: list[Decide]
) -> None:
    home = tmp_path / "home"
    home.write_text("a file where the folder should be")
    ledger = Ledger.open(Settings(home=home))
    refused(ledger, asks[0])
    home.unlink()
    assert ledger.write_now(asks[0]).status == 200
    ledger.close()
