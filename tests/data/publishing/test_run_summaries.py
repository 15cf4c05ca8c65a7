"""Signed summaries of runs: verified before they are read, and never shown as verified if not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from data.publishing.run_summaries import (
    RUN_KINDS,
    RunSummary,
    run_summaries,
    run_summary,
    runs_folder,
    write_run_summary,
)
from data.publishing.signature_lines import SignatureLines
from data.publishing.signing import trusted_folder
from model.errors import CardError
from tests.support.recording.model_runs import MODEL_RUNS

ONE, OTHER = "1" * 32, "2" * 32
CONTENT = {"made_at": "2023-10-01T08:00:00+08:00", "points_psi": 0.0123, "noted": None}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_run_summary(tmp_path, "training", ONE, CONTENT)


def _read(home: Path, id_: str = ONE) -> RunSummary:
    found = run_summary(home, "training", id_)
    assert found is not None
    return found


def test_what_was_written_is_read_with_the_key_that_signed_it(path: Path, tmp_path: Path) -> None:
    found = _read(tmp_path)
    assert found.content == {**CONTENT, "kind": "training", "id": ONE}
    assert found.fault is None
    assert [f"{found.key}.pem"] == [each.name for each in trusted_folder(tmp_path, "run").iterdir()]
    assert path.stat().st_mode & 0o777 == 0o644


def test_the_key_of_runs_signs_no_card(path: Path, tmp_path: Path) -> None:
    assert not list(trusted_folder(tmp_path, "card").glob("*.pem"))
    assert not list(trusted_folder(tmp_path, "edition").glob("*.pem"))


def test_an_altered_byte_anywhere_is_found_and_nothing_is_told(path: Path, tmp_path: Path) -> None:
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        found = _read(tmp_path)
        assert found.fault is not None, at
        assert (found.content, found.key) == ({}, None)


@pytest.mark.parametrize(
    "content", [b"", b"\n\n\n\n{}", b"{}", b"format rongzi-run-summary/2\n", b"x" * 5_000]
)
def test_a_file_that_is_no_summary_is_not_read(
    path: Path, tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parsed(_: bytes) -> object:
        raise AssertionError("parsed before it was verified")

    monkeypatch.setattr("data.publishing.run_summaries.json.loads", parsed)
    path.write_bytes(content)
    assert _read(tmp_path).fault is not None


def test_a_key_that_nobody_trusts_verifies_nothing(path: Path, tmp_path: Path) -> None:
    for key in trusted_folder(tmp_path, "run").iterdir():
        key.unlink()
    found = _read(tmp_path)
    assert (found.key, found.content) == (None, {})
    assert found.fault is not None
    assert "no key that is trusted" in found.fault.en


def test_the_summary_of_one_run_is_not_that_of_another(path: Path, tmp_path: Path) -> None:
    for copy in (path.with_stem(OTHER), runs_folder(tmp_path) / "monitoring" / path.name):
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    moved = run_summary(tmp_path, "monitoring", ONE)
    for found in (_read(tmp_path, OTHER), moved):
        assert found is not None
        assert found.fault is not None
        assert found.content == {}


def test_a_signature_of_another_format_is_refused(path: Path, tmp_path: Path) -> None:
    """A key that signs elsewhere too could otherwise be made to vouch for a summary."""
    key = Ed25519PrivateKey.generate()
    foreign = SignatureLines("rongzi-edition-signature/1")
    ours = SignatureLines("rongzi-run-summary/1")
    lines = foreign.of(b"{}", key)
    assert foreign.check(lines, b"{}", [key.public_key()]).fault is None
    assert ours.check(lines, b"{}", [key.public_key()]).fault == "unreadable"


def test_the_verified_stand_first_and_the_latest_of_them_first(path: Path, tmp_path: Path) -> None:
    later = {**CONTENT, "made_at": "2023-11-01T08:00:00+08:00"}
    write_run_summary(tmp_path, "training", OTHER, later)
    broken = path.with_stem("f" * 32)
    broken.write_bytes(path.read_bytes())
    (path.parent / "notes.summary").write_text("not a run")
    (path.parent / f"{'A' * 32}.summary").write_bytes(path.read_bytes())
    assert [each.id for each in run_summaries(tmp_path, "training")] == [OTHER, ONE, "f" * 32]


def test_a_home_without_runs_has_none(tmp_path: Path) -> None:
    assert [run_summaries(tmp_path, kind) for kind in RUN_KINDS] == [[], [], []]
    assert run_summary(tmp_path, "training", ONE) is None


def test_a_key_that_others_may_read_signs_nothing(path: Path, tmp_path: Path) -> None:
    (tmp_path / "keys" / "run.pem").chmod(0o644)
    with pytest.raises(CardError, match="chmod 600"):
        write_run_summary(tmp_path, "training", OTHER, CONTENT)
    assert run_summary(tmp_path, "training", OTHER) is None


def test_the_summaries_of_earlier_releases_verify() -> None:
    """The recording is never renewed to make this pass: the format is read for ever."""
    assert [each.fault for each in run_summaries(MODEL_RUNS, "training")] == [None, None]
    texts = [each.read_bytes() for each in runs_folder(MODEL_RUNS).glob("*/*.summary")]
    assert all(json.loads(text.split(b"\n", 4)[4])["id"] for text in texts)
