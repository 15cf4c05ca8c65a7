"""A full or read-only disk and a console without Chinese cost one sentence, never a traceback."""

import json
import os
import shutil
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from data.storage.archive import Archive
from tests.support.prerequisites import lacking
from tests.support.sending_branch import SendingBranch, member, parcels

RONGZI = Path(sys.executable).with_name("rongzi")


def run(*words, **environment):
    """Run a command as a user does; return its exit status and its two outputs as bytes."""
    done = subprocess.run(
        [RONGZI, *map(str, words)], capture_output=True, timeout=300, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def refused(*words):
    """Run a command that must fail with one sentence, and return the sentence."""
    code, _, errors = run(*words)
    sentence = errors.decode()
    assert code == 1, sentence
    assert "Traceback" not in sentence
    (line,) = [each for each in sentence.splitlines() if each.startswith("rongzi: ")]
    return line


@pytest.fixture
def disk(tmp_path):
    """Mount small file systems, with the given options, for the test."""
    mounted = []

    def mount(options):
        folder = tmp_path / f"disk{len(mounted)}"
        folder.mkdir()
        if os.getuid() or shutil.which("mount") is None:
            lacking("mounting as root")
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def sent(tmp_path):
    """A branch with a file of sound members and a file with a bad row."""
    branch = SendingBranch(tmp_path)
    return (
        branch.file("m.csv", "members", [member(n) for n in range(40)]),
        branch.file("p.csv", "parcels", [parcels(1), parcels(99)]),
    )


READ_ONLY, FULL = "ro,size=1M", "size=64K"


@pytest.fixture
def full(disk):
    """A disk without any room left."""
    folder = disk(FULL)
    with (folder / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return folder


def test_an_import_into_a_read_only_archive_says_that_nothing_is_stored(disk, sent):
    line = refused("import", *sent, "--archive", disk(READ_ONLY) / "a")
    assert "read-only" in line


def test_an_import_onto_a_full_disk_says_what_is_stored_and_heals_on_the_next_run(
    full, sent, tmp_path
):
    line = refused("import", *sent, "--archive", full / "a")
    assert "disk is full" in line
    (full / "filler").unlink()
    subprocess.run(["mount", "-o", "remount,size=8M", full], check=True)
    code, _, _ = run("import", *sent, "--archive", full / "a", "--quarantine", tmp_path / "q")
    assert code == 0
    assert Archive(full / "a").read("members").num_rows == 40


@pytest.mark.parametrize("size", ["16K", "24K", "32K", "48K", "64K", "96K"])
def test_a_disk_that_fills_on_the_way_leaves_an_archive_that_the_next_run_completes(
    disk, sent, size, tmp_path
):
    folder = disk(f"size={size}")
    code, _, errors = run(
        "import", *sent, "--archive", folder / "a", "--quarantine", tmp_path / "q"
    )
    assert b"Traceback" not in errors
    if code:
        assert b"disk is full" in errors
        assert b"stored" in errors
    subprocess.run(["mount", "-o", "remount,size=8M", folder], check=True)
    assert run("import", *sent, "--archive", folder / "a", "--quarantine", tmp_path / "q")[0] == 0
    assert Archive(folder / "a").read("members").num_rows == 40
    assert not [*folder.rglob("*.draft"), *folder.rglob(".import-*")]


def test_a_quarantine_that_cannot_be_written_says_that_the_sound_rows_are_stored(
    disk, sent, tmp_path
):
    line = refused(
        "import", *sent, "--archive", tmp_path / "a", "--quarantine", disk(READ_ONLY) / "q"
    )
    assert "rows stored: 40 of members, 1 of parcels" in line
    assert Archive(tmp_path / "a").read("parcels").num_rows == 1


def test_a_report_that_cannot_be_written_comes_after_the_summary(disk, sent, tmp_path):
    words = ["import", sent[0], "--archive", tmp_path / "a", "--report", disk(READ_ONLY) / "r.json"]
    assert "sound rows are stored" in refused(*words)
    code, shown, _ = run(*words)
    assert code == 1
    assert "members" in shown.decode()


def test_a_profile_is_written_whole_or_not_at_all(full, sent, tmp_path):
    run("import", *sent, "--archive", tmp_path / "a")
    words = ["profile", "--archive", tmp_path / "a", "--as-of", "2023-07-01", "--out"]
    assert "disk is full" in refused(*words, full / "p.parquet")
    assert [path.name for path in full.iterdir()] == ["filler"]


def test_every_command_that_writes_names_a_read_only_folder(disk, tmp_path):
    folder, table = disk(READ_ONLY), tmp_path / "t.csv"
    table.write_text("income,bad\n1,0\n2,1\n" * 300, encoding="utf-8")
    simulated = ["simulate", "--members", "200", "--months", "12", "--out"]
    assert "read-only" in refused(*simulated, folder / "a")
    assert "read-only" in refused(*simulated, tmp_path / "b", "--truth", folder / "t.parquet")
    home = tmp_path / "home"
    train = [
        "train", "--table", table, "--target", "bad", "--family", "woe", "--home", home,
    ]  # fmt: skip
    assert refused(*train, "--out", folder / "card", "--mlruns", tmp_path / "runs")
    assert refused(*train, "--out", tmp_path / "card", "--mlruns", folder / "runs")
    assert refused("init", "--home", folder / "home")


def test_what_an_import_and_a_profile_write_is_readable_by_the_owner_only(sent, tmp_path):
    old = os.umask(0)
    try:
        run("import", *sent, "--archive", tmp_path / "home" / "a", "--report", tmp_path / "r.json")
        run("profile", "--archive", tmp_path / "home" / "a", "--as-of", "2023-10-02",
            "--out", tmp_path / "out" / "p.parquet")  # fmt: skip
    finally:
        os.umask(old)
    written = [tmp_path / "r.json", *(tmp_path / "home").rglob("*"), *(tmp_path / "out").rglob("*")]
    assert {path.suffix for path in written if path.is_file()} >= {".json", ".parquet", ".csv"}
    for path in written:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize(
    "environment",
    [
        {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "latin-1:strict"},
    ],
)
def test_a_console_that_cannot_print_chinese_still_gets_its_summary(sent, tmp_path, environment):
    words = ["import", *sent, tmp_path / "没有.csv", "--archive", tmp_path / "a"]
    code, shown, errors = run(*words, **environment)
    assert (code, b"Traceback" in errors) == (0, False)
    assert b"members" in shown
    assert b"UNKNOWN_MEMBER" in shown
    code, _, errors = run(
        "import", tmp_path / "没有.csv", "--archive", tmp_path / "a", **environment
    )
    assert code == 1
    assert b"rongzi: no file could be read" in errors
    assert run("import", "--help", **environment)[0] == 0


def test_a_file_whose_name_is_no_text_is_imported_quarantined_and_reported(sent, tmp_path):
    odd = Path(os.fsdecode(os.fsencode(str(tmp_path)) + b"/\xb2\xe2.csv"))
    shutil.copy(sent[1], odd)
    code, _, errors = run(
        "import", sent[0], odd, "--archive", tmp_path / "a", "--report", tmp_path / "r"
    )
    assert (code, errors) == (0, b"")
    report = json.loads((tmp_path / "r").read_text(encoding="utf-8"))
    assert report["totals"]["quarantined"] == 1


def test_a_drafted_dictionary_is_utf_8_wherever_it_is_redirected_to(tmp_path):
    table = tmp_path / "表.csv"
    table.write_text("收入,违约\n" + "1,0\n2,1\n3,0\n" * 200, encoding="utf-8")
    code, shown, _ = run("dictionary", table, "--target", "违约", PYTHONIOENCODING="ascii")
    assert code == 0
    assert "收入" in shown.decode("utf-8")
