"""The bundle: its parts, its manifest and its signature.

```
manifest.json   canonical JSON (RFC 8785): the case, the moment, SHA-256 of every other file
manifest.sig    Ed25519 over a line "rongzi-evidence/1" and the manifest, by the ledger's key
decision.json   the answer, the state of the case, the member's id and masked name
inputs.json     the request, the profile, and the digests of edition, policy and card
card.json       the card's own bytes; card.manifest: who approved it, signed
policy.json     the policy's own bytes
entries.jsonl   the ledger's entries of the case, and of consent, as they are stored
seals.jsonl     the checkpoint that covers each entry
accesses.jsonl  who read the case, each with the digest before it
```
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from model.errors import LedgerError

FORMAT = "rongzi-evidence/1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
DECISION, INPUTS, CARD, CARD_MANIFEST, POLICY, ENTRIES, SEALS, ACCESSES = (
    "decision.json", "inputs.json", "card.json", "card.manifest", "policy.json", "entries.jsonl",
    "seals.jsonl", "accesses.jsonl",
)  # fmt: skip
#: Files of every bundle. A card whose folder is gone has no manifest, and its bytes remain.
REQUIRED = (DECISION, INPUTS, CARD, POLICY, ENTRIES, SEALS, ACCESSES)
_ALL = frozenset({MANIFEST, SIGNATURE, CARD_MANIFEST, *REQUIRED})
#: A case has some hundred entries and accesses, and a card is smaller than 16 MB.
_MAX_BYTES = 48 * 1024 * 1024
#: Equal contents give equal bytes; the moment is in the manifest.
_NO_DATE = (1980, 1, 1, 0, 0, 0)


def manifest_of(case: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """Return the manifest of `files`, with the fields of `case` beside their digests."""
    digests = {name: hashlib.sha256(payload).hexdigest() for name, payload in files.items()}
    return rfc8785.dumps({"format": FORMAT, **case, "files": digests})


def signed_bytes(manifest: bytes) -> bytes:
    """Return the bytes that the signature covers."""
    return f"{FORMAT}\n".encode() + manifest


def is_signed_by(key: Ed25519PublicKey, manifest: bytes, signature: bytes) -> bool:
    """Return whether `signature`, in base64, is that of `manifest` by `key`."""
    try:
        key.verify(base64.b64decode(signature, validate=True), signed_bytes(manifest))
    except (InvalidSignature, ValueError):
        return False
    return True


def pack(files: Mapping[str, bytes], manifest: bytes, signature: bytes) -> bytes:
    """Return the ZIP file; equal contents give equal bytes."""
    buffer = io.BytesIO()
    signed = {MANIFEST: manifest, SIGNATURE: base64.b64encode(signature)}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, payload in {**signed, **files}.items():
            archive.writestr(zipfile.ZipInfo(name, _NO_DATE), payload, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpack(payload: bytes) -> dict[str, bytes]:
    """Return the files of a bundle by name, within bounds of number and size.

    Raises
    ------
    LedgerError
        If it is no ZIP file, holds other files than a bundle, lacks one, or is too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            _refuse_names(names)
            if sum(member.file_size for member in members) > _MAX_BYTES:
                raise LedgerError("the file is too large for a bundle of evidence")
            # Reading stops at the size that the directory states, so that no entry unpacks further.
            return {member.filename: archive.read(member) for member in members}
    except LedgerError:
        raise
    except Exception as error:
        # Besides BadZipFile, a damaged file raises whatever its decompressor raises.
        raise LedgerError("the file is damaged, or no ZIP file") from error


def _refuse_names(names: list[str]) -> None:
    if len(set(names)) < len(names) or not set(names) <= _ALL:
        raise LedgerError("the file holds others than the files of a bundle of evidence")
    if missing := sorted({MANIFEST, SIGNATURE, *REQUIRED} - set(names)):
        raise LedgerError(f"the bundle lacks {', '.join(missing)}")


def to_lines(rows: list[Mapping[str, Any]]) -> bytes:
    """Return `rows` as JSON, one a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def from_lines(payload: bytes) -> list[dict[str, Any]]:
    """Return the rows of `to_lines`."""
    return [json.loads(line) for line in payload.decode().splitlines()]
