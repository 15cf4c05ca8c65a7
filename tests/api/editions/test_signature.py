"""Attacks on a published edition by somebody who can write the home, and the keys that sign it."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.core.settings import Settings
from api.editions.edition import Edition
from api.editions.in_use import Resources, Service, load, warn_of_private_keys
from api.editions.manifest import (
    DATABASE,
    MANIFEST,
    current_folder,
    folder_name,
    manifest_bytes,
    read_manifest,
)
from api.editions.signature import SIGNATURE, signature_lines
from cli.main import rongzi
from data.publishing.published_card import publish_card, published_folder
from data.publishing.signing import Purpose, signing_key, trusted_folder
from data.storage.key_files import create, private_pem, public_pem
from model.errors import CardError, EditionError
from tests.support.prerequisites import lacking
from tests.support.recording.home import old_home


@pytest.fixture
def home(published_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published_home, tmp_path / "home"))


def _write_anothers_profile(home: Path) -> tuple[str, str]:
    """Give the poorest member the profile of the best, as the attack did; return both."""
    database = current_folder(home) / DATABASE
    with closing(sqlite3.connect(database)) as connection:
        order = "SELECT member_id FROM whitelist ORDER BY limit_yuan"
        (poor,), *_, (rich,) = connection.execute(order).fetchall()
        connection.execute(
            "UPDATE profiles SET numbers = (SELECT numbers FROM profiles WHERE member_id = ?)"
            " WHERE member_id = ?",
            (rich, poor),
        )
        connection.commit()
    return poor, rich


def _publish_again(home: Path) -> Path:
    """Write a manifest that fits the edition's files, name its folder by it and point there."""
    folder = current_folder(home)
    manifest = read_manifest(folder)
    digest = hashlib.sha256((folder / DATABASE).read_bytes()).hexdigest()
    payload = manifest_bytes(replace(manifest, files={**manifest.files, DATABASE: digest}))
    (folder / MANIFEST).write_bytes(payload)
    renamed = folder.rename(folder.with_name(folder_name(manifest.as_of, payload)))
    (home / "editions" / "current").write_text(renamed.name + "\n")
    return renamed


def _with_signature_of_before(home: Path) -> None:
    _publish_again(home)


def _without_signature(home: Path) -> None:
    (_publish_again(home) / SIGNATURE).unlink()


def _by_own_key(home: Path) -> None:
    folder = _publish_again(home)
    lines = signature_lines((folder / MANIFEST).read_bytes(), Ed25519PrivateKey.generate())
    (folder / SIGNATURE).write_bytes(lines)


def _by_the_cards_key(home: Path) -> None:
    folder = _publish_again(home)
    lines = signature_lines((folder / MANIFEST).read_bytes(), signing_key(home, "card"))
    (folder / SIGNATURE).write_bytes(lines)


def _digest_changed_in_the_signature(home: Path) -> None:
    path = _publish_again(home) / SIGNATURE
    digest = hashlib.sha256((path.parent / MANIFEST).read_bytes()).hexdigest()
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], f"sha256 {digest}", *lines[2:]]) + "\n")


