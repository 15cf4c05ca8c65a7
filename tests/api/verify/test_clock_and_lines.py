"""Attacks on time and on the checkpoint file: set back, removed, begun anew, cut at both ends."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select

from api.access.accounts import Accounts
from api.access.first_run import create_account
from api.core.settings import Settings
from api.decisions.commands import Decide
from api.ledger.database import Location
from api.ledger.tables import (
    answers,
    checkpoints,
    entries,
    identities,
    person_keys,
    questions,
)
from api.ledger.witnesses import witness_of
from api.ledger.writer import Ledger
from api.verify.verify import verify_ledger
from cli.upgrade_ledger import command as upgrade_command
from cli.verify_ledger import command as verify_command
from model.errors import LedgerError, SettingError
from tests.support.ledger.filling import record_accesses
from tests.support.ledger.refusals import refused
from tests.support.paths import ROOT
from tests.support.prerequisites import lacking
from tests.support.tampering.rows import without_triggers


def _write(settings: Settings, asks: list[Decide]) -> None:
    """Write each command in a commit of its own."""
    with closing(Ledger.open(settings)) as ledger:
        for ask in asks:
            ledger.write_now(ask)


def test_a_clock_that_goes_back_is_found(ledger_settings: Settings, asks: list[Decide]) -> None:
    now = datetime(2023, 10, 9, 2, tzinfo=UTC)
    moments = iter([now, now, now - timedelta(days=1), now - timedelta(days=1)])
    ledger = Ledger.open(ledger_settings, lambda: next(moments))
    ledger.write_now(asks[0])
    ledger.write_now(asks[1])
    ledger.close()
    (finding,) = verify_ledger(Location.of(ledger_settings)).findings
    assert (finding.kind, finding.seq) == ("clock", 2)


def test_a_small_step_of_the_clock_is_no_finding(
    ledger_settings: Settings, asks: list[Decide]
) -> None:
    now = datetime(2023, 10, 9, 2, tzinfo=UTC)
    moments = iter([now, now, now - timedelta(seconds=1), now])
    ledger = Ledger.open(ledger_settings, lambda: next(moments))
    ledger.write_now(asks[0])
    ledger.write_now(asks[1])
    ledger.close()
    assert verify_ledger(Location.of(ledger_settings)).is_sound


@pytest.mark.parametrize("attack", ["removed", "emptied"])
def test_a_restart_does_not_begin_a_second_checkpoint_file(
    ledger_settings: Settings, asks: list[Decide], attack: str
) -> None:
    _write(ledger_settings, asks[:4])
    outside = Location.of(ledger_settings).outside
    if attack == "removed":
        outside.unlink()
    else:
        outside.write_text("")
    with closing(Ledger.open(ledger_settings)) as ledger:
        refused(ledger, asks[4])
        assert "the checkpoint file of this ledger" in str(ledger.fault)
    with closing(Accounts(ledger_settings)) as accounts, pytest.raises(LedgerError):
        create_account(accounts, [("anne", ("officer",), ("",))])
    assert not outside.exists() or outside.read_text() == ""


def test_a_file_with_the_last_lines_only_is_found(
    ledger_settings: Settings, asks: list[Decide]
) -> None:
    _write(ledger_settings, asks[:6])
    outside = Location.of(ledger_settings).outside
    outside.write_text("".join(outside.read_text().splitlines(keepends=True)[-2:]))
    findings = verify_ledger(Location.of(ledger_settings)).findings
    assert [each.kind for each in findings] == ["outside gap"]
    assert "4 commits" in findings[0].what


def test_a_lost_file_is_begun_anew_only_by_a_command_that_is_on_record(
    ledger_settings: Settings, asks: list[Decide], monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(ledger_settings, asks[:4])
    location = Location.of(ledger_settings)
    location.outside.unlink()
    monkeypatch.setenv("RONGZI_DATABASE_URL", location.url.render_as_string(hide_password=False))
    words = ["--home", str(ledger_settings.home), "--checkpoints", str(location.outside)]
    assert CliRunner().invoke(upgrade_command, [*words, "--begin-checkpoints"]).exit_code == 2
    words += ["--begin-checkpoints", "--because", "the disk of the file failed"]
    done = CliRunner().invoke(upgrade_command, words)
    assert done.exit_code == 0, done.output
    _write(ledger_settings, asks[4:8])
    report = verify_ledger(location)
    assert report.is_sound, report.findings
    assert any("the disk of the file failed" in notice for notice in report.notices)
    assert CliRunner().invoke(upgrade_command, words).exit_code == 1


def test_a_line_that_a_crash_lost_is_written_at_the_next_start(
    ledger_settings: Settings, asks: list[Decide]
) -> None:
    _write(ledger_settings, asks[:6])
    outside = Location.of(ledger_settings).outside
    lines = outside.read_text().splitlines(keepends=True)
    outside.write_text("".join([*lines[:3], *lines[4:-1]]))
    _write(ledger_settings, asks[6:7])
    report = verify_ledger(Location.of(ledger_settings))
    assert (report.findings, report.notices) == ([], [])


def _cut_both(location: Location, last: int) -> None:
    """Cut the end of the ledger and of its checkpoint file, as the service's own account could."""
    with without_triggers(location.url) as connection:
        for table in (entries, checkpoints, answers, questions):
            connection.execute(delete(table).where(table.c.seq > last))
        left = select(entries.c.subject_id)
        for table in (identities, person_keys):
            connection.execute(delete(table).where(table.c.subject_id.not_in(left)))
    kept = location.outside.read_text().splitlines(keepends=True)[:last]
    location.outside.write_text("".join(kept))


