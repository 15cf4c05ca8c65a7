"""Reports of imports are kept: for their owner, under the digest of their bytes, latest first."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.importing.kept import keep_report, read_report, report_names, reports
from model.errors import StorageError

NOW = datetime(2023, 10, 9, 1, 30, 12, tzinfo=UTC)
REPORT = {
    "files": [
        {"file": "/in/a\udcff.csv", "quarantine": None, "tables": []},
        {"file": "/in/b.csv", "quarantine": "/q/b-1.csv", "tables": [{"quarantined": 2}] * 2},
    ]
}


def test_a_report_is_read_as_it_was_kept_and_by_its_owner_alone(tmp_path: Path) -> None:
    path = keep_report(tmp_path / "imports", REPORT, NOW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = read_report(path.parent, path.stem)
    assert found is not None
    assert found.report["files"][1] == REPORT["files"][1]
    assert found.imported_at == "2023-10-09T01:30:12+00:00"
    assert found.quarantine_of(2) == ("b-1.csv", 4)
    assert [found.quarantine_of(number) for number in (0, 1, 3)] == [None, None, None]


def test_the_latest_come_first_and_no_more_than_asked_for(tmp_path: Path) -> None:
    paths = [keep_report(tmp_path, REPORT, NOW + timedelta(days=day)) for day in range(3)]
    assert report_names(tmp_path) == [path.stem for path in reversed(paths)]
    assert [each.name for each in reports(tmp_path, 2)] == [paths[2].stem, paths[1].stem]
    assert report_names(tmp_path / "absent") == []


def test_an_altered_report_is_refused_and_an_absent_one_is_none(tmp_path: Path) -> None:
    path = keep_report(tmp_path, REPORT, NOW)
    assert read_report(tmp_path, "2023-10-09T013012-000000000000") is None
    path.write_bytes(path.read_bytes().replace(b"b-1.csv", b"b-2.csv"))
    with pytest.raises(StorageError, match="differ from its name"):
        read_report(tmp_path, path.stem)
