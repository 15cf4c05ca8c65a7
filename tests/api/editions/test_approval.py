"""A publication beyond its limits waits for a named person; the word and the cause are recorded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from click.testing import CliRunner, Result

import cli.whitelist
from api.editions.approval import Approval, HeldError
from api.editions.batch import draft_whitelist, publish_whitelist
from api.editions.catalogue import editions, records
from api.editions.manifest import current_folder
from api.editions.publish import publishing
from cli.main import rongzi
from data.storage.archive import Archive
from model.errors import EditionError, GivenError

DAY = date(2023, 10, 1)
APPROVED = ("--approved-by", "Head of Risk", "--because", "the county's files came late")


@pytest.fixture
def home(published_home: Path, tmp_path: Path) -> Path:
    """A demo home with the edition of 2023-10-01 in use."""
    return Path(shutil.copytree(published_home, tmp_path / "home"))


def whitelist(home: Path, archive: Archive, day: date, *more: str) -> Result:
    words = (
        "whitelist", "--archive", str(archive.folder), "--as-of", str(day), "--home", str(home),
        "--out", str(home / "rows.parquet"), *more,
    )  # fmt: skip
    return CliRunner().invoke(rongzi, words, catch_exceptions=False)


def codes(home: Path, archive: Archive, day: date, today: date | None = None) -> set[str]:
    return {each.code for each in draft_whitelist(archive, day, home, today=today).excesses}


@pytest.fixture
def changed(simulated_archive: Archive, tmp_path: Path) -> Iterator[Any]:
    """A function from tables by name to the simulated archive with these tables instead."""

    def made(**tables: pa.Table | None) -> Archive:
        folder = tmp_path / "changed"
        shutil.copytree(simulated_archive.folder, folder)
        archive = Archive(folder)
        (folder / "parts.json").unlink()  # the first write lists what is there
        for name in tables:
            shutil.rmtree(folder / name)
        for name, rows in tables.items():
            if rows is not None:
                archive.append(name, rows)
        return archive

    return made


def test_a_slip_of_the_date_publishes_nothing_and_says_what_would_change(
    home: Path, simulated_archive: Archive
) -> None:
    before = current_folder(home).name
    done = whitelist(home, simulated_archive, date(2030, 1, 1))
    assert done.exit_code == 3
    for code in ("AS_OF_IN_FUTURE", "STALE_TABLE", "FIRST_SHARE", "TURNOVER", "MISSING"):
        assert f"  {code}: " in done.stdout, done.stdout
    assert "--approved-by NAME --because TEXT" in done.stderr
    assert current_folder(home).name == before
    assert len(editions(home)) == 1


def test_a_named_person_lets_it_pass_and_is_recorded_with_the_cause(
    home: Path, simulated_archive: Archive
) -> None:
    done = whitelist(home, simulated_archive, date(2023, 12, 20), *APPROVED)
    assert done.exit_code == 0, done.output
    assert current_folder(home).name.startswith("2023-12-20-")
    (line,) = records(home)
    assert (line["approved_by"], line["because"]) == (APPROVED[1], APPROVED[3])
    assert any("ends on 2023-09-30" in each for each in line["beyond_limits"])
    listed = CliRunner().invoke(rongzi, ["editions", "list", "--home", str(home)])
    assert f"{APPROVED[1]}: {APPROVED[3]}" in listed.stdout


@pytest.mark.parametrize(
    "words",
    [
        APPROVED[:2], APPROVED[2:], ("--approved-by", " ", "--because", "a good reason"),
        ("--approved-by", "Somebody", "--because", "no"),
        ("--approved-by", "Some\nbody", "--because", "a good reason"),
    ],
)  # fmt: skip
def test_a_word_without_name_or_reason_is_refused(
    home: Path, simulated_archive: Archive, words: tuple[str, ...]
) -> None:
    before = current_folder(home).name
    if len(words) == 2:
        assert whitelist(home, simulated_archive, DAY, *words).exit_code == 2
    else:
        with pytest.raises(GivenError, match="expected"):
            whitelist(home, simulated_archive, DAY, *words)
    assert current_folder(home).name == before


def test_a_dry_run_works_beside_a_run_writes_the_rows_and_publishes_nothing(
    home: Path, simulated_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = current_folder(home).name
    (home / "rows.parquet").unlink()
    monkeypatch.setattr(cli.whitelist, "_BETWEEN_LINES", 0.01)
    with publishing(home):
        done = whitelist(home, simulated_archive, date(2023, 12, 20), "--dry-run")
    assert done.exit_code == 0
    assert "works beside a run that does" in done.stderr
    assert f"profiles of {simulated_archive.folder} as of 2023-12-20: 开始 begun" in done.stderr
    assert "运行中 at work" in done.stderr
    assert "STALE_TABLE" in done.stdout
    assert (home / "rows.parquet").exists()
    assert (current_folder(home).name, len(editions(home))) == (before, 1)
    assert records(home) == []


def test_an_ordinary_night_needs_nobody(home: Path, simulated_archive: Archive) -> None:
    next_day = DAY + timedelta(days=1)
    assert codes(home, simulated_archive, DAY) == set()
    done = whitelist(home, simulated_archive, next_day)
    assert done.exit_code == 0, done.output
    (line,) = records(home)
    assert (line["kind"], line["beyond_limits"]) == ("published", [])
    assert "approved_by" not in line


def test_an_older_date_than_the_edition_in_use_is_held(
    home: Path, simulated_archive: Archive
) -> None:
    assert "OLDER_EDITION" in codes(home, simulated_archive, date(2023, 9, 1))


def test_today_is_chinas_day_and_in_a_demo_the_day_it_plays_on(
    home: Path, simulated_archive: Archive
) -> None:
    assert "AS_OF_IN_FUTURE" not in codes(home, simulated_archive, date(2023, 10, 9))
    assert "AS_OF_IN_FUTURE" in codes(home, simulated_archive, date(2023, 10, 10))
    (home / "demo.json").unlink()
    day = date(2023, 10, 10)
    assert "AS_OF_IN_FUTURE" not in codes(home, simulated_archive, day, today=day)
    assert "AS_OF_IN_FUTURE" in codes(home, simulated_archive, day, today=DAY)


def test_a_flow_that_ended_is_named(home: Path, simulated_archive: Archive, changed: Any) -> None:
    rows = simulated_archive.read("sales")
    archive = changed(sales=rows.filter(pc.less(rows["event_on"], pa.scalar(date(2023, 7, 1)))))
    found = draft_whitelist(archive, DAY, home).excesses
    stale = [each for each in found if each.code == "STALE_TABLE"]
    assert [each.text.en.split()[1] for each in stale] == ["sales"]


def test_members_and_values_that_vanish_are_named(
    home: Path, simulated_archive: Archive, changed: Any
) -> None:
    members = simulated_archive.read("members")
    villages = pc.utf8_slice_codeunits(members["village_code"], 0, 6)
    county = villages[0].as_py()
    archive = changed(members=members.filter(pc.not_equal(villages, county)), cashflow=None)
    found = draft_whitelist(archive, DAY, home).excesses
    assert {"MEMBERS", "MISSING", "POINTS_SHIFT"} <= {each.code for each in found}
    assert any("average_balance_12m missing (%)" in each.text.en for each in found)


def test_an_edition_in_use_that_cannot_be_compared_needs_a_person(
    home: Path, simulated_archive: Archive
) -> None:
    (current_folder(home) / "whitelist.parquet").write_bytes(b"damage")
    day, out = DAY + timedelta(days=1), home / "rows.parquet"
    with pytest.raises(HeldError, match="damaged and was not compared"):
        publish_whitelist(simulated_archive, day, home, out)
    approval = Approval("Head of Risk", "the disk failed, files are restored")
    publish_whitelist(simulated_archive, day, home, out, approval=approval)
    assert current_folder(home).name.startswith(str(day))


def test_editions_are_compared_rolled_back_and_pruned(
    home: Path, simulated_archive: Archive
) -> None:
    first = current_folder(home).name
    for day in (date(2023, 10, 2), date(2023, 10, 3), date(2023, 12, 20)):
        assert whitelist(home, simulated_archive, day, *APPROVED).exit_code == 0
    last = current_folder(home)

    def run(*words: str) -> Result:
        words = ("editions", *words, "--home", str(home))
        return CliRunner().invoke(rongzi, words, catch_exceptions=False)

    moved = json.loads(run("diff", first, "--json").stdout)
    total = sum(each["members"] for each in moved["moves"])
    assert total == json.loads(run("show", "--json").stdout)["manifest"]["counts"]["members"]
    assert {(m["before"], m["after"]) for m in moved["moves"]} >= {("FIRST", "FIRST")}
    back = run("rollback", *APPROVED)
    assert back.exit_code == 0
    assert current_folder(home).name.startswith("2023-10-03-")
    assert records(home)[-1] | {"at": ""} == {
        "at": "", "kind": "rolled back", "edition": current_folder(home).name,
        "approved_by": APPROVED[1], "because": APPROVED[3], "replaces": last.name,
    }  # fmt: skip
    assert run("rollback").exit_code == 2
    named = json.loads(run("prune", "--keep", "1", "--dry-run", "--json").stdout)
    assert named == {"removed": [], "removable": [first]}
    assert run("prune", "--keep", "1").exit_code == 0
    assert [each.name[:10] for each in editions(home)] == ["2023-12-20", "2023-10-03", "2023-10-02"]


def test_after_a_rollback_a_person_lets_the_next_edition_pass(
    home: Path, simulated_archive: Archive
) -> None:
    first, night = current_folder(home).name, date(2023, 10, 2)
    assert whitelist(home, simulated_archive, night).exit_code == 0
    bad = current_folder(home).name
    back = ("editions", "rollback", *APPROVED, "--home", str(home))
    assert CliRunner().invoke(rongzi, back, catch_exceptions=False).exit_code == 0
    for day in (night, date(2023, 10, 3)):
        held = whitelist(home, simulated_archive, day)
        assert held.exit_code == 3
        assert f"{APPROVED[1]} went back to the edition {first} ({APPROVED[3]})" in held.output
    assert current_folder(home).name == first
    forward = ("editions", "rollback", bad, *APPROVED, "--home", str(home))
    assert CliRunner().invoke(rongzi, forward, catch_exceptions=False).exit_code == 0
    assert whitelist(home, simulated_archive, date(2023, 10, 3)).exit_code == 0
    assert CliRunner().invoke(rongzi, back, catch_exceptions=False).exit_code == 0
    assert whitelist(home, simulated_archive, date(2023, 10, 4), *APPROVED).exit_code == 0
    assert whitelist(home, simulated_archive, date(2023, 10, 5)).exit_code == 0


def test_a_damaged_edition_is_never_rolled_back_to(home: Path, simulated_archive: Archive) -> None:
    first = current_folder(home)
    assert whitelist(home, simulated_archive, date(2023, 10, 2)).exit_code == 0
    in_use = current_folder(home).name
    path = first / "edition.sqlite"
    payload = bytearray(path.read_bytes())
    payload[-1] ^= 1
    path.write_bytes(payload)
    words = ["editions", "rollback", *APPROVED, "--home", str(home)]
    with pytest.raises(EditionError, match=r"edition\.sqlite"):
        CliRunner().invoke(rongzi, words, catch_exceptions=False)
    assert current_folder(home).name == in_use
