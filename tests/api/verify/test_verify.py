"""Verification finds every change by somebody without the keys, and reports it in plain terms."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, delete, text

from api.core.settings import Settings
from api.decisions.commands import Decide
from api.editions.in_use import Resources
from api.ledger.checkpoints import parse_checkpoint, read_last_checkpoint
from api.ledger.database import Location
from api.ledger.database import database_url as parsed
from api.ledger.errors import LedgerAwayError
from api.ledger.tables import checkpoints, entries
from api.ledger.writer import Ledger
from api.verify.verify import verify_ledger
from cli.upgrade_ledger import command as upgrade_command
from cli.verify_ledger import command as verify_command
from model.errors import LedgerError
from tests.support.ledger.filling import fill, record_accesses
from tests.support.tampering import access_record, identities, tables
from tests.support.tampering.rows import rewrite, rows_in, without_triggers
from tests.support.tampering.tables import Way
from tests.support.tampering.trial import fill_ledger, tamper, tamper_with_copies


@pytest.fixture(scope="module")
def location(resources: Resources, tmp_path_factory: pytest.TempPathFactory) -> Location:
    """A SQLite ledger with twelve decisions and other entries; tests change copies of it."""
    return fill_ledger(resources, tmp_path_factory.mktemp("ledger"), 12)


def test_200_random_tamperings_are_all_found(
    location: Location, tmp_path: Path, asks: list[Decide]
) -> None:
    tried, undetected = tamper_with_copies(location, tmp_path, 200, 54, lambda: iter(asks[12:]))
    assert undetected == []
    assert len(tried) > 80


def test_tamperings_are_found_on_both_databases(
    ledger_settings: Settings, asks: list[Decide]
) -> None:
    ledger = Ledger.open(ledger_settings)
    fill(ledger, iter(asks))
    record_accesses(ledger, 3)
    ledger.close()
    location = Location.of(ledger_settings)
    report = verify_ledger(location)
    assert (report.is_sound, report.looks) == (True, 3)
    for seed in range(6):
        done = tamper(location, random.Random(seed))
        assert not verify_ledger(location).is_sound, done


@pytest.fixture
def copied(location: Location, tmp_path: Path) -> Location:
    copy, outside = tmp_path / "copy.db", tmp_path / "outside.jsonl"
    shutil.copyfile(str(location.url.database), copy)
    shutil.copyfile(location.outside, outside)
    return replace(location, url=parsed(f"sqlite:///{copy}", copy), outside=outside)


def _truncate(location: Location, last: int) -> None:
    with without_triggers(location.url) as connection:
        for table in (entries, checkpoints):
            connection.execute(delete(table).where(table.c.seq > last))


def test_a_truncation_is_reported_with_the_last_sealed_entry(copied: Location) -> None:
    last = verify_ledger(copied).entries
    _truncate(copied, last - 1)
    findings = verify_ledger(copied).findings
    truncated = [each.what for each in findings if each.kind == "truncated"]
    assert any(f"entry {last}" in what and "cut off" in what for what in truncated)


def test_the_service_does_not_append_to_a_truncated_ledger(
    copied: Location, location: Location
) -> None:
    _truncate(copied, verify_ledger(copied).entries - 1)
    settings = Settings(
        home=location.keys.parent,
        database_url=copied.url.render_as_string(),
        checkpoints=copied.outside,
    )
    ledger = Ledger.open(settings)
    assert ledger.fault is not None
    assert "entries are missing" in ledger.fault
    ledger.close()


@pytest.fixture
def running(ledger_settings: Settings, asks: list[Decide]) -> Iterator[tuple[Ledger, Location]]:
    """A ledger in use, with a few decisions."""
    ledger = Ledger.open(ledger_settings)
    fill(ledger, iter(asks[:3]))
    yield ledger, Location.of(ledger_settings)
    ledger.close()


def _tamper(location: Location, way: Way) -> None:
    with without_triggers(location.url) as connection:
        way(connection, random.Random(1))


def test_a_running_service_does_not_append_after_a_foreign_entry(
    running: tuple[Ledger, Location], asks: list[Decide]
) -> None:
    ledger, location = running
    _tamper(location, tables.append_entry)
    with pytest.raises(LedgerAwayError):
        ledger.write_now(asks[3])
    assert "entry 4, the last of the ledger, has no seal" in str(ledger.fault)
    finding = verify_ledger(location).findings[0]
    assert (finding.kind, finding.seq) == ("unsealed", 4)


def test_a_running_service_appends_after_entries_of_another_worker(
    running: tuple[Ledger, Location], ledger_settings: Settings, asks: list[Decide]
) -> None:
    ledger, location = running
    other = Ledger.open(ledger_settings)
    for ask in asks[3:9]:
        other.write_now(ask)
        ledger.write_now(ask)
    other.close()
    assert verify_ledger(location).is_sound


def test_an_audit_row_inserted_between_two_commits_is_found(
    running: tuple[Ledger, Location], asks: list[Decide]
) -> None:
    ledger, location = running
    record_accesses(ledger, 1)
    _tamper(location, access_record.append_access)
    record_accesses(ledger, 1)
    ledger.write_now(asks[3])
    (finding,) = verify_ledger(location).findings
    assert finding.what.startswith("audit row 2 was not sealed by a commit")


def test_an_overwritten_line_is_distinguished_from_a_torn_one(copied: Location) -> None:
    lines = copied.outside.read_text().splitlines()
    copied.outside.write_text("\n".join(["{}", *lines[1:-1], lines[-1][:80]]) + "\n")
    report = verify_ledger(copied)
    (finding,) = report.findings
    assert "line 1 is no checkpoint" in finding.what
    assert any(f"line {len(lines)} is torn" in notice for notice in report.notices)


def test_a_ledger_without_its_checkpoint_file_is_not_sound(copied: Location) -> None:
    copied.outside.unlink()
    (finding,) = verify_ledger(copied).findings
    assert finding.kind == "no outside"


def test_a_torn_last_checkpoint_line_is_no_evidence_of_a_change(
    copied: Location,
) -> None:
    with copied.outside.open("a") as file:
        file.write('{"seq":13,"dig')
    report = verify_ledger(copied)
    assert report.is_sound
    assert any("torn" in notice for notice in report.notices)


def test_a_line_after_a_torn_line_of_another_worker_is_read(copied: Location) -> None:
    lines = copied.outside.read_text().splitlines()
    copied.outside.write_text("\n".join([*lines[:-1], lines[-1][:80] + lines[-1]]) + "\n")
    report = verify_ledger(copied)
    assert report.is_sound
    assert report.outside_lines == len(lines) + 1
    assert any(f"line {len(lines)} is torn" in notice for notice in report.notices)
    assert read_last_checkpoint(copied.outside) == parse_checkpoint(lines[-1])


def test_a_changed_line_of_the_checkpoint_file_is_found(copied: Location) -> None:
    lines = copied.outside.read_text().splitlines()
    lines[0] = lines[0].replace('"digest":"', '"digest":"0')
    copied.outside.write_text("\n".join(lines) + "\n")
    assert [each.kind for each in verify_ledger(copied).findings] == ["forged"]


@pytest.mark.parametrize("way", identities.WAYS, ids=lambda way: way.__name__)
def test_a_change_of_an_identity_is_found_with_the_public_key_only(
    copied: Location, tmp_path: Path, way: Way
) -> None:
    with without_triggers(copied.url) as connection:
        done = way(connection, random.Random(1))
    public = shutil.copyfile(copied.keys / "ledger.pub", tmp_path / "ledger.pub")
    report = verify_ledger(replace(copied, keys=tmp_path / "nowhere"), public)
    assert not report.is_sound, done


def test_a_removed_trigger_is_reported_and_restored(
    running: tuple[Ledger, Location], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, location = running
    engine = create_engine(location.url)
    on = " ON entries" if engine.dialect.name == "postgresql" else ""
    with engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER entries_no_update{on}"))
        if engine.dialect.name == "sqlite":  # a trigger of the same name that refuses nothing
            idle = "BEFORE UPDATE ON entries BEGIN SELECT 1; END"
            connection.execute(text(f"CREATE TRIGGER entries_no_update {idle}"))
    engine.dispose()
    (finding,) = verify_ledger(location).findings
    assert "trigger entries_no_update was removed" in finding.what
    url = location.url.render_as_string(hide_password=False)
    monkeypatch.setenv("RONGZI_DATABASE_URL", url)
    result = CliRunner().invoke(upgrade_command, ["--home", str(location.keys.parent)])
    assert "entries: the triggers that refuse changes were gone" in result.output
    assert verify_ledger(location).is_sound


def test_a_trigger_that_no_release_makes_is_reported(running: tuple[Ledger, Location]) -> None:
    _, location = running
    engine = create_engine(location.url)
    if engine.dialect.name == "sqlite":
        made = "CREATE TRIGGER kept BEFORE DELETE ON identities BEGIN SELECT RAISE(IGNORE); END"
    else:
        made = "CREATE RULE kept AS ON DELETE TO identities DO INSTEAD NOTHING"
    with engine.begin() as connection:
        connection.execute(text(made))
    engine.dispose()
    (finding,) = verify_ledger(location).findings
    assert finding.what.startswith("table identities has the trigger or rule kept, which no")


def test_an_older_copy_of_the_checkpoint_file_is_distinguished_from_an_unwritten_line(
    copied: Location,
) -> None:
    lines = copied.outside.read_text().splitlines()
    copied.outside.write_text("\n".join(lines[:-1]) + "\n")
    report = verify_ledger(copied)
    assert report.is_sound
    assert any("the end of that file was cut off" in notice for notice in report.notices)
    copied.outside.write_text("\n".join(lines[:2]) + "\n")
    (finding,) = verify_ledger(copied).findings
    assert finding.kind == "outside cut"
    assert f"the last {len(lines) - 2} commits" in finding.what


def test_a_chain_that_was_hashed_again_is_reported_once_with_the_entry(
    copied: Location,
) -> None:
    with without_triggers(copied.url) as connection:
        chain = rows_in(connection, entries)
        chain[-1] |= {"actor": "somebody-else"}
        rewrite(connection, chain)
    (finding,) = verify_ledger(copied).findings
    assert (finding.kind, finding.seq) == ("replaced", len(chain))
    assert f"of entry {len(chain)} something was changed" in finding.what


def test_an_auditor_can_verify_with_the_public_key_only(location: Location, tmp_path: Path) -> None:
    public = shutil.copyfile(location.keys / "ledger.pub", tmp_path / "ledger.pub")
    elsewhere = replace(location, keys=tmp_path / "nowhere")
    assert verify_ledger(elsewhere, public).is_sound
    with pytest.raises(LedgerError, match="not a public key"):
        verify_ledger(elsewhere)


def test_the_command_prints_sound_with_counts(location: Location) -> None:
    home = str(location.keys.parent)
    result = CliRunner().invoke(verify_command, ["--home", home])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("sound: ")


def test_the_command_names_entries_and_the_remedy(location: Location, tmp_path: Path) -> None:
    home = Path(shutil.copytree(location.keys.parent, tmp_path / "home"))
    _truncate(replace(location, url=parsed(None, home / "ledger" / "ledger.db")), 3)
    result = CliRunner().invoke(verify_command, ["--home", str(home)])
    assert result.exit_code == 1
    assert "WRONG [truncated]" in result.output
    assert "restore from backup" in result.output
    as_json = CliRunner().invoke(verify_command, ["--home", str(home), "--json"])
    assert json.loads(as_json.output)["sound"] is False


def test_a_ledger_that_cannot_be_verified_has_its_own_exit_code(tmp_path: Path) -> None:
    result = CliRunner().invoke(verify_command, ["--home", str(tmp_path)])
    assert result.exit_code == 2
    assert "no ledger here" in result.stderr


def test_an_empty_ledger_is_sound(ledger: Ledger, ledger_settings: Settings) -> None:
    assert verify_ledger(Location.of(ledger_settings)).is_sound
