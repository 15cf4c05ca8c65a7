"""Verify a bundle offline, with public keys alone: signature, parts, and the decision itself."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from api.cases.case import state_body
from api.cases.state import DecisionState
from api.decisions.replay import replay_entry
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
    from_lines,
    is_signed_by,
    manifest_of,
    unpack,
)
from api.evidence.collect import INPUT_FIELDS
from api.ledger.chain import GENESIS, audit_row_digest, entry_digest, entry_from_row
from api.ledger.checkpoints import Checkpoint
from api.ledger.entries import Entry, Kind
from model.card.card_file import CARD as CARD_FILE
from model.card.card_file import MANIFEST as CARD_MANIFEST_FILE
from model.card.card_file import read_card
from model.errors import CardError, ContractError, LedgerError

Finding = tuple[str, str]


@dataclass
class Verified:
    """What a verification found.

    Attributes
    ----------
    findings : list of (part, what)
        What is wrong, by file of the bundle; empty for a sound bundle.
    notes : list of str
        What could not be checked here, and why.
    """

    decision_id: str
    made_at: str
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify_bundle(
    payload: bytes, key: Ed25519PublicKey, trusted: Collection[Ed25519PublicKey] | None
) -> Verified:
    """Verify the bundle in `payload`.

    Parameters
    ----------
    key
        The ledger's public key, ``keys/ledger.pub``.
    trusted
        Public keys of cards; None leaves the card's approval unchecked, and a note says so.

    Raises
    ------
    LedgerError
        If the file is no bundle at all.
    """
    files = unpack(payload)
    manifest = _parsed(files[MANIFEST])
    found = Verified(str(manifest.get("decision_id")), str(manifest.get("made_at")))
    if not is_signed_by(key, files[MANIFEST], files[SIGNATURE]):
        found.findings.append((SIGNATURE, "is not the signature of this manifest by that key"))
    found.findings += _digests(files, manifest)
    for part, check in _CHECKS.items():
        found.findings += _checked(part, check, files, found.decision_id)
    found.findings += _checked(SEALS, lambda parts, _: _seals(parts, key), files, "")
    _check_card(files, trusted, found)
    return found


Check = Callable[[Mapping[str, bytes], str], Iterator[str]]


def _checked(
    part: str, check: Check, files: Mapping[str, bytes], decision_id: str
) -> list[Finding]:
    """Return what `check` finds; a part that cannot be read is a finding, never a fault."""
    try:
        return [(part, what) for what in check(files, decision_id)]
    except (ContractError, CardError, LedgerError) as error:
        return [(part, str(error))]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return [(part, "cannot be read: it is not in the form that the service writes")]


def _parsed(payload: bytes) -> dict[str, Any]:
    try:
        value = json.loads(payload)
    except ValueError as error:
        raise LedgerError(f"{MANIFEST}: is no JSON") from error
    return value if isinstance(value, dict) else {}


def _digests(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Iterator[Finding]:
    parts = {name: each for name, each in files.items() if name not in (MANIFEST, SIGNATURE)}
    case = {name: manifest.get(name) for name in ("decision_id", "made_at", "made_by")}
    listed = manifest.get("files")
    listed = listed if isinstance(listed, dict) else {}
    for name, payload in parts.items():
        if listed.get(name) != _sha256(payload):
            yield name, "differs from the manifest"
    for name in sorted(set(listed) - set(parts)):
        yield name, "is in the manifest and not in the bundle"
    if set(listed) == set(parts) and manifest_of(case, parts) != files[MANIFEST]:
        yield MANIFEST, "is not in the form that the service writes"


def _decided(files: Mapping[str, bytes]) -> Entry:
    decided = [row for row in from_lines(files[ENTRIES]) if row["kind"] == "DECISION"]
    if not decided:
        raise LedgerError(f"{ENTRIES} holds no decision")
    return entry_from_row(decided[0])


def _entries(files: Mapping[str, bytes], decision_id: str) -> Iterator[str]:
    rows = from_lines(files[ENTRIES])
    for row in rows:
        if entry_digest(row) != row["digest"]:
            yield f"entry {row['seq']} was changed: its digest is another"
    decided = [row for row in rows if row["kind"] == "DECISION"]
    if [row["decision_id"] for row in decided] != [decision_id]:
        yield "it does not hold exactly the one decision of the bundle"
    if {row["subject_id"] for row in rows} != {row["subject_id"] for row in decided}:
        yield "entries of another person are among them"


def _decision(files: Mapping[str, bytes], decision_id: str) -> Iterator[str]:
    decision, entry = json.loads(files[DECISION]), _decided(files)
    if decision["answer"] != entry.body["answer"]:
        yield "the answer is not the one in the ledger's entry"
    rows = [row for row in from_lines(files[ENTRIES]) if row["decision_id"] == decision_id]
    made_at = datetime.fromisoformat(_parsed(files[MANIFEST])["made_at"])
    state = state_body(DecisionState.of(map(entry_from_row, rows)), made_at)
    # A later release may add a field to the state, and reads bundles without it.
    for name in state.keys() & decision["state"].keys():
        if decision["state"][name] != state[name]:
            yield f"{name} is not what follows from the entries"
    profile = json.loads(files[INPUTS])["profile"]
    if profile is None and "profile_sealed" in entry.body:
        return  # The person was erased, and the profile with the person's key.
    if differences := replay_entry(_Stored(files), entry, profile).differences:
        yield f"decided again, it differs in {', '.join(differences)}"


@dataclass(frozen=True)
class _Stored:
    """The policy and card of a bundle by the digest of their own bytes, and its entries."""

    files: Mapping[str, bytes]

    def entries_of_subject(self, subject_id: str, kinds: Collection[Kind]) -> list[Entry]:
        rows = (row for row in from_lines(self.files[ENTRIES]) if row["kind"] in kinds)
        return [entry_from_row(row) for row in rows if row["subject_id"] == subject_id]

    def version(self, digest: str) -> bytes | None:
        payloads = (self.files[POLICY], self.files[CARD])
        return next((each for each in payloads if _sha256(each) == digest), None)


def _sha256(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()


def _inputs(files: Mapping[str, bytes], _: str) -> Iterator[str]:
    inputs, body = json.loads(files[INPUTS]), _decided(files).body
    for name in INPUT_FIELDS:
        # The entry holds the profile sealed; deciding again on the opened one must give the answer.
        is_sealed = name == "profile" and "profile_sealed" in body
        if not is_sealed and inputs.get(name) != body.get(name):
            yield f"{name} is not the one in the ledger's entry"


def _version(part: str, name: str) -> Check:
    def check(files: Mapping[str, bytes], _: str) -> Iterator[str]:
        if _sha256(files[part]) != _decided(files).body[name]:
            yield "is not the one that decided"

    return check


def _seals(files: Mapping[str, bytes], key: Ed25519PublicKey) -> Iterator[str]:
    seals = [Checkpoint(**row) for row in from_lines(files[SEALS])]
    for seal in seals:
        if not seal.is_signed_by(key):
            yield f"the seal up to entry {seal.seq} is not signed by that key"
    for row in from_lines(files[ENTRIES]):
        seq, later = row["seq"], [seal for seal in seals if seal.seq >= row["seq"]]
        cover = min(later, key=lambda seal: seal.seq, default=None)
        if cover is None or (cover.from_seq is not None and cover.from_seq >= seq):
            yield f"no seal covers entry {seq}"
        elif cover.seq == seq and cover.digest != row["digest"]:
            yield f"the seal of entry {seq} is of another entry"


def _accesses(files: Mapping[str, bytes], decision_id: str) -> Iterator[str]:
    for row in from_lines(files[ACCESSES]):
        if row["decision_id"] != decision_id:
            yield f"access {row['number']} is of another case"
        previous = GENESIS if row["number"] == 1 else row["previous"]
        # Records of releases that did not chain the audit have no digest.
        is_chained = row["digest"] and previous is not None
        if is_chained and audit_row_digest(row, previous) != row["digest"]:
            yield f"access {row['number']} was changed: its digest is another"


_CHECKS: Mapping[str, Check] = {
    ENTRIES: _entries,
    DECISION: _decision,
    INPUTS: _inputs,
    CARD: _version(CARD, "card_digest"),
    POLICY: _version(POLICY, "policy_digest"),
    ACCESSES: _accesses,
}


def _check_card(
    files: Mapping[str, bytes], trusted: Collection[Ed25519PublicKey] | None, found: Verified
) -> None:
    if CARD_MANIFEST not in files:
        found.notes.append("the service no longer has the card's approval; only its bytes are here")
        return
    if trusted is None:
        found.notes.append("the card's approval was not checked: no trusted keys were given")
    with tempfile.TemporaryDirectory(prefix="rongzi-evidence-") as folder:
        (Path(folder) / CARD_FILE).write_bytes(files[CARD])
        (Path(folder) / CARD_MANIFEST_FILE).write_bytes(files[CARD_MANIFEST])
        try:
            read_card(Path(folder), trusted)
        except CardError as error:
            what = str(error).partition(": ")[2] or str(error)
            found.findings.append((CARD_MANIFEST, what))
