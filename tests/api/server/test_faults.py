"""The quick part of ``tests.support.faults.run`` and of the swap under load, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.faults.run import main
from tests.support.prerequisites import all_must_run

KILLS = ("kills", "--times", "5")


def _held(home: Path, *words: str) -> str:
    result = CliRunner().invoke(main, ["--home", str(home), *words])
    if "SKIPPED" in result.output and not all_must_run():
        pytest.skip(result.output)
    assert result.exit_code == 0, result.output
    assert "held" in result.output
    return result.output


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_kills_under_load_lose_no_acknowledged_decision(
    published_home: Path, database: str
) -> None:
    report = _held(published_home, "--database", database, *KILLS)
    assert "0 lost, 0 duplicated" in report


def test_a_commit_whose_answer_was_lost_gets_the_same_answer_again(published_home: Path) -> None:
    _held(published_home, "answer-lost", "--times", "10")


def test_swaps_under_load_all_take_effect_and_fail_no_request(published_home: Path) -> None:
    assert "4 swaps, each used for" in _held(published_home, "swaps", "--times", "4")


@pytest.mark.parametrize("fault", ["disk-full", "read-only", "write-error", "sync-error"])
def test_the_service_recovers_from_a_failing_disk_without_a_loss(
    published_home: Path, fault: str
) -> None:
    times = ("--times", "2") if fault.endswith("error") else ()
    _held(published_home, fault, *times)


def test_the_service_recovers_from_a_restarted_database_without_a_loss(
    published_home: Path,
) -> None:
    _held(published_home, "--database", "postgres", "restarted", "--times", "1")
