"""``rongzi simulate``: what it writes, prints and refuses."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from cli.simulate import command
from data.storage.archive import Archive
from model.archive.tables import archive_tables
from model.errors import GivenError

TABLES = archive_tables()
SMALL = ["--members", "300", "--months", "12"]


def run(*arguments: str) -> str:
    result = CliRunner().invoke(command, [*SMALL, *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_it_writes_every_table_and_tells_the_totals(tmp_path: Path) -> None:
    output = run("--out", str(tmp_path / "archive"))
    archive = Archive(tmp_path / "archive")
    assert all(archive.read(table).num_rows for table in TABLES)
    assert "disbursed_total" in output
    assert {path.name for path in tmp_path.rglob("*") if path.is_dir()} == {
        "archive",
        *TABLES,
    }


def test_an_archive_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "members").mkdir()
    with pytest.raises(GivenError, match="is not empty: name a new folder"):
        run("--out", str(tmp_path))


def test_branch_files_in_use_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "old.csv").touch()
    with pytest.raises(GivenError, match="inbox is not empty"):
        run("--out", str(tmp_path / "archive"), "--export-files", str(tmp_path / "inbox"))
    assert not (tmp_path / "archive").exists()


def test_the_truth_is_written_only_on_request(tmp_path: Path) -> None:
    truth = tmp_path / "elsewhere" / "truth.parquet"
    run("--out", str(tmp_path / "archive"), "--truth", str(truth), "--replications", "2")
    assert pq.read_table(truth).num_rows == 2 * 600
    written = {path.name for path in (tmp_path / "archive").iterdir()}
    assert written == {*TABLES, "parts.json", ".lock"}


def test_the_truth_of_an_editions_offers_needs_no_second_archive(tmp_path: Path) -> None:
    whole, alone = tmp_path / "whole.parquet", tmp_path / "alone.parquet"
    run("--out", str(tmp_path / "archive"), "--truth", str(whole), "--replications", "2")
    run("--truth", str(alone), "--replications", "2")
    assert pq.read_table(alone).equals(pq.read_table(whole))
    members = pq.read_table(whole)["member_id"].unique().slice(0, 40)
    offers = tmp_path / "offers.parquet"
    pq.write_table(_offers(members), offers)
    run("--truth", str(alone), "--replications", "1", "--offers", str(offers))
    found = pq.read_table(alone).filter(pc.field("loan") == "offered")
    archived = pq.read_table(tmp_path / "archive" / "members")
    home = dict(zip(*(archived[c].to_pylist() for c in ("member_id", "household_id")), strict=True))
    judged = [home[member] for member in found["member_id"].to_pylist()]
    # One loan for each household, of one of the members whom the edition offers it to.
    assert sorted(judged) == sorted({home[member] for member in members.to_pylist()})
    assert set(found["member_id"].to_pylist()) <= set(members.to_pylist())


def _offers(members: pa.Array) -> pa.Table:
    number = len(members)
    return pa.table(
        {
            "member_id": members,
            "limit_yuan": pa.array([10_000] * number),
            "annual_rate": pa.array([0.05] * number),
            "months": pa.array([12] * number),
            "repayment": pa.array(["harvest_bullet"] * number),
        }
    )


def test_without_a_folder_there_is_nothing_to_write_but_the_truth() -> None:
    result = CliRunner().invoke(command, SMALL)
    assert (result.exit_code, "--out" in result.output) == (2, True)


def test_the_manifest_lies_beside_the_branch_files_unless_named(tmp_path: Path) -> None:
    run("--out", str(tmp_path / "a"), "--export-files", str(tmp_path / "sent" / "inbox"))
    assert (tmp_path / "sent" / "dirt.csv").exists()
    assert {path.suffix for path in (tmp_path / "sent" / "inbox").iterdir()} == {".csv", ".xlsx"}


def test_several_prefectures_have_an_archive_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.simulator.prefectures.LARGEST", 200)
    monkeypatch.setattr("data.simulator.prefectures.SIMULATED", 1)
    output = run("--out", str(tmp_path / "archive"))
    assert "prefecture 1: 150 members, a copy of prefecture 0" in output
    assert "300 members, of whom 150 copies" in output
    stored = Archive(tmp_path / "archive").read("members")["member_id"]
    assert pc.count_distinct(stored).as_py() == 300
    with pytest.raises(GivenError, match="have an archive only"):
        run("--out", str(tmp_path / "other"), "--truth", str(tmp_path / "truth.parquet"))
    assert not (tmp_path / "other").exists()