WAYS: tuple[Callable[[Path], None], ...] = (
    _with_signature_of_before, _without_signature, _by_own_key, _by_the_cards_key,
    _digest_changed_in_the_signature,
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_profile_of_another_member_written_into_an_edition_is_not_served(
    home: Path, way: Callable[[Path], None]
) -> None:
    _write_anothers_profile(home)
    way(home)
    with pytest.raises(EditionError, match="sign"):
        Edition.current(home)
    missing = load(home)
    assert isinstance(missing, tuple)
    assert [part.field for part in missing] == ["edition"]


def test_a_running_service_keeps_the_edition_it_verified(home: Path) -> None:
    service = Service(Settings(home), lambda: date(2023, 10, 9))
    service.refresh()
    poor, _ = _write_anothers_profile(home)
    before = service.resources().edition
    profile = before.profile(poor)
    _by_own_key(home)
    service.refresh()
    assert service.resources().edition is before
    assert before.profile(poor) is profile
    assert [part.field for part in service.waiting] == ["edition"]


def test_an_edition_of_a_release_without_signatures_needs_a_named_setting(tmp_path: Path) -> None:
    home = old_home(tmp_path / "home", with_ledger=False)
    with pytest.raises(EditionError, match="RONGZI_UNSIGNED_EDITIONS=allow"):
        Edition.current(home)
    settings = Settings.from_env({"RONGZI_HOME": str(home), "RONGZI_UNSIGNED_EDITIONS": "allow"})
    service = Service(settings, lambda: date(2023, 10, 9))
    service.refresh()
    # The release ships another policy than the old edition was made under; its bytes are accepted.
    assert "edition" not in [part.field for part in service.missing()]


def test_a_service_that_can_read_a_private_signing_key_says_so(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "keys" / "signing.pem").unlink()
    warn_of_private_keys(home)
    said = "".join(capsys.readouterr())
    assert "signing key within reach" in said
    assert '"part": "edition"' in said
    assert '"part": "card"' not in said


def test_a_service_without_any_private_signing_key_serves(home: Path) -> None:
    for name in ("signing.pem", "edition.pem"):
        (home / "keys" / name).unlink()
    assert isinstance(load(home), Resources)
    assert not list((home / "keys").glob("*.pem"))


def _run(*words: object) -> str:
    done = CliRunner().invoke(rongzi, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def _ids(home: Path, purpose: str) -> dict[str, str]:
    """Return id → state of the keys that are trusted for `purpose`."""
    lines = (line.split(maxsplit=2) for line in _run("keys", "list", "--home", home).splitlines())
    return {key: state for kind, key, state in lines if kind == purpose}


def _publish_card_again(home: Path) -> None:
    from datetime import UTC, datetime

    publish_card(home, published_folder(home), "Tester", datetime(2023, 11, 1, tzinfo=UTC))


def _sign_edition_again(home: Path) -> None:
    folder = current_folder(home)
    lines = signature_lines((folder / MANIFEST).read_bytes(), signing_key(home, "edition"))
    (folder / SIGNATURE).write_bytes(lines)


@pytest.mark.parametrize(
    ("purpose", "publish"), [("card", _publish_card_again), ("edition", _sign_edition_again)]
)
def test_a_key_is_rotated_with_overlap_and_nothing_in_use_is_ever_refused(
    home: Path, purpose: str, publish: Callable[[Path], None]
) -> None:
    (old,) = _ids(home, purpose)
    _run("keys", "rotate", purpose, "--home", home)
    states = _ids(home, purpose)
    (new,) = states.keys() - {old}
    assert states[old] == "trusted, in use"
    assert states[new].startswith("signs")
    assert isinstance(load(home), Resources)
    with pytest.raises(CardError, match="in use"):
        _run("keys", "retire", purpose, old, "--home", home)
    publish(home)
    assert isinstance(load(home), Resources)
    with pytest.raises(CardError, match="signs here"):
        _run("keys", "retire", purpose, new, "--home", home)
    _run("keys", "retire", purpose, old, "--home", home)
    assert isinstance(load(home), Resources)
    assert list(_ids(home, purpose)) == [new]
    assert not list((home / "keys").glob(f"*{old}*")), "the old private key is removed"


def test_what_a_retired_key_signed_is_no_longer_served(home: Path) -> None:
    (old,) = _ids(home, "edition")
    lines = (current_folder(home) / SIGNATURE).read_bytes()
    _run("keys", "rotate", "edition", "--home", home)
    _sign_edition_again(home)
    _run("keys", "retire", "edition", old, "--home", home)
    (current_folder(home) / SIGNATURE).write_bytes(lines)
    with pytest.raises(EditionError, match="not trusted"):
        Edition.current(home)


#: As a wrapper of pkcs11-tool or of a key service would be; here openssl holds the key.
_PROGRAM = """#!/bin/sh
case "$1" in
public) exec openssl pkey -in "{key}" -pubout ;;
sign) f=$(mktemp) && cat > "$f" && openssl pkeyutl -sign -rawin -inkey "{key}" -in "$f"; rm "$f" ;;
esac
"""


def _needs_openssl() -> None:
    lacking(*(["openssl"] if shutil.which("openssl") is None else []))


def test_a_key_behind_a_program_signs_cards_and_editions(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _needs_openssl()
    key, program = Ed25519PrivateKey.generate(), tmp_path / "sign"
    create(tmp_path / "token.pem", private_pem(key))
    create(tmp_path / "token.pub", public_pem(key.public_key()), 0o644)
    program.write_text(_PROGRAM.format(key=tmp_path / "token.pem"))
    program.chmod(0o700)
    settings: Mapping[Purpose, str] = {"card": "RONGZI_CARD_KEY", "edition": "RONGZI_EDITION_KEY"}
    for purpose, setting in settings.items():
        monkeypatch.setenv(setting, f"command:{program}")
        _run("keys", "trust", purpose, tmp_path / "token.pub", "--home", home)
        (signs,) = (name for name, state in _ids(home, purpose).items() if "signs" in state)
        assert (trusted_folder(home, purpose) / f"{signs}.pem").exists()
    _publish_card_again(home)
    _sign_edition_again(home)
    assert isinstance(load(home), Resources)
    with pytest.raises(CardError, match="make the new key where this program keeps it"):
        _run("keys", "rotate", "card", "--home", home)


@pytest.mark.parametrize("body", ["exit 1", "echo no key", "true"])
def test_a_program_that_does_not_sign_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    program = tmp_path / "sign"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o700)
    monkeypatch.setenv("RONGZI_CARD_KEY", f"command:{program}")
    with pytest.raises(CardError, match="sign"):
        _publish_card_again(home)


def test_a_named_key_file_that_is_missing_is_not_made(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RONGZI_CARD_KEY", str(tmp_path / "nowhere.pem"))
    with pytest.raises(CardError, match="missing"):
        _publish_card_again(home)
    assert not (tmp_path / "nowhere.pem").exists()


def test_openssl_verifies_an_editions_signature(home: Path, tmp_path: Path) -> None:
    """The format needs none of this code: an auditor's own tools verify it."""
    _needs_openssl()
    import base64

    lines = (current_folder(home) / SIGNATURE).read_text().splitlines(keepends=True)
    (tmp_path / "statement").write_text("".join(lines[:3]))
    (tmp_path / "signature").write_bytes(base64.b64decode(lines[3].split()[1]))
    (trusted,) = trusted_folder(home, "edition").glob("*.pem")
    words = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", str(trusted)]
    words += ["-in", str(tmp_path / "statement"), "-sigfile", str(tmp_path / "signature")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert "Signature Verified Successfully" in done.stdout, done.stderr
