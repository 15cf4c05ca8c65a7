"""Profiles on a cluster equal those of one process, whatever happens to an executor."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from data.storage import profiles, spark_profiles
from data.storage.archive import Archive
from data.storage.kept_pieces import KeptPieces
from data.storage.profiles import profile_as_of, profile_spine, write_profile
from data.storage.spark import run_tasks
from data.storage.spark_profiles import SparkProfile, profile_on_spark, profile_spine_on_spark
from model.errors import ArchiveError, RunError
from model.policy import texts
from tests.support.spark.cluster import cluster, killed_when
from tests.support.spark.tasks import attempt, policy_text, refuse

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

AS_OF = date(2023, 10, 1)
PIECES = 4


@pytest.fixture(scope="module")
def session(spark_installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with cluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive of 80 simulated members, pinned."""
    from data.simulator import load_scenario, simulate

    archive = Archive(tmp_path_factory.mktemp("few"))
    simulate(load_scenario(), 80, 30, seed=17).write(archive)
    return archive.pinned()


@pytest.fixture(scope="module")
def whole(few: Archive) -> pa.Table:
    return profile_as_of(few, AS_OF)


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_profiles, "PIECE", 80 // PIECES)


@pytest.fixture
def kept(tmp_path: Path) -> KeptPieces:
    return KeptPieces.begun(tmp_path / "run", {})


@pytest.fixture(scope="module")
def made(session: Any, few: Archive, tmp_path_factory: pytest.TempPathFactory) -> SparkProfile:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spark_profiles, "PIECE", 80 // PIECES)
        kept = KeptPieces.begun(tmp_path_factory.mktemp("made") / "run", {})
        return profile_on_spark(few, AS_OF, kept)


def test_a_cluster_gives_the_same_profiles_bit_for_bit(made: SparkProfile, whole: pa.Table) -> None:
    assert len(made.answers) == PIECES
    assert made.rows == whole.num_rows
    assert made.profiles().equals(whole)


def test_the_file_has_the_same_bytes_however_its_rows_come(
    made: SparkProfile, whole: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles, "_ROW_GROUP", 30)
    write_profile(whole, tmp_path / "whole.parquet", {"sales"})
    write_profile(made.sorted_profiles(), tmp_path / "spark.parquet", {"sales"})
    assert (tmp_path / "whole.parquet").read_bytes() == (tmp_path / "spark.parquet").read_bytes()


def test_a_household_lies_in_one_piece(made: SparkProfile) -> None:
    import pyarrow.parquet as pq

    homes = [
        set(pq.read_table(path)["household_id"].drop_null().to_pylist()) for path in made.paths()
    ]
    assert all(homes)
    assert sum(map(len, homes)) == len(set.union(*homes))


def test_an_executor_killed_in_mid_run_changes_nothing(
    session: Any, few: Archive, made: SparkProfile, whole: pa.Table, kept: KeptPieces
) -> None:
    def has_begun() -> bool:
        return any(path.name.endswith(("00.parquet", "01.parquet")) for path in _files(kept))

    (before,) = run_tasks(session, attempt, [0])
    with killed_when(before["executor"], has_begun):
        found = profile_on_spark(few, AS_OF, kept)
    attempts = max(answer["attempt"] for answer in found.answers) - before["attempt"]
    assert attempts > PIECES, "no task was repeated"
    assert [each["files"] for each in found.answers] == [each["files"] for each in made.answers]
    assert found.profiles().equals(whole)


def _files(kept: KeptPieces) -> list[Path]:
    return list(kept.folder.iterdir())


def test_an_executor_that_meets_a_damaged_part_names_it(
    session: Any, few: Archive, kept: KeptPieces, tmp_path: Path
) -> None:
    copy = Archive(shutil.copytree(few.folder, tmp_path / "archive")).pinned()
    (part,) = copy.parts("sales")
    stored = bytearray(part.read_bytes())
    stored[len(stored) // 3] ^= 1
    part.write_bytes(stored)
    with pytest.raises(ArchiveError, match=r"sales/part-000000\.parquet is damaged.*Restore"):
        profile_on_spark(copy, AS_OF, kept)
    assert kept.digests == {}


def test_finished_pieces_are_not_computed_again_and_a_damaged_one_is(
    few: Archive, made: SparkProfile, whole: pa.Table, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(made.kept.folder, tmp_path / "run"))
    (folder / "000002.parquet").write_bytes(b"half")
    again = profile_on_spark(few, AS_OF, KeptPieces.resumed(folder, {}))
    assert [list(answer["files"]) for answer in again.answers] == [[], [], ["000002.parquet"], []]
    assert again.profiles().equals(whole)


def test_a_piece_that_is_not_what_its_task_wrote_is_refused(
    made: SparkProfile, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(made.kept.folder, tmp_path / "run"))
    (folder / "000001.parquet").write_bytes((folder / "000000.parquet").read_bytes())
    moved = SparkProfile(KeptPieces.resumed(folder, {}), made.answers)
    with pytest.raises(RunError, match=r"000001\.parquet is missing or is not what its task wrote"):
        moved.profiles()


def test_a_training_spine_keeps_its_rows_repeated_unknown_and_of_many_days(
    session: Any, few: Archive, whole: pa.Table, kept: KeptPieces
) -> None:
    members = whole["member_id"].to_pylist()[:12]
    days = [date(2023, month, 1) for month in range(4, 10)] * 2
    spine = pa.table(
        {"member_id": [*members, "nobody", members[0]], "as_of": [*days, AS_OF, days[0]]}
    )
    found = profile_spine_on_spark(few, spine, kept).profiles()
    assert found.equals(profile_spine(few, spine))
    assert pc.unique(found["as_of"]).to_pylist() != [AS_OF]


def test_what_a_task_refuses_is_raised_once_as_it_was(session: Any, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"^task 1 refuses$"):
        run_tasks(session, partial(refuse, tmp_path), range(2))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1"]


def test_executors_go_by_the_policy_of_the_drivers_home(session: Any) -> None:
    try:
        texts.use({"policy.yaml": "adopted: here"})
        answers = run_tasks(session, policy_text, range(2))
    finally:
        texts.use({})
    assert [answer["text"] for answer in answers] == ["adopted: here"] * 2
