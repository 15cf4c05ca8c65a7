"""A command leaves the summary of its run in the home, and goes on where that cannot be written."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli.run_summaries import leave_summary
from data.publishing.run_summaries import run_summary

ID = "a" * 32


def _leave(home: Path) -> tuple[int, str, str]:
    @click.command
    def command() -> None:
        leave_summary(home, "training", ID, {"made_at": "2023-10-01T08:00:00+08:00"})

    done = CliRunner().invoke(command)
    return done.exit_code, done.stdout, done.stderr


def test_the_command_says_where_it_left_the_summary(tmp_path: Path) -> None:
    code, out, err = _leave(tmp_path / "home")
    assert (code, err) == (0, "")
    assert f"summary: {tmp_path / 'home' / 'runs' / 'training' / ID}.summary" in out
    found = run_summary(tmp_path / "home", "training", ID)
    assert found is not None
    assert found.fault is None


def test_a_home_that_is_no_folder_costs_the_summary_alone(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("no folder")
    code, out, err = _leave(tmp_path / "home")
    assert (code, out) == (0, "")
    assert "will not show this run" in err


def test_a_key_that_is_named_and_missing_costs_the_summary_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RONGZI_RUN_KEY", str(tmp_path / "nowhere.pem"))
    code, out, err = _leave(tmp_path / "home")
    assert (code, out) == (0, "")
    assert "nowhere.pem" in err
    assert not (tmp_path / "home" / "runs").exists()
