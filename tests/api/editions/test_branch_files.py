"""The workbooks of branches: every offer and change once, in the place's file, names as allowed."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from click.testing import CliRunner

from api.editions.batch import draft_whitelist
from api.editions.branch_files import BranchFiles
from api.editions.catalogue import records
from api.editions.contents import Contents
from cli.main import rongzi
from data.storage.archive import Archive
from data.storage.private_files import locked
from model.errors import BusyError

DAY = date(2023, 10, 2)


@pytest.fixture(scope="module")
def drafted(
    published_home: Path, simulated_archive: Archive, tmp_path_factory: pytest.TempPathFactory
) -> Contents:
    """The next edition of an archive in which one member is gone and another changed name."""
    folder = tmp_path_factory.mktemp("changed") / "archive"
    shutil.copytree(simulated_archive.folder, folder)
    members = simulated_archive.read("members")
    first = pc.equal(members["member_id"], members["member_id"][0])
    index = members.schema.get_field_index("name")
    name = pc.if_else(first, pa.scalar("=SUM(A1)"), members["name"])
    changed = members.set_column(index, members.schema.field("name"), name)
    shutil.rmtree(folder / "members")
    (folder / "parts.json").unlink()  # the first write lists what is there
    Archive(folder).append("members", changed.filter(pc.invert(_is_last(changed))))
    return draft_whitelist(Archive(folder), DAY, published_home).contents


def _is_last(members: pa.Table) -> pa.ChunkedArray:
    return pc.equal(members["member_id"], members["member_id"][-1])


def _rows(path: Path, sheet: str) -> list[dict[str, Any]]:
    head, *rows = openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.mark.parametrize(("level", "digits"), [("county", 6), ("township", 9)])
def test_every_offer_and_every_change_is_in_the_workbook_of_its_place(
    drafted: Contents, tmp_path: Path, level: Any, digits: int
) -> None:
    files = BranchFiles(drafted, level, "masked").write(tmp_path / "files")
    rows = drafted.rows.to_pylist()
    offered = {r["member_id"]: r for r in rows if r["tier"] in ("FIRST", "SECOND")}
    found: dict[str, dict[str, Any]] = {}
    moved: set[str] = set()
    for path in files:
        for row in _rows(path, "名单 whitelist"):
            member = row["会员编号 member"]
            assert member not in found
            assert path.name[:digits] == offered[member]["village_code"][:digits]
            found[member] = row
        for row in _rows(path, "变动 changes"):
            assert path.name[:digits] == drafted.villages[row["会员编号 member"]][:digits]
            moved.add(row["会员编号 member"])
    assert found.keys() == offered.keys()
    assert moved == {move.member_id for move in drafted.moves}
    for member, row in found.items():
        assert row["额度(元) limit"] == offered[member]["limit_yuan"]
        assert row["评分 points"] == offered[member]["points"]
        assert bool(row["理由 reasons"]) == (offered[member]["reason_1"] is not None)


def test_a_change_names_points_before_and_after(drafted: Contents, tmp_path: Path) -> None:
    by_member = {move.member_id: move for move in drafted.moves}
    assert by_member
    for path in BranchFiles(drafted, "county", "masked").write(tmp_path / "files"):
        for row in _rows(path, "变动 changes"):
            move = by_member[row["会员编号 member"]]
            before = move.before.points if move.before else None
            after = move.after.points if move.after else None
            assert (row["原评分 points before"], row["现评分 points after"]) == (before, after)
            assert row["变动 change"].endswith(move.change)


@pytest.mark.parametrize("names", ["masked", "full", "none"])
def test_names_are_as_allowed_and_never_a_formula(
    drafted: Contents, tmp_path: Path, names: Any
) -> None:
    full = set(drafted.people.identities["name"].drop_null().to_pylist())
    shown = set()
    for path in BranchFiles(drafted, "county", names).write(tmp_path / "files"):
        assert path.stat().st_mode & 0o077 == 0
        book = openpyxl.load_workbook(path)
        assert all(c.data_type != "f" for sheet in book for row in sheet.iter_rows() for c in row)
        shown |= {row["姓名 name"] for row in _rows(path, "名单 whitelist")} - {None}
    if names == "none":
        assert shown == set()
    elif names == "full":
        assert shown <= full
        assert shown
    else:
        assert all("*" in name for name in shown)


def test_the_command_writes_them_and_records_who_let_full_names_out(
    published_home: Path, simulated_archive: Archive, tmp_path: Path
) -> None:
    home = shutil.copytree(published_home, tmp_path / "home")
    words = [
        "whitelist", "--archive", str(simulated_archive.folder), "--as-of", str(DAY),
        "--home", str(home), "--out", str(tmp_path / "rows.parquet"),
        "--branch-files", str(tmp_path / "branches"), "--branch-names", "full",
    ]  # fmt: skip
    assert CliRunner().invoke(rongzi, words, catch_exceptions=False).exit_code == 2
    approved = [*words, "--approved-by", "Head of Risk", "--because", "field campaign of October"]
    done = CliRunner().invoke(rongzi, approved, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    line = records(home)[-1]
    assert (line["kind"], line["names"], line["approved_by"]) == (
        "branch files", "full", "Head of Risk",
    )  # fmt: skip
    (folder,) = (tmp_path / "branches").iterdir()
    assert len(list(folder.iterdir())) == line["files"] > 1


def test_workbooks_of_two_runs_are_not_mixed_and_those_of_a_killed_run_are_removed(
    drafted: Contents, tmp_path: Path
) -> None:
    folder, files = tmp_path / "branches" / "edition", BranchFiles(drafted, "county", "masked")
    left = folder.parent / ".draft-killed"
    left.mkdir(parents=True)
    with (
        locked(folder.parent, AssertionError()),
        pytest.raises(BusyError, match="another run is writing here"),
    ):
        files.write(folder)
    assert left.exists()
    assert files.write(folder)
    assert list(folder.parent.iterdir()) == [folder]
