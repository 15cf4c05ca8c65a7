"""``rongzi import`` as an operator types it."""

import json

import pytest
from click.testing import CliRunner

from cli.import_ import command
from data.storage.archive import Archive
from model.archive.tables import RECORDED_AT
from model.errors import UnreadableFileError

HEADER = "村代码,县区,乡镇,村名,三合一站点开办日期,每周投递天数,距乡镇公里数,信用村评定日期"
SOUND = "371522100201,莘县,张鲁镇,东村,2020年5月1日,7,3.5,"


@pytest.fixture
def run(tmp_path):
    """Import a csv of the given lines with the given options; return the run and its report."""

    def imported(lines, *options):
        path = tmp_path / "村庄.csv"
        path.write_text("\n".join(lines), encoding="gb18030")
        given = [str(path), "--archive", str(tmp_path / "store" / "archive"), *options]
        given += ["--report", str(tmp_path / "reports" / "import.json")]
        done = CliRunner().invoke(command, given)
        return done, json.loads((tmp_path / "reports" / "import.json").read_text("utf-8"))

    return imported


def test_it_ends_well_with_bad_rows_and_says_what_to_do(run, tmp_path):
    done, report = run([HEADER, SOUND, SOUND.replace("7,", "八,"), "合计,,,,,14,,"])
    assert done.exit_code == 0
    assert report["totals"] == {
        "read": 2, "accepted": 1, "quarantined": 1, "duplicate": 0, "skipped": 1,
    }  # fmt: skip
    (file,) = report["files"]
    assert file["tables"][0]["reasons"] == {"NOT_A_NUMBER": 1}
    assert file["quarantine"].startswith(str(tmp_path / "store" / "quarantine"))
    assert "村庄 villages" in done.stdout
    assert "NOT_A_NUMBER" in done.stdout
    assert "quarantine files" in done.stdout


def test_rows_without_a_recording_time_get_the_named_one(run, tmp_path):
    run([HEADER, SOUND], "--recorded-at", "2023-09-30T08:00:00")
    (row,) = Archive(tmp_path / "store" / "archive").read("villages").to_pylist()
    assert row[RECORDED_AT].isoformat() == "2023-09-30T08:00:00"


def test_the_quarantine_goes_to_the_named_folder(run, tmp_path):
    _, report = run([HEADER, "1,,,,,,,"], "--quarantine", str(tmp_path / "bad"))
    assert report["files"][0]["quarantine"].startswith(str(tmp_path / "bad"))
    assert report["files"][0]["tables"][0]["reasons"] == {
        "MISSING_VALUE": 1,
        "NOT_A_VILLAGE_CODE": 1,
    }


def test_a_run_in_which_no_file_could_be_read_is_an_error_that_names_the_files(run):
    done, report = run(["说明", "请填写"])
    assert isinstance(done.exception, UnreadableFileError)
    assert "TABLE_NOT_RECOGNISED" in done.stdout
    assert report["files"][0]["refused"]["code"] == "TABLE_NOT_RECOGNISED"


def test_a_missing_column_is_named_in_both_languages(run):
    done, _ = run([HEADER.replace("每周投递天数", "投递"), SOUND])
    assert "缺少列" in done.stdout
    assert "每周投递天数" in done.stdout
    assert "投递?" in done.stdout
