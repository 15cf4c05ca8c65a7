"""The examination names what is unsafe, and says nothing of what is not."""

from __future__ import annotations

import ipaddress
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from api.core.settings import AccessSettings, Settings
from api.ledger.writer import Ledger
from api.operation.doctor import examine
from cli.main import rongzi
from tests.support.recording.home import old_home

NOW = datetime(2023, 10, 9, 2, tzinfo=UTC)
SERVICE = 1000
PROXY = AccessSettings(trusted_proxies=(ipaddress.ip_network("127.0.0.1"),))


def levels(settings: Settings, now: datetime = NOW, uid: int = SERVICE) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for check in examine(settings, now, uid):
        assert check.text.zh
        assert check.text.en
        found.setdefault(check.code, set()).add(check.level)
    return found


def unsafe(settings: Settings, now: datetime = NOW, uid: int = SERVICE) -> set[str]:
    return {code for code, found in levels(settings, now, uid).items() if "unsafe" in found}


@pytest.fixture
def sound(tmp_path: Path) -> Settings:
    """An installation in which only the machine's clock may be unsafe."""
    home = old_home(tmp_path / "home", with_ledger=False)
    (home / "keys" / "signing.pem").unlink()
    home.chmod(0o700)
    outside = tmp_path / "outside" / "checkpoints.jsonl"
    settings = Settings(home, checkpoints=outside, access=PROXY)
    Ledger.open(settings).close()
    return settings


def test_a_sound_installation_has_nothing_unsafe(sound: Settings) -> None:
    assert unsafe(sound) - {"CLOCK"} == set()


def test_root_is_named(sound: Settings) -> None:
    assert "ROOT" in unsafe(sound, uid=0)
    assert "ROOT" not in unsafe(sound)


@pytest.mark.parametrize(
    "path", ["keys/vault.key", "keys/blind.key", "keys/ledger.pem", "ledger/ledger.db"]
)
def test_an_open_file_is_named(sound: Settings, path: str) -> None:
    (sound.home / path).chmod(0o644)
    (check,) = (c for c in examine(sound, NOW, SERVICE) if c.code == "MODES")
    assert check.level == "unsafe"
    assert f"chmod 600 {sound.home / path}" in check.text.en


def test_an_open_folder_is_named(sound: Settings) -> None:
    (sound.home / "editions").chmod(0o777)
    assert "MODES" in unsafe(sound)


def test_each_signing_key_beside_the_services_is_named(sound: Settings) -> None:
    for name in ("signing.pem", "edition.pem", "run.pem"):
        shutil.copy(sound.home / "keys" / "ledger.pem", sound.home / "keys" / name)
    assert "KEYS_TOGETHER" in unsafe(sound)
    (check,) = (c for c in examine(sound, NOW, SERVICE) if c.code == "KEYS_TOGETHER")
    assert "(signing.pem, edition.pem, run.pem)" in check.text.en


def test_a_missing_outside_file_and_proxy_are_named(sound: Settings) -> None:
    assert "OUTSIDE_FILE" in unsafe(replace(sound, checkpoints=None))
    assert "PROXY" in unsafe(replace(sound, access=AccessSettings()))


@pytest.mark.parametrize(("days", "is_stale"), [(44, False), (46, True), (400, True)])
def test_a_stale_edition_is_named(sound: Settings, days: int, is_stale: bool) -> None:
    now = datetime(2023, 10, 1, 2, tzinfo=UTC) + timedelta(days=days)
    assert ("STALE_EDITION" in unsafe(sound, now)) is is_stale


def test_no_edition_and_an_altered_one_are_named(sound: Settings) -> None:
    shutil.rmtree(sound.home / "editions")
    assert "STALE_EDITION" in unsafe(sound)


def test_a_clock_behind_the_ledger_or_the_edition_is_named(
    desk: Any,
) -> None:
    desk.decide(desk.member("FIRST"), 3_000)
    early = desk.now - timedelta(hours=1)
    for now, named in ((early, True), (desk.now + timedelta(hours=1), False)):
        checks = [c for c in examine(desk.settings, now, SERVICE) if c.code == "CLOCK"]
        assert any("last entry" in check.text.en for check in checks) is named


def test_a_clock_before_the_edition_is_named(sound: Settings) -> None:
    found = examine(sound, datetime(2023, 9, 1, tzinfo=UTC), SERVICE)
    assert any(c.code == "CLOCK" and "edition's date" in c.text.en for c in found)


def test_an_account_that_owns_the_tables_is_named_on_postgresql(
    postgres: Any, tmp_path: Path
) -> None:
    settings = Settings(tmp_path / "home", database_url=postgres.new_database())
    Ledger.open(settings).close()
    assert "DATABASE_ROLE" in unsafe(settings)


def test_a_demo_is_a_note_and_never_silent(published_home: Path) -> None:
    found = levels(Settings(published_home, access=PROXY), NOW)
    assert found["DEMO"] == {"note"}


def test_the_command_prints_each_check_and_its_exit_code_says_so(
    sound: Settings,
) -> None:
    words = ["doctor", "--home", str(sound.home)]
    done = CliRunner().invoke(rongzi, words, catch_exceptions=False)
    assert done.exit_code == 1
    assert "不安全 UNSAFE [OUTSIDE_FILE]" in done.stdout
    done = CliRunner().invoke(rongzi, [*words, "--json"], catch_exceptions=False)
    rows = json.loads(done.stdout)
    assert {row["level"] for row in rows} <= {"unsafe", "note", "ok"}
    assert {"ROOT", "MODES", "PROXY", "CLOCK"} <= {row["code"] for row in rows}


@pytest.mark.parametrize(
    ("changed", "level"),
    [
        ({}, "ok"),
        ({"RONGZI_OIDC_CLIENT_ID": ""}, "note"),
        ({"RONGZI_OIDC_REDIRECT": "http://127.0.0.1:8000/console/sign-in/return"}, "unsafe"),
        ({"RONGZI_OIDC_ISSUER": "http://localhost:9000"}, "unsafe"),
        ({"RONGZI_OIDC_JWKS": "http://localhost:9000/keys"}, "unsafe"),
    ],
)
def test_a_provider_without_tls_is_unsafe(
    sound: Settings, changed: dict[str, str], level: str
) -> None:
    access = AccessSettings.from_env(
        {
            "RONGZI_OIDC_ISSUER": "https://id.example.org",
            "RONGZI_OIDC_AUDIENCE": "rongzi",
            "RONGZI_OIDC_JWKS": "https://id.example.org/keys",
            "RONGZI_OIDC_CLIENT_ID": "console",
            "RONGZI_OIDC_REDIRECT": "https://bank.example.org/console/sign-in/return",
            **changed,
        }
    )
    assert levels(replace(sound, access=access))["PROVIDER"] == {level}


@pytest.mark.parametrize(
    ("now", "level"), [(NOW, "note"), (datetime(2027, 1, 2, 2, tzinfo=UTC), "ok")]
)
def test_a_second_factor_that_is_off_is_named(sound: Settings, now: datetime, level: str) -> None:
    assert levels(sound, now)["SECOND_FACTOR"] == {level}
    mark = sound.home / "demo.json"
    mark.write_text('{"plays_on": "2023-10-09"}')
    assert levels(sound, now)["SECOND_FACTOR"] == {"note"}
