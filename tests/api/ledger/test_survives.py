"""Committed entries survive the process and, with a backup, the disk."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from api.core.settings import Settings
from api.decisions.commands import Decide
from api.ledger.database import Location
from api.ledger.idempotency import REPLAYED
from api.ledger.writer import Ledger
from api.verify.verify import verify_ledger
from tests.support.ledger.filling import fill


def count(ledger: Ledger) -> int:
    with ledger.read() as view:
        return len(view.entries_where())


_KILLED = """
import os, signal, sys
from pathlib import Path
from api.ledger import checkpoints, writer
from api.core.settings import Settings
from tests.support.ledger.filling import asks, loaded

def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)

home, data, url, moment = sys.argv[1:]
ledger = writer.Ledger.open(Settings(Path(home), database_url=url or None))
ask, other = asks(loaded(Path(data)), 2)
ledger.write_now(other)
if moment == "before the answer":
    writer.deliver_outcomes = kill
else:
    checkpoints.CheckpointFile.append = kill
ledger.write_now(ask)
"""


@pytest.mark.parametrize("moment", ["before the answer", "before the seal outside"])
def test_killed_between_commit_and_answer_the_retry_gets_the_committed_answer(
    ledger_settings: Settings, published_home: Path, asks: list[Decide], moment: str
) -> None:
    settings = Settings(ledger_settings.home, database_url=ledger_settings.database_url)
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, settings.home, published_home,
         settings.database_url or "", moment],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    ledger = Ledger.open(settings)
    with ledger.read() as view:
        before = view.entries_where(["DECISION"])
    assert len(before) == 2
    answer = ledger.write_now(asks[0])
    assert answer.headers == {REPLAYED: "true"}
    assert json.loads(answer.body) == before[1].body["answer"]
    assert count(ledger) == 2
    ledger.close()
    report = verify_ledger(Location.of(settings))
    assert report.is_sound, report.findings
    assert report.notices == []


def test_a_backup_of_database_checkpoints_and_keys_restores_to_a_sound_ledger(
    tmp_path: Path, asks: list[Decide]
) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy"
    ledger = Ledger.open(Settings(home=home))
    fill(ledger, iter(asks[:10]))
    (copy / "ledger").mkdir(parents=True)
    # Checkpoints first: the database copied after them holds at least what they know.
    shutil.copy(home / "ledger" / "checkpoints.jsonl", copy / "ledger")
    fill(ledger, iter(asks[10:20]))
    with (
        closing(sqlite3.connect(home / "ledger" / "ledger.db")) as source,
        closing(sqlite3.connect(copy / "ledger" / "ledger.db")) as target,
    ):
        source.backup(target)
    shutil.copytree(home / "keys", copy / "keys")
    ledger.close()
    restored = Ledger.open(Settings(home=copy))
    assert restored.write_now(asks[0]).headers == {REPLAYED: "true"}
    assert restored.write_now(asks[20]).headers == {}
    restored.close()
    assert verify_ledger(Location.of(Settings(home=copy))).is_sound


def test_lines_set_aside_beside_the_file_are_read_and_missing_lines_are_found(
    tmp_path: Path, asks: list[Decide]
) -> None:
    settings = Settings(home=tmp_path)
    ledger, lines = Ledger.open(settings), tmp_path / "ledger" / "checkpoints.jsonl"
    for ask in asks[:20]:
        ledger.write_now(ask)
    ledger.close()
    # As docs/reference/ledger.md says, while the service is stopped.
    aside = lines.rename(lines.with_name("checkpoints-2026.jsonl"))
    lines.write_text(aside.read_text().splitlines(keepends=True)[-1])
    ledger = Ledger.open(settings)
    fill(ledger, iter(asks[20:30]))
    ledger.close()
    location = Location.of(settings)
    assert verify_ledger(location).is_sound
    both = tmp_path / "both.jsonl"
    both.write_text(aside.read_text() + lines.read_text())
    assert verify_ledger(replace(location, outside=both)).is_sound
    alone = tmp_path / "alone.jsonl"
    alone.write_text(lines.read_text())
    findings = verify_ledger(replace(location, outside=alone)).findings
    assert [each.kind for each in findings] == ["outside gap"]
    with closing(Ledger.open(replace(settings, checkpoints=alone))) as refusing:
        assert "lacks lines of the last commits" in str(refusing.fault)
    with closing(sqlite3.connect(location.url.database or "")) as database:
        for trigger in database.execute("SELECT name FROM sqlite_master WHERE type='trigger'"):
            database.execute(f"DROP TRIGGER {trigger[0]}")
        database.execute("DELETE FROM entries WHERE seq > 19")
        database.execute("DELETE FROM checkpoints WHERE seq > 19")
        database.commit()
    found = verify_ledger(location).findings
    assert "truncated" in {each.kind for each in found}
