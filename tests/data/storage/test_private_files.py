"""A file appears complete or not at all, written by one process at a time."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import pytest

from data.storage.private_files import drafted, scratch
from model.errors import BusyError
from tests.support.faults.killed_runs import hold_scratch, killed_after, write_and_wait


def test_a_file_appears_complete_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rows"
    with drafted(path) as draft:
        draft.write_text("half")
        assert not path.exists()
    assert path.read_text() == "half"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_text("before")
    with pytest.raises(KeyboardInterrupt), drafted(path) as draft:  # noqa: PT012
        draft.write_text("half")
        raise KeyboardInterrupt
    assert [each.read_text() for each in tmp_path.iterdir()] == ["before"]


def test_a_second_writer_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    with drafted(path) as draft:
        draft.write_text("first")
        with pytest.raises(BusyError, match="another run is writing"), drafted(path):
            pass
    assert path.read_text() == "first"
    with drafted(path) as draft:
        draft.write_text("second")
    assert path.read_text() == "second"


def test_the_draft_of_a_killed_writer_is_used_again(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_text("before")
    assert killed_after(partial(write_and_wait, path, "half" * 1_000), 1.5)
    assert path.read_text() == "before"
    assert (tmp_path / ".rows.draft").read_text() == "half" * 1_000
    with drafted(path) as draft:
        assert draft.read_text() == ""
        draft.write_text("after")
    assert [each.read_text() for each in tmp_path.iterdir()] == ["after"]


def test_a_scratch_folder_is_its_owners_and_gone_afterwards_with_what_killed_runs_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert killed_after(partial(hold_scratch, tmp_path / "ready"), 4)
    (tmp_path / "ready").unlink()
    (left,) = tmp_path.iterdir()
    assert (left / "rows").exists()
    with scratch() as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "rows").write_text("of another")
        with scratch() as second:
            assert {*tmp_path.iterdir()} == {folder, second}, "that of a running process stays"
    assert not any(tmp_path.iterdir())


def test_a_link_in_the_place_of_a_scratch_folder_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with scratch() as folder:
        prefix = folder.name.rsplit("-", 1)[0]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    (tmp_path / f"{prefix}-link").symlink_to(elsewhere)
    with scratch():
        pass
    assert (elsewhere / "kept").exists()
