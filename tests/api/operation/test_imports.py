"""Routes of imports: reports, quarantine files on the access record, freshness by county."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.importing.kept import IMPORTS, QUARANTINE, report_names
from tests.support.fixtures.branch import ELSEWHERE, Branch
from tests.support.fixtures.operated import import_villages, served


def _get(branch: Branch, address: str, role: str = "operator") -> Any:
    answer = branch.send("get", f"/v1{address}", branch.headers(role))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_import_is_on_record_with_its_counts(operated: Branch) -> None:
    (summary,) = _get(operated, "/imports")
    found = _get(operated, f"/imports/{summary['id']}", "auditor")
    totals = {"read": 3, "accepted": 2, "quarantined": 1, "duplicate": 0, "skipped": 0}
    assert summary["totals"] == found["totals"] == totals
    (table,) = found["tables"]
    assert (table["table"], table["counts"]) == ("villages", totals)
    (file,) = found["file_reports"]
    assert file["name"] == "村庄.csv"
    (reason,) = found["reasons"]
    assert (reason["code"], reason["rows"]) == ("NOT_A_NUMBER", 1)
    assert reason["text"]["zh"]
    assert str(operated.home) not in str(found)


def test_a_quarantine_file_is_sent_as_it_is_and_recorded(operated: Branch) -> None:
    (summary,) = _get(operated, "/imports")
    address = f"/v1/imports/{summary['id']}/files/1/quarantine"
    answer = operated.send("get", address, operated.headers("operator"))
    (path,) = (operated.home / QUARANTINE).iterdir()
    assert answer.content == path.read_bytes()
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    (last, *_) = _get(operated, "/accesses?page_size=1", "auditor")["rows"]
    assert (last["route"], last["persons"]) == ("get_quarantine_file", 1)
    for role in ("auditor", "manager", "admin"):
        assert operated.send("get", address, operated.headers(role)).status_code == 403


@pytest.mark.parametrize("address", ["/files/2/quarantine", "/files/1/quarantine"])
def test_a_quarantine_file_that_is_gone_is_not_there(
    operated_home: Path, tmp_path: Path, bearer: Callable[..., dict[str, str]], address: str
) -> None:
    home = Path(shutil.copytree(operated_home, tmp_path / "home"))
    shutil.rmtree(home / QUARANTINE)
    (name,) = report_names(home / IMPORTS)
    for branch in served(Branch(home, bearer)):
        here = f"/v1/imports/{name}"
        headers = branch.headers("operator")
        assert branch.send("get", here + address, headers).status_code == 404
        (file,) = branch.send("get", here, headers).json()["file_reports"]
        assert file["quarantine"] is None
        absent = f"{here[:-12]}{'0' * 12}"
        assert branch.send("get", absent, headers).status_code == 404


def test_a_report_that_was_altered_is_refused_without_a_folder(
    operated_home: Path, tmp_path: Path, bearer: Callable[..., dict[str, str]]
) -> None:
    home = Path(shutil.copytree(operated_home, tmp_path / "home"))
    (path,) = (home / IMPORTS).iterdir()
    path.write_bytes(path.read_bytes() + b" ")
    for branch in served(Branch(home, bearer)):
        for address in ("/v1/imports", f"/v1/imports/{path.stem}", "/v1/freshness"):
            answer = branch.send("get", address, branch.headers("operator"))
            assert (answer.status_code, answer.json()["type"]) == (
                409, "/problems/unreadable-file",
            )  # fmt: skip
            assert str(tmp_path) not in answer.text


def test_freshness_is_that_of_the_last_import_in_the_places_of_the_caller(
    operated_home: Path, tmp_path: Path, bearer: Callable[..., dict[str, str]]
) -> None:
    home = Path(shutil.copytree(operated_home, tmp_path / "home"))
    import_villages(home, tmp_path, "later.csv")
    for branch in served(Branch(home, bearer)):
        latest, _ = _get(branch, "/imports")
        found = _get(branch, "/freshness", "manager")
        assert found["imported_at"] == latest["imported_at"]
        (table,) = found["tables"]
        assert {each["county_code"] for each in table["counties"]} == {"371502", "371522"}
        county = branch.headers("operator", places=("371522100",))
        (mine,) = branch.send("get", "/v1/freshness", county).json()["tables"]
        assert [each["county_code"] for each in mine["counties"]] == ["371522"]
        elsewhere = branch.headers("operator", places=(ELSEWHERE,))
        assert branch.send("get", "/v1/freshness", elsewhere).json()["tables"] == []
        assert branch.send("get", "/v1/imports", elsewhere).status_code == 403


def test_without_an_import_nothing_is_known(branch: Branch) -> None:
    assert _get(branch, "/imports") == []
    assert _get(branch, "/freshness") | {"on": ""} == {"imported_at": None, "on": "", "tables": []}
