"""Routes of editions: the list, the run that is held, and what one edition changes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from api.editions.catalogue import editions
from api.editions.difference import difference
from api.editions.edition import Edition
from api.editions.held import held_edition
from api.editions.manifest import DATABASE, PROFILE, ROWS, editions_folder
from cli.main import rongzi
from data.storage.archive import Archive
from model.errors import EditionError
from tests.support.fixtures.branch import ELSEWHERE, Branch
from tests.support.fixtures.operated import FIRST_DAY, HELD_DAY, SECOND_DAY, served
from tests.support.service.running import home_to_write_in


def _get(branch: Branch, address: str, role: str = "auditor") -> Any:
    """Return what a caller reads; an auditor may see persons, so no number is hidden."""
    answer = branch.send("get", f"/v1/editions{address}", branch.headers(role))
    assert answer.status_code == 200, answer.text
    return answer.json()


def _names(branch: Branch) -> tuple[str, str]:
    """Return the edition in use and the one before it."""
    used, before = _get(branch, "")["editions"]
    return used["name"], before["name"]


def test_the_list_tells_what_is_in_use_and_what_it_was_compared_with(operated: Branch) -> None:
    used, before = _get(operated, "")["editions"]
    assert (used["as_of"], before["as_of"]) == (str(SECOND_DAY), str(FIRST_DAY))
    assert (used["is_in_use"], before["is_in_use"]) == (True, False)
    assert used["previous"] == before["name"]
    assert used["record"]["kind"] == "published"
    assert before["record"] is None
    counts = used["counts"]
    assert counts["members"] == sum(counts[t] for t in ("first", "second", "third", "none"))


def test_a_run_that_was_held_tells_why_and_what_an_order_approves(
    operated: Branch, simulated_archive: Archive, tmp_path: Path
) -> None:
    held = _get(operated, "")["held"]
    assert held["as_of"] == str(HELD_DAY)
    assert held["previous"] == _names(operated)[0]
    assert "STALE_TABLE" in {each["code"] for each in held["beyond_limits"]}
    home = Path(shutil.copytree(operated.home, tmp_path / "home"))
    words = (
        "whitelist", "--archive", str(simulated_archive.folder), "--as-of", held["as_of"],
        "--home", str(home), "--out", str(home / "again.parquet"),
    )  # fmt: skip
    again = CliRunner().invoke(rongzi, words, catch_exceptions=False)
    assert held["subject"] in again.output


def test_a_publication_and_a_way_back_release_the_run_that_was_held(
    operated_home: Path, simulated_archive: Archive, tmp_path: Path
) -> None:
    homes = [Path(shutil.copytree(operated_home, tmp_path / name)) for name in ("one", "other")]
    approved = ("--approved-by", "Head", "--because", "the county's files came late")
    publication = (
        "whitelist", "--archive", str(simulated_archive.folder), "--as-of", str(HELD_DAY),
        "--out", str(tmp_path / "rows.parquet"),
    )  # fmt: skip
    for home, words in zip(homes, (publication, ("editions", "rollback")), strict=True):
        assert held_edition(home) is not None
        done = CliRunner().invoke(rongzi, (*words, *approved, "--home", str(home)))
        assert done.exit_code == 0, done.output
        assert held_edition(home) is None


def test_the_difference_is_that_of_the_rows_and_profiles(operated: Branch) -> None:
    used, before = _names(operated)
    found = _get(operated, f"/{used}/differences?against={before}")
    folder = editions_folder(operated.home)
    was, now = (
        {row["member_id"]: row for row in pq.read_table(folder / name / ROWS).to_pylist()}
        for name in (before, used)
    )
    moves: dict[tuple[str, str], int] = {}
    for member in was.keys() | now.keys():
        pair = was.get(member, {}).get("tier", "-"), now.get(member, {}).get("tier", "-")
        moves[pair] = moves.get(pair, 0) + 1
    assert {(m["before"], m["after"]): m["members"] for m in found["moves"]} == moves
    shifts = [
        now[m]["points"] - was[m]["points"]
        for m in was.keys() & now.keys()
        if None not in (now[m]["points"], was[m]["points"])
    ]
    assert found["points_shift"] == pytest.approx(sum(shifts) / len(shifts))
    counts = next(e for e in _get(operated, "")["editions"] if e["is_in_use"])["counts"]
    assert (found["enters"], found["leaves"]) == (counts["enters"], counts["leaves"])
    profiles = [pq.read_table(folder / name / PROFILE) for name in (before, used)]
    for each in found["missing"]:
        shares = [p[each["attribute"]].null_count / p.num_rows for p in profiles]
        assert [each["before"], each["after"]] == pytest.approx(shares)


def test_the_edition_in_use_is_compared_from_the_copy_that_is_open(
    operated: Branch, tmp_path: Path
) -> None:
    used, before = _names(operated)
    found = _get(operated, f"/{used}/differences?against={before}")
    home = home_to_write_in(operated.home, tmp_path)
    edition = Edition.current(home)
    (edition.folder / DATABASE).unlink()
    with pytest.raises(EditionError):
        difference(home, used, before, edition.manifest.day)
    assert edition.folder.name == used
    again = difference(home, before, used, edition.manifest.day, edition)
    assert (again.enters, again.leaves) == (found["enters"], found["leaves"])
    assert again.points_shift == found["points_shift"]


def test_without_another_edition_the_difference_is_the_way_back(operated: Branch) -> None:
    used, before = _names(operated)
    forth = _get(operated, f"/{used}/differences?against={before}")
    back = _get(operated, f"/{before}/differences")
    assert (back["before"], back["after"]) == (used, before)
    assert (back["enters"], back["leaves"]) == (forth["leaves"], forth["enters"])
    assert not any(each["is_beyond"] for each in back["measures"])
    codes = {each["code"] for each in back["measures"]}
    assert codes >= {"MEMBERS", "FIRST_SHARE", "TURNOVER"}


def test_the_route_and_the_command_tell_the_same(operated: Branch) -> None:
    used, before = _names(operated)
    words = ("editions", "diff", before, used, "--json", "--home", str(operated.home))
    said = json.loads(CliRunner().invoke(rongzi, words, catch_exceptions=False).stdout)
    found = _get(operated, f"/{used}/differences?against={before}")
    assert said["moves"] == found["moves"]
    assert said["points_shift"] == found["points_shift"]
    assert said["missing"].keys() == {each["attribute"] for each in found["missing"]}
    assert [m["code"] for m in said["measures"]] == [m["code"] for m in found["measures"]]


@pytest.mark.parametrize("address", ["", "/2023-10-01-000000000000/differences"])
def test_who_works_in_some_places_alone_sees_no_edition(operated: Branch, address: str) -> None:
    headers = operated.headers("operator", places=(ELSEWHERE,))
    assert operated.send("get", f"/v1/editions{address}", headers).status_code == 403


def test_an_edition_that_is_not_there_is_unknown(operated: Branch) -> None:
    used, _ = _names(operated)
    absent = "2023-10-01-000000000000"
    for address in (f"/{absent}/differences", f"/{used}/differences?against={absent}"):
        answer = operated.send("get", f"/v1/editions{address}", operated.headers("operator"))
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-edition")


def test_a_damaged_edition_is_named_without_a_folder(
    operated_home: Path, tmp_path: Path, bearer: Callable[..., dict[str, str]]
) -> None:
    home = Path(shutil.copytree(operated_home, tmp_path / "home"))
    before = next(each.name for each in editions(home) if not each.is_current)
    path = editions_folder(home) / before / DATABASE
    path.write_bytes(path.read_bytes() + b" ")
    for branch in served(Branch(home, bearer)):
        address = f"/v1/editions/{before}/differences"
        answer = branch.send("get", address, branch.headers("operator"))
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/damaged-edition")
        (error,) = answer.json()["errors"]
        assert DATABASE in error["expected"]
        assert str(tmp_path) not in answer.text
