"""A killed run resumes after its last finished piece, to the same bytes, or says why it cannot."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from data.storage import profiles
from data.storage.archive import Archive
from data.storage.kept_pieces import KeptPieces
from data.storage.profiles import profile_as_of, write_profile
from model.archive.tables import archive_tables
from model.errors import RunError
from tests.support.faults.killed_runs import killed_after, profile_until_killed

INPUTS = {"as-of": "2023-10-01", "archive": "a" * 64, "policy": "b" * 64}
PIECE = pa.table({"member_id": ["M1", "M2"], "points": [1.5, None]})


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def kept(tmp_path: Path) -> KeptPieces:
    found = KeptPieces.begun(tmp_path / "run", INPUTS)
    found.write(0, PIECE)
    return found


def test_a_finished_piece_is_read_again_and_no_other(kept: KeptPieces) -> None:
    again = KeptPieces.resumed(kept.folder, INPUTS)
    found = again.read(0)
    assert found is not None
    assert found.equals(PIECE)
    assert again.read(1) is None


def test_a_damaged_or_half_written_piece_is_made_again(kept: KeptPieces) -> None:
    path = kept.folder / "000000.parquet"
    whole = path.read_bytes()
    for bad in (whole[:-7], whole[:40] + bytes([whole[40] ^ 1]) + whole[41:]):
        path.write_bytes(bad)
        assert KeptPieces.resumed(kept.folder, INPUTS).read(0) is None
    path.rename(kept.folder / "000001.parquet")
    assert KeptPieces.resumed(kept.folder, INPUTS).read(1) is None


@pytest.mark.parametrize("changed", sorted(INPUTS))
def test_a_run_whose_inputs_changed_is_refused_and_says_what_differs(
    kept: KeptPieces, changed: str
) -> None:
    before = _bytes(kept.folder)
    with pytest.raises(RunError) as refusal:
        KeptPieces.resumed(kept.folder, {**INPUTS, changed: "c" * 64})
    assert f"{changed} {INPUTS[changed][:16]} (now {'c' * 16})" in str(refusal.value)
    assert not any(other in str(refusal.value) for other in INPUTS if other != changed)
    assert _bytes(kept.folder) == before


def test_a_run_that_reads_something_more_is_refused(kept: KeptPieces) -> None:
    with pytest.raises(RunError, match=r"card none \(now d\)"):
        KeptPieces.resumed(kept.folder, {**INPUTS, "card": "d"})


def test_without_an_interrupted_run_there_is_nothing_to_resume(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run to resume"):
        KeptPieces.resumed(tmp_path, INPUTS)


@pytest.mark.parametrize("state", ["", "[]", '{"format": "rongzi-run/9"}'])
def test_a_state_that_cannot_be_read_resumes_nothing(kept: KeptPieces, state: str) -> None:
    (kept.folder / "run.json").write_text(state)
    with pytest.raises(RunError, match=r"run\.json cannot be read"):
        KeptPieces.resumed(kept.folder, INPUTS)


def test_a_new_run_removes_the_pieces_of_the_interrupted_one(kept: KeptPieces) -> None:
    again = KeptPieces.begun(kept.folder, INPUTS)
    assert again.read(0) is None
    assert [path.name for path in kept.folder.iterdir()] == ["run.json"]


@pytest.fixture(scope="module")
def few(simulated_archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """The first 40 members of the simulated archive, with all rows that name no member."""
    archive = Archive(tmp_path_factory.mktemp("few"))
    chosen = pc.unique(simulated_archive.read("members")["member_id"]).slice(0, 40)
    with archive.writing() as written:
        for table in archive_tables():
            rows = simulated_archive.read(table)
            if "member_id" in rows.column_names:
                rows = rows.filter(pc.is_in(rows["member_id"], chosen))
            written.append_stream(table, [rows])
    return archive.pinned()


def test_a_killed_profile_resumes_to_the_bytes_of_an_uninterrupted_one(
    few: Archive, as_of: date, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = profile_as_of(few, as_of)
    assert whole.num_rows > 25
    monkeypatch.setattr(profiles, "PIECE", 25)
    folder, inputs = tmp_path / "run", {"archive": few.digest()}
    kept = KeptPieces.begun(folder, inputs)
    assert killed_after(partial(profile_until_killed, few, as_of, kept, 25), 300)
    first = (folder / "000000.parquet").read_bytes()
    done: list[tuple[int, int]] = []
    resumed = profile_as_of(
        few, as_of, kept=KeptPieces.resumed(folder, inputs), progress=lambda *at: done.append(at)
    )
    assert done == [(25, whole.num_rows), (whole.num_rows, whole.num_rows)]
    assert (folder / "000000.parquet").read_bytes() == first
    assert resumed.equals(whole)
    for name, profile in (("whole", whole), ("resumed", resumed)):
        write_profile(profile, tmp_path / name)
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "resumed").read_bytes()
    straight = KeptPieces.begun(tmp_path / "straight", inputs)
    assert profile_as_of(few, as_of, kept=straight).equals(whole)
    assert _bytes(tmp_path / "straight") == _bytes(folder)
