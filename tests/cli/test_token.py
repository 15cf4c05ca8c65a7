"""A publisher whose keys lie in a PKCS#11 token, from promotion to a served decision and rotation.

The token is SoftHSM2's; the service has the public keys and no way to the token.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from api.editions.edition import Edition, PlaceFilter
from api.editions.in_use import Resources, load
from api.editions.manifest import MANIFEST, current_folder
from api.editions.signature import SIGNATURE, signature_lines, signed_by
from cli.main import rongzi
from data.publishing.published_card import published_card, published_folder
from data.publishing.signing import CommandKey, signing_key
from data.storage.archive import Archive
from data.storage.key_files import KeyFile
from model.card.card_file import card_signed_by, key_id
from model.errors import CardError, EditionError
from tests.support.service.running import Running, serving
from tests.support.service.token import PROGRAM, Token


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Token:
    return Token.made_in(tmp_path_factory.mktemp("token"))


@pytest.fixture
def home(published_home: Path, tmp_path: Path) -> Path:
    """A home whose own private keys are gone, as in production."""
    copied = Path(shutil.copytree(published_home, tmp_path / "home"))
    for name in ("signing.pem", "edition.pem"):
        (copied / "keys" / name).unlink()
    return copied


def run(home: Path, *words: object) -> str:
    line = [*map(str, words), "--home", str(home)]
    done = CliRunner().invoke(rongzi, line, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def publisher(token: Token, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """A function that makes the publisher sign for a purpose with the key under a label."""
    for name, value in token.variables.items():
        monkeypatch.setenv(name, value)

    def signs_with(purpose: str, label: str) -> str:
        setting = f"RONGZI_{purpose.upper()}_KEY"
        monkeypatch.setenv(setting, f"command:{PROGRAM} '{label}'")
        return key_id(KeyFile(token.folder / f"{label}.pem", CardError, "").public())

    return signs_with


def decided(running: Running) -> httpx.Response:
    """Ask the running service for a decision on the first member of the edition."""
    row = Edition.current(running.home).page(PlaceFilter(), None, None, 1)[0]
    question = {
        "member_id": row["member_id"], "amount_yuan": 5_000, "months": 12, "purpose": "inputs",
    }  # fmt: skip
    headers = {**running.bearer, "Idempotency-Key": str(uuid.uuid4())}
    return httpx.post(
        f"{running.url}/v1/decisions", json=question, headers=headers, trust_env=False
    )


def test_a_key_that_never_leaves_its_token_promotes_publishes_and_is_rotated(
    home: Path,
    token: Token,
    publisher: Callable[[str, str], str],
    simulated_archive: Archive,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def publish_edition() -> None:
        run(home, "whitelist", "--archive", simulated_archive.folder, "--as-of", "2023-10-01",
            "--out", tmp_path / "rows.parquet")  # fmt: skip

    # A card and an edition, each by a key of its own in the token.
    for purpose in ("card", "edition"):
        run(home, "keys", "trust", purpose, token.new_key(f"{purpose} 2023"))
    card_key = publisher("card", "card 2023")
    run(home, "promote", published_folder(home), "--approved-by", "Zhao", "--mlruns", "none")
    old = publisher("edition", "edition 2023")
    publish_edition()
    assert card_signed_by(published_folder(home)) == card_key
    assert signed_by(current_folder(home)) == old
    assert published_card(home).approved_by == "Zhao"

    # Rotation with overlap, as the drill prints it.
    with pytest.raises(CardError, match="then let RONGZI_EDITION_KEY name it"):
        run(home, "keys", "rotate", "edition")
    run(home, "keys", "trust", "edition", token.new_key("edition 2024"))
    new = publisher("edition", "edition 2024")
    assert f"edition  {old} trusted, in use" in run(home, "keys", "list")
    with pytest.raises(CardError, match="in use"):
        run(home, "keys", "retire", "edition", old)
    assert isinstance(load(home), Resources)
    lines_of_old = (current_folder(home) / SIGNATURE).read_bytes()
    publish_edition()
    assert signed_by(current_folder(home)) == new
    run(home, "keys", "retire", "edition", old)

    # The service verifies with the public keys: nothing in its home or environment signs.
    for name in (*token.variables, "RONGZI_CARD_KEY", "RONGZI_EDITION_KEY"):
        monkeypatch.delenv(name)
    holders = [each for each in home.rglob("*") if each.is_file() and _is_private(each)]
    assert holders == []
    with serving(home, tmp_path / "log", "--workers", "1") as running:
        answer = decided(running)
        assert answer.status_code == 200, answer.text
        assert "signing key within reach" not in running.log.read_text()

    # What the retired key signed is refused, also over the same manifest.
    (current_folder(home) / SIGNATURE).write_bytes(lines_of_old)
    with pytest.raises(EditionError, match="not trusted"):
        Edition.current(home)


def _is_private(path: Path) -> bool:
    return b"PRIVATE KEY" in path.read_bytes()


def test_the_token_keeps_its_keys_and_signs_with_the_one_that_is_named(
    token: Token, publisher: Callable[[str, str], str], tmp_path: Path
) -> None:
    ids = {}
    for label in ("first", "second", "第三"):
        token.new_key(label)
        ids[label] = publisher("edition", label)
        lines = signature_lines(b"manifest", signing_key(tmp_path, "edition"))
        assert f"key {ids[label]}\n".encode() in lines
    assert len(set(ids.values())) == 3
    told = token.private_keys()
    assert told.count("never extractable") == told.count("Private Key Object") >= 3


def test_a_label_is_given_to_one_key_only(token: Token) -> None:
    token.new_key("once")
    with pytest.raises(AssertionError, match="the token has this key already"):
        token.new_key("once")


@pytest.mark.parametrize("lost", ["RONGZI_PKCS11_PIN_FILE", "RONGZI_PKCS11_TOKEN"])
def test_without_pin_or_token_nothing_is_published(
    home: Path, token: Token, publisher: Callable[[str, str], str],
    monkeypatch: pytest.MonkeyPatch, lost: str,
) -> None:  # fmt: skip
    if not (token.folder / "lost.pem").exists():
        token.new_key("lost")
    publisher("edition", "lost")
    monkeypatch.delenv(lost)
    payload = (current_folder(home) / MANIFEST).read_bytes()
    with pytest.raises(CardError, match="failed"):
        signature_lines(payload, signing_key(home, "edition"))


@pytest.mark.parametrize("place", ["command:", "command:sign 'edition"])
def test_a_setting_that_names_no_program_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("RONGZI_EDITION_KEY", place)
    with pytest.raises(CardError, match=r"names no program|open quotation mark"):
        signing_key(home, "edition")


def test_a_program_is_given_the_words_of_the_setting(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "a program"
    program.write_text(f"#!/bin/sh\nprintf '%s;' \"$@\" > '{tmp_path}/given'\nexit 1\n")
    program.chmod(0o700)
    monkeypatch.setenv("RONGZI_CARD_KEY", f"command:'{program}' --key 'card 2023'")
    key = signing_key(home, "card")
    assert isinstance(key, CommandKey)
    with pytest.raises(CardError, match="public: failed"):
        key.public_key()
    assert (tmp_path / "given").read_text() == "--key;card 2023;public;"
