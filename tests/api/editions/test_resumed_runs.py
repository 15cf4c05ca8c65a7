"""A run that was held or killed resumes without a second profile, or says what differs."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner

from api.editions.erasure import erase_from_editions
from api.editions.manifest import current_folder, read_manifest
from api.editions.resuming import beginning, resuming
from cli.main import rongzi
from data.storage import profiles
from data.storage.archive import Archive
from model.errors import RunError


def test_a_held_run_resumes_with_a_persons_word_and_the_profile_that_it_made(
    published_home: Path,
    simulated_archive: Archive,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home, out = Path(shutil.copytree(published_home, tmp_path / "home")), tmp_path / "rows.parquet"
    words = ["whitelist", "--archive", str(simulated_archive.folder), "--home", str(home),
             "--out", str(out), "--as-of"]  # fmt: skip
    run = partial(CliRunner().invoke, rongzi, catch_exceptions=False)
    assert run([*words, "2030-01-01"]).exit_code == 3, "held: the date is in the future"
    kept, before = home / "editions" / ".run", current_folder(home)
    assert {path.name for path in kept.iterdir()} == {"run.json", "000000.parquet"}

    def no_second_profile(*_: object) -> None:
        raise AssertionError("the profile is computed again")

    monkeypatch.setattr(profiles, "profile_piece", no_second_profile)
    with pytest.raises(RunError, match=r"as-of 2030-01-01 \(now 2030-01-02\)"):
        run([*words, "2030-01-02", "--resume"])
    assert current_folder(home) == before
    assert not out.exists()
    approved = ["--resume", "--approved-by", "Tester", "--because", "a test of resuming"]
    assert run([*words, "2030-01-01", *approved]).exit_code == 0
    assert read_manifest(current_folder(home)).as_of == "2030-01-01"
    assert out.read_bytes() == (current_folder(home) / "whitelist.parquet").read_bytes()
    assert not kept.exists()
    with pytest.raises(RunError, match="no run to resume"):
        run([*words, "2030-01-01", "--resume"])


def test_a_dry_run_keeps_nothing_to_resume(published_home: Path, tmp_path: Path) -> None:
    words = ["whitelist", "--archive", str(tmp_path), "--home", str(published_home), "--as-of",
             "2023-10-01", "--out", str(tmp_path / "rows.parquet")]  # fmt: skip
    refused = CliRunner().invoke(rongzi, [*words, "--dry-run", "--resume"])
    assert refused.exit_code == 2
    assert "a dry run keeps nothing" in refused.stderr


def test_an_erasure_removes_the_profiles_that_an_interrupted_run_kept(
    published_home: Path, member_profile: pa.Table, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(published_home, tmp_path / "home"))
    run = beginning(home)({"archive": "before the erasure"})
    run.write(0, member_profile)
    erase_from_editions(home, "nobody of the edition", datetime(2023, 10, 9, tzinfo=UTC))
    assert not run.folder.exists()
    with pytest.raises(RunError, match="no run to resume"):
        resuming(home)({"archive": "before the erasure"})
