"""A file appears complete or not at all, written by one process at a time."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from data.storage.private_files import drafted
from model.errors import BusyError
from tests.support.faults.killed_runs import killed_after, write_and_wait


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