def test_a_witness_file_shows_a_cut_of_ledger_and_checkpoint_file(
    ledger_settings: Settings, asks: list[Decide], tmp_path: Path
) -> None:
    witness = tmp_path / "witness"
    witness.touch()
    settings = Settings(
        ledger_settings.home,
        database_url=ledger_settings.database_url,
        checkpoints=ledger_settings.checkpoints,
        witnesses=(f"file:{witness}",),
    )
    _write(settings, asks[:6])
    with closing(Accounts(settings)) as accounts:
        create_account(accounts, [("anne", ("officer",), ("",))])
    location = Location.of(settings)
    assert len(witness.read_text().splitlines()) == 7
    report = verify_ledger(location, against=[witness])
    assert report.is_sound
    assert any("7 checkpoints compared" in notice for notice in report.notices)


def test_an_auditors_own_copy_shows_a_cut_at_both_ends(
    ledger_settings: Settings, asks: list[Decide], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(ledger_settings, asks[:6])
    location, copy = Location.of(ledger_settings), tmp_path / "copy.jsonl"
    copy.write_text(location.outside.read_text())
    _cut_both(location, 4)
    assert verify_ledger(location).is_sound
    (finding,) = verify_ledger(location, against=[copy]).findings
    assert (finding.kind, finding.seq) == ("truncated", 6)
    monkeypatch.setenv("RONGZI_DATABASE_URL", location.url.render_as_string(hide_password=False))
    words = ["--home", str(ledger_settings.home), "--checkpoints", str(location.outside)]
    done = CliRunner().invoke(verify_command, [*words, "--against", str(copy)])
    assert done.exit_code == 1
    assert "WRONG [truncated]" in done.output


def test_a_copy_of_another_ledger_proves_nothing(
    ledger_settings: Settings, asks: list[Decide], tmp_path: Path
) -> None:
    _write(ledger_settings, asks[:2])
    foreign = Settings(tmp_path / "foreign")
    _write(foreign, asks[:2])
    copy = Location.of(foreign).outside
    kinds = {
        each.kind for each in verify_ledger(Location.of(ledger_settings), None, [copy]).findings
    }
    assert kinds == {"forged", "against"}


def test_a_syslog_daemon_receives_every_checkpoint(
    ledger_settings: Settings, asks: list[Decide], tmp_path: Path
) -> None:
    received = tmp_path / "syslog"
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(5)
        settings = Settings(
            ledger_settings.home,
            database_url=ledger_settings.database_url,
            checkpoints=ledger_settings.checkpoints,
            witnesses=(f"syslog://127.0.0.1:{daemon.getsockname()[1]}",),
        )
        _write(settings, asks[:3])
        messages = [daemon.recv(8192).decode() for _ in range(3)]
    assert all(re.match(r"<110>1 \S+Z \S+ rongzi-e \d+ checkpoint - \{", each) for each in messages)
    received.write_text("\n".join(messages) + "\n")
    location = Location.of(settings)
    assert verify_ledger(location, against=[received]).is_sound
    _cut_both(location, 2)
    findings = verify_ledger(location, against=[received]).findings
    assert [each.kind for each in findings] == ["truncated"]


def test_a_witness_that_fails_does_not_stop_the_service_and_is_tried_again(
    tmp_path: Path, asks: list[Decide]
) -> None:
    witness = tmp_path / "not-there-yet"
    settings = Settings(tmp_path / "home", witnesses=(f"file:{witness}",))
    with closing(Ledger.open(settings)) as ledger:
        assert ledger.write_now(asks[0]).status == 200
        assert not witness.exists(), "the service must not make the file of another account"
        witness.touch()
        assert ledger.write_now(asks[1]).status == 200
    assert len(witness.read_text().splitlines()) == 1


_AS_SERVICE = """
import os, sys
from pathlib import Path
from api.ledger.checkpoints import parse_checkpoint
from api.ledger.witnesses import witness_of
pipe, checkpoint = Path(sys.argv[1]), parse_checkpoint(sys.argv[2])
os.setgroups([]); os.setgid(65534); os.setuid(65534)
witness_of(f"file:{pipe}").attest(checkpoint)
for attempt in (pipe.read_bytes, pipe.unlink, lambda: pipe.chmod(0o666)):
    try:
        attempt()
    except PermissionError:
        continue
    sys.exit(f"{attempt} was not refused")
"""


def test_a_pipe_of_another_account_takes_lines_that_the_service_can_neither_read_nor_remove(
    asks: list[Decide], tmp_path: Path
) -> None:
    lacking(*(["root, who may run a process as another account,"] if os.geteuid() != 0 else []))
    settings = Settings(tmp_path / "home")
    _write(settings, asks[:1])
    line = Location.of(settings).outside.read_text()
    # Below /tmp, because other accounts cannot reach the folder of the test.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        pipe = Path(folder) / "pipe"
        os.mkfifo(pipe)
        pipe.chmod(0o602)
        reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        done = subprocess.run(
            [sys.executable, "-c", _AS_SERVICE, pipe, line],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert os.read(reading, 8192).decode() == line
        os.close(reading)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "file:",
        "http://x",
        "syslog:",
        "syslog://",
        "file://h/x",
        "rfc3161+http://h/tsr",
        "rfc3161+http:#f",
        "rfc3161+ftp://h/tsr#f",
        "rfc3161+https://u:p@h/t#f",
    ],
)
def test_a_witness_of_another_form_is_refused(name: str) -> None:
    with pytest.raises(SettingError, match="RONGZI_WITNESSES"):
        witness_of(name)


def test_access_records_count_as_commits_with_lines(ledger_settings: Settings) -> None:
    with closing(Ledger.open(ledger_settings)) as ledger:
        record_accesses(ledger, 5)
    outside = Location.of(ledger_settings).outside
    outside.write_text("".join(outside.read_text().splitlines(keepends=True)[-1:]))
    findings = verify_ledger(Location.of(ledger_settings)).findings
    assert [each.kind for each in findings] == ["outside gap"]
