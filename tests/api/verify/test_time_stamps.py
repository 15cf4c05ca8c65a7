"""Time stamps of checkpoints by a real authority (RFC 3161), and what an auditor finds by them."""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.core.metrics import WITNESS_FAILURES
from api.core.settings import Settings
from api.decisions.commands import Decide
from api.ledger.checkpoints import Checkpoint, parse_checkpoint
from api.ledger.database import Location
from api.ledger.time_stamps import TimeStamps, stamp_of
from api.ledger.witnesses import AppendOnlyFile
from api.ledger.writer import Ledger
from api.verify.verify import verify_ledger
from cli.verify_ledger import command as verify_command
from tests.support.ledger.stamp_authority import StampAuthority, stamp_authority


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[StampAuthority]:
    with stamp_authority(tmp_path / "authority") as running:
        yield running


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The file of another account that keeps the stamps."""
    (found := tmp_path / "stamps").touch()
    return found


def write(
    settings: Settings, authority: StampAuthority, kept: Path, asks: list[Decide],
    now: datetime | None = None,
) -> Location:  # fmt: skip
    """Write each command in a commit of its own, before a witness that stamps."""
    stamping = replace(settings, witnesses=(authority.witness(kept),))
    clock = (lambda: now) if now else (lambda: datetime.now(UTC))
    with closing(Ledger.open(stamping, clock)) as ledger:
        for ask in asks:
            assert ledger.write_now(ask).status == 200
    return Location.of(settings)


def test_the_last_seal_is_stamped_and_the_stamp_verifies_with_openssl_alone(
    tmp_path: Path, authority: StampAuthority, kept: Path, asks: list[Decide]
) -> None:
    location = write(Settings(tmp_path / "home"), authority, kept, asks[:3])
    report = verify_ledger(location, against=[kept], authority=authority.certificate)
    assert report.is_sound, report.findings
    (told,) = (notice for notice in report.notices if "time stamps are the authority's" in notice)
    assert datetime.now(UTC).strftime("%Y-%m-%dT%H") in told
    last = kept.read_text().splitlines()[-1]
    word, answer, line = last.split(" ", 2)
    assert word == "rfc3161"
    assert line == location.outside.read_text().splitlines()[-1]
    (tmp_path / "line").write_text(line + "\n")
    (tmp_path / "reply").write_bytes(base64.b64decode(answer))
    command = f"openssl ts -verify -data line -in reply -CAfile {authority.certificate}"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False)
    assert b"Verification: OK" in done.stdout + done.stderr


def test_many_seals_need_few_stamps(
    tmp_path: Path, authority: StampAuthority, kept: Path, asks: list[Decide]
) -> None:
    location = write(Settings(tmp_path / "home"), authority, kept, asks)
    assert 1 <= len(authority.asked) <= 2, "one soon after the start, one at the end"
    last = kept.read_text().splitlines()[-1]
    assert last.endswith(location.outside.read_text().splitlines()[-1])


def test_a_cut_at_both_ends_is_found_by_what_was_stamped(
    tmp_path: Path, authority: StampAuthority, kept: Path, asks: list[Decide]
) -> None:
    settings = Settings(tmp_path / "home")
    location = write(settings, authority, kept, asks[:2])
    shutil.copytree(settings.home, tmp_path / "earlier")
    write(settings, authority, kept, asks[2:4])
    # Database, checkpoint file and keys of before: consistent, and two entries short.
    shutil.rmtree(settings.home)
    shutil.copytree(tmp_path / "earlier", settings.home)
    assert verify_ledger(location).is_sound
    report = verify_ledger(location, against=[kept], authority=authority.certificate)
    assert [(each.kind, each.seq) for each in report.findings] == [("truncated", 4)]


def _rewritten(settings: Settings, asks: list[Decide], folder: Path) -> Location:
    """Return another history that a holder of all keys of the service wrote in place of it."""
    forged = Settings(folder / "forged")
    shutil.copytree(settings.home / "keys", forged.home / "keys")
    with closing(Ledger.open(forged)) as ledger:
        for ask in asks:
            assert ledger.write_now(ask).status == 200
    location = Location.of(forged)
    assert verify_ledger(location).is_sound
    return location


def test_a_history_rewritten_with_the_services_keys_is_found_by_the_stamps(
    tmp_path: Path, authority: StampAuthority, kept: Path, asks: list[Decide]
) -> None:
    settings = Settings(tmp_path / "home")
    write(settings, authority, kept, asks[:3])
    forged = _rewritten(settings, asks[3:7], tmp_path)
    report = verify_ledger(forged, against=[kept], authority=authority.certificate)
    assert [each.kind for each in report.findings] == ["replaced"]
    # Who can write the file of stamps as well lays true stamps over the forged seals.
    words = [line.split(" ", 2)[:2] for line in kept.read_text().splitlines()]
    seals = forged.outside.read_text().splitlines()[-len(words) :]
    lines = [" ".join([*two, seal]) for two, seal in zip(words, seals, strict=True)]
    kept.write_text("\n".join(lines) + "\n")
    report = verify_ledger(forged, against=[kept])
    assert report.is_sound
    assert any("time stamps were not verified" in notice for notice in report.notices)
    report = verify_ledger(forged, against=[kept], authority=authority.certificate)
    assert {each.kind for each in report.findings} == {"stamp"}


def test_stamps_of_another_authority_are_found(
    tmp_path: Path, authority: StampAuthority, kept: Path, asks: list[Decide]
) -> None:
    with stamp_authority(tmp_path / "own") as own:
        location = write(Settings(tmp_path / "home"), own, kept, asks[:2])
    done = CliRunner().invoke(verify_command, [
        "--home", str(tmp_path / "home"), "--checkpoints", str(location.outside),
        "--against", str(kept), "--stamp-authority", str(authority.certificate),
    ])  # fmt: skip
    assert done.exit_code == 1, done.output
    assert "WRONG [stamp]" in done.output


def test_a_clock_that_was_ahead_is_found_and_one_behind_is_told(
    tmp_path: Path, authority: StampAuthority, kept: Path, asks: list[Decide]
) -> None:
    now, settings = datetime.now(UTC), Settings(tmp_path / "home")
    write(settings, authority, kept, asks[:1], now - timedelta(hours=2))
    location = write(settings, authority, kept, asks[1:2], now + timedelta(hours=2))
    report = verify_ledger(location, against=[kept], authority=authority.certificate)
    assert [(each.kind, each.seq) for each in report.findings] == [("clock", 2)]
    assert any("made long after the seal, by up to" in notice for notice in report.notices)


@pytest.mark.parametrize("answer", [b"", b"no time stamp", b"0", bytes.fromhex("3005300302010230")])
def test_an_authority_that_grants_nothing_stops_no_commit_and_is_asked_again(
    tmp_path: Path, authority: StampAuthority, kept: Path, asks: list[Decide], answer: bytes
) -> None:
    authority.answers = lambda request: answer
    before = WITNESS_FAILURES._value.get()
    settings = Settings(tmp_path / "home")
    write(settings, authority, kept, asks[:1])
    assert kept.read_text() == ""
    assert WITNESS_FAILURES._value.get() > before
    authority.answers = authority.reply
    location = write(settings, authority, kept, asks[1:2])
    assert len(kept.read_text().splitlines()) >= 1
    assert verify_ledger(location, against=[kept], authority=authority.certificate).is_sound


def _checkpoint(location: Location) -> Checkpoint:
    found = parse_checkpoint(location.outside.read_text().splitlines()[-1])
    assert found is not None
    return found


def test_an_answer_to_another_request_is_no_stamp(
    tmp_path: Path, authority: StampAuthority, kept: Path, asks: list[Decide]
) -> None:
    location = write(Settings(tmp_path / "home"), authority, kept, asks[:1])
    earlier = authority.reply(authority.asked[-1])
    authority.answers = lambda request: earlier
    url = f"http://127.0.0.1:{authority.port}/tsr"
    # The same checkpoint: only the nonce tells the two requests apart.
    with pytest.raises(ValueError, match="for another request"):
        stamp_of(url, _checkpoint(location))


def test_a_failed_stamp_is_tried_again_after_a_pause_without_a_new_commit(
    tmp_path: Path, authority: StampAuthority, kept: Path, asks: list[Decide]
) -> None:
    location = write(Settings(tmp_path / "home"), authority, kept, asks[:1])
    kept.write_text("")
    failures: list[Exception] = []
    refusals = [b"", b""]
    written = threading.Event()

    class Kept(AppendOnlyFile):
        def append(self, line: str) -> None:
            super().append(line)
            written.set()

    authority.answers = lambda request: refusals.pop() if refusals else authority.reply(request)
    url = f"http://127.0.0.1:{authority.port}/tsr"
    stamps = TimeStamps(url, Kept(kept), failures.append, pause=0.05)
    stamps.attest(_checkpoint(location))
    assert written.wait(20)
    stamps.close()
    assert len(failures) == 2
    assert len(kept.read_text().splitlines()) == 1


def test_an_authority_that_does_not_answer_delays_no_commit(
    tmp_path: Path, kept: Path, asks: list[Decide]
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        name = f"rfc3161+http://127.0.0.1:{silent.getsockname()[1]}/tsr#{kept}"
        ledger = Ledger.open(Settings(tmp_path / "home", witnesses=(name,)))
        began = time.monotonic()
        for ask in asks[:5]:
            assert ledger.write_now(ask).status == 200
        took = time.monotonic() - began
        ledger.close()
    assert took < 4, "less than the time that one answer is waited for"
    assert kept.read_text() == ""
