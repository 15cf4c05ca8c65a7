"""Verification names an edition that is not what was published and signed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.core.settings import Settings
from api.editions.manifest import DATABASE, MANIFEST, current_folder
from api.editions.signature import SIGNATURE, signature_lines
from api.ledger.findings import Report
from api.ledger.writer import Ledger
from api.verify.editions import verify_editions
from cli.main import rongzi


@pytest.fixture
def home(published_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published_home, tmp_path / "home"))


def verified(home: Path) -> Report:
    report = Report()
    verify_editions(home, report)
    return report


def test_an_edition_as_published_is_sound(home: Path, tmp_path: Path) -> None:
    report = verified(home)
    assert (report.findings, report.notices) == ([], [])
    assert verified(tmp_path / "an auditor's machine").is_sound


def _altered(folder: Path) -> None:
    payload = bytearray((folder / DATABASE).read_bytes())
    payload[len(payload) // 2] ^= 1
    (folder / DATABASE).write_bytes(payload)


def _other_manifest(folder: Path) -> None:
    text = (folder / MANIFEST).read_bytes()
    (folder / MANIFEST).write_bytes(text.replace(b'"members":', b'"members" :', 1))


def _foreign_signature(folder: Path) -> None:
    lines = signature_lines((folder / MANIFEST).read_bytes(), Ed25519PrivateKey.generate())
    (folder / SIGNATURE).write_bytes(lines)


def _missing_file(folder: Path) -> None:
    (folder / DATABASE).unlink()


@pytest.mark.parametrize("way", [_altered, _other_manifest, _foreign_signature, _missing_file])
def test_an_edition_that_was_changed_is_a_finding(home: Path, way: Callable[[Path], None]) -> None:
    folder = current_folder(home)
    way(folder)
    (finding,) = verified(home).findings
    assert finding.kind == "edition"
    assert folder.name in finding.what


def test_a_removed_signature_is_told(home: Path) -> None:
    (current_folder(home) / SIGNATURE).unlink()
    report = verified(home)
    assert report.is_sound
    assert "not signed" in report.notices[0]


def test_the_command_verifies_the_editions_of_its_home(home: Path) -> None:
    Ledger.open(Settings(home)).close()
    command = ["verify-ledger", "--home", str(home), "--json"]
    good = CliRunner().invoke(rongzi, command)
    assert good.exit_code == 0, good.output
    _altered(current_folder(home))
    bad = CliRunner().invoke(rongzi, command)
    assert bad.exit_code == 1
    assert json.loads(bad.stdout)["findings"][0]["kind"] == "edition"
