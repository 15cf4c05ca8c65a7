"""Without a verified card and a matching edition, no decision is made."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest

from api.core.settings import Settings
from api.editions.manifest import current_folder, folder_name, manifest_bytes, read_manifest
from api.editions.signature import signature_lines
from api.server.app import create_app
from data.publishing.published_card import publish_card, published_folder
from data.publishing.signing import signing_key
from model.card.card_file import write_card
from model.card.scorecard import Card
from model.errors import EditionError
from tests.support.service.callers import headers_of

KEY = {"Idempotency-Key": "one"}
ASKED = {"member_id": "NOBODY", "amount_yuan": 5_000, "months": 12, "purpose": "inputs"}


@pytest.fixture
def home(published_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published_home, tmp_path / "home"))


def _ask(
    home: Path,
    *addresses: str,
    between: Callable[[], None] = lambda: None,
    today: Callable[[], date] = lambda: date(2023, 10, 9),
    **asked_for: Any,
) -> list[httpx.Response]:
    """Request each address from one running service, with an action in between."""
    headers = headers_of(Settings(home), ["officer"])

    async def asked() -> list[httpx.Response]:
        app = create_app(Settings(home), today)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=transport, base_url="http://service", headers=headers
            ) as client,
        ):
            found: list[httpx.Response] = []
            for address in addresses:
                if found:
                    between()
                if address == "decide":
                    found.append(
                        await client.post("/v1/decisions", json=ASKED | asked_for, headers=KEY)
                    )
                else:
                    found.append(await client.get(address))
            return found

    return asyncio.run(asked())


def _refusal(home: Path) -> tuple[str, str]:
    (answer,) = _ask(home, "/ready")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert error["expected_zh"]
    # Everyone may call /ready, so only the log shows folders.
    assert str(home) not in answer.text
    return error["field"], error["expected"]


def _flip(path: Path, at: int = -20) -> None:
    path.write_bytes(_flipped(path.read_bytes(), at))


def _flipped(payload: bytes, at: int = -20) -> bytes:
    changed = bytearray(payload)
    changed[at] ^= 1
    return bytes(changed)


def test_an_empty_home_names_both_missing_parts_and_their_remedies(tmp_path: Path) -> None:
    (answer,) = _ask(tmp_path, "/ready")
    assert answer.status_code == 503
    messages = {error["field"]: error["expected"] for error in answer.json()["errors"]}
    assert "rongzi promote" in messages["card"]
    assert "rongzi whitelist" in messages["edition"]


def test_a_process_that_cannot_decide_is_alive_and_refuses_to_decide(tmp_path: Path) -> None:
    live, decision, listed = _ask(tmp_path, "/live", "decide", "/v1/whitelist")
    assert live.status_code == 200
    assert (decision.status_code, listed.status_code) == (503, 503)
    assert decision.json()["type"] == "/problems/not-ready"


def test_the_log_says_at_the_start_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _ask(tmp_path, "/live")
    messages = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [each["part"] for each in messages if each["event"] == "not ready"] == [
        "card",
        "edition",
    ]
    assert all(each["why"] for each in messages if each["event"] == "not ready")


def test_a_card_without_an_edition_is_not_enough(card_home: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(card_home, tmp_path / "home"))
    assert _refusal(own)[0] == "edition"


@pytest.mark.parametrize(
    ("name", "remedy"), [("card.json", "restore it"), ("card.manifest", "promote the card again")]
)
def test_a_flipped_byte_in_the_card_is_named_with_what_to_do(
    home: Path, name: str, remedy: str
) -> None:
    _flip(published_folder(home) / name)
    part, todo = _refusal(home)
    assert part == "card"
    assert remedy in todo


def test_a_card_signed_by_an_unknown_key_is_refused(home: Path) -> None:
    for key in (home / "keys" / "trusted").glob("*.pem"):
        key.unlink()
    part, todo = _refusal(home)
    assert part == "card"
    assert "not trusted here" in todo


def test_a_card_of_an_unknown_version_is_refused(home: Path) -> None:
    manifest = published_folder(home) / "card.manifest"
    manifest.write_text(manifest.read_text().replace("rongzi-card/1", "rongzi-card/9"))
    assert "unknown to this version" in _refusal(home)[1]


@pytest.mark.parametrize("name", ["edition.sqlite", "manifest.json"])
@pytest.mark.parametrize("at", [0, 100, -1])
def test_a_flipped_byte_in_the_edition_is_named_with_what_to_do(
    home: Path, name: str, at: int
) -> None:
    _flip(current_folder(home) / name, at)
    part, todo = _refusal(home)
    assert part == "edition"
    assert name in todo
    assert "rongzi whitelist" in todo


@pytest.mark.parametrize("name", ["edition.sqlite", "manifest.json"])
def test_a_missing_file_of_the_edition_is_named(home: Path, name: str) -> None:
    (current_folder(home) / name).unlink()
    assert name in _refusal(home)[1]


@pytest.mark.parametrize("pointed", ["", "../cards", "2023-10-01-000000000000", "\x00", "/etc"])
def test_a_pointer_to_no_edition_is_refused(home: Path, pointed: str) -> None:
    (home / "editions" / "current").write_text(pointed)
    assert _refusal(home)[0] == "edition"


def test_an_edition_of_an_unknown_format_is_refused(home: Path) -> None:
    folder = current_folder(home)
    payload = manifest_bytes(read_manifest(folder)).replace(
        b"rongzi-edition/1", b"rongzi-edition/2"
    )
    _republish(home, payload)
    with pytest.raises(EditionError, match="unknown to this version"):
        read_manifest(current_folder(home))


def test_an_edition_stays_in_use_with_its_own_card_until_the_promoted_one_has_its_edition(
    home: Path, member_card: Card
) -> None:
    used = read_manifest(current_folder(home)).card_digest
    source = home / "another"
    write_card(source, replace(member_card, base=member_card.base + 1))
    publish_card(home, source, "Tester", datetime(2023, 10, 2, tzinfo=UTC))
    (answer,) = _ask(home, "/ready")
    assert answer.json()["card_digest"] == used
    (error,) = answer.json()["waiting"]
    assert error["field"] == "edition"
    assert "rongzi whitelist" in error["expected"]


def test_an_edition_made_under_another_policy_is_refused(home: Path) -> None:
    manifest = read_manifest(current_folder(home))
    _republish(home, manifest_bytes(replace(manifest, policy_digest="0" * 64)))
    part, todo = _refusal(home)
    assert part == "policy"
    assert "rongzi whitelist" in todo


def test_damage_while_running_is_reported_and_the_verified_bytes_stay_in_use(home: Path) -> None:
    database = current_folder(home) / "edition.sqlite"
    sound = database.read_bytes()
    bytes_by_question = iter([_flipped(sound), _flipped(sound), sound])

    def between() -> None:
        database.write_bytes(next(bytes_by_question))

    found = _ask(home, "/ready", "/ready", "/v1/whitelist", "/ready", between=between)
    assert [each.status_code for each in found] == [200, 200, 200, 200]
    messages = [found[at].json()["waiting"] for at in (0, 1, 3)]
    assert [len(waiting) for waiting in messages] == [0, 1, 0]
    assert "edition.sqlite" in messages[1][0]["expected"]


def test_a_decision_is_valid_for_the_policys_number_of_days(
    home: Path, member_profile: pa.Table
) -> None:
    member = member_profile["member_id"][0].as_py()
    (made,) = _ask(home, "decide", today=lambda: date(2023, 10, 9), member_id=member)
    assert made.json()["valid_until"] == "2023-11-08"


def test_a_fault_is_a_problem_without_details(
    home: Path, member_profile: pa.Table, capsys: pytest.CaptureFixture[str]
) -> None:
    member = member_profile["member_id"][0].as_py()

    def broken() -> date:
        raise RuntimeError(f"the row of {member}")

    (answer,) = _ask(home, "decide", today=broken, member_id=member)
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/internal-error"
    messages = capsys.readouterr().err
    assert member not in answer.text + messages
    assert '"error": "RuntimeError"' in messages


def _republish(home: Path, payload: bytes) -> None:
    folder = current_folder(home)
    (folder / "manifest.json").write_bytes(payload)
    lines = signature_lines(payload, signing_key(home, "edition"))
    (folder / "manifest.signature").write_bytes(lines)
    named = folder.rename(folder.with_name(folder_name(folder.name[:10], payload)))
    (home / "editions" / "current").write_text(named.name)
