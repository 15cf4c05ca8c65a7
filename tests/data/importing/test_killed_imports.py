"""An import becomes visible as a whole, across tables, or not at all; a reader sees one state."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import partial

import pytest

from data.importing.importer import import_files
from data.storage.archive import Archive
from model.errors import ArchiveError
from tests.support.faults.killed_runs import Task, killed_after, killed_at_change
from tests.support.sending_branch import FIRST, LATER, SendingBranch, counts, member, parcels


class Night:
    """A new member and parcels, not yet imported into copies of an archive."""

    def __init__(self, known: SendingBranch) -> None:
        self.branch, self.copies = known, 0
        self.files = [
            known.file("m.csv", "members", [member(9)]),
            known.file("p.csv", "parcels", [parcels(9), parcels(0)]),
        ]
        self.before = self.state(known.archive)

    def state(self, archive: Archive) -> tuple[list[str], list[str]]:
        """Return whom the tables of members and of parcels name."""
        members, sent = (
            archive.read(table, ["member_id"])["member_id"].to_pylist()
            for table in ("members", "parcels")
        )
        return members, sent

    def whole(self) -> tuple[list[str], list[str]]:
        return [*self.before[0], "M009"], [*self.before[1], "M009", "M000"]

    def killed(self, kill: Callable[[Task], bool]) -> tuple[bool, bool]:
        """Kill an import; return whether it was killed, and whether it is visible."""
        self.copies += 1
        archive = Archive(self.branch.folder / f"copy {self.copies}")
        archive.append("members", self.branch.archive.read("members"))
        quarantine = self.branch.quarantine
        task = partial(import_files, self.files, archive, quarantine, FIRST, workers=1)
        was_killed = kill(task)
        found = self.state(archive)
        assert found in (self.before, self.whole())
        is_visible = found == self.whole()
        self._heal(archive, is_visible)
        return was_killed, is_visible

    def _heal(self, archive: Archive, is_visible: bool) -> None:
        again = self.branch.send(*self.files, archive=archive, moment=LATER)
        assert counts(again) == ((3, 0, 0, 3) if is_visible else (3, 3, 0, 0))
        assert self.state(archive) == self.whole()
        stored = [path for table in ("members", "parcels") for path in archive.parts(table)]
        assert sorted(archive.folder.rglob("*.parquet")) == sorted(stored)
        assert not [*archive.folder.rglob("*.draft"), *archive.folder.glob(".import-*")]


@pytest.fixture
def night(known: SendingBranch) -> Night:
    return Night(known)


def test_an_import_killed_at_every_third_change_of_the_files_is_whole_or_absent(
    night: Night,
) -> None:
    ends: list[tuple[bool, bool]] = []
    while not ends or ends[-1][0]:
        ends.append(night.killed(partial(_at, 3 * len(ends))))
        assert len(ends) < 100, "the import never ends"
    assert len(ends) > 5
    visible = [is_visible for _, is_visible in ends]
    assert not visible[0]
    assert visible[-1]
    assert visible == sorted(visible), "visible from one change on"


def test_an_import_killed_at_any_moment_is_whole_or_absent(night: Night) -> None:
    luck = random.Random(54)
    for _ in range(6):
        night.killed(partial(killed_after, seconds=luck.uniform(0, 0.6)))


def _at(number: int, task: Task) -> bool:
    return killed_at_change(task, number)


def test_a_pinned_archive_does_not_see_an_import_that_lands_meanwhile(night: Night) -> None:
    pinned = night.branch.archive.pinned()
    before = pinned.digest()
    night.branch.send(*night.files)
    assert night.state(pinned) == night.before
    assert pinned.digest() == before != night.branch.archive.digest()


def test_the_first_import_into_an_archive_of_an_earlier_release_lists_its_parts(
    night: Night,
) -> None:
    archive = night.branch.archive
    before, listed = archive.digest(), archive.folder / "parts.json"
    listed.unlink()
    assert archive.digest() == before
    assert night.state(archive) == night.before
    night.branch.send(*night.files)
    assert night.state(archive) == night.whole()
    assert {*json.loads(listed.read_text())["parts"]} == {"members", "parcels"}


def test_a_part_whose_bytes_changed_is_named(night: Night) -> None:
    (part,) = night.branch.archive.parts("members")
    stored = bytearray(part.read_bytes())
    stored[len(stored) // 2] ^= 1
    part.write_bytes(stored)
    with pytest.raises(ArchiveError, match=r"members/part-000000\.parquet is damaged.*Restore"):
        night.branch.archive.digest()


def test_a_part_that_is_missing_is_named(night: Night) -> None:
    (part,) = night.branch.archive.parts("members")
    part.unlink()
    with pytest.raises(ArchiveError, match=r"members/part-000000\.parquet cannot be read.*Restore"):
        night.branch.archive.pinned()


@pytest.mark.parametrize("bad", ["", "{", '{"format": "rongzi-archive/9", "parts": {}}', "[]"])
def test_a_list_of_parts_that_cannot_be_read_is_named(night: Night, bad: str) -> None:
    (night.branch.archive.folder / "parts.json").write_text(bad)
    with pytest.raises(ArchiveError, match=r"parts\.json is no list of parts.*Restore"):
        night.branch.archive.digest()
