"""The evidence of a case: complete, checked offline, and no part of it can be changed unseen."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.access.audit import RecordAccess
from api.consent.commands import SetConsent
from api.evidence.bundle import (
    ACCESSES,
    CARD,
    CARD_MANIFEST,
    DECISION,
    ENTRIES,
    INPUTS,
    MANIFEST,
    POLICY,
    SEALS,
    SIGNATURE,
    manifest_of,
    pack,
    signed_bytes,
    unpack,
)
from api.evidence.collect import evidence_of
from api.evidence.verify import verify_bundle
from api.ledger.database import Location
from api.ledger.keys import read_keys
from api.payments.commands import Disburse
from data.publishing.signing import trusted_keys
from data.storage.key_files import public_pem
from model.errors import LedgerError
from tests.support.fixtures.branch import Branch

PARTS = (DECISION, INPUTS, CARD, CARD_MANIFEST, POLICY, ENTRIES, SEALS, ACCESSES)


@pytest.fixture
def case(desk: Any, published_home: Path) -> dict[str, Any]:
    """A paid decision that two people looked at, its bundle, and the keys."""
    member = desk.member("FIRST")
    decision = desk.decide(member, 3_000)
    for account in ("officer-1", "auditor-1"):
        record = RecordAccess(
            account, "get_decision", member["village_code"], 1, "r", None, decision
        )
        desk.ledger.write_now(record)
    desk.do(Disburse(None, "officer-1", decision, 1_000, desk.resources))
    with desk.ledger.read() as view:
        payload = evidence_of(view, decision, published_home, "auditor-1", desk.ledger.sign)
    keys = read_keys(Location.of(desk.settings).keys, may_make=False)
    return {
        "payload": payload,
        "decision": decision,
        "key": keys.seal,
        "trusted": trusted_keys(published_home),
        "member": member["member_id"],
    }


def verify(case: dict[str, Any], payload: bytes | None = None) -> Any:
    payload = case["payload"] if payload is None else payload
    return verify_bundle(payload, case["key"].public_key(), case["trusted"])


def with_part(case: dict[str, Any], name: str, payload: bytes) -> bytes:
    """Return the bundle with other bytes in one file."""
    files = unpack(case["payload"]) | {name: payload}
    signature = base64.b64decode(files.pop(SIGNATURE)) if name != SIGNATURE else payload
    manifest = files.pop(MANIFEST)
    files.pop(SIGNATURE, None)
    return pack(files, manifest, signature)


def signed_again(files: dict[str, bytes], key: Ed25519PrivateKey) -> bytes:
    """Return a bundle of changed `files` with a manifest and a signature that fit them."""
    parts = {name: each for name, each in files.items() if name not in (MANIFEST, SIGNATURE)}
    before = json.loads(files[MANIFEST])
    names = ("decision_id", "made_at", "made_by")
    manifest = manifest_of({name: before[name] for name in names}, parts)
    return pack(parts, manifest, key.sign(signed_bytes(manifest)))


def test_a_bundle_holds_every_part_and_is_sound(case: dict[str, Any]) -> None:
    files = unpack(case["payload"])
    assert set(files) == {MANIFEST, SIGNATURE, *PARTS}
    found = verify(case)
    assert (found.findings, found.notes, found.decision_id) == ([], [], case["decision"])
    decision = json.loads(files[DECISION])
    assert decision["member_id"] == case["member"]
    assert decision["member_name"].endswith("*")
    assert decision["state"]["drawn_yuan"] == 1_000
    kinds = [json.loads(line)["kind"] for line in files[ENTRIES].decode().splitlines()]
    assert kinds == ["DECISION", "DISBURSED"]
    readers = [json.loads(line)["actor"] for line in files[ACCESSES].decode().splitlines()]
    assert readers == ["officer-1", "auditor-1"]


@pytest.mark.parametrize("part", [MANIFEST, SIGNATURE, *PARTS])
def test_a_changed_byte_of_any_part_is_found(case: dict[str, Any], part: str) -> None:
    payload = bytearray(unpack(case["payload"])[part])
    if part == SIGNATURE:
        payload = bytearray(base64.b64decode(payload))
    payload[len(payload) // 2] ^= 1
    found = verify(case, with_part(case, part, bytes(payload)))
    assert not found.is_sound
    named = {name for name, _ in found.findings}
    assert (SIGNATURE if part == MANIFEST else part) in named


@pytest.mark.parametrize("part", PARTS)
def test_a_changed_part_under_a_strangers_signature_is_found(
    case: dict[str, Any], part: str
) -> None:
    files = unpack(case["payload"])
    files[part] = files[part].replace(b"1", b"2", 1)
    found = verify(case, signed_again(files, Ed25519PrivateKey.generate()))
    assert SIGNATURE in {name for name, _ in found.findings}


#: What an insider with the ledger's key could change: the part that is contradicted, and the words.
INSIDE: dict[str, tuple[str, str, str]] = {
    "another outcome": (DECISION, '"outcome": "APPROVE"', '"outcome": "DECLINE"'),
    "another limit": (DECISION, '"limit_yuan": ', '"limit_yuan": 9'),
    "another payment": (DECISION, '"drawn_yuan": 1000', '"drawn_yuan": 0'),
    "another request": (INPUTS, '"amount_yuan": 3000', '"amount_yuan": 2000'),
    "an entry's amount": (ENTRIES, '"amount_yuan": 1000', '"amount_yuan": 9000'),
    "an entry's author": (ENTRIES, "officer-1", "officer-2"),
    "a card's points": (CARD, '"base":', '"base":1'),
    "a policy's number": (POLICY, '"value":50000', '"value":90000'),
    "the approver": (CARD_MANIFEST, "approved-by Tester", "approved-by Nobody"),
    "a seal's digest": (SEALS, '"digest": "', '"digest": "0'),
    "a reader": (ACCESSES, "auditor-1", "auditor-2"),
}


@pytest.mark.parametrize("change", INSIDE)
def test_a_change_that_the_ledgers_own_key_signed_again_contradicts_another_part(
    case: dict[str, Any], change: str
) -> None:
    part, before, after = INSIDE[change]
    files = unpack(case["payload"])
    assert before.encode() in files[part]
    files[part] = files[part].replace(before.encode(), after.encode(), 1)
    named = {name for name, _ in verify(case, signed_again(files, case["key"])).findings}
    assert part in named
    assert SIGNATURE not in named


@pytest.mark.parametrize("part", [DECISION, INPUTS, ENTRIES, SEALS])
def test_a_part_that_its_own_key_signed_empty_is_a_finding_and_no_fault(
    case: dict[str, Any], part: str
) -> None:
    files = unpack(case["payload"]) | {part: b""}
    assert part in {name for name, _ in verify(case, signed_again(files, case["key"])).findings}


def test_a_bundle_under_another_ledgers_key_is_not_sound(case: dict[str, Any]) -> None:
    other = case | {"key": Ed25519PrivateKey.generate()}
    assert SIGNATURE in {name for name, _ in verify(other).findings}


def test_without_the_cards_keys_a_note_says_what_was_not_checked(case: dict[str, Any]) -> None:
    found = verify(case | {"trusted": None})
    assert found.is_sound
    assert "was not checked" in found.notes[0]
    assert not verify(case | {"trusted": ()}).is_sound


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, payload in files.items():
            archive.writestr(name, payload)
    return buffer.getvalue()


def test_what_is_no_bundle_is_refused(case: dict[str, Any]) -> None:
    files = unpack(case["payload"])
    without = {name: each for name, each in files.items() if name != SEALS}
    payloads = [
        b"", b"no zip", case["payload"][:-40], _zip(without), _zip(files | {"../evil": b"x"}),
        _zip(files | {ENTRIES: b"0" * 49 * 1024 * 1024}), case["payload"][40:],
    ]  # fmt: skip
    for payload in payloads:
        with pytest.raises(LedgerError):
            verify(case, payload)


def test_consent_given_at_the_counter_is_part_of_the_evidence(
    desk: Any, published_home: Path
) -> None:
    member = desk.member("FIRST")
    desk.do(SetConsent(None, "officer-1", member["member_id"], False, "paper", desk.resources))
    decision = desk.decide(member, 3_000)
    with desk.ledger.read() as view:
        payload = evidence_of(view, decision, published_home, "auditor-1", desk.ledger.sign)
    kinds = [json.loads(x)["kind"] for x in unpack(payload)[ENTRIES].decode().splitlines()]
    assert kinds == ["CONSENT_WITHDRAWN", "DECISION"]
    key = read_keys(Location.of(desk.settings).keys, may_make=False).seal.public_key()
    assert verify_bundle(payload, key, trusted_keys(published_home)).is_sound


def test_an_auditor_downloads_a_bundle_and_checks_it_on_another_machine(
    branch: Branch, tmp_path: Path
) -> None:
    answer = branch.ask("get_evidence", branch.headers("auditor"))
    assert answer.headers["content-type"] == "application/zip"
    (tmp_path / "evidence.zip").write_bytes(answer.content)
    key = tmp_path / "ledger.pub"
    key.write_bytes((branch.home / "keys" / "ledger.pub").read_bytes())
    command = [
        sys.executable, "-m", "cli.main", "verify-bundle", str(tmp_path / "evidence.zip"),
        "--public-key", str(key), "--trusted", str(branch.home / "keys" / "trusted"),
        "--home", str(tmp_path / "no-home"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert branch.decision in done.stdout
    key.write_bytes(public_pem(Ed25519PrivateKey.generate().public_key()))
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["sound"] is False
    key.write_text("no key")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2


def test_the_download_is_recorded(branch: Branch) -> None:
    auditor = branch.headers("auditor")
    branch.ask("get_evidence", auditor)
    record = branch.send("get", "/v1/accesses?page_size=1", auditor).json()["rows"][0]
    assert (record["route"], record["decision_id"]) == ("get_evidence", branch.decision)
