"""A killed publication leaves the edition before or the new one, whole; nothing is mixed."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from api.editions import batch
from api.editions.approval import Approval
from api.editions.batch import Draft, draft_whitelist, publication, publish_draft, publish_profile
from api.editions.catalogue import editions
from api.editions.history import prune, roll_back
from api.editions.manifest import current_folder, read_manifest, verify_files
from api.editions.publish import publishing
from api.scoring.kernel import Basis
from cli.main import rongzi
from data.publishing.published_card import published_card
from data.storage.archive import Archive
from data.storage.private_files import drafted
from model.errors import BusyError, EditionError
from model.policy.policy import policy_on
from tests.support.faults.killed_runs import Task, killed_after, killed_at_change

DAY = date(2023, 10, 1)


@dataclass
class Nights:
    """Publications of one home, each of the next day, of 200 members."""

    home: Path
    archive: Archive
    profile: pa.Table
    day: date = DAY

    @property
    def out(self) -> Path:
        return self.home / "rows.parquet"

    def task(self) -> Task:
        self.day += timedelta(days=1)
        basis = Basis(self.day, policy_on(self.day), published_card(self.home))
        return partial(publish_profile, self.archive, self.profile, basis, self.home, self.out)

    def killed(self, kill: Callable[[Task], bool]) -> bool:
        """Kill the next night's run and check what it left; return whether it was killed."""
        before, rows = current_folder(self.home), self.out.read_bytes()
        was_killed = kill(self.task())
        after = current_folder(self.home)
        manifest = read_manifest(after)
        verify_files(after, manifest, tuple(manifest.files))
        assert after == before or manifest.day == self.day
        if self.out.read_bytes() != rows:
            (day,) = set(pq.read_table(self.out)["as_of"].to_pylist())
            assert (day, pq.read_table(self.out).num_rows) == (self.day, 200)
        assert all(each.manifest for each in editions(self.home))
        return was_killed

    def left(self) -> list[Path]:
        return [*self.home.rglob("*.draft"), *self.home.rglob(".draft-*")]


@pytest.fixture
def nights(
    published_home: Path, simulated_archive: Archive, batch_profile: pa.Table, tmp_path: Path
) -> Nights:
    home = Path(shutil.copytree(published_home, tmp_path / "home"))
    return Nights(home, simulated_archive.pinned(), batch_profile.slice(0, 200))


def test_a_run_killed_at_every_third_change_of_the_files_leaves_whole_editions(
    nights: Nights,
) -> None:
    ends: list[bool] = []
    while not ends or ends[-1]:
        ends.append(nights.killed(partial(_at, 3 * len(ends))))
        assert len(ends) < 60, "the run never ends"
    assert len(ends) > 5
    assert nights.left() == [], "the run that ended removed what the killed ones left"
    assert read_manifest(current_folder(nights.home)).day == nights.day


def _at(number: int, task: Task) -> bool:
    return killed_at_change(task, number)


def test_a_run_killed_at_any_moment_leaves_whole_editions(nights: Nights) -> None:
    luck = random.Random(54)
    for _ in range(5):
        nights.killed(partial(killed_after, seconds=luck.uniform(0, 3)))
    nights.task()()
    assert nights.left() == []
    assert read_manifest(current_folder(nights.home)).day == nights.day


@dataclass(frozen=True)
class Meanwhile:
    """A draft, and an import that landed between its profile and its digest."""

    draft: Draft
    digest_before: str
    archive: Archive


@pytest.fixture(scope="module")
def meanwhile(
    published_home: Path, simulated_archive: Archive, tmp_path_factory: pytest.TempPathFactory
) -> Meanwhile:
    folder = tmp_path_factory.mktemp("meanwhile") / "archive"
    archive = Archive(Path(shutil.copytree(simulated_archive.folder, folder)))
    before, read = archive.digest(), batch.profile_as_of

    def profile_and_import(*args: Any, **options: Any) -> pa.Table:
        profile = read(*args, **options)
        loans = archive.read("loans")
        archive.append("loans", loans.slice(0, loans.num_rows // 2))
        return profile

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "profile_as_of", profile_and_import)
        return Meanwhile(draft_whitelist(archive, DAY, published_home), before, archive)


def test_an_edition_names_the_archive_that_it_was_made_from(
    meanwhile: Meanwhile, published_home: Path
) -> None:
    known, draft = current_folder(published_home), meanwhile.draft
    assert draft.archive_digest == meanwhile.digest_before != meanwhile.archive.digest()
    assert draft.archive_digest == read_manifest(known).archive_digest
    assert draft.contents.rows.equals(pq.read_table(known / "whitelist.parquet"))


def test_an_edition_whose_publication_cannot_be_recorded_is_not_used(
    meanwhile: Meanwhile, card_home: Path, tmp_path: Path
) -> None:
    home, out = Path(shutil.copytree(card_home, tmp_path / "home")), tmp_path / "rows.parquet"
    (home / "editions" / "publications.jsonl").mkdir(parents=True)
    with pytest.raises(IsADirectoryError), publication(home, out) as rows:
        publish_draft(home, meanwhile.draft, rows, None)
    with pytest.raises(EditionError, match="no edition is published"):
        current_folder(home)
    assert not out.exists()


def test_a_second_run_in_the_same_home_or_to_the_same_file_is_refused(
    published_home: Path, simulated_archive: Archive, tmp_path: Path
) -> None:
    home, out = Path(shutil.copytree(published_home, tmp_path / "home")), tmp_path / "rows.parquet"
    words = ["whitelist", "--archive", str(simulated_archive.folder), "--as-of", "2023-10-02",
             "--home", str(home), "--out", str(out)]  # fmt: skip
    run = partial(CliRunner().invoke, rongzi, catch_exceptions=False)
    before = current_folder(home)
    with publishing(home), pytest.raises(BusyError, match="another run is publishing here"):
        run(words)
    with drafted(out) as draft:
        with pytest.raises(BusyError, match="another run is writing this file"):
            run([*words, "--dry-run"])
        draft.write_bytes(b"the first run's rows")
    assert out.read_bytes() == b"the first run's rows"
    assert current_folder(home) == before


def test_editions_are_not_rolled_back_or_pruned_while_a_run_publishes(nights: Nights) -> None:
    approval, at = Approval("Tester", "a test of locks"), datetime(2023, 10, 9, tzinfo=UTC)
    with publishing(nights.home):
        with pytest.raises(BusyError, match="another run is publishing"):
            roll_back(nights.home, None, approval, at)
        with pytest.raises(BusyError, match="another run is publishing"):
            prune(nights.home, [], at)
